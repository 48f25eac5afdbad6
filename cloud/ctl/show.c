/* SPDX-License-Identifier: Apache-2.0 */
/* One thing with its parts: details and a table below, or one JSON object that holds the parts as
 * an array (still inside an array, so that a program reads every answer the same way). */
#include "ctl/ctl.h"

#include "base/scope.h"
#include "ctl/output.h"

struct shown {
    const struct ctl *ctl;
    cJSON *object; /* JSON: of the one row; owned */
    cJSON *parts;  /* JSON: its array of parts; inside `object` */
    int rows;
};

static int show_row(void *self, const struct report *report, const struct report_value *values,
                    struct err *err)
{
    struct shown *shown = self;
    shown->rows++;
    if (!shown->ctl->json) {
        output_print_details(report, values, shown->ctl->out);
        return 0;
    }
    shown->object = output_object(report, values);
    return shown->object ? 0 : err_set(err, ERR_NOMEM, "no memory for a JSON object");
}

static int show_part(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    struct shown *shown = self;
    cJSON *part = output_object(report, values);
    if (!part || !cJSON_AddItemToArray(shown->parts, part)) {
        cJSON_Delete(part);
        return err_set(err, ERR_NOMEM, "no memory for a JSON object");
    }
    return 0;
}

static int show_parts(struct shown *shown, struct store *store, const struct report *parts,
                      const struct report_filter *filter, struct err *err)
{
    const struct ctl *ctl = shown->ctl;
    if (ctl->json) {
        shown->parts = cJSON_AddArrayToObject(shown->object, parts->name);
        if (!shown->parts)
            return err_set(err, ERR_NOMEM, "no memory for a JSON array");
        return report_run(store, parts, filter, show_part, shown, err);
    }
    SCOPE(output_table_free_scope) struct output_table table = {.report = parts};
    int rc = report_run(store, parts, filter, output_collect, &table, err);
    if (rc < 0 || table.count == 0)
        return rc;
    fputc('\n', ctl->out);
    output_print_table(&table, ctl->out, output_width(ctl->out));
    return 0;
}

#define PARTS_MOST 3

/* `parts`: one table after the other; those that are not used are NULL. */
static int show(const struct ctl *ctl, const struct report *report,
                const struct report *const parts[PARTS_MOST], const struct report_filter *filter,
                struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    int rc = ctl_open(ctl, &store, err);
    if (rc < 0)
        return rc;
    struct shown shown = {.ctl = ctl};
    rc = report_run(store, report, filter, show_row, &shown, err);
    if (rc == 0 && shown.rows == 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s: no '%s' in the database", report->name, ctl->word);
    for (int i = 0; rc == 0 && i < PARTS_MOST && parts[i]; i++)
        rc = show_parts(&shown, store, parts[i], filter, err);
    if (rc == 0 && ctl->json) {
        struct output_array array;
        output_array_begin(&array, ctl->out);
        rc = output_array_add(&array, shown.object, err);
        shown.object = NULL;
        output_array_end(&array);
    }
    cJSON_Delete(shown.object);
    return rc;
}

int ctl_show_station(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter = REPORT_ALL;
    filter.station = ctl->word;
    static const struct report *const parts[PARTS_MOST] = {&REPORT_BAYS};
    return show(ctl, &REPORT_STATIONS, parts, &filter, err);
}

int ctl_show_battery(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter = REPORT_ALL;
    filter.bid = ctl->word;
    static const struct report *const parts[PARTS_MOST] = {&REPORT_BATTERY_VERSIONS};
    return show(ctl, &REPORT_BATTERIES, parts, &filter, err);
}

int ctl_show_tariff(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter = REPORT_ALL;
    static const struct report *const parts[PARTS_MOST] = {&REPORT_TARIFF_WINDOWS};
    int rc = ctl_word_id(ctl, "tariff", &filter.id, err);
    return rc < 0 ? rc : show(ctl, &REPORT_TARIFFS, parts, &filter, err);
}

int ctl_show_charging(const struct ctl *ctl, struct err *err)
{
    static const struct report *const parts[PARTS_MOST] = {
        &REPORT_CHARGING_EVALUATIONS, &REPORT_CHARGING_FLAGS, &REPORT_CHARGING_SAMPLES};
    struct report_filter filter = REPORT_ALL;
    SCOPE(store_close_scope) struct store *store = NULL;
    int rc = ctl_word_id(ctl, "charging process", &filter.id, err);
    if (rc == 0)
        rc = show(ctl, &REPORT_CHARGING, parts, &filter, err);
    if (rc == 0)
        rc = ctl_open(ctl, &store, err);
    return rc < 0 ? rc : ctl_check_samples(store, filter.id, err);
}
