/* SPDX-License-Identifier: Apache-2.0 */
/* What is current: last writer in the station's own order, connection, clocks, effects of swaps and
 * samples, caches across restarts and rollbacks. */
#include "cloud/ingest_fixture.h"

#include "ingest/clockfix.h"
#include "stations/order.h"

static void order_is_journal_boot_up(void **state)
{
    (void)state;
    /* Each place comes after the one before it. */
    static const struct order_place rising[] = {
        {1, 1, 0}, {1, 1, 5}, {1, 2, 0}, {1, 10, 3}, {2, 1, 0}, {2, 1, 1},
    };
    const int count = (int)(sizeof rising / sizeof rising[0]);
    for (int a = 0; a < count; a++)
        for (int b = 0; b < count; b++) {
            int compared = order_compare(&rising[a], &rising[b]);
            assert_int_equal((compared > 0) - (compared < 0), (a > b) - (a < b));
            assert_int_equal(order_replaces(&rising[a], &rising[b]), a >= b);
        }
    struct order_place none = {.journal_number = 0, .boot = STORE_NULL, .up = STORE_NULL};
    assert_true(order_replaces(&none, &rising[5])); /* the bare form goes by arrival */
    assert_true(order_replaces(&rising[0], &none));
}

static void give_state(struct fixture *fixture, const char *journal, int boot, int up,
                       const char *said, const char *extra)
{
    givef(fixture, "info",
          "{\"device\":\"1231\",\"type\":0,\"data\":{\"station\":{\"state\":\"%s\",\"bays\":"
          "[{\"slot\":1,\"state\":\"READY\",\"door\":\"closed\"},{\"slot\":2,\"state\":\"EMPTY\"}]}"
          ",\"battery\":[{\"slot\":1,\"bid\":\"B-%d\",\"soc\":50}]},"
          "\"time\":\"2026-11-21T08:00:00Z\",\"v\":1,\"journal\":\"%s\",\"boot\":%d,\"up\":%d%s}",
          said, up, journal, boot, up, extra);
}

static void backlog_does_not_undo_what_is_current(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give_state(&fixture, "aa", 2, 900, "CHARGING", ",\"live\":true");
    assert_sql(&fixture, "SELECT status FROM station", "CHARGING");
    assert_count(&fixture, "battery", 0); /* live shows, the journal tells */
    give_state(&fixture, "aa", 1, 5000, "FAULTY", ",\"lane\":\"telemetry\",\"seq\":1,\"prev\":0");
    assert_sql(&fixture, "SELECT status || boot || up_ms FROM station", "CHARGING2900");
    assert_sql(&fixture, "SELECT bid FROM bay WHERE slot = 1", "B-900");
    give_state(&fixture, "aa", 2, 901, "STOPPED", ",\"live\":true");
    give_state(&fixture, "bb", 1, 1, "ACTIVE", ",\"live\":true"); /* a new journal: later */
    give_state(&fixture, "aa", 3, 1, "FAULTY", ",\"live\":true");
    assert_sql(&fixture, "SELECT status || journal || boot || up_ms FROM station", "ACTIVEbb11");
    assert_sql(&fixture, "SELECT group_concat(journal || number) FROM journal", "aa1,bb2");
    assert_sql(&fixture, "SELECT group_concat(slot || state || ifnull(bid, '-')) FROM bay",
               "1READYB-1,2EMPTY-");
    /* The same after a restart of the bridge. */
    fixture_restart(&fixture);
    give_state(&fixture, "aa", 3, 2, "FAULTY", ",\"live\":true");
    assert_sql(&fixture, "SELECT status FROM station", "ACTIVE");
    fixture_end(&fixture);
}

static void give_status(struct fixture *fixture, bool online, int boot, int conn)
{
    givef(fixture, "info",
          "{\"device\":\"1231\",\"type\":21,\"data\":{\"online\":%s,\"conn\":%d,\"boot\":%d,"
          "\"reason\":\"%s\"},\"v\":1,\"journal\":\"aa\",\"boot\":%d}",
          online ? "true" : "false", conn, boot, online ? "" : "will", boot);
}

