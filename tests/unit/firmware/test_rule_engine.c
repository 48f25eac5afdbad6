/* SPDX-License-Identifier: Apache-2.0 */
/* Rules 6, 8, 9, 10, 11 and 12 of the hardware model on the simulated plant: what holds when
 * engine, monitor, drivers or storage fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "engine/state.h"
#include "firmware/rule_case.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The process is gone without a word; its outputs fall. The state on disk is what was durable. */
static void crash(struct rule_rig *rig)
{
    engine_free(rig->engine);
    rig->world->requests = (struct io_requests){0};
}

static double position(const struct rule_rig *rig)
{
    double sum = rig->world->gate;
    for (int i = 0; i < 4; i++)
        sum += rig->world->bays[i].door * (i + 2);
    return sum;
}

static void nothing_moves(struct rule_rig *rig, double seconds)
{
    double at = position(rig);
    for (int64_t end_us = rig->now_us + limits_us(seconds); rig->now_us < end_us;) {
        rig_loop(rig);
        assert_false(plant_moves(rig));
        assert_true(position(rig) <= at && position(rig) >= at);
    }
}

/* A crash at each fifth second of a swap: outputs safe first, nothing moves without a command, the
 * swap ends interrupted, a new command settles what stands open. */
static void nothing_moves_after_a_restart(void **state)
{
    (void)state;
    for (int moment = 0; moment < 130; moment += 5) {
        static struct rule_rig rig;
        rig_open(&rig, NULL, NULL);
        rig_start(&rig);
        rig_run(&rig, 8);
        rig_swap(&rig, "c1", "VEH-1", "");
        rig_run(&rig, moment);
        bool over = rig.outcome[0] != '\0';
        crash(&rig);
        rig.now_us += 3 * CLOCK_US_PER_SECOND;
        rig.tick_us = rig.now_us;
        rig_start(&rig);
        assert_true(plant_outputs_safe(&rig));
        for (int i = 1; i <= 4; i++)
            assert_int_equal(rig_bay(&rig, i)->state, BAY_UNKNOWN);
        nothing_moves(&rig, 60);
        /* `done` only when the vehicle has its battery: evidence from before the crash */
        assert_true(over || rig.outcome[0]);
        if (!over && strcmp(rig.outcome, "failed") == 0)
            assert_non_null(strstr(rig.reason, "interrupted"));
        else
            assert_true(moment > 60);
        rig_swap(&rig, "c2", "VEH-1", "");
        assert_string_equal(rig.answer, "");
        for (int i = 0; i < 6000 && !rig.outcome[0]; i++)
            rig_loop(&rig);
        assert_string_equal(rig.outcome, "done");
        rig_close(&rig);
    }
}

/* Charging comes back as a new session after the bay was verified; with resume = confirm it waits
 * for a person or a command. */
static void charging_after_a_restart_is_a_new_session(void **state)
{
    (void)state;
    for (int confirm = 0; confirm < 2; confirm++) {
        static struct rule_rig rig;
        rig_open(&rig, NULL, NULL);
        rig.options.settings.resume_auto = !confirm;
        rig_start(&rig);
        rig_run(&rig, 20);
        assert_true(plant_charges(&rig));
        char session[65];
        snprintf(session, sizeof session, "%s", rig_bay(&rig, 3)->charge.session);
        crash(&rig);
        rig.now_us += 3 * CLOCK_US_PER_SECOND;
        rig.tick_us = rig.now_us;
        rig_start(&rig);
        rig_run(&rig, 30);
        assert_true(plant_charges(&rig) == !confirm);
        if (!confirm)
            assert_string_not_equal(rig_bay(&rig, 3)->charge.session, session);
        rig_close(&rig);
    }
}

/* Rules 6 and 7: what was not heard since the start is not known, however short ago that is. */
static void nothing_begins_on_inputs_from_before_the_start(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, "at 20: station_silent\n");
    rig_start(&rig);
    rig_run(&rig, 30);
    assert_true(rig_has(&rig, FAULT_StationSensorStale, 0));
    crash(&rig);
    rig.now_us += 3 * CLOCK_US_PER_SECOND;
    rig.tick_us = rig.now_us;
    rig_start(&rig);
    for (int i = 0; i < 300; i++) {
        rig_loop(&rig);
        assert_false(rig.world->requests.bays[2].contactor);
        if (i == 20)
            rig_swap(&rig, "c1", "VEH-1", ""); /* accepted or not, the gate does not move */
        assert_int_equal(rig.world->requests.gate, IO_MOTION_HOLD);
    }
    rig_close(&rig);
}

