/* SPDX-License-Identifier: Apache-2.0 */
/* Checks against the limits, and their alerts. */
#include "alerts/alerts.h"
#include "tracking/remarks.h"
#include "tracking/tracking_internal.h"

int tracked_capacity_check(struct tracking *tracking, const struct tracked_battery *battery,
                           int64_t at_us, bool *low, struct err *err)
{
    const struct battery_row *row = &battery->row;
    struct alert_subject subject = {
        .kind = "low_capacity", .severity = "warning", .bid = row->bid, .slot = STORE_NULL};
    *low = remark_is_low(row->capacity_kwh, &tracking->limits);
    if (!*low)
        return alerts_clear(tracking->alerts, &subject, at_us, err);
    char text[REMARK_SIZE];
    remark_low_capacity(row->bid, row->capacity_kwh, &tracking->limits, text);
    return alerts_raise(tracking->alerts, &subject, at_us, row->capacity_kwh,
                        tracking->limits.capacity_min_kwh, text, err);
}

int tracking_check_battery_capacity(struct tracking *tracking, const char *bid, int64_t at_us,
                                    bool *low, struct err *err)
{
    struct tracked_battery *battery;
    *low = false;
    int status = tracked_battery_find(tracking, bid, &battery, err);
    if (status < 0 || !battery)
        return status;
    return tracked_capacity_check(tracking, battery, at_us, low, err);
}

int tracking_is_battery_frequently_swapped(struct tracking *tracking, const char *bid,
                                           int64_t at_us, bool *frequent, struct err *err)
{
    int64_t count = 0;
    int status = exchange_count_on_loads(
        tracking->store, bid, at_us - tracking->limits.frequent_window_us, at_us, &count, err);
    *frequent = count > tracking->limits.frequent_swap_max;
    return status;
}
