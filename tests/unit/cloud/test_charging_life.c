/* SPDX-License-Identifier: Apache-2.0 */
/* Charging processes whose stations go away, set their clocks, move their batteries or restart. */
#include "cloud/charging_support.h"
#include "store/charging.h"

#define AFTER_NOON(time) "((" time " - 1763726400000000) / 1000000)"
#define PROCESSES                                                                                  \
    "SELECT ifnull(group_concat(row, ' | '), 'none') FROM (SELECT slot || ' ' || ifnull(bid, "     \
    "'-') "                                                                                        \
    "|| ' ' || " AFTER_NOON("start_date") " || '..' || ifnull(" AFTER_NOON(                        \
        "end_date") ", '') || ' ' || ifnull(end_reason, 'open') AS row FROM charging_process "     \
                    "ORDER BY id)"
#define FIGURES                                                                                    \
    "SELECT group_concat(ifnull(charge_energy_added, '-') || ' ' || ifnull(charge_energy_used, "   \
    "'-') || ' ' || ifnull(duration_min, '-'), ' | ') FROM charging_process"

/* 60 kW of which the counter sees all; `up` counts in boot 1 of journal 1 from 1000 s on. */
static struct charging_observation sample_at(int64_t second)
{
    struct charging_observation made = charging_at(second);
    made.charger_power_kw = 60;
    made.charge_energy_added_kwh = (double)second / 60;
    made.at.journal = 1;
    made.at.boot = 1;
    made.at.up_us = (1000 + second) * SECOND;
    return made;
}

static void tick(struct bench *bench, int64_t second)
{
    struct err err = {0};
    check(charging_tick(bench->charging, NOON + second * SECOND, &err), &err);
}

static bool repair(struct bench *bench, int64_t id, int64_t idle_since_second)
{
    struct err err = {0};
    bool closed;
    check(charging_repair(bench->charging, id, NOON + idle_since_second * SECOND,
                          NOON + 1000000 * SECOND, &closed, &err),
          &err);
    return closed;
}

static void stream(struct bench *bench, int64_t from, int64_t to)
{
    for (int64_t second = from; second <= to; second += 10) {
        struct charging_observation now = sample_at(second);
        observe(bench, &now);
    }
}

static void nothing_stays_open_when_the_station_is_gone(void **state)
{
    struct bench *bench = *state;
    stream(bench, 0, 60);
    flush_and_commit(bench);
    tick(bench, 60 + 24 * 3600);
    assert_query_text(bench->store, PROCESSES, "1 b1 0.. open");
    charging_forget(bench->charging); /* a restart of the bridge in between */
    tick(bench, 62 + 25 * 3600);
    assert_query_text(bench->store, PROCESSES, "1 b1 0..60 gone");
    assert_query_text(bench->store, FIGURES, "1.0 1.0 1");
    assert_query_text(bench->store, "SELECT kind || ' ' || text FROM alert",
                      "charge_stalled charging of battery b1 in bay 1 of station s1: no sample for "
                      "1500 min");
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge_chunk"), 1);
    /* The backlog comes: packed or not, it is the same process. */
    stream(bench, 70, 120);
    assert_query_text(bench->store, PROCESSES, "1 b1 0.. open");
    assert_int_equal(
        query_integer(bench->store, "SELECT count(*) FROM alert WHERE cleared_at IS NULL"), 0);
    tick(bench, 48 * 3600 + 7200);
    struct charging_observation last = sample_at(130);
    last.charge = 0;
    observe(bench, &last);
    assert_query_text(bench->store, PROCESSES, "1 b1 0..130 stopped");
    assert_query_text(bench->store, FIGURES, "2.17 2.17 2");
    assert_query_text(bench->store, "SELECT samples FROM charge_chunk", "14");
}

static void what_the_station_says_next_tells_why_it_ended(void **state)
{
    struct bench *bench = *state;
    static const struct {
        int64_t second;
        const char *bid;
        bool empty;
        const char *want;
    } next[] = {{70, "", true, "1 b1 0..60 removed"},
                {70, "b2", false, "1 b1 0..60 superseded | 1 b2 70.. open"},
                {60 + 901, "b1", false, "1 b1 0..60 timeout | 1 b1 961.. open"},
                {60 + 900, "b1", false, "1 b1 0.. open"}};
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
        stream(bench, 0, 60);
        assert_true(repair(bench, 1, 100));
        assert_query_text(bench->store, PROCESSES, "1 b1 0..60 repaired");
        struct charging_observation now = sample_at(next[i].second);
        now.bid = next[i].bid;
        now.empty = next[i].empty;
        now.charge = next[i].empty ? -1 : 1;
        observe(bench, &now);
        assert_query_text(bench->store, PROCESSES, next[i].want);
        bench_remove(state);
        bench_make(state);
        bench = *state;
    }
}

