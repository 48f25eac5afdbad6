/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor in virtual time: broker, reports, journal, engine supervision, engine events. */
#include "monitor_fixture.h"

/* Neither broker nor engine: it runs, reports and journals. */
static void test_alone(void **state)
{
    struct fixture *fx = *state;
    pass(fx, 60 * SECOND);
    struct journal_totals totals;
    fx->journal.ops->totals(fx->journal.self, &totals);
    assert_int_equal(totals.rows[0], 1); /* EngineLost */
    assert_in_range(totals.rows[1], 5, 6);
    broker_up(fx);
    cJSON *fault = said(fx, 18);
    assert_string_equal(text_at(fault, "data.code"), "EngineLost");
    assert_true(cJSON_IsTrue(at(fault, "data.active")));
    cJSON *info = said(fx, 0);
    assert_string_equal(text_at(info, "data.station.state"), "FAULTY");
    assert_string_equal(text_at(info, "data.station.mode"), "safe");
    assert_string_equal(text_at(info, "lane"), "telemetry");
    assert_string_equal(text_at(info, "clock"), "unsynced");
}

static void test_first_words(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(number_at(fx->will, "data.conn"), 1);
    assert_false(cJSON_IsTrue(at(fx->will, "data.online")));
    engine_up(fx);
    pass(fx, 30 * SECOND); /* a backlog */
    broker_up(fx);
    struct kept *kept = &fx->published;
    assert_int_equal(number_at(kept->items[0], "type"), 21);
    assert_true(cJSON_IsTrue(at(kept->items[0], "data.online")));
    assert_int_equal(number_at(kept->items[0], "data.conn"), 1);
    assert_int_equal(number_at(kept->items[1], "type"), 16);
    assert_int_equal(number_at(kept->items[1], "data.bays"), 8);
    assert_string_equal(text_at(kept->items[1], "data.location"), "Lausanne");
    assert_string_equal(text_at(kept->items[1], "data.journal"), fx->journal.id);
    assert_int_equal(number_at(kept->items[2], "type"), 0);
    assert_true(cJSON_IsTrue(at(kept->items[2], "live")));
    assert_null(at(kept->items[2], "lane"));
    assert_int_equal(number_at(kept->items[2], "boot"), 1);
    assert_true(kept->count > 3); /* and then the backlog */
    assert_int_equal(number_at(kept->items[3], "seq"), 1);
    assert_int_equal(number_at(kept->items[3], "prev"), 0);
    assert_int_equal(number_at(fx->will, "data.conn"), 2); /* of the next connection */
    broker_down(fx);
    broker_up(fx);
    assert_int_equal(number_at(fx->will, "data.conn"), 3);
    assert_string_equal(fx->topic, "info");
    fx_restart(fx, false);
    fx->settings.own_topic = true;
    fx_restart(fx, false);
    broker_up(fx);
    assert_string_equal(fx->topic, "info/1231");
    look_away(fx);
    monitor_shutdown(fx->monitor, "bye");
    cJSON *status = said(fx, 21);
    assert_false(cJSON_IsTrue(at(status, "data.online")));
    assert_string_equal(text_at(status, "data.reason"), "bye");
    assert_int_equal(number_at(status, "data.boot"), 3);
}

static void test_reports(void **state)
{
    struct fixture *fx = *state;
    fx->acks = true;
    engine_up(fx);
    broker_up(fx);
    pass(fx, 2 * SECOND);
    look_away(fx);
    int before = count_said(fx, 0);
    pass(fx, 100 * SECOND);
    assert_in_range(count_said(fx, 0) - before, 9, 10);
    cJSON *info = said(fx, 0);
    assert_string_equal(text_at(info, "data.station.state"), "ACTIVE");
    assert_true(number_at(info, "up") > 0);
    assert_true(cJSON_IsNumber(at(info, "data.station.journal.depth")));
    const cJSON *battery = cJSON_GetArrayItem(at(info, "data.battery"), 0);
    assert_non_null(at(battery, "chargerPower"));
    fx->state = "CHARGING";
    before = count_said(fx, 0);
    engine_status(fx, true);
    engine_status(fx, true);
    pass(fx, 2 * SECOND);
    assert_int_equal(count_said(fx, 0) - before, 2); /* each transition at once */
    /* The engine goes: the battery stays known, its readings do not. */
    engine_down(fx);
    look_away(fx);
    pass(fx, 12 * SECOND);
    info = said(fx, 0);
    battery = cJSON_GetArrayItem(at(info, "data.battery"), 0);
    if (!battery)
        battery = at(info, "data.battery");
    assert_string_equal(text_at(battery, "bid"), "B1");
    assert_null(at(battery, "chargerPower"));
    assert_null(at(battery, "charge"));
    assert_string_equal(text_at(info, "data.station.mode"), "safe");
}

