/* SPDX-License-Identifier: Apache-2.0 */
/* What the bridge makes of messages: the requirement's bare form, unknown stations, own topics,
 * quarantine, answers, batches that fail. */
#include "cloud/ingest_fixture.h"

#define BARE_INFO                                                                                  \
    "{\"device\":\"1231\",\"type\":0,\"data\":{\"battery\":{\"bluetooth\":true,\"charge\":true,"   \
    "\"maxVol\":3.9}},\"time\":\"2016-2-1\"}"

static void bare_station_info_is_stored(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give(&fixture, "info", BARE_INFO);
    assert_sql(&fixture, "SELECT status || approval FROM station WHERE station_id = '1231'",
               "ACTIVEpending");
    assert_sql(&fixture, "SELECT last_connection_time FROM v_station", "2026-11-21T08:00:00.000Z");
    /* A bare date has no hour: the time of arrival stands. */
    assert_sql(&fixture, "SELECT state_time FROM v_station", "2026-11-21T08:00:00.000Z");
    assert_sql(&fixture, "SELECT slot || charging || ifnull(bid, '-') FROM bay", "11-");
    assert_count(&fixture, "battery", 0);
    assert_count(&fixture, "quarantine", 0);
    assert_int_equal(fixture.ack_count, 0);
    fixture_end(&fixture);
}

static const char REGISTER[] =
    "{\"device\":\"1231\",\"type\":16,\"data\":{\"location\":\"Yard 7\",\"price_per_kwh\":0.29,"
    "\"bays\":8,\"board\":\"sim\",\"fw\":\"0.1.0\",\"journal\":\"ab12\",\"boot\":3},"
    "\"time\":\"2026-11-21T08:00:00Z\",\"v\":1,\"journal\":\"ab12\",\"boot\":3,\"up\":10,"
    "\"clock\":\"synced\"}";

static void give_fault(struct fixture *fixture, int seq, int prev)
{
    givef(fixture, "info",
          "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"C\",\"severity\":\"info\","
          "\"active\":true},\"time\":\"2026-11-21T08:00:00Z\",\"v\":1,\"journal\":\"ab12\","
          "\"boot\":3,\"lane\":\"event\",\"seq\":%d,\"prev\":%d,\"up\":%d}",
          seq, prev, 100 + seq);
}

static void register_is_answered_with_marks(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give(&fixture, "info", REGISTER);
    assert_string_equal(fixture.register_status, "accepted");
    assert_int_equal(fixture.register_mark_count, 0);
    assert_sql(&fixture, "SELECT location || price_per_kwh || bays || board || fw FROM v_station",
               "Yard 70.29008sim0.1.0");
    give_fault(&fixture, 1, 0);
    give_fault(&fixture, 2, 1);
    assert_int_equal(fixture.ack_count, 2);
    assert_string_equal(fixture.acks[1].device, "1231");
    assert_int_equal(fixture.acks[1].ack.event, 2);
    assert_int_equal(fixture.acks[1].ack.boot, 3);
    give(&fixture, "info", REGISTER);
    assert_int_equal(fixture.register_mark_count, 1);
    assert_int_equal(fixture.register_mark.event, 2);
    fixture_end(&fixture);
}

static void missing_rows_are_asked_for_once_a_second(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give_fault(&fixture, 1, 0);
    forget_said(&fixture);
    give_fault(&fixture, 3, 2);
    assert_int_equal(fixture.ack_count, 1);
    assert_true(fixture.acks[0].ack.resend_event);
    assert_false(fixture.acks[0].ack.resend_telemetry);
    assert_int_equal(fixture.acks[0].ack.event, 1);
    give_fault(&fixture, 4, 3);
    assert_int_equal(fixture.ack_count, 1); /* asked just now */
    fixture_pass(&fixture, SECOND_US);
    give_fault(&fixture, 4, 3);
    assert_int_equal(fixture.ack_count, 2);
    give_fault(&fixture, 2, 1);
    give_fault(&fixture, 3, 2);
    assert_count(&fixture, "event_log", 3);
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'resends.total'", "2");
    fixture_end(&fixture);
}

static void gap_is_counted_and_told(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give_fault(&fixture, 100, 0); /* our database was lost; it has only its newest rows */
    assert_sql(&fixture, "SELECT seq || ' ' || gap_rows FROM stream", "100 99");
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'gaps.total'", "99");
    assert_sql(&fixture, "SELECT severity || ' ' || value FROM alert WHERE kind = 'journal_gap'",
               "error 99.0");
    assert_contains(fixture.alerts, "journal_gap");
    fixture_end(&fixture);
}