static void a_clock_that_is_set_neither_cuts_nor_stretches(void **state)
{
    struct bench *bench = *state;
    static const int64_t steps[] = {7200, -7200, 86400 * 365, -30};
    for (size_t i = 0; i < 4; i++) {
        for (int64_t second = 0; second <= 600; second += 10) {
            struct charging_observation now = sample_at(second);
            if (second >= 300)
                now.at.date_us += steps[i] * SECOND;
            now.charge = second < 600;
            if (second == 450) { /* also when memory knows nothing of it */
                flush_and_commit(bench);
                charging_forget(bench->charging);
            }
            observe(bench, &now);
            check(charging_advance(bench->charging, "s1", &now.at, &(struct err){0}), NULL);
        }
        char want[80];
        (void)snprintf(want, sizeof want, "1 b1 %lld..%lld stopped", (long long)steps[i],
                       (long long)(steps[i] + 600));
        assert_query_text(bench->store, PROCESSES, want);
        assert_query_text(bench->store, FIGURES, "10.0 10.0 10");
        bench_remove(state);
        bench_make(state);
        bench = *state;
    }
}

/* A station without a clock connects: its backlog arrives at once, dated by its arrival; then NTP
 * tells the time. */
static void estimated_dates_are_corrected_when_the_time_is_known(void **state)
{
    struct bench *bench = *state;
    for (int64_t second = 0; second <= 600; second += 10) {
        struct charging_observation now = sample_at(second);
        bool backlog = second < 300;
        now.at.estimated = backlog;
        if (backlog)
            now.at.date_us = NOON + 5000 * SECOND + second * 1000;
        observe(bench, &now);
        if (second == 290)
            assert_query_text(bench->store, PROCESSES, "1 b1 5000.. open");
    }
    struct charging_observation last = sample_at(610);
    last.charge = 0;
    observe(bench, &last);
    assert_query_text(bench->store, PROCESSES, "1 b1 0..610 stopped");
    assert_query_text(bench->store, FIGURES, "10.17 10.17 10");
}

static void a_bay_that_is_not_mentioned_keeps_its_time_when_the_clock_is_set(void **state)
{
    struct bench *bench = *state;
    stream(bench, 0, 60);
    struct charging_observation other = sample_at(70);
    other.slot = 2;
    other.bid = "b2";
    other.at.date_us += 7200 * SECOND;
    observe(bench, &other);
    check(charging_advance(bench->charging, "s1", &other.at, &(struct err){0}), NULL);
    assert_query_text(bench->store, PROCESSES, "1 b1 0.. open | 2 b2 7270.. open");
    stream(bench, 80, 80);
    assert_query_text(bench->store, PROCESSES, "1 b1 0.. open | 2 b2 7270.. open");
}

static void a_restarted_station_goes_on(void **state)
{
    struct bench *bench = *state;
    stream(bench, 0, 60);
    struct charging_observation now = sample_at(120);
    now.at.boot = 2;
    now.at.up_us = 5 * SECOND;
    observe(bench, &now);
    /* Its clock is set in the new boot: what was said in the one before keeps its dates. */
    now = sample_at(130 + 100);
    now.at.boot = 2;
    now.at.up_us = 15 * SECOND;
    now.charge = 0;
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "1 b1 0..230 stopped");
    assert_query_text(bench->store,
                      "SELECT group_concat(" AFTER_NOON("date") ", ' ') FROM charge WHERE process "
                                                                "= 1",
                      "0 10 20 30 40 50 60 220 230");
}

static void a_battery_in_another_bay_has_left_the_first(void **state)
{
    struct bench *bench = *state;
    stream(bench, 0, 60);
    struct charging_observation there = sample_at(70);
    there.slot = 2;
    observe(bench, &there);
    check(charging_advance(bench->charging, "s1", &there.at, &(struct err){0}), NULL);
    assert_query_text(bench->store, PROCESSES, "1 b1 0..60 moved | 2 b1 70.. open");
    /* A station that says one battery of two bays is taken at its word, not back and forth. */
    for (int64_t second = 80; second <= 200; second += 10)
        for (int64_t slot = 1; slot <= 2; slot++) {
            struct charging_observation both = sample_at(second);
            both.slot = slot;
            observe(bench, &both);
            if (slot == 2)
                check(charging_advance(bench->charging, "s1", &both.at, &(struct err){0}), NULL);
        }
    assert_query_text(bench->store, PROCESSES,
                      "1 b1 0..60 moved | 2 b1 70.. open | 1 b1 80.. open");
}

