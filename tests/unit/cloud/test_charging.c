/* SPDX-License-Identifier: Apache-2.0 */
/* The life of charging processes: what opens, grows, closes and reopens them, and what is stored.
 */
#include "cloud/charging_support.h"

/* Seconds since noon; the parentheses because `||` binds tighter than `/`. */
#define AFTER_NOON(time) "((" time " - 1763726400000000) / 1000000)"
#define ROW                                                                                        \
    "ifnull(session_id, '-') || ' ' || ifnull(bid, '-') || ' ' || " AFTER_NOON(                    \
        "start_date") " || '..' || ifnull(" AFTER_NOON("end_date") ", '') || ' ' || "              \
                                                                   "ifnull(end_reason, 'open')"
#define PROCESSES                                                                                  \
    "SELECT ifnull(group_concat(row, ' | '), 'none') FROM (SELECT " ROW                            \
    " AS row FROM charging_process ORDER BY id)"
/* Rows of open samples and packed ones together. */
#define ALL_SAMPLES                                                                                \
    "SELECT (SELECT count(*) FROM charge_open) + (SELECT ifnull(sum(samples), 0) FROM "            \
    "charge_chunk)"

static void a_run_is_opened_grown_and_stopped_by_its_last_sample(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    now.charge = 0;
    observe(bench, &now); /* not charging: nothing */
    assert_query_text(bench->store, PROCESSES, "none");
    static const double added[] = {10.004, 12, 14.5, 14.5};
    for (int i = 0; i < 4; i++) {
        now = charging_at(i * 60);
        now.charge = i < 3;
        now.soc_percent = 50 + i;
        now.charge_energy_added_kwh = added[i];
        now.charger_power_kw = i < 3 ? 120 : 0;
        now.outside_temp_c = 15.25;
        now.latitude = 31.5;
        now.longitude = 121.25;
        observe(bench, &now);
        if (i == 0)
            assert_query_text(bench->store,
                              "SELECT start_battery_level || ' ' || start_soc || ' ' || latitude "
                              "FROM charging_process WHERE end_date IS NULL",
                              "50.0 50.0 31.5");
    }
    assert_query_text(bench->store, PROCESSES, "- b1 0..180 stopped");
    assert_query_text(
        bench->store,
        "SELECT start_soc || ' ' || end_soc || ' ' || start_battery_level || ' ' || "
        "end_battery_level || ' ' || charge_energy_added || ' ' || charge_energy_used || ' ' || "
        "outside_temp_avg || ' ' || duration_min || ' ' || rule_version || ' ' || "
        "ifnull(cost, 'no cost') || ' ' || ifnull(vid, 'no vid') FROM charging_process",
        "50.0 53.0 50.0 53.0 4.5 4.0 15.3 3 1 no cost no vid");
    assert_query_text(bench->store,
                      "SELECT process_id || ' ' || rule_version || ' ' || charge_energy_added || "
                      "' ' || charge_energy_used FROM charging_evaluation",
                      "1 1 4.5 4.0");
    /* Its samples are packed, and read as before. */
    assert_query_text(bench->store,
                      "SELECT (SELECT count(*) FROM charge_open) || ' ' || (SELECT count(*) FROM "
                      "charge_head) || ' ' || (SELECT samples FROM charge_chunk WHERE process = 1)",
                      "0 0 4");
    assert_query_text(bench->store,
                      "SELECT group_concat(number || ':' || battery_level, ' ') FROM charge WHERE "
                      "process = 1",
                      "1:50.0 2:51.0 3:52.0 4:53.0");
    now.charge = 0;
    observe(bench, &now); /* and it stays closed */
    assert_query_text(bench->store, PROCESSES, "- b1 0..180 stopped");
}

static void another_battery_or_none_closes_at_the_last_sample(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    observe(bench, &now);
    now = charging_at(10);
    now.bid = "b2";
    observe(bench, &now);
    now = charging_at(20);
    now.bid = "";
    now.charge = -1;
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "- b1 0..0 superseded | - b2 10..10 removed");
    /* A bay beside it is another matter. */
    now = charging_at(30);
    observe(bench, &now);
    now.slot = 2;
    now.bid = "b3";
    observe(bench, &now);
    assert_int_equal(
        query_integer(bench->store, "SELECT count(*) FROM charging_process WHERE end_date IS NULL"),
        2);
}

