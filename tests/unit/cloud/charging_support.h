/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of charging share: a database, the modules on it, observations by name. */
#ifndef SWAPSTACK_TEST_CLOUD_CHARGING_SUPPORT_H
#define SWAPSTACK_TEST_CLOUD_CHARGING_SUPPORT_H

#include "alerts/alerts.h"
#include "charging/charging.h"

#include "cloud/support.h"
#include <math.h>

#define SECOND     INT64_C(1000000)
#define MINUTE     (60 * SECOND)
#define NOON       INT64_C(1763726400000000) /* 2025-11-21T12:00:00Z */
#define TIMEOUT_US (15 * MINUTE)
#define GONE_US    (24 * 60 * MINUTE)

struct bench {
    struct store *store;
    struct alerts *alerts;
    struct charging *charging;
};

SUPPORT void check(int status, const struct err *err)
{
    if (status < 0)
        fail_msg("%s", err->text);
}

SUPPORT int bench_make(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err = {0};
    const struct charging_limits limits = {
        .sample_timeout_us = TIMEOUT_US, .gone_timeout_us = GONE_US, .rules = RULES_DEFAULT};
    bench->store = must_open(STORE_MEMORY, STORE_WRITE);
    check(alerts_new(&bench->alerts, bench->store, &err), &err);
    check(charging_new(&bench->charging, bench->store, bench->alerts, &limits, &err), &err);
    check(store_begin(bench->store, &err), &err);
    *state = bench;
    return 0;
}

SUPPORT int bench_remove(void **state)
{
    struct bench *bench = *state;
    charging_free(bench->charging);
    alerts_free(bench->alerts);
    store_rollback(bench->store);
    store_close(bench->store);
    free(bench);
    return 0;
}

#define bench_test(function) cmocka_unit_test_setup_teardown(function, bench_make, bench_remove)

/* A moment whose message says no `up`. */
SUPPORT struct charging_moment moment_at(int64_t second)
{
    return (struct charging_moment){.date_us = NOON + second * SECOND,
                                    .journal = STORE_NULL,
                                    .boot = STORE_NULL,
                                    .up_us = STORE_NULL};
}

/* A charging battery b1 in bay 1 of station s1 at NOON + `second`. */
SUPPORT struct charging_observation charging_at(int64_t second)
{
    return (struct charging_observation){.station_id = "s1",
                                         .slot = 1,
                                         .bid = "b1",
                                         .session_id = "",
                                         .vid = "",
                                         .charge = 1,
                                         .at = moment_at(second),
                                         .arrived_us = NOON + second * SECOND,
                                         .soc_percent = 50,
                                         .charge_energy_added_kwh = NAN,
                                         .charger_power_kw = NAN,
                                         .charger_current_a = NAN,
                                         .charger_voltage_v = NAN,
                                         .charger_phases = STORE_NULL,
                                         .meter_wh = NAN,
                                         .outside_temp_c = NAN,
                                         .ideal_range_km = NAN,
                                         .rated_range_km = NAN,
                                         .fast_charger_type = "",
                                         .latitude = NAN,
                                         .longitude = NAN};
}

SUPPORT void observe(struct bench *bench, const struct charging_observation *observation)
{
    struct err err = {0};
    check(charging_observe(bench->charging, observation, &err), &err);
}

SUPPORT void advance(struct bench *bench, int64_t second)
{
    struct err err = {0};
    struct charging_moment moment = moment_at(second);
    check(charging_advance(bench->charging, "s1", &moment, &err), &err);
}

SUPPORT void flush_and_commit(struct bench *bench)
{
    struct err err = {0};
    check(charging_flush(bench->charging, &err), &err);
    check(store_commit(bench->store, &err), &err);
    check(store_begin(bench->store, &err), &err);
}

#endif
