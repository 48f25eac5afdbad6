/* SPDX-License-Identifier: Apache-2.0 */
/* swapctl charging report | efficiency: what closed processes add up to (charging/analysis.h). */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "base/textmap.h"
#include "charging/analysis.h"
#include "ctl/output.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NANO        1e9
#define US_PER_HOUR 3.6e9

/* Columns behind the keys. */
enum figure {
    FIGURE_PROCESSES,
    FIGURE_HOURS,
    FIGURE_ADDED,
    FIGURE_USED,
    FIGURE_EFFICIENCY,
    FIGURE_MEAN,
    FIGURE_PEAK,
    FIGURE_COST,
    FIGURES
};
static const struct report_column FIGURE_COLUMNS[FIGURES] = {
    {"processes", REPORT_INTEGER, 0, "PROCESSES"},
    {"hours", REPORT_REAL, 2, "HOURS"},
    {"charge_energy_added", REPORT_REAL, 2, "ADDED KWH"},
    {"charge_energy_used", REPORT_REAL, 2, "USED KWH"},
    {"efficiency", REPORT_REAL, 3, "ADDED/USED"},
    {"mean_power", REPORT_REAL, 2, "MEAN KW"},
    {"peak_power", REPORT_REAL, 2, "PEAK KW"},
    {"cost", REPORT_MONEY, 0, "COST"}};

struct run {
    const struct ctl *ctl;
    struct store *store;
    struct analysis *analysis; /* owned */
    struct textmap zones;      /* of owned struct named_zone */
    int64_t damaged;
    /* The table that comes out. */
    enum analysis_key keys[ANALYSIS_KEYS_MAX];
    size_t key_count, figure_count;
    struct report report;
    struct report_column columns[ANALYSIS_KEYS_MAX + FIGURES + 1];
    char titles[ANALYSIS_KEYS_MAX][16], cost_title[32];
    report_row row;
    void *sink;
};

struct named_zone {
    char name[ZONE_SIZE];
    struct zone *zone; /* owned */
};

static void zone_release(void *value)
{
    struct named_zone *named = value;
    zone_close(named->zone);
    free(named);
}

static void run_free(struct run *run)
{
    analysis_free(run->analysis);
    textmap_free(&run->zones, zone_release);
    store_close(run->store);
}

/* Of a station; one that tzdata does not know (any more) is UTC. */
static int find_zone(struct run *run, const char *name, const struct zone **zone, struct err *err)
{
    struct named_zone *named = textmap_find(&run->zones, name);
    if (named) {
        *zone = named->zone;
        return 0;
    }
    named = calloc(1, sizeof *named);
    if (!named)
        return err_set(err, ERR_NOMEM, "out of memory");
    (void)snprintf(named->name, sizeof named->name, "%s", name);
    int rc = zone_open(&named->zone, name, err);
    if (rc == ERR_INVALID) {
        fprintf(stderr, "swapctl: %s; UTC is taken for it\n", err->text);
        rc = zone_open(&named->zone, NULL, err);
    }
    if (rc == 0 && textmap_add(&run->zones, named->name, named) < 0)
        rc = err_set(err, ERR_NOMEM, "out of memory");
    if (rc < 0) {
        zone_release(named);
        return rc;
    }
    *zone = named->zone;
    return 0;
}

static int take_process(void *self, const struct history_row *process, struct err *err)
{
    struct run *run = self;
    SCOPE(intervals_free) struct intervals intervals = {0};
    const struct zone *zone = NULL;
    int rc = find_zone(run, process->zone, &zone, err);
    if (rc < 0)
        return rc;
    struct err why = {0};
    rc = intervals_read(run->store, process->process, &intervals, &why);
    if (rc == ERR_INVALID) {
        fprintf(stderr, "swapctl: counted where it began, without its samples: %s\n", why.text);
        run->damaged++;
    } else if (rc < 0) {
        return err_set(err, rc, "%s", why.text);
    }
    return analysis_add(run->analysis, process, zone, &intervals, err);
}

static struct report_value real(double value)
{
    return (struct report_value){.present = !isnan(value), .real = value};
}

static struct report_value whole(int64_t value, bool present)
{
    return (struct report_value){.present = present, .integer = value, .real = NAN};
}