static void a_session_is_one_process(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    now.session_id = "S1";
    observe(bench, &now);
    now = charging_at(60); /* the session is not said: the same battery goes with it */
    now.charge = 0;
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "S1 b1 0..60 stopped");
    now = charging_at(3600); /* it goes on, however long after */
    now.session_id = "S1";
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "S1 b1 0.. open");
    now = charging_at(3660);
    now.session_id = "S2";
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "S1 b1 0..3600 superseded | S2 b1 3660.. open");
    /* A late sample of the closed one is taken in and leaves it closed as it was. */
    now = charging_at(30);
    now.session_id = "S1";
    now.charger_power_kw = 60;
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES,
                      "S1 b1 0..3600 superseded | S2 b1 3660..3660 superseded");
    assert_query_text(bench->store, "SELECT charge_energy_used FROM charging_process", "0.5");
    assert_query_text(bench->store, "SELECT group_concat(samples) FROM charge_chunk", "4,1");
    /* The same session of another station is another one. */
    now.station_id = "s2";
    observe(bench, &now);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charging_process"), 3);
}

static void silence_closes_in_stream_time(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    observe(bench, &now);
    now = charging_at(60);
    observe(bench, &now);
    advance(bench, 60 + 15 * 60);
    assert_query_text(bench->store, PROCESSES, "- b1 0.. open");
    advance(bench, 61 + 15 * 60);
    assert_query_text(bench->store, PROCESSES, "- b1 0..60 timeout");
    assert_query_text(bench->store, "SELECT kind || ' ' || station_id || ' ' || slot FROM alert",
                      "charge_stalled s1 1");
    now = charging_at(2000);
    observe(bench, &now);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM alert WHERE cleared_at IS "
                                                 "NULL"),
                     0);
    /* The gap shows in the samples themselves too, for a run; a session is one process. */
    now = charging_at(4000);
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES,
                      "- b1 0..60 timeout | - b1 2000..2000 timeout | - b1 4000.. open");
    now = charging_at(4010);
    now.session_id = "S";
    observe(bench, &now);
    now.at.date_us += 3600 * SECOND;
    observe(bench, &now);
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charging_process"), 4);
}

static void a_late_sample_takes_its_place(void **state)
{
    struct bench *bench = *state;
    static const struct {
        int64_t second;
        double power_kw;
    } samples[] = {{0, 1}, {3600, 10}, {1800, 100}, {5400, 20}};
    for (size_t i = 0; i < 4; i++) {
        struct charging_observation now = charging_at(samples[i].second);
        now.session_id = "S";
        now.charger_power_kw = samples[i].power_kw;
        now.charge = i < 3;
        observe(bench, &now);
    }
    /* 100 kW for the first half hour, 10 for the second, 20 for the third. */
    assert_query_text(bench->store, "SELECT charge_energy_used FROM charging_process", "65.0");
}

static void bare_repeats_are_dropped(void **state)
{
    struct bench *bench = *state;
    for (int again = 0; again < 2; again++)
        for (int i = 0; i < 3; i++) {
            struct charging_observation now = charging_at(i * 10);
            now.deduplicate = true;
            now.charge = i < 2;
            observe(bench, &now);
        }
    assert_query_text(bench->store, PROCESSES, "- b1 0..20 stopped");
    assert_int_equal(query_integer(bench->store, ALL_SAMPLES), 3);
    /* Late, but new: a sample of an open process. */
    static const int64_t seconds[] = {100, 120, 110, 110, 120, 100};
    for (size_t i = 0; i < 6; i++) {
        struct charging_observation now = charging_at(seconds[i]);
        now.deduplicate = true;
        observe(bench, &now);
    }
    assert_int_equal(query_integer(bench->store, ALL_SAMPLES), 6);
}

static void the_vehicle_is_the_one_that_returned_the_pack(void **state)
{
    struct bench *bench = *state;
    must_execute(bench->store,
                 "INSERT INTO battery_exchange_task (task_id, bid, station_id, vid, event, "
                 "event_time) VALUES ('1', 'b1', 's1', 'old', 'Off-Load', 1763726300000000), "
                 "('2', 'b1', 's1', 'new', 'Off-Load', 1763726390000000), "
                 "('3', 'b1', 's2', 'elsewhere', 'Off-Load', 1763726395000000), "
                 "('4', 'b1', 's1', 'later', 'Off-Load', 1763730000000000)");
    struct charging_observation now = charging_at(0);
    observe(bench, &now);
    now.charge = 0;
    observe(bench, &now);
    assert_query_text(bench->store, "SELECT vid FROM charging_process", "new");
}

static void a_pack_without_name_is_charged_too(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    now.bid = "";
    observe(bench, &now); /* the bare form: {"bluetooth": …, "charge": true, "maxVol": …} */
    now = charging_at(10);
    now.bid = "";
    now.charge = 0;
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "- - 0..10 stopped");
}

