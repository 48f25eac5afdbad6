/* SPDX-License-Identifier: Apache-2.0 */
/* Both rules over stored processes: what is kept of each, which one is billed, and that what was
 * kept is replaced when a process goes on. */
#include "cloud/charging_support.h"

#define EVALUATIONS                                                                                \
    "SELECT group_concat(row, ' | ') FROM (SELECT rule_version || ': ' || charge_energy_added || " \
    "' ' || charge_energy_used || ' ' || ifnull(charge_energy_metered, '-') || ' ' || "            \
    "ifnull(charge_energy_gap, '-') || ' ' || ifnull(gap_us / 1000000, '-') || ' ' || "            \
    "ifnull(unmeasured_us / 1000000, '-') || ' ' || ifnull(efficiency, '-') || ' ' || "            \
    "ifnull(peak_power, '-') AS row FROM charging_evaluation WHERE process_id = 1 "                \
    "ORDER BY rule_version)"
#define FLAGS                                                                                      \
    "SELECT ifnull(group_concat(flag || ' ' || times || '@' || ((first_at - 1763726400000000) / "  \
    "1000000)), 'none') FROM charging_flag WHERE process_id = 1"
#define PROCESS                                                                                    \
    "SELECT rule_version || ': ' || charge_energy_added || ' ' || charge_energy_used FROM "        \
    "charging_process WHERE id = 1"

static struct charging_observation sample(int64_t second, double power_kw, double added_kwh)
{
    struct charging_observation now = charging_at(second);
    now.session_id = "S1";
    now.charger_power_kw = power_kw;
    now.charge_energy_added_kwh = added_kwh;
    return now;
}

static void close_with(struct bench *bench, int64_t second)
{
    struct charging_observation now = sample(second, 12, 14);
    now.charge = 0;
    observe(bench, &now);
}

static void three_samples(struct bench *bench)
{
    struct charging_observation now = sample(0, 24, 10);
    observe(bench, &now);
    now = sample(300, 12, 11.5);
    observe(bench, &now);
    close_with(bench, 900); /* a gap of 10 min */
}

static void both_rules_are_kept(void **state)
{
    struct bench *bench = *state;
    three_samples(bench);
    assert_query_text(bench->store, EVALUATIONS,
                      "1: 4.0 3.0 - - - - - - | 2: 4.0 1.5 0.0 2.0 600 0 1.143 24.0");
    assert_query_text(bench->store, FLAGS, "gap 1@300,used_below_added 1@900");
    assert_query_text(bench->store, PROCESS, "1: 4.0 3.0");
    assert_query_text(bench->store,
                      "SELECT gap_us || ' ' || evaluated_at FROM v_charging_evaluation WHERE "
                      "rule_version = 2",
                      "600.0 s 2025-11-21T12:15:00.000Z");
}

static void configuration_picks_the_one_that_is_billed(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    struct charging_limits limits = {.sample_timeout_us = TIMEOUT_US, .rules = RULES_DEFAULT};
    limits.rules.billed = 2;
    limits.rules.limits.gap_us = 600 * SECOND;
    charging_free(bench->charging);
    check(charging_new(&bench->charging, bench->store, bench->alerts, &limits, &err), &err);
    three_samples(bench);
    assert_query_text(bench->store, PROCESS, "2: 4.0 3.5");
    assert_query_text(bench->store, FLAGS, "used_below_added 1@900");
}

static void a_process_that_goes_on_is_evaluated_anew(void **state)
{
    struct bench *bench = *state;
    three_samples(bench);
    flush_and_commit(bench);
    /* A late sample fills the gap. */
    struct charging_observation late = sample(600, 12, 13);
    observe(bench, &late);
    assert_query_text(bench->store, EVALUATIONS,
                      "1: 4.0 3.0 - - - - - - | 2: 4.0 3.5 0.0 0.0 0 0 1.143 24.0");
    assert_query_text(bench->store, FLAGS, "clock_step 1@900,used_below_added 1@900");
    /* While it is open again nothing of before stands for it in charging_process. */
    struct charging_observation more = sample(1000, 12, 14);
    observe(bench, &more);
    assert_query_text(bench->store, "SELECT ifnull(rule_version, 'open') FROM charging_process",
                      "open");
    charging_forget(bench->charging); /* read from the stored samples again */
    close_with(bench, 1200);
    assert_query_text(bench->store, FLAGS, "clock_step 1@900");
    assert_query_text(bench->store, PROCESS, "1: 4.0 4.0");
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charging_evaluation"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(both_rules_are_kept),
        bench_test(configuration_picks_the_one_that_is_billed),
        bench_test(a_process_that_goes_on_is_evaluated_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