/* What the engine believes of a bay is destroyed in its memory. True: it stops by itself in its
 * next step. */
static bool stops(struct rule_rig *rig, int slot, int state)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        rig->engine->station.bays[slot - 1].state = (enum bay_state)state;
        rig->now_us += RIG_TICK_US;
        (void)engine_step(rig->engine, 1);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* Rule 8: a bay is never in a state that its record contradicts. The engine stops at its next step;
 * the plant loses its power as by a hang, and the next start knows nothing until it is verified. */
static void an_impossible_state_stops_the_engine(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, NULL);
    rig_start(&rig);
    rig_run(&rig, 20);
    static const struct {
        int slot;
        enum bay_state is;
        uint32_t possible; /* without a word: out of service, or verified again */
    } BAYS[] = {
        {1, BAY_READY,
         ~(MACHINE_BIT(BAY_EMPTY) | MACHINE_BIT(BAY_CHARGING) | MACHINE_BIT(BAY_OPENING) |
           MACHINE_BIT(BAY_CLOSING))},
        {3, BAY_CHARGING, MACHINE_BIT(BAY_CHARGING)},
        {4, BAY_EMPTY,
         ~(MACHINE_BIT(BAY_IDLE) | MACHINE_BIT(BAY_CHARGING) | MACHINE_BIT(BAY_READY) |
           MACHINE_BIT(BAY_RESERVED) | MACHINE_BIT(BAY_OPENING) | MACHINE_BIT(BAY_CLOSING))},
    };
    for (size_t i = 0; i < sizeof BAYS / sizeof *BAYS; i++) {
        assert_int_equal(rig_bay(&rig, BAYS[i].slot)->state, BAYS[i].is);
        for (int to = 0; to < BAY_STATE_COUNT; to++)
            if (stops(&rig, BAYS[i].slot, to) == ((BAYS[i].possible & MACHINE_BIT(to)) != 0))
                fail_msg("bay %d as %s", BAYS[i].slot, machine_state_name(&BAY_MACHINE, to));
        assert_true(stops(&rig, BAYS[i].slot, BAY_STATE_COUNT));
        assert_true(stops(&rig, BAYS[i].slot, -1));
    }
    assert_true(plant_charges(&rig));
    int64_t stopped_us = rig.now_us; /* such an engine is gone, its requests stay as they are */
    world_advance(rig.world, stopped_us + 700 * CLOCK_US_PER_MS);
    assert_true(plant_no_current(&rig));
    crash(&rig);
    rig.now_us = rig.tick_us = stopped_us + 3 * CLOCK_US_PER_SECOND;
    rig_start(&rig);
    assert_true(plant_outputs_safe(&rig));
    for (int i = 1; i <= 4; i++)
        assert_int_equal(rig_bay(&rig, i)->state, BAY_UNKNOWN);
    rig_run(&rig, 30);
    assert_true(plant_charges(&rig));
    rig_close(&rig);
}

/* Rule 9: the loop toggles charge-enable every 100 ms; half a second without, and the hardware
 * drops the power, whatever else is asked for. */
static void a_hung_engine_loses_the_power(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, NULL);
    rig_start(&rig);
    rig_run(&rig, 20);
    assert_true(plant_charges(&rig));
    for (int i = 0; i < 300; i++) {
        rig_loop(&rig);
        assert_true(rig.world->now_us - rig.world->alive_at_us <= RIG_TICK_US);
    }
    int64_t hung_us = rig.now_us; /* from here the loop stands still, the plant goes on */
    world_advance(rig.world, hung_us + 500 * CLOCK_US_PER_MS);
    assert_true(plant_charges(&rig));
    world_advance(rig.world, hung_us + 700 * CLOCK_US_PER_MS);
    assert_true(plant_no_current(&rig));
    rig_close(&rig);
}