static void bad_data_moves_the_mark_on(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give_fault(&fixture, 1, 0);
    give(&fixture, "info",
         "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":7},\"time\":\"2026-11-21\",\"v\":1,"
         "\"journal\":\"ab12\",\"boot\":3,\"lane\":\"event\",\"seq\":2,\"prev\":1}");
    give_fault(&fixture, 3, 2);
    assert_sql(&fixture, "SELECT seq || ' ' || gap_rows FROM stream", "3 0");
    assert_count(&fixture, "event_log", 2);
    assert_sql(&fixture, "SELECT count(*) FROM quarantine WHERE reason LIKE '%code%'", "1");
    fixture_end(&fixture);
}

static void garbage_is_quarantined_and_bounded(void **state)
{
    (void)state;
    static const char *const GARBAGE[] = {
        "not json",
        "[]",
        "{}",
        "{\"device\":\"*\",\"type\":0,\"data\":{}}",
        "{\"device\":\"1231\",\"type\":99,\"data\":{}}",
        "{\"device\":\"1231\",\"type\":0,\"data\":{\"battery\":{\"soc\":140}}}",
        "{\"device\":\"1231\",\"type\":0,\"data\":{},\"v\":2}",
        "{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"u\",\"vehicle\":\"v\"}}",
        "{\"device\":\"1231\",\"device\":\"1231\",\"type\":0,\"data\":{}}",
        "\xff\xfe",
    };
    const int kinds = (int)(sizeof GARBAGE / sizeof GARBAGE[0]);
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    for (int i = 0; i < kinds; i++)
        give(&fixture, "info", GARBAGE[i]);
    assert_count(&fixture, "quarantine", kinds);
    assert_count(&fixture, "station", 0); /* nobody is known by garbage */
    assert_sql(&fixture, "SELECT count(*) FROM quarantine WHERE reason = '' OR topic <> 'info'",
               "0");
    assert_sql(&fixture, "SELECT CAST(payload AS TEXT) FROM quarantine WHERE id = 1", "not json");
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    for (int i = 0; i < 200; i++)
        give(&fixture, "info", longer);
    assert_count(&fixture, "quarantine", 100);
    assert_sql(&fixture, "SELECT max(length(payload)) FROM quarantine", "64");
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'quarantine.total'", "210");
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'quarantine.dropped'", "110");
    /* An empty payload (a retained message being cleared) is nothing at all. */
    give(&fixture, "control", "");
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'quarantine.total'", "210");
    fixture_end(&fixture);
}

static void own_topic_is_the_only_one_believed(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give(&fixture, "info/1231", BARE_INFO);
    assert_sql(&fixture, "SELECT own_topic FROM station", "1");
    give(&fixture, "info", BARE_INFO);
    assert_sql(&fixture, "SELECT count(*) FROM quarantine WHERE reason LIKE '%own topic%'", "1");
    give(&fixture, "info/77", BARE_INFO);
    assert_count(&fixture, "quarantine", 2);
    fixture_restart(&fixture);
    give(&fixture, "info", BARE_INFO);
    assert_count(&fixture, "quarantine", 3);
    assert_count(&fixture, "station", 1);
    fixture_end(&fixture);
}

static void unknown_stations_are_held(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    fixture.options.unknown = UNKNOWN_HOLD;
    ingest_configure(fixture.ingest, &fixture.options);
    give(&fixture, "info", REGISTER);
    assert_string_equal(fixture.register_status, "pending");
    give_fault(&fixture, 1, 0);
    assert_int_equal(fixture.ack_count, 0); /* its journal keeps the row */
    assert_count(&fixture, "event_log", 0);
    assert_count(&fixture, "stream", 0);
    give(&fixture, "info", BARE_INFO); /* no journal keeps that one */
    assert_count(&fixture, "quarantine", 1);
    struct err err = {0};
    assert_int_equal(ingest_approve(fixture.ingest, "1231", "approved", "ana", &err), 0);
    assert_string_equal(fixture.register_status, "accepted");
    assert_sql(&fixture,
               "SELECT actor || actor_id || payload FROM event_log WHERE kind = 'station.approval'",
               "operatorana{\"approval\":\"approved\"}");
    give_fault(&fixture, 1, 0);
    assert_int_equal(fixture.ack_count, 1);
    assert_sql(&fixture, "SELECT approval FROM station", "approved");
    /* Approved before it is ever seen. */
    assert_int_equal(ingest_approve(fixture.ingest, "77", "approved", "ana", &err), 0);
    assert_sql(&fixture, "SELECT status || approval FROM station WHERE station_id = '77'",
               "DISCONNECTEDapproved");
    assert_int_equal(ingest_approve(fixture.ingest, "no id", "approved", "ana", &err), ERR_USAGE);
    fixture_end(&fixture);
}