static int put_group(void *self, const struct analysis_group *group, struct err *err)
{
    struct run *run = self;
    struct report_value values[ANALYSIS_KEYS_MAX + FIGURES];
    for (size_t i = 0; i < run->key_count; i++)
        values[i] = (struct report_value){.present = group->key[i][0] != '\0',
                                          .real = NAN,
                                          .text = group->key[i],
                                          .length = strlen(group->key[i])};
    const struct report_value figures[FIGURES] = {
        [FIGURE_PROCESSES] = whole(group->processes, true),
        [FIGURE_HOURS] = real((double)group->us / US_PER_HOUR),
        [FIGURE_ADDED] = real((double)group->added_nano / NANO),
        [FIGURE_USED] = real((double)group->used_nano / NANO),
        [FIGURE_EFFICIENCY] = real(decimal_round(analysis_efficiency(group), 4)),
        [FIGURE_MEAN] = real(decimal_round(analysis_mean_kw(group), 3)),
        [FIGURE_PEAK] = real(decimal_round(group->peak_kw, 3)),
        [FIGURE_COST] = whole(group->cost, group->priced > 0)};
    memcpy(values + run->key_count, figures, sizeof figures);
    return run->row(run->sink, &run->report, values, err);
}

static void make_columns(struct run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < run->key_count; i++) {
        const char *name = ANALYSIS_NAME[run->keys[i]];
        for (size_t j = 0; name[j] && j + 1 < sizeof run->titles[i]; j++)
            run->titles[i][j] = (char)(name[j] - ('a' - 'A'));
        run->columns[count++] = (struct report_column){name, REPORT_TEXT, 0, run->titles[i]};
    }
    for (size_t i = 0; i < run->figure_count; i++)
        run->columns[count++] = FIGURE_COLUMNS[i];
    const char *currency = ctl_currency(run->ctl);
    (void)snprintf(run->cost_title, sizeof run->cost_title, "COST%s%.20s", currency[0] ? " " : "",
                   currency);
    if (run->figure_count == FIGURES)
        run->columns[count - 1].title = run->cost_title;
    run->report = (struct report){"charging report", NULL, run->columns};
}

static int print(struct run *run, struct err *err)
{
    const struct ctl *ctl = run->ctl;
    if (ctl->json) {
        struct output_array array;
        output_array_begin(&array, ctl->out);
        run->row = output_array_row;
        run->sink = &array;
        int rc = analysis_each(run->analysis, put_group, run, err);
        output_array_end(&array);
        return rc;
    }
    if (args_value(ctl->args, "csv")) {
        output_csv_head(&run->report, ctl->out);
        run->row = output_csv_row;
        run->sink = ctl->out;
        return analysis_each(run->analysis, put_group, run, err);
    }
    SCOPE(output_table_free_scope) struct output_table table = {.report = &run->report};
    run->row = output_collect;
    run->sink = &table;
    int rc = analysis_each(run->analysis, put_group, run, err);
    if (rc == 0)
        output_print_table(&table, ctl->out, output_width(ctl->out));
    return rc;
}

static int analyse(struct run *run, struct err *err)
{
    struct report_filter asked;
    int rc = ctl_filter(run->ctl, &asked, err);
    if (rc == 0)
        rc = ctl_open(run->ctl, &run->store, err);
    if (rc == 0)
        rc = analysis_new(&run->analysis, run->keys, run->key_count, err);
    if (rc == 0)
        rc = store_begin_reading(run->store, err);
    if (rc < 0)
        return rc;
    struct history_filter filter = {asked.station, asked.bid, asked.from_us, asked.to_us};
    rc = history_each(run->store, &filter, take_process, run, err);
    store_rollback(run->store);
    return rc;
}

static int report(const struct ctl *ctl, const char *by, size_t figures, struct err *err)
{
    SCOPE(run_free) struct run run = {.ctl = ctl, .figure_count = figures};
    const char *asked = args_value(ctl->args, "by");
    by = asked ? asked : by;
    int rc = by ? analysis_keys_parse(by, run.keys, &run.key_count, err) : 0;
    if (rc < 0)
        return err_prefix(err, "--by: ");
    make_columns(&run);
    rc = analyse(&run, err);
    return rc < 0 ? rc : print(&run, err);
}

int ctl_charging_report(const struct ctl *ctl, struct err *err)
{
    return report(ctl, NULL, FIGURES, err);
}

int ctl_charging_efficiency(const struct ctl *ctl, struct err *err)
{
    return report(ctl, "temperature,power", FIGURE_EFFICIENCY + 1, err);
}
