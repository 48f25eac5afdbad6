/* SPDX-License-Identifier: Apache-2.0 */
/* The engine across restarts: durable intent, a crash after any save, a full disk, damaged state.
 */
#include "engine_fixture.h"

#include "base/log.h"

static void each_start_is_a_new_boot(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    assert_int_equal(engine_boot(rig.engine), 1);
    char id[9];
    TEXT_SET(id, engine_station(rig.engine)->engine_id);
    for (int boot = 2; boot < 5; boot++) {
        rig_kill(&rig);
        rig_open(&rig);
        assert_int_equal(engine_boot(rig.engine), boot);
        assert_string_equal(engine_station(rig.engine)->engine_id, id);
    }
    rig_kill(&rig);
    rig.fail_from = rig.saves + 1;
    rig.fail_count = 1;
    struct err err = {0}; /* a boot number that is not durable is not used */
    assert_int_equal(engine_new(&rig.engine, &rig.options, &err), ERR_STORAGE);
    assert_null(rig.engine);
    rig_free(&rig);
}

static void a_session_that_a_restart_interrupts_fails_and_a_new_one_begins(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 5);
    assert_int_equal(rig.event_count, 3);
    rig_kill(&rig);
    rig_open(&rig);
    rig_connect(&rig);
    rig_run(&rig, 5);
    static const char *const EXPECTED[] = {"5a5a5a5a-1 requested",   "5a5a5a5a-1 authorized",
                                           "5a5a5a5a-1 in_progress", "5a5a5a5a-1 failed",
                                           "5a5a5a5a-2 requested",   "5a5a5a5a-2 authorized",
                                           "5a5a5a5a-2 in_progress"};
    assert_int_equal(rig.event_count, 7);
    for (size_t i = 0; i < 7; i++) {
        const cJSON *data = cJSON_GetObjectItem(rig.events[i].json, "data");
        char text[160];
        snprintf(text, sizeof text, "%s %s",
                 cJSON_GetStringValue(cJSON_GetObjectItem(data, "session")),
                 cJSON_GetStringValue(cJSON_GetObjectItem(data, "status")));
        assert_string_equal(text, EXPECTED[i]);
    }
    rig_free(&rig);
}

static void confirm_means_that_charging_waits_after_a_restart(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 5);
    rig_kill(&rig);
    rig.options.settings.resume_auto = false;
    rig_open(&rig);
    rig_connect(&rig);
    rig_run(&rig, 100);
    assert_int_equal(engine_station(rig.engine)->bays[3].state, BAY_IDLE);
    cJSON *packet = ipc_begin(IPC_SESSION_REQUEST, "session");
    cJSON_AddStringToObject(packet, "cp_id", "1231");
    cJSON_AddStringToObject(packet, "action", "start");
    cJSON_AddNumberToObject(packet, "bay", 4);
    cJSON_AddStringToObject(packet, "command", "s1");
    rig_tell(&rig, packet);
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig_run(&rig, 1);
    assert_int_equal(engine_station(rig.engine)->bays[3].state, BAY_CHARGING);
    rig_free(&rig);
}

static bool something_moves(const struct io_requests *requests)
{
    bool moves = requests->gate != IO_MOTION_HOLD;
    for (int i = 0; i < 6; i++)
        moves |= requests->bays[i].unlock || requests->bays[i].door != IO_MOTION_HOLD;
    return moves;
}

/* Hand-over across everything: the vehicle's batteries and the record of them agree. */
static void check_books(const struct rig *rig)
{
    int gave = rig_count_swaps(rig, "Off-Load"), got = rig_count_swaps(rig, "On-Load");
    assert_int_equal(gave - got, rig->plant.carried.bid[0] ? 0 : 1);
}

/* The process is killed after each of its saves in turn, wherever in the swap that is. Nothing
 * moves before a new command; the command is answered once; no event is lost or doubled; the next
 * command brings everything in order. */
