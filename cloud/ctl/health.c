/* SPDX-License-Identifier: Apache-2.0 */
/* How worn batteries are, how long they last, and how they came there. */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/scope.h"
#include "ctl/health_rows.h"
#include "ctl/output.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct health_limits limits_of(const struct ctl *ctl)
{
    const struct config *config = ctl->config;
    double nominal_kwh = config_real(config, "health", "nominal_capacity_kwh");
    return (struct health_limits){
        .end_of_life_soh_percent = config_real(config, "health", "end_of_life_soh_percent"),
        .nominal_kwh = nominal_kwh > 0 ? nominal_kwh : NAN,
        .soc_span_min_percent = config_real(config, "health", "soc_span_min_percent"),
        .confidence = config_real(config, "health", "confidence_percent") / 100,
        .charges_min = config_integer(config, "health", "charges_min"),
        .days_min = config_real(config, "health", "days_min"),
        .maintenance_cycles = config_real(config, "health", "maintenance_cycles"),
        .maintenance_days = config_real(config, "health", "maintenance_days")};
}

/* The inspections of some batteries. */
struct inspections {
    struct inspection *list; /* owned */
    size_t count;
};

static void inspections_free(struct inspections *inspections)
{
    for (size_t i = 0; i < inspections->count; i++)
        inspection_free(&inspections->list[i]);
    free(inspections->list);
}

/* What the operator's clock says, or what was recorded when that is later (a simulated plant's
 * clock runs ahead). */
static int64_t present_of(const struct inspection *inspection)
{
    int64_t now_us = clock_wall_us();
    size_t count = inspection->series.count;
    return count > 0 && inspection->charges[count - 1].end_us > now_us
               ? inspection->charges[count - 1].end_us
               : now_us;
}

/* Of `bid`, or with NULL of all, as known at `at_us` (STORE_NULL: now). Of many batteries only the
 * judgement is kept. */
static int inspect(const struct ctl *ctl, const char *bid, int64_t at_us,
                   struct inspections *inspections, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    SCOPE_FREE struct health_battery_row *rows = NULL;
    size_t count = 0;
    struct health_limits limits = limits_of(ctl);
    int rc = ctl_open(ctl, &store, err);
    if (rc == 0)
        rc = health_battery_list(store, bid, &rows, &count, err);
    if (rc < 0)
        return rc;
    if (bid && count == 0)
        return err_set(err, ERR_NOT_FOUND, "battery: no '%s' in the database", bid);
    inspections->list = calloc(count + 1, sizeof *inspections->list);
    if (!inspections->list)
        return err_set(err, ERR_NOMEM, "no memory for %zu batteries", count);
    while (inspections->count < count && rc == 0) {
        struct inspection *inspection = &inspections->list[inspections->count];
        int64_t before_us = at_us == STORE_NULL ? INT64_MAX : at_us;
        rc = inspection_read(store, &rows[inspections->count++], &limits, before_us, inspection,
                             err);
        if (rc == 0)
            rc = inspection_judge(inspection, &limits,
                                  at_us == STORE_NULL ? present_of(inspection) : at_us, err);
        if (!bid)
            inspection_let_go(inspection);
    }
    return rc;
}

/* Prints rows as ctl_print_list does. */
struct printer {
    const struct ctl *ctl;
    struct output_table table;
    struct output_array array;
};

static void printer_begin(struct printer *printer, const struct ctl *ctl,
                          const struct report *report)
{
    *printer = (struct printer){.ctl = ctl, .table = {.report = report}};
    if (ctl->json)
        output_array_begin(&printer->array, ctl->out);
}

static int printer_row(struct printer *printer, const struct report_value *values, struct err *err)
{
    const struct report *report = printer->table.report;
    return printer->ctl->json ? output_array_row(&printer->array, report, values, err)
                              : output_collect(&printer->table, report, values, err);
}

static void printer_end(struct printer *printer, int rc)
{
    FILE *out = printer->ctl->out;
    if (printer->ctl->json)
        output_array_end(&printer->array);
    else if (rc == 0)
        output_print_table(&printer->table, out, output_width(out));
    output_table_free(&printer->table);
}