static bool driver_fault(const struct rule_rig *rig)
{
    return rig_has(rig, FAULT_DriverFault, 0) && plant_no_current(rig);
}

static const struct rule_case DRIVER_ERRORS[] = {
    {.rule = "9: what cannot be read for 1 s stops charging",
     .script = "when charging bay=3 after=7.333: read_error",
     .reacted = driver_fault,
     .least_s = 1,
     .most_s = 1.4,
     .fault = FAULT_DriverFault,
     .holds_s = 60},
    {.rule = "9: what cannot be written loses its power by hardware",
     .script = "when charging bay=3 after=7.333: write_error",
     .reacted = plant_no_current,
     .least_s = 0.4,
     .most_s = 0.7,
     .fault = FAULT_COUNT,
     .holds_s = 60},
    {.rule = "9: and is a fault after 1 s",
     .script = "when charging bay=3 after=7.333: write_error",
     .reacted = driver_fault,
     .least_s = 1,
     .most_s = 1.4,
     .fault = FAULT_DriverFault,
     .holds_s = 60},
};

static void driver_errors_are_faults(void **state)
{
    (void)state;
    rule_check_all(DRIVER_ERRORS);
}

/* A single error is none: charging goes on. */
static void one_driver_error_is_no_fault(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL,
             "at 30: read_error for=0.3\nat 40: write_error for=0.3\nat 50: read_error for=0.3\n");
    rig_start(&rig);
    rig_run(&rig, 25);
    for (int i = 0; i < 300; i++) {
        rig_loop(&rig);
        assert_true(plant_charges(&rig));
        assert_false(rig_has(&rig, FAULT_DriverFault, 0));
    }
    rig_close(&rig);
}

/* Rule 10: two minutes without a health check. */
static void a_silent_monitor_means_safe_mode(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, NULL);
    rig_start(&rig);
    rig_run(&rig, 20);
    rig.silent = true;
    rig_run(&rig, 118);
    assert_true(plant_charges(&rig));
    rig_run(&rig, 3);
    assert_true(plant_no_current(&rig) && engine_station(rig.engine)->safe_mode);
    rig_swap(&rig, "c1", "VEH-1", "");
    assert_string_equal(rig.answer, "SafetyLock");
    nothing_moves(&rig, 100);
    rig.silent = false; /* it speaks again, and has to stay for 30 s */
    for (int i = 0; i < 290; i++) {
        rig_loop(&rig);
        assert_true(engine_station(rig.engine)->safe_mode && plant_no_current(&rig));
    }
    rig_run(&rig, 10);
    assert_false(engine_station(rig.engine)->safe_mode);
    rig_run(&rig, 60);
    assert_true(plant_charges(&rig));
    rig_close(&rig);
}

/* Its connection closed: at once. One that crashes every 20 s never ends safe mode. */
static void a_monitor_in_a_crash_loop_cycles_no_contactor(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, NULL);
    rig_start(&rig);
    rig_run(&rig, 20);
    assert_true(plant_charges(&rig));
    for (int i = 0; i < 10; i++) {
        engine_on_monitor_lost(rig.engine);
        rig_run(&rig, 0.5);
        assert_true(plant_no_current(&rig));
        rig_connect(&rig);
        for (int k = 0; k < 200; k++) {
            rig_loop(&rig);
            assert_false(rig.world->requests.bays[2].contactor);
        }
    }
    rig_run(&rig, 40);
    assert_true(plant_charges(&rig));
    rig_close(&rig);
}