static void test_acknowledgement(void **state)
{
    struct fixture *fx = *state;
    struct journal_totals totals;
    engine_up(fx);
    broker_up(fx);
    for (int i = 1; i <= 20; i++)
        engine_event(fx, 1, i, "Test");
    pass(fx, 2 * SECOND);
    bridge_acks(fx, 1, 15, 1, NULL);
    pass(fx, 2 * SECOND);
    fx->journal.ops->totals(fx->journal.self, &totals);
    assert_int_equal(totals.rows[0], 5);
    bridge_acks(fx, 1, 999, 1, NULL); /* above anything assigned: deletes nothing */
    pass(fx, 2 * SECOND);
    fx->journal.ops->totals(fx->journal.self, &totals);
    assert_int_equal(totals.rows[0], 5);
    struct monitor_counts counts;
    monitor_counts(fx->monitor, &counts);
    assert_int_equal(counts.foreign_marks, 1);

    look_away(fx);
    bridge_acks(fx, 1, 15, 1, "[\"event\"]");
    pass(fx, 10000);
    cJSON *again = said(fx, 18);
    assert_int_equal(number_at(again, "seq"), 16);
    assert_int_equal(number_at(again, "prev"), 15);
    look_away(fx);
    pass(fx, 11 * SECOND); /* no progress: by itself */
    assert_int_equal(number_at(said(fx, 18), "seq"), 16);
    bridge_acks(fx, 1, 20, 1, NULL);
    pass(fx, 2 * SECOND);
    fx->journal.ops->totals(fx->journal.self, &totals);
    assert_int_equal(totals.rows[0], 0);
}

/* After a restart the old boot's rows come first, the new boot's when they are through. */
static void test_boots(void **state)
{
    struct fixture *fx = *state;
    engine_up(fx);
    engine_event(fx, 1, 1, "First");
    engine_event(fx, 1, 2, "Second");
    pass(fx, 2 * SECOND);
    fx_restart(fx, true);
    assert_int_equal(fx->journal.boot, 2);
    engine_up(fx);
    cJSON *request = asked(fx, "register_request");
    while (fx->to_engine.seen < fx->to_engine.count && number_at(request, "mark.seq") != 2)
        request = asked(fx, "register_request");
    assert_int_equal(number_at(request, "mark.boot"), 1); /* what is durable is told */
    assert_int_equal(number_at(request, "mark.seq"), 2);
    engine_event(fx, 1, 3, "Third");
    broker_up(fx);
    pass(fx, 2 * SECOND);
    assert_int_equal(number_at(said(fx, 18), "seq"), 1);
    cJSON *second = said(fx, 18);
    assert_int_equal(number_at(second, "seq"), 2);
    assert_int_equal(number_at(second, "boot"), 1);
    assert_null(said(fx, 18)); /* boot 2 waits */
    bridge_acks(fx, 1, 2, 99, NULL);
    pass(fx, 2 * SECOND);
    cJSON *third = said(fx, 18);
    assert_int_equal(number_at(third, "boot"), 2);
    assert_int_equal(number_at(third, "seq"), 1);
    assert_int_equal(number_at(third, "prev"), 0);
}