/* What is to be looked at first: ended, then by what is left, then those that nobody knows. */
static int by_remaining_life(const void *left, const void *right)
{
    static const int places[] = {[HEALTH_END_OF_LIFE] = 0,
                                 [HEALTH_DECLINING] = 1,
                                 [HEALTH_STEADY] = 2,
                                 [HEALTH_NOT_ENOUGH_DATA] = 3};
    const struct inspection *a = left, *b = right;
    int order = places[a->health.state] - places[b->health.state];
    if (order == 0 && a->health.state == HEALTH_STEADY)
        order = (a->health.days_left.low > b->health.days_left.low) -
                (a->health.days_left.low < b->health.days_left.low);
    else if (order == 0)
        order = (a->health.days_left.estimate > b->health.days_left.estimate) -
                (a->health.days_left.estimate < b->health.days_left.estimate);
    return order != 0 ? order : strcmp(a->battery.bid, b->battery.bid);
}

static int print_all(const struct ctl *ctl, struct inspections *inspections, int64_t limit,
                     struct err *err)
{
    int rc = 0;
    size_t most = limit == STORE_NULL ? SIZE_MAX : (size_t)limit;
    struct printer printer;
    qsort(inspections->list, inspections->count, sizeof *inspections->list, by_remaining_life);
    printer_begin(&printer, ctl, &HEALTH_BATTERY);
    for (size_t i = 0; i < inspections->count && i < most && rc == 0; i++) {
        struct report_value values[REPORT_COLUMNS_MAX];
        health_battery_values(&inspections->list[i], values);
        rc = printer_row(&printer, values, err);
    }
    printer_end(&printer, rc);
    if (rc == 0 && !ctl->json && inspections->count > most)
        fprintf(stderr, "swapctl: the first %zu of %zu batteries; --limit N shows more\n", most,
                inspections->count);
    return rc;
}

static int print_one(const struct ctl *ctl, const struct inspection *inspection, struct err *err)
{
    struct report_value values[REPORT_COLUMNS_MAX];
    health_battery_values(inspection, values);
    if (!ctl->json) {
        output_print_details(&HEALTH_BATTERY, values, ctl->out);
        return 0;
    }
    struct printer printer;
    printer_begin(&printer, ctl, &HEALTH_BATTERY);
    int rc = printer_row(&printer, values, err);
    printer_end(&printer, rc);
    return rc;
}

int ctl_battery_health(const struct ctl *ctl, struct err *err)
{
    SCOPE(inspections_free) struct inspections inspections = {0};
    struct report_filter filter;
    bool all = args_value(ctl->args, "all") != NULL;
    int64_t at_us;
    if (all == (ctl->word != NULL))
        return err_set(err, ERR_USAGE, "which battery? give its BID, or --all");
    int rc = ctl_filter(ctl, &filter, err);
    if (rc == 0)
        rc = ctl_time(ctl, "at", STORE_NULL, &at_us, err);
    if (rc == 0)
        rc = inspect(ctl, ctl->word, at_us, &inspections, err);
    if (rc < 0)
        return rc;
    return all ? print_all(ctl, &inspections, filter.limit, err)
               : print_one(ctl, &inspections.list[0], err);
}

int ctl_battery_charges(const struct ctl *ctl, bool counting, struct err *err)
{
    SCOPE(inspections_free) struct inspections inspections = {0};
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    if (rc == 0)
        rc = inspect(ctl, ctl->word, filter.to_us, &inspections, err);
    if (rc < 0)
        return rc;
    const struct inspection *inspection = &inspections.list[0];
    struct printer printer;
    printer_begin(&printer, ctl, &HEALTH_CHARGES);
    int64_t rows = 0;
    for (size_t i = inspection->series.count; i-- > 0 && rc == 0;) {
        struct report_value values[REPORT_COLUMNS_MAX];
        if (inspection->charges[i].end_us < filter.from_us ||
            (filter.limit != STORE_NULL && rows == filter.limit))
            break;
        if (counting && inspection->series.items[i].verdict != CAPACITY_USED)
            continue;
        health_charge_values(inspection, i, values);
        rc = printer_row(&printer, values, err);
        rows++;
    }
    printer_end(&printer, rc);
    return rc;
}
