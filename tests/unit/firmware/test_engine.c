/* SPDX-License-Identifier: Apache-2.0 */
/* The engine in virtual time: commands, hand-over of events, safe mode, storage, restarts. */
#include "engine_fixture.h"

#include "base/log.h"

static const char *mode(const struct rig *rig)
{
    return station_mode_name(engine_station(rig->engine));
}

static void a_swap_over_the_socket(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    assert_string_equal(rig_answer(&rig, "open_command"), "");
    rig_run(&rig, 2);
    assert_string_equal(mode(&rig), "normal");
    rig.record = (struct driver_record){.bid = "USER-1",
                                        .vehicle = "CAR-1",
                                        .version = "2.4",
                                        .at_us = FIXTURE_START_US - 3600000000,
                                        .soc_percent = 90,
                                        .soh_percent = 96,
                                        .capacity_kwh = 53};
    rig.has_record = true;
    rig_charge(&rig, "c1");
    assert_string_equal(rig_answer(&rig, "type"), "charge_response");
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig_charge(&rig, "c1"); /* our answer was lost: the same swap */
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig_charge(&rig, "c2");
    assert_string_equal(rig_answer(&rig, "status"), "refused");
    assert_string_equal(rig_answer(&rig, "reason"), "Busy");
    rig_until_outcome(&rig, "c1", 120);
    assert_string_equal(rig_outcome(&rig, "c1", NULL), "done");
    assert_int_equal(rig_count_swaps(&rig, "Off-Load"), 1);
    assert_int_equal(rig_count_swaps(&rig, "On-Load"), 2); /* one of them before its first visit */
    rig_run(&rig, 1);
    assert_int_equal(engine_events_waiting(rig.engine), 0);
    /* an On-Load from outside comes before the vehicle's Off-Load, at its own time, without bay */
    for (size_t i = 0; i < rig.event_count; i++) {
        const cJSON *data = cJSON_GetObjectItem(rig.events[i].json, "data");
        const char *request = cJSON_GetStringValue(cJSON_GetObjectItem(data, "requestId"));
        const char *event = cJSON_GetStringValue(cJSON_GetObjectItem(data, "event"));
        if (!event || text_equal(event, "Off-Load"))
            continue;
        assert_string_equal(request, "commissioning");
        assert_null(cJSON_GetObjectItem(data, "bay"));
        assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(rig.events[i].json, "time")) <
                    (double)FIXTURE_START_US);
        break;
    }
    assert_true(rig.statuses > 5 && rig.transitions > 5);
    rig_free(&rig);
}

static void safe_mode_follows_the_monitor(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_run(&rig, 60);
    assert_string_equal(mode(&rig), "safe"); /* a process begins in it */
    assert_int_equal(engine_station(rig.engine)->bays[3].state, BAY_IDLE);
    rig_connect(&rig);
    rig_run(&rig, 1);
    assert_string_equal(mode(&rig), "normal"); /* the first monitor ends it at once */
    rig_run(&rig, 5);
    assert_int_equal(engine_station(rig.engine)->bays[3].state, BAY_CHARGING);
    rig_disconnect(&rig);
    rig_run(&rig, 0.2);
    assert_string_equal(mode(&rig), "safe");
    assert_false(rig.plant.out.bays[3].charger_on);
    rig_run(&rig, 100);
    rig_connect(&rig);
    rig_run(&rig, 29);
    assert_string_equal(mode(&rig), "safe"); /* a later one has to stay */
    rig_charge(&rig, "c1");
    assert_string_equal(rig_answer(&rig, "reason"), "SafetyLock");
    rig_run(&rig, 2);
    assert_string_equal(mode(&rig), "normal");
    /* it hangs, its socket stays open */
    rig_health(&rig);
    for (int i = 0; i < 1190; i++) {
        rig.wall_us += FIXTURE_STEP_US;
        (void)engine_step(rig.engine, 10);
    }
    assert_string_equal(mode(&rig), "normal");
    for (int i = 0; i < 20; i++) {
        rig.wall_us += FIXTURE_STEP_US;
        (void)engine_step(rig.engine, 10);
    }
    assert_string_equal(mode(&rig), "safe");
    rig_health(&rig);
    rig_run(&rig, 28);
    assert_string_equal(mode(&rig), "safe");
    rig_run(&rig, 4);
    assert_string_equal(mode(&rig), "normal");
    rig_free(&rig);
}

