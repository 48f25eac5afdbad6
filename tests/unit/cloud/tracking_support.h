/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of tracking share: a database, the modules on it, events by name. */
#ifndef SWAPSTACK_TEST_CLOUD_TRACKING_SUPPORT_H
#define SWAPSTACK_TEST_CLOUD_TRACKING_SUPPORT_H

#include "alerts/alerts.h"
#include "tracking/tracking.h"

#include "cloud/support.h"
#include <math.h>

#define SECOND INT64_C(1000000)
#define HOUR   3600
#define NOON   INT64_C(1763726400000000) /* 2025-11-21T12:00:00Z */

/* Seconds since noon; the parentheses because `||` binds tighter than `/`. */
#define AFTER_NOON(time) "((" time " - 1763726400000000) / 1000000)"

struct yard {
    struct store *store;
    struct alerts *alerts;
    struct tracking *tracking;
};

static const struct tracking_limits LIMITS = {
    .capacity_min_kwh = 20, .frequent_window_us = 24 * HOUR * SECOND, .frequent_swap_max = 3};

SUPPORT void check(int status, const struct err *err)
{
    if (status < 0)
        fail_msg("%s", err->text);
}

SUPPORT int yard_make(void **state)
{
    struct yard *yard = calloc(1, sizeof *yard);
    struct err err = {0};
    yard->store = must_open(STORE_MEMORY, STORE_WRITE);
    check(alerts_new(&yard->alerts, yard->store, &err), &err);
    check(tracking_new(&yard->tracking, yard->store, yard->alerts, &LIMITS, &err), &err);
    *state = yard;
    return 0;
}

SUPPORT int yard_remove(void **state)
{
    struct yard *yard = *state;
    tracking_free(yard->tracking);
    alerts_free(yard->alerts);
    store_close(yard->store);
    free(yard);
    return 0;
}

#define yard_test(function) cmocka_unit_test_setup_teardown(function, yard_make, yard_remove)

/* A source without place in a journal. */
SUPPORT struct tracking_source bare_source(void)
{
    return (struct tracking_source){.actor = "station",
                                    .actor_id = "s1",
                                    .received_at_us = NOON + 1000 * HOUR * SECOND,
                                    .journal = "",
                                    .journal_number = 0,
                                    .boot = STORE_NULL,
                                    .up_ms = STORE_NULL};
}

SUPPORT struct tracking_exchange exchange_at(const char *event, const char *bid, const char *vid,
                                             int64_t second)
{
    return (struct tracking_exchange){.bid = bid,
                                      .station_id = "s1",
                                      .vid = vid,
                                      .event = event,
                                      .event_time_us = NOON + second * SECOND,
                                      .request_id = "",
                                      .user_id = "u1",
                                      .comments = "",
                                      .slot = 2,
                                      .soc_percent = NAN,
                                      .soh_percent = NAN,
                                      .capacity_kwh = 70,
                                      .battery_version = ""};
}

SUPPORT bool add(struct yard *yard, const struct tracking_exchange *exchange)
{
    struct err err = {0};
    bool repeat;
    struct tracking_source source = bare_source();
    check(tracking_add_battery_exchange_task(yard->tracking, exchange, &source, &repeat, &err),
          &err);
    return !repeat;
}

SUPPORT bool on_load(struct yard *yard, const char *bid, const char *vid, int64_t second)
{
    struct tracking_exchange exchange = exchange_at("On-Load", bid, vid, second);
    return add(yard, &exchange);
}

SUPPORT bool off_load(struct yard *yard, const char *bid, const char *vid, int64_t second)
{
    struct tracking_exchange exchange = exchange_at("Off-Load", bid, vid, second);
    return add(yard, &exchange);
}

SUPPORT struct tracking_sighting sighting_at(const char *bid, int64_t slot, int64_t second)
{
    return (struct tracking_sighting){.bid = bid,
                                      .station_id = "s1",
                                      .slot = slot,
                                      .time_us = NOON + second * SECOND,
                                      .soc_percent = NAN,
                                      .soh_percent = NAN,
                                      .capacity_kwh = NAN,
                                      .cycles = STORE_NULL,
                                      .battery_version = "",
                                      .latitude = NAN,
                                      .longitude = NAN,
                                      .max_temp_c = NAN,
                                      .min_temp_c = NAN,
                                      .max_cell_v = NAN,
                                      .min_cell_v = NAN};
}

SUPPORT void see(struct yard *yard, const struct tracking_sighting *sighting,
                 const struct tracking_source *source)
{
    struct err err = {0};
    check(tracking_see_battery(yard->tracking, sighting, source, &err), &err);
}

#endif
