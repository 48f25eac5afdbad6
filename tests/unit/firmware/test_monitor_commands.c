/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor in virtual time: commands from the broker to the engine and their results back. */
#include "monitor_fixture.h"

#define SWAP "{\"user\":\"u1\",\"vehicle\":\"v1\"}"

static void complete(struct fixture *fx, int64_t seq, const char *name, const char *outcome,
                     const char *reason)
{
    engine_says(fx,
                "{\"type\":\"charge_completion\",\"message_id\":\"e\",\"boot\":1,\"seq\":%" PRId64
                ",\"time\":%" PRId64 ",\"age_ms\":0,\"command\":\"%s\",\"request_id\":\"r\","
                "\"outcome\":\"%s\",\"reason\":\"%s\"}",
                seq, fx_wall(fx), name, outcome, reason);
}

static void test_swap(void **state)
{
    struct fixture *fx = ready(state);
    order(
        fx, 1,
        "{\"user\":\"u1\",\"vehicle\":\"v1\",\"requestId\":\"r1\",\"battery\":\"b1\",\"count\":2}",
        "c1");
    cJSON *request = asked(fx, "charge_request");
    assert_string_equal(text_at(request, "driver_id"), "u1");
    assert_string_equal(text_at(request, "vehicle_id"), "v1");
    assert_string_equal(text_at(request, "request_id"), "r1");
    assert_string_equal(text_at(request, "battery_id"), "b1");
    assert_int_equal(number_at(request, "count"), 2);
    assert_null(said(fx, 19)); /* nothing is said before the engine answers */
    answer(fx, "charge_response", request, NULL);
    assert_result(fx, 1, "accepted", "", "event");
    complete(fx, 1, text_at(request, "command"), "done", "");
    assert_int_equal(number_at(asked(fx, "event_ack"), "seq"), 1);
    assert_result(fx, 1, "done", "", "event");
    assert_string_equal(text_at(fx->published.items[fx->published.seen - 1], "data.command"), "c1");
    order(fx, 1, SWAP, "c1"); /* the same id, another payload: what happened is said again */
    assert_null(asked(fx, "charge_request"));
    assert_result(fx, 1, "done", "", "telemetry");
}

static void test_bare_swap(void **state)
{
    struct fixture *fx = ready(state);
    const char *bare = "{\"device\":\"1231\",\"type\":1,\"data\":{\"user\":\"1234\","
                       "\"vehicle\":\"1234\"},\"time\":\"2026-11-21\"}";
    command(fx, bare);
    cJSON *request = asked(fx, "charge_request");
    assert_int_equal(strlen(text_at(request, "request_id")), 16); /* the digest */
    command(fx, bare); /* delivered twice: asked, not answered yet */
    assert_null(asked(fx, "charge_request"));
    answer(fx, "charge_response", request, "Busy");
    assert_result(fx, 1, "refused", "Busy", "telemetry");
    command(fx, bare);
    assert_result(fx, 1, "refused", "Busy", "telemetry"); /* the recorded outcome */
    assert_null(asked(fx, "charge_request"));
    pass(fx, 11 * SECOND);
    command(fx, bare); /* ten seconds later it is a new wish */
    cJSON *second = asked(fx, "charge_request");
    assert_non_null(second);
    assert_string_not_equal(text_at(second, "command"), text_at(request, "command"));
}

static void test_refusals(void **state)
{
    struct fixture *fx = ready(state);
    command(fx, "{\"device\":\"1231\",\"type\":1,\"data\":" SWAP ",\"time\":\"2016-2-1\"}");
    assert_result(fx, 1, "refused", "Stale", "telemetry");
    const char *fresh =
        "{\"device\":\"1231\",\"type\":1,\"data\":" SWAP ",\"time\":\"2026-11-21\"}";
    monitor_on_message(fx->monitor, "control", fresh, strlen(fresh), true);
    assert_result(fx, 1, "refused", "Retained", "telemetry");
    command(fx, "{\"device\":\"1231\",\"type\":1,\"data\":{},\"time\":\"2026-11-21\"}");
    assert_result(fx, 1, "refused", "Malformed", "telemetry");
    order(fx, 39,
          "{\"url\":\"x\",\"sha256\":\"0123456789abcdef0123456789abcdef"
          "0123456789abcdef0123456789abcdef\",\"signature\":\"x\",\"version\":\"2\"}",
          NULL);
    assert_result(fx, 39, "refused", "Unsupported", "telemetry");
    command(fx, "{\"device\":\"1232\",\"type\":1,\"data\":" SWAP ",\"time\":\"2026-11-21\"}");
    command(fx, "not json");
    pass(fx, 2 * SECOND);
    assert_null(said(fx, 19));
    assert_null(asked(fx, "charge_request"));
    struct monitor_counts counts;
    monitor_counts(fx->monitor, &counts);
    assert_int_equal(counts.not_mine, 1);
    assert_int_equal(counts.unreadable, 1);
    engine_down(fx);
    order(fx, 1, SWAP, NULL);
    assert_result(fx, 1, "refused", "SafetyLock", "telemetry");
}

