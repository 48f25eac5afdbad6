/* SPDX-License-Identifier: Apache-2.0 */
/* What tracking is there to answer: which vehicles a battery was in, who had it, how it is used. */
#include "ctl/ctl.h"

#include "base/clock.h"
#include "base/scope.h"
#include "ctl/output.h"
#include <string.h>

static int list_history(const struct ctl *ctl, const struct report *report, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    filter.bid = ctl->word;
    return rc < 0 ? rc : ctl_print_list(ctl, report, &filter, err);
}

int ctl_battery_history(const struct ctl *ctl, struct err *err)
{
    const char *what = args_value(ctl->args, "what");
    if (!what || strcmp(what, "vehicles") == 0)
        return list_history(ctl, &REPORT_BATTERY_STAYS, err);
    if (strcmp(what, "capacity") == 0)
        return ctl_battery_charges(ctl, false, err);
    if (strcmp(what, "soh") == 0)
        return ctl_battery_charges(ctl, true, err);
    if (strcmp(what, "temperature") == 0)
        return list_history(ctl, &REPORT_BATTERY_TEMPERATURE, err);
    if (strcmp(what, "imbalance") == 0)
        return list_history(ctl, &REPORT_BATTERY_IMBALANCE, err);
    return err_set(err, ERR_USAGE,
                   "--what %s: vehicles, capacity, soh, temperature or imbalance is right", what);
}

int ctl_vehicle_history(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    filter.vid = ctl->word;
    return rc < 0 ? rc : ctl_print_list(ctl, &REPORT_VEHICLE_STAYS, &filter, err);
}

static int count_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err)
{
    (void)report;
    (void)values;
    (void)err;
    ++*(int64_t *)self;
    return 0;
}

/* A battery that was never heard of is a mistyped name, not one that is nowhere. */
static int must_be_known(const struct ctl *ctl, struct err *err)
{
    SCOPE(store_close_scope) struct store *store = NULL;
    struct report_filter filter = REPORT_ALL;
    int64_t count = 0;
    filter.bid = ctl->word;
    int rc = ctl_open(ctl, &store, err);
    if (rc == 0)
        rc = report_run(store, &REPORT_BATTERY_WHERE, &filter, count_row, &count, err);
    if (rc == 0 && count == 0)
        rc = err_set(err, ERR_NOT_FOUND, "battery: no '%s' in the database", ctl->word);
    return rc;
}

static int answer(const struct ctl *ctl, const struct report *report, struct report_filter *filter,
                  struct err *err)
{
    filter->bid = ctl->word;
    filter->limit = STORE_NULL;
    int rc = must_be_known(ctl, err);
    return rc < 0 ? rc : ctl_print_list(ctl, report, filter, err);
}

int ctl_battery_where(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter = REPORT_ALL;
    return answer(ctl, &REPORT_BATTERY_WHERE, &filter, err);
}

int ctl_battery_holder(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter = REPORT_ALL;
    int rc = ctl_time(ctl, "at", clock_wall_us(), &filter.to_us, err);
    if (rc < 0)
        return rc;
    return answer(ctl, &REPORT_BATTERY_HOLDER, &filter, err);
}

int ctl_battery_utilisation(const struct ctl *ctl, struct err *err)
{
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    if (rc < 0)
        return rc;
    if (filter.to_us == STORE_NULL)
        filter.to_us = clock_wall_us();
    if (filter.from_us != STORE_NULL && filter.from_us >= filter.to_us)
        return err_set(err, ERR_USAGE, "--from must be before --to");
    return answer(ctl, &REPORT_BATTERY_UTILISATION, &filter, err);
}

int ctl_count_swaps(const struct ctl *ctl, struct err *err)
{
    static const char *const names[] = {"battery", "vehicle", "station", "day"};
    const char *by = args_value(ctl->args, "by");
    struct report_filter filter;
    int rc = ctl_filter(ctl, &filter, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 4; i++)
        if (strcmp(by ? by : "day", names[i]) == 0)
            return ctl_print_list(ctl, report_swap_count((enum report_count_by)i, &filter), &filter,
                                  err);
    return err_set(err, ERR_USAGE, "--by %s: battery, vehicle, station or day is right", by);
}