static void events_are_sent_until_they_are_acknowledged(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig.acknowledges = false;
    rig_connect(&rig);
    rig_run(&rig, 5);
    size_t waiting = engine_events_waiting(rig.engine);
    assert_int_equal(waiting, 3); /* requested, authorized, in_progress of slot 4 */
    assert_int_equal(rig.event_count, waiting);
    assert_int_equal(rig.repeats, 0);
    rig_run(&rig, 8); /* no progress for 10 s: again */
    assert_int_equal(rig.repeats, waiting);
    cJSON *packet = ipc_begin(IPC_EVENT_ACK, "ack"); /* a mark above anything: ignored */
    cJSON_AddNumberToObject(packet, "boot", 1);
    cJSON_AddNumberToObject(packet, "seq", 1000);
    rig_tell(&rig, packet);
    assert_int_equal(engine_events_waiting(rig.engine), waiting);
    packet = ipc_begin(IPC_EVENT_ACK, "ack");
    cJSON_AddNumberToObject(packet, "boot", 1);
    cJSON_AddNumberToObject(packet, "seq", 2);
    rig_tell(&rig, packet);
    assert_int_equal(engine_events_waiting(rig.engine), 1);
    /* the next monitor remembers only the first two */
    rig_disconnect(&rig);
    cJSON_Delete(rig.events[2].json);
    rig.event_count = 2;
    rig_connect(&rig);
    rig_run(&rig, 0.3);
    assert_true(rig.event_count >= 3);
    assert_int_equal(rig.events[2].seq, 3);
    rig_free(&rig);
}

static void a_full_socket_delays_but_loses_nothing(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 1);
    rig.busy = true;
    rig_charge(&rig, "c1");
    rig_run(&rig, 60);
    assert_int_equal(rig.charge_answers, 0);
    rig.busy = false;
    rig_run(&rig, 0.2);
    assert_int_equal(rig.charge_answers, 1);
    rig_until_outcome(&rig, "c1", 60);
    assert_string_equal(rig_outcome(&rig, "c1", NULL), "done");
    assert_int_equal(rig_count_swaps(&rig, "Off-Load"), 1);
    rig_free(&rig);
}

static void configuration_is_applied_when_newer_and_kept(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    static const struct {
        const char *values, *status;
        double target;
    } CASES[] = {
        {"{\"target_soc\":{\"version\":5,\"value\":80}}", "accepted", 80},
        {"{\"target_soc\":{\"version\":5,\"value\":70}}", "accepted", 80}, /* not newer */
        {"{\"target_soc\":{\"version\":6,\"value\":200}}", "refused", 80},
        {"{\"price\":{\"version\":1,\"value\":0.5}}", "accepted", 80}, /* not ours */
        {"{\"target_soc\":{\"version\":7,\"value\":85},\"min_soh\":{\"version\":1,\"value\":50}}",
         "accepted", 85},
        {"{\"target_soc\":5}", "refused", 85},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        cJSON *packet = ipc_begin(IPC_CONFIG_REQUEST, "config");
        cJSON_AddItemToObject(packet, "values", cJSON_Parse(CASES[i].values));
        rig_tell(&rig, packet);
        assert_string_equal(rig_answer(&rig, "status"), CASES[i].status);
        assert_near(engine_station(rig.engine)->settings.target_soc_percent, CASES[i].target, 0);
    }
    rig_kill(&rig);
    rig_open(&rig);
    assert_near(engine_station(rig.engine)->settings.target_soc_percent, 85, 0);
    assert_near(engine_station(rig.engine)->settings.min_soh_percent, 50, 0);
    rig_free(&rig);
}

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