static void a_batch_that_was_rolled_back_leaves_nothing(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    struct charging_observation now = charging_at(0);
    observe(bench, &now);
    flush_and_commit(bench);
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= 3; i++) {
            now = charging_at(i * 10);
            now.charge = i < 3;
            observe(bench, &now);
        }
        if (round == 0) {
            check(charging_flush(bench->charging, &err), &err);
            store_rollback(bench->store);
            charging_forget(bench->charging);
            check(store_begin(bench->store, &err), &err);
            assert_query_text(bench->store, PROCESSES, "- b1 0.. open");
        }
    }
    assert_query_text(bench->store, PROCESSES, "- b1 0..30 stopped");
    assert_query_text(bench->store, "SELECT samples FROM charge_chunk", "4");
}

static void a_broken_chain_is_closed_and_stops_nothing_else(void **state)
{
    struct bench *bench = *state;
    struct charging_observation now = charging_at(0);
    observe(bench, &now);
    now = charging_at(10);
    observe(bench, &now);
    flush_and_commit(bench);
    must_execute(bench->store, "DELETE FROM charge_open WHERE id = 1");
    charging_forget(bench->charging);
    now = charging_at(20);
    observe(bench, &now);
    assert_query_text(bench->store, PROCESSES, "- b1 0..0 damaged | - b1 20.. open");
    assert_int_equal(query_integer(bench->store, ALL_SAMPLES), 2);
}

static bool event(struct bench *bench, const char *status, int64_t second, double energy_kwh)
{
    struct err err = {0};
    bool stored;
    struct charging_session_event event = {.session_id = "S",
                                           .station_id = "s1",
                                           .bid = second ? "" : "b1",
                                           .status = status,
                                           .reason = "r",
                                           .slot = second ? STORE_NULL : 1,
                                           .time_us = NOON + second * SECOND,
                                           .energy_kwh = energy_kwh};
    check(charging_session_event(bench->charging, &event, &stored, &err), &err);
    return stored;
}

static void sessions_only_go_forward(void **state)
{
    struct bench *bench = *state;
    assert_true(event(bench, "requested", 0, NAN));
    assert_false(event(bench, "requested", 1, NAN));
    assert_true(event(bench, "in_progress", 2, NAN)); /* authorized was not heard of */
    assert_false(event(bench, "authorized", 3, NAN));
    assert_true(event(bench, "completed", 4, 12.345));
    assert_false(event(bench, "failed", 5, 99));
    assert_false(event(bench, "completed", 6, 99));
    assert_query_text(bench->store,
                      "SELECT status || ' ' || bid || ' ' || slot || ' ' || energy_consumed_kwh || "
                      "' ' || " AFTER_NOON("start_time") " || ' ' || " AFTER_NOON(
                          "end_time") " FROM charging_session",
                      "completed b1 1 12.35 2 4");
    struct err err = {0};
    bool stored = true;
    struct charging_session_event odd = {.session_id = "S",
                                         .station_id = "s1",
                                         .status = "sleeping",
                                         .slot = STORE_NULL,
                                         .energy_kwh = NAN};
    assert_int_equal(charging_session_event(bench->charging, &odd, &stored, &err), ERR_INVALID);
    assert_contains(err.text, "sleeping");
    assert_false(stored);
}

static void a_sessions_energy_may_come_from_its_process(void **state)
{
    struct bench *bench = *state;
    assert_true(event(bench, "in_progress", 0, NAN));
    for (int i = 0; i < 2; i++) {
        struct charging_observation now = charging_at(i * 60);
        now.session_id = "S";
        now.charge = i == 0;
        now.charge_energy_added_kwh = i * 2.5;
        observe(bench, &now);
    }
    assert_true(event(bench, "completed", 60, NAN));
    assert_query_text(bench->store, "SELECT energy_consumed_kwh FROM charging_session", "2.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_run_is_opened_grown_and_stopped_by_its_last_sample),
        bench_test(another_battery_or_none_closes_at_the_last_sample),
        bench_test(a_session_is_one_process),
        bench_test(silence_closes_in_stream_time),
        bench_test(a_late_sample_takes_its_place),
        bench_test(bare_repeats_are_dropped),
        bench_test(the_vehicle_is_the_one_that_returned_the_pack),
        bench_test(a_pack_without_name_is_charged_too),
        bench_test(a_batch_that_was_rolled_back_leaves_nothing),
        bench_test(a_broken_chain_is_closed_and_stops_nothing_else),
        bench_test(sessions_only_go_forward),
        bench_test(a_sessions_energy_may_come_from_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