static void test_refusals_are_limited(void **state)
{
    struct fixture *fx = ready(state);
    int before = count_said(fx, 19);
    const char *stale = "{\"device\":\"1231\",\"type\":2,\"time\":\"2016-2-1\"}";
    for (int i = 0; i < 1000; i++)
        monitor_on_message(fx->monitor, "control", stale, strlen(stale), false);
    pass(fx, 2 * SECOND);
    struct monitor_counts counts;
    monitor_counts(fx->monitor, &counts);
    assert_int_equal(count_said(fx, 19) - before, 10);
    assert_int_equal(counts.refusals_silent, 990);
}

static void test_info(void **state)
{
    struct fixture *fx = ready(state);
    command(fx, "{\"device\":\"*\",\"type\":2,\"time\":\"2026-11-21\"}");
    cJSON *info = said(fx, 0);
    assert_true(cJSON_IsTrue(at(info, "live")));
    assert_result(fx, 2, "done", "", "event");
}

static void test_restart(void **state)
{
    struct fixture *fx = ready(state);
    fx->acks = false;
    order(fx, 3, NULL, "c3");
    assert_result(fx, 3, "accepted", "", "event");
    assert_int_equal(fx->exits, 0); /* its result has not arrived yet */
    broker_takes_all(fx);
    pass(fx, 10000);
    assert_int_equal(fx->exits, 1);
    assert_int_equal(fx->exit_mode, MONITOR_EXIT_SERVICE);
    assert_string_equal(text_at(asked(fx, "restart_request"), "mode"), "service");
    int64_t before = fx->journal.boot;
    fx_restart(fx, false);
    fx->acks = true;
    broker_up(fx);
    look_away(fx); /* the last boot's rows come again and are through */
    bridge_acks(fx, before, 999, 999, NULL);
    assert_result(fx, 3, "done", "", "event");
    look_away(fx);
    order(fx, 3, NULL, "c3"); /* not once more */
    assert_result(fx, 3, "done", "", "telemetry");
    assert_int_equal(fx->exits, 1);
    order(fx, 3, "{\"mode\":\"reboot\"}", NULL);
    assert_result(fx, 3, "refused", "Unsupported", "telemetry");
    fx->settings.can_reboot = true;
    order(fx, 3, "{\"mode\":\"reboot\"}", NULL);
    assert_result(fx, 3, "accepted", "", "event");
    pass(fx, 6 * SECOND); /* even if nobody listens */
    assert_int_equal(fx->exits, 2);
    assert_int_equal(fx->exit_mode, MONITOR_EXIT_REBOOT);
}

static void test_disconnect(void **state)
{
    struct fixture *fx = ready(state);
    fx->acks = false;
    order(fx, 4, "{\"seconds\":30}", NULL);
    assert_result(fx, 4, "accepted", "", "event");
    assert_false(fx->offline);
    broker_takes_all(fx);
    pass(fx, 10000);
    assert_true(fx->offline);
    cJSON *status = said(fx, 21);
    assert_false(cJSON_IsTrue(at(status, "data.online")));
    pass(fx, 29 * SECOND);
    assert_true(fx->offline);
    struct journal_totals totals; /* meanwhile it goes on */
    fx->journal.ops->totals(fx->journal.self, &totals);
    assert_true(totals.rows[1] >= 2);
    pass(fx, 2 * SECOND);
    assert_false(fx->offline);
    look_away(fx);
    broker_up(fx);
    pass(fx, 2 * SECOND);
    bool done = false;
    for (cJSON *result; (result = said(fx, 19)) != NULL;)
        done = done || strcmp(text_at(result, "data.outcome"), "done") == 0;
    assert_true(done);

    fx->acks = true;
    pass(fx, 2 * SECOND);
    look_away(fx);
    order(fx, 4, "{\"seconds\":0}", NULL); /* until a restart */
    assert_result(fx, 4, "accepted", "", "event");
    pass(fx, 6 * SECOND);
    assert_true(fx->offline);
    pass(fx, 3000 * SECOND);
    assert_true(fx->offline);
    int64_t before = fx->journal.boot;
    fx_restart(fx, false);
    fx->offline = false;
    broker_up(fx);
    bridge_acks(fx, before, 999999, 999999, NULL);
    pass(fx, 2 * SECOND);
    cJSON *result = NULL, *last = NULL;
    while ((result = said(fx, 19)) != NULL)
        last = result;
    assert_string_equal(text_at(last, "data.outcome"), "done");
}