static void a_crash_after_any_save_leaves_a_known_state(void **state)
{
    (void)state;
    static struct rig rig;
    int reached = 0, interrupted = 0;
    for (int k = 1; k < 200; k++) {
        rig_init(&rig);
        rig_connect(&rig);
        rig_run(&rig, 2);
        rig.crash_at = rig.saves + k;
        rig_charge(&rig, "c1");
        if (!rig.crashed)
            rig_until_outcome(&rig, "c1", 200);
        if (!rig.crashed) { /* fewer saves than k in the whole swap */
            rig_free(&rig);
            break;
        }
        reached = k;
        rig.crash_at = 0;
        rig_kill(&rig);
        rig_open(&rig);
        rig_connect(&rig);
        for (int i = 0; i < 200; i++) {
            rig_run(&rig, 0.1);
            assert_false(something_moves(engine_requests(rig.engine)));
        }
        const char *reason = "";
        const char *outcome = rig_outcome(&rig, "c1", &reason);
        if (text_equal(outcome, "failed"))
            assert_string_equal(reason, "interrupted: the engine was restarted");
        else
            assert_string_equal(outcome, "done");
        interrupted += text_equal(outcome, "failed");
        rig.plant.patience_s = 0;
        rig_charge(&rig, "c2");
        assert_string_equal(rig_answer(&rig, "status"), "accepted");
        rig_until_outcome(&rig, "c2", 400);
        assert_string_not_equal(rig_outcome(&rig, "c2", NULL), "");
        rig_run(&rig, 200);
        check_books(&rig);
        assert_int_equal(rig.plant.in.gate, IO_GATE_CLOSED);
        assert_false(engine_station(rig.engine)->interrupted);
        rig_free(&rig);
    }
    assert_true(reached > 12);
    assert_true(interrupted > 10);
}

/* The disk is full from the k-th save on, for half a minute. */
static void a_full_disk_stops_what_is_new_and_nothing_is_lost(void **state)
{
    (void)state;
    static struct rig rig;
    for (int k = 1; k < 30; k++) {
        rig_init(&rig);
        rig_connect(&rig);
        rig_run(&rig, 2);
        rig.fail_from = rig.saves + k;
        rig.fail_count = 1000000;
        rig_charge(&rig, "c1");
        bool accepted = text_equal(rig_answer(&rig, "status"), "accepted");
        if (!accepted) {
            assert_int_equal(k, 1); /* its intent could not be stored */
            assert_string_equal(rig_answer(&rig, "reason"), "StorageFault");
        }
        rig_run(&rig, 100);
        bool full = rig.saves >= rig.fail_from;
        assert_int_equal(engine_station(rig.engine)->storage_fault, full);
        if (full) {
            assert_true(rig.notifications > 0);
            rig_charge(&rig, "c2");
            assert_string_equal(rig_answer(&rig, "reason"), "StorageFault");
            rig_run(&rig, 60);
            for (int i = 0; i < 6; i++) {
                assert_near(rig.plant.bays[i].door, 0, 0); /* what ran has ended safely */
                assert_false(rig.plant.in.bays[i].contactor_closed);
            }
        }
        rig.fail_count = 0; /* somebody made room */
        rig_run(&rig, 500);
        assert_false(engine_station(rig.engine)->storage_fault);
        if (accepted)
            assert_string_not_equal(rig_outcome(&rig, "c1", NULL), "");
        check_books(&rig);
        rig_run(&rig, 60);
        rig_charge(&rig, "c3");
        if (!text_equal(rig_answer(&rig, "status"), "accepted"))
            fail_msg("save %d: c3 is refused: %s", k, rig_answer(&rig, "reason"));
        rig_until_outcome(&rig, "c3", 400);
        rig_run(&rig, 100);
        check_books(&rig);
        rig_free(&rig);
        if (!full)
            break;
    }
}

static void refuses(struct rig *rig, const char *text, size_t length, int code, const char *part)
{
    struct err err = {0};
    rig_kill(rig);
    strbuf_clear(&rig->stored);
    strbuf_append(&rig->stored, text, length);
    assert_int_equal(engine_new(&rig->engine, &rig->options, &err), code);
    if (!strstr(err.text, part))
        fail_msg("'%s' does not say '%s'", err.text, part);
    assert_memory_equal(rig->stored.text, text, length); /* left as it is */
}