static void unknown_stations_are_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    fixture.options.unknown = UNKNOWN_REFUSE;
    ingest_configure(fixture.ingest, &fixture.options);
    give(&fixture, "info", REGISTER);
    assert_string_equal(fixture.register_status, "refused");
    give_fault(&fixture, 1, 0);
    assert_int_equal(fixture.ack_count, 0);
    assert_count(&fixture, "quarantine WHERE reason LIKE '%refused%'", 2);
    assert_count(&fixture, "station", 0);
    fixture_end(&fixture);
}

static void commands_are_on_record_with_their_outcome(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    give(&fixture, "control",
         "{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"u1\",\"vehicle\":\"v1\"},"
         "\"time\":\"2026-11-21\",\"id\":\"c1\"}");
    give(&fixture, "control", "{\"device\":\"1231\",\"type\":2,\"time\":\"2026-11-21\"}");
    give(&fixture, "control", "open the gate!");
    give(&fixture, "control/77", "{\"device\":\"1231\",\"type\":2,\"time\":\"2026-11-21\"}");
    give(&fixture, "control", BARE_INFO);
    assert_sql(&fixture, "SELECT group_concat(type || outcome) FROM command", "1sent,2sent");
    assert_count(&fixture, "quarantine WHERE topic LIKE 'control%'", 3);
    give(&fixture, "info",
         "{\"device\":\"1231\",\"type\":19,\"data\":{\"command\":\"c1\",\"digest\":"
         "\"0123456789abcdef\",\"type\":1,\"outcome\":\"refused\",\"reason\":\"Busy\"},"
         "\"time\":\"2026-11-21T08:00:01Z\"}");
    assert_sql(&fixture, "SELECT outcome || reason FROM command WHERE id = 1", "refusedBusy");
    fixture_pass(&fixture, 61 * SECOND_US);
    tick(&fixture);
    assert_sql(&fixture, "SELECT outcome FROM command WHERE id = 2", "expired");
    fixture_end(&fixture);
}