/* A swap that was under way when the monitor was killed: it stays open while the engine runs it. */
static void test_killed_in_a_swap(void **state)
{
    struct fixture *fx = ready(state);
    order(fx, 1, SWAP, "c1");
    cJSON *first = asked(fx, "charge_request");
    answer(fx, "charge_response", first, NULL);
    assert_result(fx, 1, "accepted", "", "event");
    order(fx, 1, SWAP, "c2"); /* asked, and never answered */
    assert_non_null(asked(fx, "charge_request"));
    snprintf(fx->open_command, sizeof(fx->open_command), "%s", text_at(first, "command"));
    fx_restart(fx, true);
    engine_up(fx);
    broker_up(fx);
    look_away(fx);
    pass(fx, 9 * SECOND);
    assert_null(said(fx, 19));
    pass(fx, 3 * SECOND);
    cJSON *result = said(fx, 19);
    assert_string_equal(text_at(result, "data.command"), "c2");
    assert_string_equal(text_at(result, "data.outcome"), "failed");
    assert_string_equal(text_at(result, "data.reason"), "interrupted");
    pass(fx, 60 * SECOND);
    assert_null(said(fx, 19)); /* c1 goes on */
    complete(fx, 1, fx->open_command, "failed", "Timeout");
    result = said(fx, 19);
    assert_string_equal(text_at(result, "data.command"), "c1");
    assert_string_equal(text_at(result, "data.outcome"), "failed");
    assert_string_equal(text_at(result, "data.reason"), "Timeout");
    complete(fx, 2, fx->open_command, "done", ""); /* never backward, never twice */
    pass(fx, 2 * SECOND);
    assert_null(said(fx, 19));
}

static void test_killed_without_engine(void **state)
{
    struct fixture *fx = ready(state);
    order(fx, 1, SWAP, "c1");
    answer(fx, "charge_response", asked(fx, "charge_request"), NULL);
    pass(fx, SECOND);
    fx_restart(fx, true);
    broker_up(fx);
    pass(fx, 119 * SECOND);
    look_away(fx);
    assert_null(said(fx, 19));
    pass(fx, 4 * SECOND);
    assert_string_equal(text_at(said(fx, 19), "data.reason"), "interrupted");
}

static void session_event(struct fixture *fx, int64_t seq, const char *status)
{
    engine_says(fx,
                "{\"type\":\"event\",\"message_id\":\"e\",\"boot\":1,\"seq\":%" PRId64
                ",\"time\":%" PRId64 ",\"age_ms\":0,\"kind\":20,\"data\":{\"session\":\"s1\","
                "\"bay\":3,\"bid\":\"b\",\"status\":\"%s\",\"reason\":\"why\"}}",
                seq, fx_wall(fx), status);
}

static void test_sessions(void **state)
{
    struct fixture *fx = ready(state);
    order(fx, 35, "{\"bay\":3,\"session\":\"s1\",\"targetSoc\":80,\"powerKw\":2.5}", NULL);
    cJSON *request = asked(fx, "session_request");
    assert_string_equal(text_at(request, "action"), "start");
    assert_int_equal(number_at(request, "target_soc"), 80);
    answer(fx, "session_response", request, NULL);
    assert_result(fx, 35, "accepted", "", "event");
    session_event(fx, 1, "authorized");
    pass(fx, 2 * SECOND);
    assert_null(said(fx, 19)); /* no evidence yet */
    session_event(fx, 2, "in_progress");
    assert_result(fx, 35, "done", "why", "event");
    order(fx, 36, "{\"bay\":3}", NULL);
    request = asked(fx, "session_request");
    assert_string_equal(text_at(request, "action"), "stop");
    answer(fx, "session_response", request, NULL);
    assert_result(fx, 36, "accepted", "", "event");
    session_event(fx, 3, "cancelled");
    assert_result(fx, 36, "done", "why", "event");
    order(fx, 37,
          "{\"requestId\":\"r\",\"user\":\"u\",\"count\":2,\"until\":\"2026-11-21T10:00:00Z\"}",
          NULL);
    request = asked(fx, "reserve_request");
    assert_int_equal(number_at(request, "count"), 2);
    assert_true(number_at(request, "until") == START_WALL + 7200 * SECOND);
    answer(fx, "reserve_response", request, NULL);
    assert_result(fx, 37, "accepted", "", "event");
    assert_result(fx, 37, "done", "", "event");
}