static void only_the_newest_connection_ends_it(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give_status(&fixture, true, 1, 1);
    give_status(&fixture, true, 1, 2);
    give_status(&fixture, false, 1, 1); /* the will of the connection before */
    assert_sql(&fixture, "SELECT status FROM station", "ACTIVE");
    give_status(&fixture, false, 1, 2);
    assert_sql(&fixture, "SELECT status || disconnect_reason FROM station", "DISCONNECTEDwill");
    assert_contains(fixture.alerts, "station_offline");
    give_status(&fixture, true, 2, 1); /* a new boot counts its connections anew */
    assert_sql(&fixture, "SELECT status || ifnull(disconnect_reason, '-') FROM station", "ACTIVE-");
    assert_count(&fixture, "alert WHERE cleared_at IS NULL", 0);
    give_status(&fixture, false, 1, 9);
    assert_sql(&fixture, "SELECT status FROM station", "ACTIVE");
    /* A retained will is nobody's last word. */
    struct ingest_message will = fixture_message(
        &fixture, "info",
        "{\"device\":\"1231\",\"type\":21,\"data\":{\"online\":false,\"conn\":9,\"boot\":9}}");
    will.retained = true;
    must_batch(&fixture, &will, 1);
    assert_sql(&fixture, "SELECT status FROM station", "ACTIVE");
    fixture_end(&fixture);
}

static void silence_is_a_disconnection(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give_state(&fixture, "aa", 1, 1, "CHARGING", ",\"live\":true");
    fixture_pass(&fixture, 30 * SECOND_US);
    tick(&fixture);
    assert_sql(&fixture, "SELECT status FROM station", "CHARGING");
    fixture_pass(&fixture, 1 * SECOND_US);
    tick(&fixture);
    assert_sql(&fixture, "SELECT status || disconnect_reason FROM station",
               "DISCONNECTEDno message for 31 s");
    assert_count(&fixture, "alert WHERE kind = 'station_offline' AND cleared_at IS NULL", 1);
    give_state(&fixture, "aa", 1, 2, "STOPPED", ",\"live\":true");
    assert_sql(&fixture, "SELECT status FROM station", "STOPPED");
    assert_count(&fixture, "alert WHERE cleared_at IS NULL", 0);
    /* On a fast plant clock at least 3 s of wall time. */
    fixture.plant_us += 3600 * SECOND_US;
    fixture.mono_us += 2 * SECOND_US;
    tick(&fixture);
    assert_sql(&fixture, "SELECT status FROM station", "STOPPED");
    /* A bridge that is cut off itself blames nobody. */
    ingest_set_link(fixture.ingest, false);
    fixture_pass(&fixture, 3600 * SECOND_US);
    tick(&fixture);
    assert_sql(&fixture, "SELECT status FROM station", "STOPPED");
    ingest_set_link(fixture.ingest, true);
    fixture_pass(&fixture, 29 * SECOND_US);
    tick(&fixture);
    assert_sql(&fixture, "SELECT status FROM station", "STOPPED");
    fixture_pass(&fixture, 2 * SECOND_US);
    tick(&fixture);
    assert_sql(&fixture, "SELECT status FROM station", "DISCONNECTED");
    fixture_end(&fixture);
}

static struct message timed(enum message_clock clock, int64_t time_us, int64_t up_ms)
{
    struct message message;
    message_init(&message, MESSAGE_STATUS);
    message.clock = clock;
    message.up_ms = up_ms;
    message.time = (struct timestamp){.us = time_us, .precision = TIMESTAMP_EXACT};
    return message;
}

