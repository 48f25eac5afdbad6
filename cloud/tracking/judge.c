/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of batteries against the thresholds of their model and station, and the alerts of it. */
#include "alerts/alerts.h"
#include "tracking/remarks.h"
#include "tracking/tracking_internal.h"

#include <math.h>
#include <string.h>

int tracked_limits(struct tracking *tracking, const char *bid, const char *station_id,
                   struct tracking_limits *to, struct err *err)
{
    struct tracked_battery *battery;
    struct threshold_limits capacity, frequency;
    *to = tracking->limits;
    int status = tracked_battery_find(tracking, bid, &battery, err);
    const char *model = status == 0 && battery ? battery->row.model : "";
    if (status == 0)
        status = alerts_limits(tracking->alerts, THRESHOLD_LOW_CAPACITY, model, station_id,
                               &capacity, err);
    if (status == 0)
        status = alerts_limits(tracking->alerts, THRESHOLD_FREQUENT_SWAP, model, station_id,
                               &frequency, err);
    if (status < 0)
        return status;
    to->capacity_min_kwh = capacity.enabled ? capacity.raise : -INFINITY;
    /* More than 2.5 is more than 2. */
    to->frequent_swap_max = frequency.enabled ? (int64_t)floor(frequency.raise) : INT64_MAX;
    return 0;
}

static int judge_capacity(struct tracking *tracking, const struct battery_row *row,
                          const char *station_id, int64_t at_us, bool *low, struct err *err)
{
    struct alert_subject subject = {.kind = "low_capacity",
                                    .severity = "warning",
                                    .bid = row->bid,
                                    .station_id = NULL,
                                    .slot = STORE_NULL};
    struct threshold_limits limits;
    char text[REMARK_SIZE];
    int status = alerts_limits(tracking->alerts, THRESHOLD_LOW_CAPACITY, row->model, station_id,
                               &limits, err);
    if (status < 0)
        return status;
    remark_low_capacity(row->bid, row->capacity_kwh, limits.raise, text);
    return alerts_judge(tracking->alerts, &subject, THRESHOLD_LOW_CAPACITY, &limits,
                        row->capacity_kwh, at_us, text, low, err);
}

static int judge_soh(struct tracking *tracking, const struct battery_row *row,
                     const char *station_id, int64_t at_us, struct err *err)
{
    struct alert_subject subject = {
        .kind = "low_soh", .severity = "warning", .bid = row->bid, .slot = STORE_NULL};
    struct threshold_limits limits;
    char text[REMARK_SIZE];
    bool low;
    int status =
        alerts_limits(tracking->alerts, THRESHOLD_LOW_SOH, row->model, station_id, &limits, err);
    if (status < 0)
        return status;
    remark_low_soh(row->bid, row->soh, limits.raise, text);
    return alerts_judge(tracking->alerts, &subject, THRESHOLD_LOW_SOH, &limits, row->soh, at_us,
                        text, &low, err);
}

int tracked_judge(struct tracking *tracking, struct tracked_battery *battery,
                  const char *station_id, int64_t at_us, bool *low, struct err *err)
{
    int status = judge_capacity(tracking, &battery->row, station_id, at_us, low, err);
    if (status == 0)
        status = judge_soh(tracking, &battery->row, station_id, at_us, err);
    if (status == 0)
        battery->judged = alerts_generation(tracking->alerts);
    return status;
}

int tracking_check_battery_capacity(struct tracking *tracking, const char *bid, int64_t at_us,
                                    bool *low, struct err *err)
{
    struct tracked_battery *battery;
    *low = false;
    int status = tracked_battery_find(tracking, bid, &battery, err);
    if (status < 0 || !battery)
        return status;
    bool in_bay = strcmp(battery->row.where_kind, "bay") == 0;
    return tracked_judge(tracking, battery, in_bay ? battery->row.where_id : "", at_us, low, err);
}

int tracking_is_battery_frequently_swapped(struct tracking *tracking, const char *bid,
                                           int64_t at_us, bool *frequent, struct err *err)
{
    struct tracking_limits limits;
    int64_t count = 0;
    int status = tracked_limits(tracking, bid, "", &limits, err);
    if (status == 0)
        status = exchange_count_on_loads(tracking->store, bid, at_us - limits.frequent_window_us,
                                         at_us, &count, err);
    *frequent = count > limits.frequent_swap_max;
    return status;
}

int tracked_judge_frequency(struct tracking *tracking, const struct tracked_battery *battery,
                            const struct exchange_row *newest, struct err *err)
{
    struct alert_subject subject = {
        .kind = "frequent_swap", .severity = "warning", .bid = newest->bid, .slot = STORE_NULL};
    struct threshold_limits limits;
    int64_t count = 0, at_us = newest->event_time_us,
            window_us = tracking->limits.frequent_window_us;
    int status = exchange_count_on_loads(tracking->store, newest->bid, at_us - window_us, at_us,
                                         &count, err);
    if (status == 0)
        status = alerts_limits(tracking->alerts, THRESHOLD_FREQUENT_SWAP, battery->row.model,
                               newest->station_id, &limits, err);
    if (status < 0)
        return status;
    char text[REMARK_SIZE];
    bool open;
    remark_frequent_swap(newest->bid, count, window_us, limits.raise, text);
    return alerts_judge(tracking->alerts, &subject, THRESHOLD_FREQUENT_SWAP, &limits, (double)count,
                        at_us, text, &open, err);
}