static void faults_open_and_close(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    static const char FAULT[] =
        "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"%s\",\"severity\":\"%s\","
        "\"active\":%s,\"bay\":2,\"failure_info\":\"hot\"},\"time\":\"2026-11-21T08:00:0%dZ\"}";
    char payload[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#define GIVE_FAULT(code, severity, active, second)                                                 \
    ((void)snprintf(payload, sizeof payload, FAULT, code, severity, active, second),               \
     give(&fixture, "info", payload))
    GIVE_FAULT("OverTemp", "critical", "true", 1);
    GIVE_FAULT("OverTemp", "critical", "true", 2);
    GIVE_FAULT("Lock", "error", "true", 3);
    GIVE_FAULT("Fan", "info", "true", 4);
    assert_sql(&fixture,
               "SELECT group_concat(code || count) FROM (SELECT * FROM fault ORDER BY id)",
               "OverTemp2,Lock1,Fan1");
    assert_count(&fixture, "alert WHERE kind = 'station_fault' AND slot = 2", 1);
    GIVE_FAULT("OverTemp", "critical", "false", 5);
    assert_count(&fixture, "alert WHERE cleared_at IS NULL", 1); /* the lock is still broken */
    GIVE_FAULT("Lock", "error", "false", 6);
    assert_count(&fixture, "alert WHERE cleared_at IS NULL", 0);
    assert_count(&fixture, "fault WHERE cleared_at IS NULL", 1);
    assert_count(&fixture, "event_log WHERE kind = 'FAULT'", 6);
#undef GIVE_FAULT
#pragma GCC diagnostic pop
    fixture_end(&fixture);
}

static void full_disk_loses_nothing(void **state)
{
    struct workdir *dir = *state;
    struct fixture fixture;
    fixture_begin(&fixture, dir->db);
    give_fault(&fixture, 1, 0);
    forget_said(&fixture);
    char limit[64];
    (void)snprintf(limit, sizeof limit, "PRAGMA max_page_count=%" PRId64,
                   query_integer(fixture.store, "PRAGMA page_count"));
    (void)query_integer(fixture.store, limit);
    static char rows[600][400];
    static struct ingest_message batch[600];
    for (int i = 0; i < 600; i++) {
        (void)snprintf(rows[i], sizeof rows[i],
                       "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"C\",\"severity\":"
                       "\"info\",\"active\":true},\"time\":\"2026-11-21T08:00:00Z\",\"v\":1,"
                       "\"journal\":\"ab12\",\"boot\":3,\"lane\":\"event\",\"seq\":%d,\"prev\":%d,"
                       "\"up\":%d}",
                       i + 2, i + 1, i);
        batch[i] = fixture_message(&fixture, "info", rows[i]);
    }
    struct err err = {0};
    size_t done = 9;
    for (int again = 0; again < 3; again++) {
        assert_int_equal(ingest_batch(fixture.ingest, batch, 600, &done, &err), ERR_FULL);
        assert_int_equal(done, 0);
    }
    assert_int_equal(fixture.ack_count, 0); /* nobody hears of what was not committed */
    assert_sql(&fixture, "SELECT seq FROM stream", "1");
    assert_count(&fixture, "event_log", 1);
    (void)query_integer(fixture.store, "PRAGMA max_page_count=1000000");
    must_batch(&fixture, batch, 600);
    assert_sql(&fixture, "SELECT seq || ' ' || gap_rows FROM stream", "601 0");
    assert_count(&fixture, "event_log", 601);
    assert_sql(&fixture, "SELECT value FROM counter WHERE name = 'messages.total'", "601");
    fixture_end(&fixture);
}

/* The database itself refuses single messages: by a trigger at once, by another at the commit. */
static void what_the_database_refuses_is_quarantined_alone(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    must_execute(fixture.store,
                 "CREATE TRIGGER t1 BEFORE INSERT ON event_log WHEN new.seq IN (3, 7) "
                 "BEGIN SELECT raise(ABORT, 'no such event'); END;"
                 "CREATE TRIGGER t2 BEFORE INSERT ON station WHEN new.board = 'bad' "
                 "BEGIN SELECT raise(ABORT, 'no such board'); END");
    char rows[11][400];
    struct ingest_message batch[11];
    for (int i = 0; i < 11; i++) {
        int seq = i < 5 ? i + 1 : i;
        if (i == 5)
            (void)snprintf(rows[i], sizeof rows[i],
                           "{\"device\":\"77\",\"type\":16,\"data\":{\"board\":\"bad\"}}");
        else
            (void)snprintf(rows[i], sizeof rows[i],
                           "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"C\","
                           "\"severity\":\"info\",\"active\":true},\"time\":"
                           "\"2026-11-21T08:00:00Z\",\"v\":1,\"journal\":\"ab12\",\"boot\":3,"
                           "\"lane\":\"event\",\"seq\":%d,\"prev\":%d}",
                           seq, seq - 1);
        batch[i] = fixture_message(&fixture, "info", rows[i]);
    }
    must_batch(&fixture, batch, 11);
    assert_sql(&fixture, "SELECT group_concat(seq) FROM event_log", "1,2,4,5,6,8,9,10");
    assert_sql(&fixture, "SELECT seq || ' ' || gap_rows FROM stream", "10 0");
    assert_count(&fixture, "quarantine WHERE reason LIKE '%no such event%'", 2);
    assert_count(&fixture, "quarantine WHERE reason LIKE '%no such board%'", 1);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_station_info_is_stored),
        cmocka_unit_test(register_is_answered_with_marks),
        cmocka_unit_test(missing_rows_are_asked_for_once_a_second),
        cmocka_unit_test(gap_is_counted_and_told),
        cmocka_unit_test(bad_data_moves_the_mark_on),
        cmocka_unit_test(garbage_is_quarantined_and_bounded),
        cmocka_unit_test(own_topic_is_the_only_one_believed),
        cmocka_unit_test(unknown_stations_are_held),
        cmocka_unit_test(unknown_stations_are_refused),
        cmocka_unit_test(commands_are_on_record_with_their_outcome),
        cmocka_unit_test(faults_open_and_close),
        workdir_test(full_disk_loses_nothing),
        cmocka_unit_test(what_the_database_refuses_is_quarantined_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