/* A clock that is set, forwards or back, disturbs no deadline; stamps follow it, ages do not. */
static void a_clock_that_is_set_disturbs_nothing(void **state)
{
    (void)state;
    static struct rig rig;
    static const int64_t JUMPS_US[] = {INT64_C(-3600000000), INT64_C(86400000000)};
    for (int i = 0; i < 2; i++) {
        rig_init(&rig);
        rig_connect(&rig);
        rig_run(&rig, 2);
        rig_charge(&rig, "c1");
        rig_run(&rig, 12);
        assert_int_equal(engine_station(rig.engine)->swap.step, SWAP_RETURNING);
        size_t before = rig.event_count;
        rig.busy = true; /* what happened before is sent after */
        rig_run(&rig, 3);
        rig.clock_set_us = JUMPS_US[i];
        rig_run(&rig, 1);
        rig.busy = false;
        rig_until_outcome(&rig, "c1", 120);
        assert_string_equal(rig_outcome(&rig, "c1", NULL), "done");
        assert_int_equal(engine_station(rig.engine)->faults.count, 0);
        for (size_t k = before; k < rig.event_count; k++) {
            double age = cJSON_GetNumberValue(cJSON_GetObjectItem(rig.events[k].json, "age_ms"));
            assert_true(age >= 0 && age < 10000);
        }
        const cJSON *last = rig.events[rig.event_count - 1].json;
        double at = cJSON_GetNumberValue(cJSON_GetObjectItem(last, "time"));
        assert_near(at, (double)(rig.wall_us + rig.clock_set_us), 5e6);
        check_books(&rig);
        rig_free(&rig);
    }
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

static void garbage_from_the_monitor_is_ignored(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    static const char *const GARBAGE[] = {
        "",
        "{",
        "[]",
        "{\"type\":\"x\"}",
        "{\"type\":\"status\",\"message_id\":\"1\"}",
        "{\"type\":\"charge_request\",\"message_id\":\"1\"}",
        "{\"type\":\"session_request\",\"message_id\":\"1\",\"cp_id\":\"\",\"action\":\"start\","
        "\"bay\":-9007199254740991,\"command\":\"\"}"};
    for (size_t i = 0; i < sizeof GARBAGE / sizeof *GARBAGE; i++)
        engine_on_packet(rig.engine, GARBAGE[i], strlen(GARBAGE[i]));
    assert_string_equal(rig_answer(&rig, "reason"), "Malformed");
    rig_run(&rig, 2);
    assert_string_equal(mode(&rig), "normal");
    rig_free(&rig);
}

static void statuses_follow_the_plant_clock_and_every_transition(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 5);
    int statuses = rig.statuses, transitions = rig.transitions;
    assert_true(transitions >= 3);
    rig_run(&rig, 100);
    assert_in_range(rig.statuses - statuses, 9, 11);
    cJSON *packet = ipc_begin(IPC_STATUS_REQUEST, "status");
    statuses = rig.statuses;
    rig_tell(&rig, packet);
    assert_int_equal(rig.statuses, statuses + 1);
    /* transitions of a time without monitor are kept for it */
    rig_disconnect(&rig);
    rig_run(&rig, 5);
    transitions = rig.transitions;
    rig_connect(&rig);
    rig_run(&rig, 0.2);
    assert_true(rig.transitions > transitions);
    rig_free(&rig);
}

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swap_over_the_socket),
        cmocka_unit_test(safe_mode_follows_the_monitor),
        cmocka_unit_test(events_are_sent_until_they_are_acknowledged),
        cmocka_unit_test(a_full_socket_delays_but_loses_nothing),
        cmocka_unit_test(configuration_is_applied_when_newer_and_kept),
        cmocka_unit_test(each_start_is_a_new_boot),
        cmocka_unit_test(a_session_that_a_restart_interrupts_fails_and_a_new_one_begins),
        cmocka_unit_test(confirm_means_that_charging_waits_after_a_restart),
        cmocka_unit_test(a_crash_after_any_save_leaves_a_known_state),
        cmocka_unit_test(a_full_disk_stops_what_is_new_and_nothing_is_lost),
        cmocka_unit_test(a_damaged_or_newer_state_is_refused),
        cmocka_unit_test(a_restart_request_stops_with_safe_outputs),
        cmocka_unit_test(latched_faults_survive_a_restart_until_somebody_looks),
        cmocka_unit_test(a_clock_that_is_set_disturbs_nothing),
        cmocka_unit_test(an_orderly_end_stops_charging_first),
        cmocka_unit_test(garbage_from_the_monitor_is_ignored),
        cmocka_unit_test(statuses_follow_the_plant_clock_and_every_transition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
