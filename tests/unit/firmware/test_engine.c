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
        {"{\"locked.2\":{\"version\":9,\"value\":[\"P-1\",\"P-7\"]}}", "accepted", 85},
        {"{\"locked.2\":{\"version\":8,\"value\":[]}}", "accepted", 85}, /* not newer */
        /* a maximum below the target: none of it */
        {"{\"max_soc\":{\"version\":1,\"value\":60},\"target_soc\":{\"version\":8,\"value\":75}}",
         "refused", 85},
        {"{\"max_soc\":{\"version\":1,\"value\":60},\"target_soc\":{\"version\":8,\"value\":60}}",
         "accepted", 60},
        {"{\"target_soc\":{\"version\":9,\"value\":85},\"max_soc\":{\"version\":2,\"value\":90},"
         "\"charge_windows\":{\"version\":1,\"value\":\"22:00-06:00\"}}",
         "accepted", 85},
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
    assert_near(engine_station(rig.engine)->settings.max_soc_percent, 90, 0);
    assert_int_equal(engine_station(rig.engine)->settings.windows.count, 1);
    assert_true(locks_has(&engine_station(rig.engine)->settings.locks, "P-7"));
    assert_false(locks_has(&engine_station(rig.engine)->settings.locks, "P-"));
    rig_free(&rig);
}

/* Hand-over across everything: the vehicle's batteries and the record of them agree. */
static void check_books(const struct rig *rig)
{
    int gave = rig_count_swaps(rig, "Off-Load"), got = rig_count_swaps(rig, "On-Load");
    assert_int_equal(gave - got, rig->plant.carried.bid[0] ? 0 : 1);
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
        ("{\"type\":\"session_request\",\"message_id\":\"1\",\"cp_id\":\"\",\"action\":\"start\","
         "\"bay\":-9007199254740991,\"command\":\"\"}"),
    };
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

/* The bays whose charger is on, a bit for each slot. */
static uint64_t charging_bays(const struct rig *rig)
{
    uint64_t bays = 0;
    for (int i = 0; i < rig->options.bay_count; i++)
        bays |= (uint64_t)engine_requests(rig->engine)->bays[i].charger_on << i;
    return bays;
}

/* Rule 12: the monitor's journal is on its reserve. */
static void nothing_begins_while_the_journal_is_short(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    rig_connect(&rig);
    rig_run(&rig, 2);
    rig.journal_short = true;
    rig_health(&rig);
    rig_charge(&rig, "c1");
    assert_string_equal(rig_answer(&rig, "status"), "refused");
    assert_string_equal(rig_answer(&rig, "reason"), "StorageFault");
    rig.journal_short = false;
    rig_health(&rig);
    rig_charge(&rig, "c2");
    assert_string_equal(rig_answer(&rig, "status"), "accepted");
    rig.journal_short = true; /* what runs goes on to its end */
    rig_health(&rig);
    uint64_t before = charging_bays(&rig);
    rig_until_outcome(&rig, "c2", 120);
    assert_string_equal(rig_outcome(&rig, "c2", NULL), "done");
    rig_run(&rig, 30); /* what charged goes on, the pack that came in does not begin */
    assert_int_equal(charging_bays(&rig), before);
    rig.journal_short = false;
    rig_health(&rig);
    rig_run(&rig, 30);
    assert_int_not_equal(charging_bays(&rig), before);
    rig_free(&rig);
}

static void drivers_say_when_they_want_to_be_called(void **state)
{
    (void)state;
    static struct rig rig;
    rig_init(&rig);
    int wait_ms = 0;
    rig.pump_after_us = 9001;
    assert_false(engine_pump(rig.engine, &wait_ms));
    assert_int_equal(rig.pumped, 1);
    assert_int_equal(wait_ms, 10); /* never early, so that the loop does not spin */
    rig.pump_after_us = -5000;     /* its time has come already */
    rig.urgent = true;
    assert_true(engine_pump(rig.engine, &wait_ms));
    assert_int_equal(wait_ms, 0);
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
        cmocka_unit_test(a_clock_that_is_set_disturbs_nothing),
        cmocka_unit_test(garbage_from_the_monitor_is_ignored),
        cmocka_unit_test(statuses_follow_the_plant_clock_and_every_transition),
        cmocka_unit_test(nothing_begins_while_the_journal_is_short),
        cmocka_unit_test(drivers_say_when_they_want_to_be_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