static void a_damaged_or_newer_state_is_refused(void **state)
{
    (void)state;
    static struct rig rig;
    struct strbuf good = STRBUF_INIT, bad = STRBUF_INIT;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 3);
    strbuf_append(&good, rig.stored.text, rig.stored.length);
    for (size_t i = 0; i < good.length; i += 37) { /* one flipped bit anywhere */
        strbuf_clear(&bad);
        strbuf_append(&bad, good.text, good.length);
        bad.text[i] = (char)(bad.text[i] ^ 1);
        refuses(&rig, bad.text, bad.length, ERR_INVALID, "the engine's state");
    }
    for (size_t length = 1; length < good.length; length += 53) /* cut anywhere */
        refuses(&rig, good.text, length, ERR_INVALID, "the engine's state");
    strbuf_clear(&bad);
    strbuf_append_text(&bad, "swap-engine 2 ");
    strbuf_append_text(&bad, strchr(good.text + 13, ' ') + 1);
    refuses(&rig, bad.text, bad.length, ERR_INVALID, "version 2");
    rig.options.bay_count = 3; /* a board with fewer bays */
    refuses(&rig, good.text, good.length, ERR_CONFIG, "bay 4");
    rig.options.bay_count = 6;
    strbuf_clear(&rig.stored);
    strbuf_append(&rig.stored, good.text, good.length);
    rig_open(&rig);
    strbuf_free(&good);
    strbuf_free(&bad);
    rig_free(&rig);
}

static void a_restart_request_stops_with_safe_outputs(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 5);
    assert_true(rig.plant.out.bays[3].charger_on);
    cJSON *packet = ipc_begin(IPC_RESTART_REQUEST, "restart");
    cJSON_AddStringToObject(packet, "mode", "service");
    assert_false(engine_wants_exit(rig.engine));
    rig_tell(&rig, packet);
    assert_true(engine_wants_exit(rig.engine));
    assert_int_equal(engine_stop(rig.engine, NULL), 0);
    const struct io_requests nothing = {0};
    assert_memory_equal(&rig.plant.out, &nothing, sizeof nothing);
    rig_free(&rig);
}

static void latched_faults_survive_a_restart_until_somebody_looks(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 2);
    rig.plant.in.bays[0].smoke = true;
    rig_run(&rig, 1);
    rig.plant.in.bays[0].smoke = false;
    rig_kill(&rig);
    rig_open(&rig);
    rig_connect(&rig);
    rig_run(&rig, 30);
    assert_int_equal(engine_station(rig.engine)->bays[0].state, BAY_QUARANTINE);
    engine_acknowledge(rig.engine);
    rig_run(&rig, 2);
    assert_int_equal(engine_station(rig.engine)->bays[0].state, BAY_READY);
    rig_free(&rig);
}

static void an_orderly_end_stops_charging_first(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 5);
    assert_false(engine_is_at_rest(rig.engine));
    engine_wind_down(rig.engine);
    rig_run(&rig, 1);
    assert_true(engine_is_at_rest(rig.engine));
    const cJSON *data = cJSON_GetObjectItem(rig.events[rig.event_count - 1].json, "data");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(data, "status")), "cancelled");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(data, "reason")),
                        "the engine is stopping");
    size_t events = rig.event_count;
    assert_int_equal(engine_stop(rig.engine, NULL), 0);
    rig_kill(&rig);
    rig_open(&rig);
    rig_connect(&rig);
    rig_run(&rig, 3); /* begins again by itself, nothing was interrupted */
    data = cJSON_GetObjectItem(rig.events[events].json, "data");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(data, "status")), "requested");
    rig_free(&rig);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_start_is_a_new_boot),
        cmocka_unit_test(a_session_that_a_restart_interrupts_fails_and_a_new_one_begins),
        cmocka_unit_test(confirm_means_that_charging_waits_after_a_restart),
        cmocka_unit_test(a_crash_after_any_save_leaves_a_known_state),
        cmocka_unit_test(a_full_disk_stops_what_is_new_and_nothing_is_lost),
        cmocka_unit_test(a_damaged_or_newer_state_is_refused),
        cmocka_unit_test(a_restart_request_stops_with_safe_outputs),
        cmocka_unit_test(latched_faults_survive_a_restart_until_somebody_looks),
        cmocka_unit_test(an_orderly_end_stops_charging_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
