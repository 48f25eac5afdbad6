/* SPDX-License-Identifier: Apache-2.0 */
/* The efficiency factors that are kept of vehicles and batteries. */
#include "charging/vehicle_efficiency.h"

#include "cloud/charging_support.h"

static void assert_factor(struct bench *bench, const char *want)
{
    assert_query_text(bench->store, "SELECT ifnull(efficiency, '-') FROM vehicle WHERE vid = 'V1'",
                      want);
}

/* 8 kWh over 50 km of rated range and 40 km of ideal range, to 80 %. */
static void charge_vehicle(struct bench *bench, int64_t second, double level)
{
    struct charging_observation one = charging_at(0);
    one.vid = "V1";
    for (int i = 0; i < 2; i++) {
        one.at.date_us = NOON + (second + i * 840) * SECOND;
        one.charge_energy_added_kwh = i * 8;
        one.charger_power_kw = 36;
        one.rated_range_km = 100 + i * 50;
        one.ideal_range_km = 100 + i * 40;
        one.soc_percent = level - 20 + i * 20;
        one.charge = i < 1;
        observe(bench, &one);
    }
}

static void a_vehicle_s_factor_follows_its_processes(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    must_execute(bench->store, "INSERT INTO vehicle (vid) VALUES ('V1');"
                               "INSERT INTO battery (bid) VALUES ('b1')");
    charge_vehicle(bench, 0, 80);
    assert_factor(bench, "-"); /* one is never enough */
    charge_vehicle(bench, 3600, 96);
    assert_factor(bench, "-"); /* charged too full to count */
    charge_vehicle(bench, 7200, 95);
    assert_factor(bench, "0.16");
    /* 24 kWh added, 25.2 used */
    assert_query_text(bench->store, "SELECT charge_efficiency FROM battery", "0.9524");
    /* Another kind of range: made again for all, once. */
    check(efficiency_prefer(bench->store, RANGE_IDEAL, NOON, &err), &err);
    assert_factor(bench, "0.2");
    must_execute(bench->store, "UPDATE vehicle SET efficiency = 9");
    check(efficiency_prefer(bench->store, RANGE_IDEAL, NOON, &err), &err);
    assert_factor(bench, "9.0");
    check(efficiency_prefer(bench->store, RANGE_RATED, NOON, &err), &err);
    assert_factor(bench, "0.16");
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM event_log WHERE kind = "
                                                 "'charging.preferred_range' AND actor = 'system'"),
                     2);
    /* No step succeeds: the old factor stays. */
    must_execute(bench->store, "UPDATE charging_process SET charge_energy_added = id");
    check(efficiency_refresh(bench->store, "V1", "", RANGE_RATED, &err), &err);
    assert_factor(bench, "0.16");
    check(efficiency_refresh(bench->store, "V2", NULL, RANGE_RATED, &err), &err); /* not known */
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM vehicle"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_vehicle_s_factor_follows_its_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