static void a_session_takes_its_process_to_another_bay(void **state)
{
    struct bench *bench = *state;
    for (int64_t second = 0; second <= 60; second += 10) {
        struct charging_observation now = sample_at(second);
        now.session_id = "S";
        now.slot = second < 30 ? 1 : 2;
        if (second == 50)
            charging_forget(bench->charging);
        if (second == 40)
            flush_and_commit(bench);
        observe(bench, &now);
        check(charging_flush(bench->charging, &(struct err){0}), NULL);
    }
    struct charging_observation empty = charging_at(70);
    empty.bid = "";
    empty.charge = -1;
    empty.empty = true;
    observe(bench, &empty);
    assert_query_text(bench->store, PROCESSES, "2 b1 0.. open");
    assert_query_text(bench->store, "SELECT samples FROM charge_head", "7");
}

static void a_pack_without_name_is_removed_when_the_bay_is_empty(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 3; i++) {
        struct charging_observation now = charging_at(i * 10);
        now.bid = "";
        now.empty = i == 2;
        now.charge = i < 2 ? 1 : -1;
        observe(bench, &now);
    }
    assert_query_text(bench->store, PROCESSES, "1 - 0..10 removed");
}

static void a_counter_that_is_reset_does_not_cut(void **state)
{
    struct bench *bench = *state;
    for (int64_t second = 0; second <= 60; second += 10) {
        struct charging_observation now = sample_at(second);
        now.charge_energy_added_kwh = second < 40 ? 5 + (double)second / 10 : 0;
        now.charge = second < 60;
        observe(bench, &now);
    }
    assert_query_text(bench->store, PROCESSES, "1 b1 0..60 stopped");
    assert_query_text(bench->store, FIGURES, "3.0 1.0 1"); /* the maximum rule */
}

static void repair_closes_what_is_idle(void **state)
{
    struct bench *bench = *state;
    stream(bench, 0, 60);
    flush_and_commit(bench);
    assert_false(repair(bench, 1, 60)); /* touched at 60: not before it */
    assert_false(repair(bench, 77, 100));
    assert_query_text(bench->store, PROCESSES, "1 b1 0.. open");
    /* Two of one bay, one without samples, one with broken ones: of a database from elsewhere. */
    charging_forget(bench->charging);
    must_execute(bench->store,
                 "INSERT INTO charging_process (id, bid, station_id, slot, start_date, start_soc) "
                 "VALUES (2, 'b1', 's1', 1, 1763726500000000, 40), "
                 "(3, 'b9', 's2', 1, 1763726500000000, NULL), "
                 "(4, 'b9', 's2', 2, 1763726500000000, NULL); "
                 "INSERT INTO charge_head (process, last_sample, samples) VALUES (4, 999, 3)");
    for (int64_t id = 1; id <= 4; id++)
        (void)repair(bench, id, 1000);
    assert_query_text(bench->store, PROCESSES,
                      "1 b1 0..60 repaired | 1 b1 100..1000000 repaired | 1 b9 100..1000000 "
                      "repaired | 2 b9 100..100 damaged");
    assert_query_text(bench->store, "SELECT start_soc FROM charging_process WHERE id = 2", "40.0");
    assert_false(repair(bench, 1, 1000)); /* it is closed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(nothing_stays_open_when_the_station_is_gone),
        bench_test(what_the_station_says_next_tells_why_it_ended),
        bench_test(a_clock_that_is_set_neither_cuts_nor_stretches),
        bench_test(estimated_dates_are_corrected_when_the_time_is_known),
        bench_test(a_bay_that_is_not_mentioned_keeps_its_time_when_the_clock_is_set),
        bench_test(a_restarted_station_goes_on),
        bench_test(a_battery_in_another_bay_has_left_the_first),
        bench_test(a_session_takes_its_process_to_another_bay),
        bench_test(a_pack_without_name_is_removed_when_the_bay_is_empty),
        bench_test(a_counter_that_is_reset_does_not_cut),
        bench_test(repair_closes_what_is_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