static void unsynced_times_are_set_right(void **state)
{
    (void)state;
    int64_t offset = STORE_NULL, arrived = EIGHT_US + 5;
    struct message lost = timed(CLOCK_QUALITY_UNSYNCED, 1000, 2000);
    struct clockfix fix = clockfix_time(&lost, &offset, arrived);
    assert_int_equal(fix.source, CLOCKFIX_ARRIVAL);
    assert_int_equal(fix.time_us, arrived);
    struct message good = timed(CLOCK_QUALITY_SYNCED, EIGHT_US, 5000);
    fix = clockfix_time(&good, &offset, arrived);
    assert_int_equal(fix.source, CLOCKFIX_SAID);
    assert_true(fix.learned);
    assert_int_equal(offset, EIGHT_US - 5 * SECOND_US);
    fix = clockfix_time(&lost, &offset, arrived);
    assert_int_equal(fix.source, CLOCKFIX_OFFSET);
    assert_int_equal(fix.time_us, EIGHT_US - 3 * SECOND_US);
    /* A fact from before the boot: its negative `up` teaches the same offset. */
    struct message before = timed(CLOCK_QUALITY_SYNCED, EIGHT_US - 6 * SECOND_US, -1000);
    assert_false(clockfix_time(&before, &offset, arrived).learned);
    before.clock = CLOCK_QUALITY_UNSYNCED;
    before.time.us = 1000;
    assert_int_equal(clockfix_time(&before, &offset, arrived).time_us, EIGHT_US - 6 * SECOND_US);
    message_free(&before);
    /* Jitter teaches nothing new, a step does. */
    good.time.us += 50 * CLOCK_US_PER_MS;
    assert_false(clockfix_time(&good, &offset, arrived).learned);
    good.time.us += SECOND_US;
    assert_true(clockfix_time(&good, &offset, arrived).learned);
    /* An offset that leads out of time is no time. */
    offset = -(INT64_C(1) << 60);
    assert_int_equal(clockfix_time(&lost, &offset, arrived).source, CLOCKFIX_ARRIVAL);
    good.time = (struct timestamp){.us = 0, .precision = TIMESTAMP_DATE};
    assert_int_equal(clockfix_time(&good, NULL, arrived).time_us, arrived);
    message_free(&lost);
    message_free(&good);
}

static void live_message_dates_the_backlog(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give(&fixture, "info",
         "{\"device\":\"1231\",\"type\":0,\"data\":{\"station\":{\"state\":\"ACTIVE\"},"
         "\"battery\":[]},\"time\":\"2026-11-21T08:00:00Z\",\"v\":1,\"journal\":\"aa\",\"boot\":1,"
         "\"up\":3600000,\"clock\":\"synced\",\"live\":true}");
    give(&fixture, "info",
         "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"C\",\"severity\":\"info\","
         "\"active\":true},\"time\":\"1970-01-01T00:01:00Z\",\"v\":1,\"journal\":\"aa\",\"boot\":1,"
         "\"up\":60000,\"clock\":\"unsynced\",\"lane\":\"event\",\"seq\":1,\"prev\":0}");
    assert_sql(&fixture, "SELECT event_time FROM v_event_log", "2026-11-21T07:01:00.000Z");
    fixture_restart(&fixture);
    give(
        &fixture, "info",
        "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"C\",\"severity\":\"info\","
        "\"active\":false},\"time\":\"1970-01-01T00:02:00Z\",\"v\":1,\"journal\":\"aa\","
        "\"boot\":1,\"up\":120000,\"clock\":\"unsynced\",\"lane\":\"event\",\"seq\":2,\"prev\":1}");
    assert_sql(&fixture, "SELECT cleared_at FROM v_fault", "2026-11-21T07:02:00.000Z");
    fixture_end(&fixture);
}

/* --- effects that end in tracking and charging --------------------------------------------------
 */

static void give_swap(struct fixture *fixture, const char *event, const char *bid, int seq,
                      const char *time)
{
    givef(fixture, "info",
          "{\"device\":\"1231\",\"type\":17,\"data\":{\"event\":\"%s\",\"requestId\":\"r1\","
          "\"bay\":1,\"battery\":{\"bid\":\"%s\",\"soc\":30,\"capacityKwh\":50},"
          "\"vehicle\":\"v1\",\"user\":\"u1\"},\"time\":\"%s\",\"v\":1,\"journal\":\"aa\","
          "\"boot\":1,\"up\":%d,\"clock\":\"synced\",\"lane\":\"event\",\"seq\":%d,\"prev\":%d}",
          event, bid, time, seq, seq, seq - 1);
}