static void test_engine_events(void **state)
{
    struct fixture *fx = *state;
    struct monitor_counts counts;
    engine_up(fx);
    broker_up(fx);
    pass(fx, SECOND);
    look_away(fx);
    engine_event(fx, 1, 1, "A");
    cJSON *ack = asked(fx, "event_ack");
    assert_int_equal(number_at(ack, "seq"), 1);
    cJSON *fault = said(fx, 18);
    assert_string_equal(text_at(fault, "data.code"), "A");
    /* Time and age are the engine's: 2 s ago on both scales, here a second before this boot. */
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format(fx_wall(fx) - 2 * SECOND, time);
    assert_string_equal(text_at(fault, "time"), time);
    assert_in_range(number_at(fault, "up") + 2000, 1000, 1100);
    engine_event(fx, 1, 1, "A"); /* a repeat: acknowledged, not journaled */
    assert_int_equal(number_at(asked(fx, "event_ack"), "seq"), 1);
    pass(fx, SECOND);
    assert_null(said(fx, 18));
    engine_event(fx, 1, 3, "C"); /* one is missing: asked for again */
    assert_null(asked(fx, "event_ack"));
    pass(fx, 2 * SECOND);
    assert_int_equal(number_at(asked(fx, "register_request"), "mark.seq"), 1);
    engine_event(fx, 1, 2, "B");
    engine_event(fx, 1, 3, "C");
    engine_event(fx, 2, 1, "D"); /* the engine's next boot */
    assert_string_equal(text_at(said(fx, 18), "data.code"), "B");
    assert_string_equal(text_at(said(fx, 18), "data.code"), "C");
    assert_string_equal(text_at(said(fx, 18), "data.code"), "D");
    monitor_counts(fx->monitor, &counts);
    assert_int_equal(counts.engine_events, 4);
    assert_int_equal(counts.engine_repeats, 1);
    /* Nonsense is passed over, so that the rest can come. */
    engine_says(fx, "{\"type\":\"event\",\"message_id\":\"e\",\"boot\":2,\"seq\":2,\"time\":1,"
                    "\"age_ms\":0,\"kind\":17,\"data\":{\"event\":\"Sideways\"}}");
    engine_event(fx, 2, 3, "E");
    assert_string_equal(text_at(said(fx, 18), "data.code"), "E");
    monitor_counts(fx->monitor, &counts);
    assert_int_equal(counts.dead_rows, 1);
}

static void test_storage_full(void **state)
{
    struct fixture *fx = *state;
    engine_up(fx);
    broker_up(fx);
    pass(fx, SECOND);
    look_away(fx);
    journal_memory_set_full(fx->store, true);
    engine_event(fx, 1, 1, "A");
    assert_null(asked(fx, "event_ack")); /* the engine keeps it */
    order(fx, 1, "{\"user\":\"u\",\"vehicle\":\"v\"}", "c1");
    assert_null(asked(fx, "charge_request")); /* nothing moves */
    /* The engine hears of it at once: no local start, no session of its own either. */
    pass(fx, 2 * SECOND);
    assert_string_equal(text_at(asked(fx, "health_check_request"), "storage"), "short");
    journal_memory_set_full(fx->store, false);
    pass(fx, 6 * SECOND); /* the reserve is back, the event asked for again */
    assert_string_equal(text_at(asked(fx, "health_check_request"), "storage"), "ok");
    pass(fx, 10 * SECOND);
    assert_non_null(asked(fx, "register_request"));
    engine_event(fx, 1, 1, "A");
    assert_int_equal(number_at(asked(fx, "event_ack"), "seq"), 1);
    pass(fx, 2 * SECOND);
    bool told = false;
    for (cJSON *fault; (fault = said(fx, 18)) != NULL;)
        told = told || strcmp(text_at(fault, "data.code"), "StorageFault") == 0;
    assert_true(told);
}

/* The disk was full when the engine's last event came; the engine was restarted, and there is room
 * when the first of its new boot comes: that one does not hide the other. */
