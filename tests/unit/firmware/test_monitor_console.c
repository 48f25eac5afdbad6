/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor answers technicians, and reconnecting at their wish. */
#include "monitor_fixture.h"

#include "monitor/console.h"

static const struct session_view VIEW = {.phase = "waiting",
                                         .since_ms = 4200,
                                         .next_ms = 1,
                                         .failures = 3,
                                         .host = "broker.example",
                                         .port = 8883,
                                         .last_error = "no answer"};

/* The answer to a verb, decoded; the caller deletes it. */
static cJSON *ask(struct fixture *fx, const char *verb)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct ipc_packet request, answer;
    cJSON *packet = ipc_begin(IPC_CONSOLE_REQUEST, "1");
    cJSON_AddStringToObject(packet, "verb", verb);
    assert_int_equal(ipc_encode(packet, &text, NULL), 0);
    assert_int_equal(ipc_decode(text.text, text.length, &request, NULL), 0);
    strbuf_clear(&text);
    assert_int_equal(ipc_encode(monitor_console_answer(fx->monitor, &VIEW, &request), &text, NULL),
                     0);
    ipc_packet_free(&request);
    assert_int_equal(ipc_decode(text.text, text.length, &answer, NULL), 0);
    assert_int_equal(answer.type, IPC_CONSOLE_RESPONSE);
    return answer.json;
}

static void it_tells_who_it_is(void **state)
{
    struct fixture *fx = ready(state);
    cJSON *answer = ask(fx, "status");
    assert_string_equal(text_at(answer, "data.device"), "1231");
    assert_string_equal(text_at(answer, "data.engine.state"), "registered");
    assert_int_equal(number_at(answer, "data.boot"), 1);
    assert_int_equal(number_at(answer, "data.up_s"), 12);
    cJSON_Delete(answer);
    engine_down(fx);
    answer = ask(fx, "status");
    assert_string_equal(text_at(answer, "data.engine.state"), "away");
    cJSON_Delete(answer);
    answer = ask(fx, "dance");
    assert_string_equal(text_at(answer, "reason"), "Unsupported");
    cJSON_Delete(answer);
}

static void it_tells_how_the_network_is(void **state)
{
    struct fixture *fx = ready(state);
    fx->acks = false;
    engine_event(fx, 1, 1, "LockFault");
    pass(fx, SECOND);
    cJSON *answer = ask(fx, "net");
    assert_string_equal(text_at(answer, "data.broker"), "broker.example:8883");
    assert_string_equal(text_at(answer, "data.last_error"), "no answer");
    assert_int_equal(number_at(answer, "data.next_try_s"), 1);
    assert_true(cJSON_IsTrue(at(answer, "data.connected")));
    const cJSON *event = cJSON_GetArrayItem(at(answer, "data.lanes"), 0);
    assert_string_equal(text_at(event, "lane"), "event");
    assert_int_equal(number_at(event, "in_flight"), 1);
    assert_int_equal(number_at(event, "assigned"), number_at(event, "sent"));
    assert_int_equal(number_at(event, "mark"), number_at(event, "sent") - 1);
    cJSON_Delete(answer);
    answer = ask(fx, "journal");
    assert_int_equal(number_at(answer, "data.event_rows"), 1);
    assert_string_equal(text_at(answer, "data.storage"), "ok");
    assert_true(number_at(answer, "data.oldest_us") > 0);
    cJSON_Delete(answer);
    journal_memory_set_full(fx->store, true);
    fx->acks = false;
    engine_event(fx, 1, 2, "DoorFault");
    pass(fx, SECOND);
    answer = ask(fx, "journal");
    assert_string_equal(text_at(answer, "data.storage"), "full");
    cJSON_Delete(answer);
}

static void a_technician_reconnects(void **state)
{
    struct fixture *fx = ready(state);
    cJSON_Delete(ask(fx, "reconnect"));
    const cJSON *status = said(fx, MESSAGE_STATUS); /* a clean goodbye before */
    assert_non_null(status);
    assert_true(cJSON_IsFalse(at(status, "data.online")));
    assert_false(fx->offline);
    cJSON *answer = ask(fx, "net");
    assert_true(cJSON_IsFalse(at(answer, "data.connected")));
    cJSON_Delete(answer);
    broker_up(fx);
    status = said(fx, MESSAGE_STATUS);
    assert_non_null(status);
    assert_true(cJSON_IsTrue(at(status, "data.online")));
}

/* SERVER_ASK_DISCONNECT with 0 seconds: until a technician or a restart. */
static void a_technician_ends_a_disconnection(void **state)
{
    struct fixture *fx = ready(state);
    order(fx, MESSAGE_SERVER_ASK_DISCONNECT, "{\"seconds\":0}", "d1");
    broker_takes_all(fx);
    pass(fx, 10 * SECOND);
    assert_true(fx->offline);
    pass(fx, 3600 * SECOND);
    assert_true(fx->offline);
    cJSON *answer = ask(fx, "net");
    assert_true(cJSON_IsTrue(at(answer, "data.offline")));
    cJSON_Delete(answer);
    cJSON_Delete(ask(fx, "reconnect"));
    assert_false(fx->offline);
    look_away(fx);
    broker_up(fx);
    pass(fx, SECOND);
    assert_result(fx, MESSAGE_SERVER_ASK_DISCONNECT, "done", "", "event");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_tells_who_it_is, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(it_tells_how_the_network_is, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(a_technician_reconnects, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(a_technician_ends_a_disconnection, fx_setup, fx_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