static void swap_by_command_is_one_row(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give(&fixture, "control",
         "{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"u1\",\"vehicle\":\"v1\","
         "\"requestId\":\"r1\"},\"time\":\"2026-11-21\",\"id\":\"c1\"}");
    give_swap(&fixture, "Off-Load", "B-1", 1, "2026-11-21T08:01:00Z");
    give_swap(&fixture, "On-Load", "B-2", 2, "2026-11-21T08:02:00Z");
    give_swap(&fixture, "On-Load", "B-2", 2, "2026-11-21T08:02:00Z"); /* sent again */
    give(&fixture, "info",
         "{\"device\":\"1231\",\"type\":19,\"data\":{\"command\":\"c1\",\"digest\":"
         "\"0123456789abcdef\",\"type\":1,\"outcome\":\"done\"},\"time\":\"2026-11-21T08:03:00Z\","
         "\"v\":1,\"journal\":\"aa\",\"boot\":1,\"up\":3,\"lane\":\"event\",\"seq\":3,\"prev\":2}");
    assert_count(&fixture, "battery_exchange_task", 2);
    assert_sql(&fixture, "SELECT outcome || bid_in || bid_out || vid FROM swap", "doneB-1B-2v1");
    assert_sql(&fixture, "SELECT where_kind || where_id FROM battery WHERE bid = 'B-2'",
               "vehiclev1");
    assert_sql(&fixture, "SELECT outcome FROM command", "done");
    assert_count(&fixture, "event_log WHERE lane = 'event'", 3);
    fixture_end(&fixture);
}

static void bare_swap_event_is_taken_once(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    for (int i = 0; i < 2; i++)
        give(&fixture, "info",
             "{\"device\":\"1231\",\"type\":17,\"data\":{\"event\":\"On-Load\",\"battery\":"
             "{\"bid\":\"B-2\"},\"vehicle\":\"v1\"},\"time\":\"2026-11-21 08:02:00\"}");
    assert_count(&fixture, "battery_exchange_task", 1);
    assert_count(&fixture, "event_log WHERE kind = 'SWAP_EVENT'", 1);
    fixture_end(&fixture);
}

static void give_sample(struct fixture *fixture, int second, double added, bool charge)
{
    givef(fixture, "info",
          "{\"device\":\"1231\",\"type\":0,\"data\":{\"station\":{\"state\":\"CHARGING\"},"
          "\"battery\":[{\"slot\":3,\"bid\":\"B-7\",\"session\":\"s1\",\"charge\":%s,\"soc\":50,"
          "\"chargeEnergyAdded\":%.2f,\"chargerPower\":36}]},"
          "\"time\":\"2026-11-21T08:%02d:%02dZ\",\"v\":1,\"journal\":\"aa\",\"boot\":1,\"up\":%d,"
          "\"lane\":\"telemetry\",\"seq\":%d,\"prev\":%d}",
          charge ? "true" : "false", added, second / 60, second % 60, second * 1000 + 1,
          second / 10 + 1, second / 10);
}

static void samples_become_a_charging_process(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    for (int second = 0; second <= 1000; second += 10) {
        fixture_pass(&fixture, 10 * SECOND_US);
        if (second == 500)
            fixture_restart(&fixture);
        give_sample(&fixture, second, second / 100.0 * 0.97, second < 1000);
        forget_said(&fixture);
    }
    assert_sql(&fixture,
               "SELECT count(*) || ' ' || charge_energy_added || ' ' || charge_energy_used || ' ' "
               "|| session_id FROM charging_process WHERE end_date IS NOT NULL",
               "1 9.7 10.0 s1");
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'samples.total'", "101");
    assert_sql(&fixture, "SELECT where_kind || where_id || slot FROM battery", "bay12313");
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_journal_boot_up),
        cmocka_unit_test(backlog_does_not_undo_what_is_current),
        cmocka_unit_test(only_the_newest_connection_ends_it),
        cmocka_unit_test(silence_is_a_disconnection),
        cmocka_unit_test(unsynced_times_are_set_right),
        cmocka_unit_test(live_message_dates_the_backlog),
        cmocka_unit_test(swap_by_command_is_one_row),
        cmocka_unit_test(bare_swap_event_is_taken_once),
        cmocka_unit_test(samples_become_a_charging_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