static void test_a_new_boot_hides_no_event(void **state)
{
    struct fixture *fx = *state;
    engine_up(fx);
    broker_up(fx);
    pass(fx, SECOND);
    look_away(fx);
    engine_event_after(fx, 0, 0, 1, 1, "A");
    assert_int_equal(number_at(asked(fx, "event_ack"), "seq"), 1);
    engine_event_after(fx, 1, 2, 2, 1, "C"); /* B never came */
    assert_null(asked(fx, "event_ack"));
    pass(fx, 2 * SECOND);
    cJSON *request = asked(fx, "register_request");
    assert_int_equal(number_at(request, "mark.boot"), 1);
    assert_int_equal(number_at(request, "mark.seq"), 1);
    engine_event_after(fx, 0, 0, 1, 2, "B");
    engine_event_after(fx, 1, 2, 2, 1, "C");
    assert_int_equal(number_at(asked(fx, "event_ack"), "boot"), 1);
    assert_int_equal(number_at(asked(fx, "event_ack"), "boot"), 2);
    /* The oldest that the engine has waits for nothing, whatever our mark is. */
    engine_event_after(fx, 0, 0, 4, 7, "D");
    assert_int_equal(number_at(asked(fx, "event_ack"), "seq"), 7);
    static const char *const CODES[] = {"A", "B", "C", "D"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(text_at(said(fx, 18), "data.code"), CODES[i]);
}

static void test_telemetry_is_bounded(void **state)
{
    struct fixture *fx = *state;
    struct journal_totals totals;
    struct monitor_counts counts;
    fx->settings.telemetry_max_bytes = 20000;
    engine_up(fx);
    for (int i = 0; i < 200; i++) {
        engine_status(fx, true);
        pass(fx, 10000);
    }
    pass(fx, 2 * SECOND);
    fx->journal.ops->totals(fx->journal.self, &totals);
    monitor_counts(fx->monitor, &counts);
    assert_true(totals.telemetry_bytes <= 20000);
    assert_true(counts.dropped_rows > 100);
    int64_t dropped = counts.dropped_rows;
    look_away(fx);
    broker_up(fx);
    said(fx, 0); /* live */
    cJSON *oldest = said(fx, 0);
    assert_int_equal(number_at(oldest, "seq"), dropped + 1); /* the oldest went */
    assert_int_equal(number_at(oldest, "prev"), 0);
    assert_int_equal(number_at(oldest, "data.station.journal.dropped") <= dropped, 1);
    /* What is on its way stays, whatever comes. */
    for (int i = 0; i < 50; i++)
        engine_status(fx, true);
    struct journal_row row;
    assert_int_equal(fx->journal.ops->next_row(fx->journal.self, LANE_TELEMETRY, 0, 0, &row, NULL),
                     0);
    assert_int_equal(row.seq, dropped + 1);
    fx_restart(fx, false);
    monitor_counts(fx->monitor, &counts);
    assert_true(counts.dropped_rows >= dropped); /* the count survives */
}

static void test_health(void **state)
{
    struct fixture *fx = *state;
    fx->acks = true;
    engine_up(fx);
    broker_up(fx);
    pass(fx, 95 * SECOND);
    int checks = 0;
    while (asked(fx, "health_check_request"))
        checks++;
    assert_int_equal(checks, 4); /* at once, then every 30 s */
    look_away(fx);
    fx->answers = false; /* it hangs: the socket stays open */
    pass(fx, 30 * SECOND);
    cJSON *status = said(fx, 21); /* no report, but the station is there */
    assert_true(cJSON_IsTrue(at(status, "data.online")));
    pass(fx, 95 * SECOND);
    assert_int_equal(fx->engine_closed, 1);
    cJSON *fault = said(fx, 18);
    assert_string_equal(text_at(fault, "data.code"), "EngineLost");
    assert_true(cJSON_IsTrue(at(fault, "data.active")));
    fx->answers = true;
    engine_up(fx);
    pass(fx, SECOND);
    fault = said(fx, 18);
    assert_string_equal(text_at(fault, "data.code"), "EngineLost");
    assert_false(cJSON_IsTrue(at(fault, "data.active")));
    engine_down(fx); /* back within the grace: no fault */
    pass(fx, 5 * SECOND);
    engine_up(fx);
    pass(fx, 20 * SECOND);
    assert_null(said(fx, 18));
}

static void test_example_configuration(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    config_write_example(SETTINGS_KEYS, SETTINGS_KEY_COUNT, SETTINGS_SPEC.program, memory);
    fclose(memory);
    FILE *file = fopen(SOURCE_DIR "/firmware/monitor/swap-monitor.example.ini", "re");
    assert_non_null(file);
    char *shipped = calloc(1, size + 2);
    size_t length = fread(shipped, 1, size + 1, file);
    fclose(file);
    assert_int_equal(length, size); /* else: swap-monitor --example-config > the file */
    assert_memory_equal(shipped, text, size);
    free(shipped);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONITOR_TEST(test_alone),
        MONITOR_TEST(test_first_words),
        MONITOR_TEST(test_reports),
        MONITOR_TEST(test_acknowledgement),
        MONITOR_TEST(test_boots),
        MONITOR_TEST(test_engine_events),
        MONITOR_TEST(test_a_new_boot_hides_no_event),
        MONITOR_TEST(test_storage_full),
        MONITOR_TEST(test_telemetry_is_bounded),
        MONITOR_TEST(test_health),
        cmocka_unit_test(test_example_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