/* Rule 11: whatever state forbids motion, a command changes nothing. */
static void commands_are_only_requests(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        bool full, alone;
        const char *refusal;
    } STATES[] = {{"at 20: emergency_stop\n", false, false, "SafetyLock"},
                  {"at 20: smoke\n", false, false, "SafetyLock"},
                  {"at 20: residual_current\n", false, false, "SafetyLock"},
                  {"at 20: station_silent\n", false, false, "SafetyLock"},
                  {"at 20: mains_lost\n", false, false, "SafetyLock"},
                  {"at 20: read_error\n", false, false, "SafetyLock"},
                  {"at 20: write_error\n", false, false, "SafetyLock"},
                  {"", true, false, "StorageFault"},
                  {"", false, true, "SafetyLock"}};
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++) {
        static struct rule_rig rig;
        rig_open(&rig, NULL, STATES[i].script);
        rig_start(&rig);
        rig_run(&rig, 19);
        rig.disk_full = STATES[i].full;
        rig.silent = STATES[i].alone;
        rig_run(&rig, STATES[i].alone ? 130 : 10);
        rig_swap(&rig, "c1", "VEH-1", "");
        if (STATES[i].full) /* the first attempt finds out that nothing can be stored */
            rig_swap(&rig, "c1", "VEH-1", "");
        assert_string_equal(rig.answer, STATES[i].refusal);
        for (int slot = 1; slot <= 3; slot++) {
            cJSON *packet = ipc_begin(IPC_SESSION_REQUEST, "s");
            cJSON_AddStringToObject(packet, "cp_id", "1231");
            cJSON_AddStringToObject(packet, "command", "c2");
            cJSON_AddStringToObject(packet, "action", "start");
            cJSON_AddNumberToObject(packet, "bay", slot);
            cJSON_AddStringToObject(packet, "session", "x");
            rig.answer[0] = '\0';
            rig_tell(&rig, packet);
            if (!rig.answer[0])
                fail_msg("%s: a session begins in bay %d", STATES[i].script, slot);
        }
        nothing_moves(&rig, 30);
        rig_close(&rig);
    }
}

/* Rule 12: a thousand events wait for a monitor that stores none of them. */
static void a_thousand_waiting_events_are_a_storage_fault(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, "nmc:97 lfp:98 nmc:50 empty", NULL);
    rig.options.limits.fault_hold_s = 0; /* each drop of water is a fault of its own */
    rig.options.limits.fault_flap_s = 0;
    rig.options.health_timeout_s = 1e6;
    rig_start(&rig);
    rig_run(&rig, 8);
    rig.silent = true;
    /* Wet and dry, and sensors that break and heal, once a tick each. */
    static const enum script_fault FLAPS[] = {SCRIPT_FAULT_water, SCRIPT_FAULT_ambient,
                                              SCRIPT_FAULT_mains_lost};
    for (int i = 0; i < 2000 && engine_events_waiting(rig.engine) <= 1000; i++) {
        rig.world->script.count = i % 2 == 0 ? 7 : 0;
        for (int k = 0; k < 7; k++) {
            rig.world->script.rules[k] =
                (struct script_rule){.timed = true,
                                     .fault = k < 3 ? FLAPS[k] : SCRIPT_FAULT_bay_temp,
                                     .fault_bay = k < 3 ? SCRIPT_ANY_BAY : k - 3,
                                     .value = -270,
                                     .for_s = INFINITY};
            rig.world->faults[k] =
                (struct fault_state){.fired = true, .bay = rig.world->script.rules[k].fault_bay};
        }
        rig_loop(&rig);
    }
    rig.world->script.count = 0;
    assert_true(engine_events_waiting(rig.engine) > 1000);
    rig_run(&rig, 1);
    rig_swap(&rig, "c1", "VEH-1", "");
    assert_string_equal(rig.answer, "StorageFault");
    nothing_moves(&rig, 10);
    rig.silent = false; /* it stores them: over */
    rig_run(&rig, 20);
    rig_swap(&rig, "c1", "VEH-1", "");
    assert_string_equal(rig.answer, "");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_moves_after_a_restart),
        cmocka_unit_test(charging_after_a_restart_is_a_new_session),
        cmocka_unit_test(nothing_begins_on_inputs_from_before_the_start),
        cmocka_unit_test(an_impossible_state_stops_the_engine),
        cmocka_unit_test(a_hung_engine_loses_the_power),
        cmocka_unit_test(driver_errors_are_faults),
        cmocka_unit_test(one_driver_error_is_no_fault),
        cmocka_unit_test(a_silent_monitor_means_safe_mode),
        cmocka_unit_test(a_monitor_in_a_crash_loop_cycles_no_contactor),
        cmocka_unit_test(commands_are_only_requests),
        cmocka_unit_test(a_thousand_waiting_events_are_a_storage_fault),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