/* What the core cannot work with is refused before it is stored, and as a whole. */
static void test_bad_configuration(void **state)
{
    struct fixture *fx = ready(state);
    order(fx, 34, "{\"max_soc\":{\"version\":1,\"value\":80}}", NULL);
    assert_result(fx, 34, "refused", "Malformed: max_soc must not be below target_soc: send both",
                  "telemetry");
    order(fx, 34,
          "{\"max_soc\":{\"version\":1,\"value\":80},"
          "\"target_soc\":{\"version\":1,\"value\":80}}",
          NULL);
    assert_result(fx, 34, "done", "", "event");
    order(fx, 34,
          "{\"power_cap_kw\":{\"version\":1,\"value\":50},"
          "\"charge_windows\":{\"version\":1,\"value\":\"at night\"}}",
          NULL);
    pass(fx, 2 * SECOND);
    const cJSON *result = said(fx, 19);
    assert_string_equal(text_at(result, "data.outcome"), "refused");
    assert_memory_equal(text_at(result, "data.reason"), "Malformed: charge_windows must be", 33);
    order(fx, 34, "{\"price\":{\"version\":1,\"value\":\"anything\"}}", NULL); /* not the core's */
    assert_result(fx, 34, "done", "", "event");
    look_away(fx);
    /* The bridge's registration carries what all stations are to have: one bad key does not keep
     * the others out. */
    const char *registered =
        "{\"device\":\"1231\",\"type\":33,\"data\":{\"status\":\"accepted\",\"config\":{"
        "\"max_soc\":{\"version\":9,\"value\":50},"
        "\"locked.1\":{\"version\":9,\"value\":[\"B-1\"]}}}}";
    monitor_on_message(fx->monitor, "control/1231", registered, strlen(registered), false);
    const cJSON *request = asked(fx, "config_request");
    assert_int_equal(number_at(request, "values.max_soc.value"), 80);
    const cJSON *locked = cJSON_GetObjectItem(at(request, "values"), "locked.1");
    assert_int_equal(number_at(locked, "version"), 9);
    assert_null(at(request, "values.power_cap_kw"));
}

static void test_configuration(void **state)
{
    struct fixture *fx = ready(state);
    order(fx, 34, "{\"target_soc\":{\"version\":2,\"value\":90}}", NULL);
    cJSON *request = asked(fx, "config_request");
    assert_int_equal(number_at(request, "values.target_soc.value"), 90);
    cJSON *echo = said(fx, 0);
    assert_int_equal(number_at(echo, "data.station.config.target_soc.version"), 2);
    assert_result(fx, 34, "done", "", "event");
    order(fx, 34, "{\"target_soc\":{\"version\":2,\"value\":10}}", NULL);
    assert_null(asked(fx, "config_request"));
    assert_result(fx, 34, "done", "not newer", "event");
    fx_restart(fx, true);
    look_away(fx);
    engine_up(fx); /* told again, to an engine that may have forgotten */
    request = asked(fx, "config_request");
    assert_int_equal(number_at(request, "values.target_soc.value"), 90);
    /* The registration's answer has the same form. */
    broker_up(fx);
    const char *registered = "{\"device\":\"1231\",\"type\":33,\"data\":{\"status\":\"accepted\","
                             "\"config\":{\"target_soc\":{\"version\":3,\"value\":85}}}}";
    monitor_on_message(fx->monitor, "control/1231", registered, strlen(registered), false);
    request = asked(fx, "config_request");
    assert_int_equal(number_at(request, "values.target_soc.value"), 85);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONITOR_TEST(test_swap),
        MONITOR_TEST(test_bare_swap),
        MONITOR_TEST(test_refusals),
        MONITOR_TEST(test_refusals_are_limited),
        MONITOR_TEST(test_info),
        MONITOR_TEST(test_restart),
        MONITOR_TEST(test_disconnect),
        MONITOR_TEST(test_killed_in_a_swap),
        MONITOR_TEST(test_killed_without_engine),
        MONITOR_TEST(test_sessions),
        MONITOR_TEST(test_configuration),
        MONITOR_TEST(test_bad_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
