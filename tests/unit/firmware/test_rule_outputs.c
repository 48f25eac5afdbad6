/* SPDX-License-Identifier: Apache-2.0 */
/* Rules 2 and 4 of the hardware model, broken on the simulated plant: outputs, doors, currents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "firmware/rule_case.h"

static const struct io_bay_request *asked(const struct rule_rig *rig, int slot)
{
    return &rig->world->requests.bays[slot - 1];
}

static bool unlock_asked(const struct rule_rig *rig)
{
    return asked(rig, 4)->unlock;
}

static bool open_asked(const struct rule_rig *rig)
{
    return asked(rig, 4)->door == IO_MOTION_OPEN;
}

static bool close_asked(const struct rule_rig *rig)
{
    return asked(rig, 4)->door == IO_MOTION_CLOSE;
}

static bool no_close_asked(const struct rule_rig *rig)
{
    return asked(rig, 4)->door != IO_MOTION_CLOSE;
}

static bool bay_4_is_out(const struct rule_rig *rig)
{
    return rig_bay(rig, 4)->state == BAY_FAULT && asked(rig, 4)->door == IO_MOTION_HOLD &&
           !asked(rig, 4)->unlock;
}

static bool contactor_asked(const struct rule_rig *rig)
{
    return asked(rig, 3)->contactor;
}

static bool stop_asked(const struct rule_rig *rig)
{
    return rig_bay(rig, 3)->charge.phase == CHARGE_RAMP_DOWN;
}

static bool bay_3_is_out(const struct rule_rig *rig)
{
    return rig_bay(rig, 3)->state == BAY_FAULT && !asked(rig, 3)->charger_on &&
           !asked(rig, 3)->contactor;
}

static bool power_cut(const struct rule_rig *rig)
{
    return !rig->world->requests.charge_enable && plant_no_current(rig);
}

static bool bay_3_cut(const struct rule_rig *rig)
{
    return !asked(rig, 3)->contactor && plant_no_current(rig);
}

static bool gate_holds(const struct rule_rig *rig)
{
    return rig->world->requests.gate == IO_MOTION_HOLD;
}

static bool gate_open_asked(const struct rule_rig *rig)
{
    return rig->world->requests.gate == IO_MOTION_OPEN;
}

static bool gate_given_up(const struct rule_rig *rig)
{
    return gate_holds(rig) && rig_has(rig, FAULT_GateFault, 0);
}

static const struct rule_case CASES[] = {
    {.rule = "2: a lock that does not follow, 3 tries of 2 s",
     .script = "at 1: lock_stuck bay=4",
     .swap = true,
     .from = unlock_asked,
     .reacted = bay_4_is_out,
     .least_s = 6,
     .most_s = 6.6,
     .fault = FAULT_LockFault,
     .slot = 4,
     .holds_s = 60,
     .reason = "DoorFault"},
    {.rule = "2: a door that does not open, 3 tries of 5 s",
     .script = "at 1: door_stuck bay=4",
     .swap = true,
     .from = open_asked,
     .reacted = bay_4_is_out,
     .least_s = 15,
     .most_s = 15.6,
     .fault = FAULT_DoorFault,
     .slot = 4,
     .holds_s = 60,
     .reason = "DoorFault"},
    {.rule = "2: a door that does not close, 3 tries of 5 s with releases between",
     .script = "when door_closing bay=4: door_stuck bay=4",
     .swap = true,
     .reacted = bay_4_is_out,
     .least_s = 15,
     .most_s = 26,
     .fault = FAULT_DoorFault,
     .slot = 4,
     .holds_s = 60,
     .reason = "DoorFault"},
    {.rule = "4: an obstruction stops a closing door",
     .script = "when door_closing bay=4 after=0.517: door_obstructed bay=4 for=4",
     .swap = true,
     .reacted = no_close_asked,
     .most_s = 0.25,
     .fault = FAULT_COUNT},
    {.rule = "4: obstructed for good, 3 tries, then out of service",
     .script = "when door_closing bay=4: door_obstructed bay=4",
     .swap = true,
     .from = close_asked,
     .reacted = bay_4_is_out,
     .most_s = 30,
     .fault = FAULT_DoorFault,
     .slot = 4,
     .holds_s = 60,
     .reason = "DoorFault"},
    {.rule = "2: a contactor that does not close, 200 ms",
     .script = "at 0: contactor_stuck bay=3",
     .from = contactor_asked,
     .reacted = bay_3_is_out,
     .least_s = 0.2,
     .most_s = 0.45,
     .fault = FAULT_ContactorFault,
     .slot = 3,
     .holds_s = 60},
    {.rule = "2: a contactor that does not open, 100 ms for the current and 200 ms",
     .script = "when charging bay=3 after=9.3: water\nwhen charging bay=3: contactor_stuck bay=3",
     .reacted = bay_3_is_out,
     .least_s = 0.2,
     .most_s = 0.75,
     .fault = FAULT_ContactorFault,
     .slot = 3,
     .holds_s = 60},
    {.rule = "default: current that flows on 100 ms after a stop, the contactor opens",
     .script =
         "when charging bay=3 after=9.3: water\nwhen charging bay=3 after=9: charger_runs_on bay=3",
     .from = stop_asked,
     .reacted = bay_3_cut,
     .least_s = 0.1,
     .most_s = 0.4,
     .fault = FAULT_CurrentAfterStop,
     .slot = 3,
     .holds_s = 30},
    {.rule = "9: neither charger nor contactor stop, the power falls by hardware",
     .script = "when charging bay=3 after=9.3: water\nwhen charging bay=3 after=9: charger_runs_on "
               "bay=3\n"
               "when charging bay=3: contactor_stuck bay=3",
     .from = stop_asked,
     .reacted = power_cut,
     .least_s = 0.5,
     .most_s = 1.1,
     .fault = FAULT_CurrentUncontrolled,
     .slot = 3,
     .holds_s = 60},
    {.rule = "4: a door forced open cuts its charging",
     .script = "when charging bay=3 after=9.3: door_forced bay=3",
     .reacted = bay_3_cut,
     .most_s = 0.35,
     .fault = FAULT_DoorForced,
     .slot = 3,
     .holds_s = 30},
    {.rule = "2: a gate that does not open, 3 tries of 15 s",
     .script = "at 1: gate_stuck",
     .swap = true,
     .from = gate_open_asked,
     .reacted = gate_given_up,
     .least_s = 45,
     .most_s = 46,
     .fault = FAULT_GateFault,
     .holds_s = 60,
     .reason = "GateFault"},
    {.rule = "4: a person in the moving zone stops the gate",
     .script = "when gate_opening after=2.05: guard_blocked for=30",
     .swap = true,
     .reacted = gate_holds,
     .most_s = 0.25,
     .fault = FAULT_COUNT,
     .holds_s = 29},
    {.rule = "4: a person in the moving zone stops the closing gate",
     .script = "when gate_closing after=2.05: guard_blocked for=30",
     .swap = true,
     .reacted = gate_holds,
     .most_s = 0.25,
     .fault = FAULT_COUNT,
     .holds_s = 29},
    {.rule = "4: an obstruction stops the closing gate",
     .script = "when gate_closing after=2.05: gate_obstructed for=30",
     .swap = true,
     .reacted = gate_holds,
     .most_s = 0.25,
     .fault = FAULT_COUNT,
     .holds_s = 29},
};

static void outputs_have_feedback_and_deadlines(void **state)
{
    (void)state;
    rule_check_all(CASES);
}

/* What opens at most one door, and none with a current or a closed contactor behind it. */
static void check_doors(const struct rule_rig *rig)
{
    int open = 0;
    for (int i = 0; i < 4; i++) {
        const struct sim_bay *bay = &rig->world->bays[i];
        open += bay->door > 0;
        assert_true(bay->door == 0 || (bay->charger.dc_a < 1 && !bay->contactor_closed));
    }
    assert_true(open <= 1);
}

static void one_door_at_a_time(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, "nmc:97 lfp:98 nmc:94 empty", NULL);
    rig_start(&rig);
    rig_run(&rig, 8);
    for (int swap = 0; swap < 3; swap++) {
        char command[] = "c0", vehicle[] = "VEH-0";
        command[1] = vehicle[4] = (char)('1' + swap);
        rig_swap(&rig, command, vehicle, "");
        for (int i = 0; i < 4000 && !rig.outcome[0]; i++) {
            rig_loop(&rig);
            check_doors(&rig);
        }
        assert_string_equal(rig.outcome, "done");
        rig_run(&rig, 60);
    }
    rig_close(&rig);
}

/* A welded contactor: its door stays shut, whatever is asked for. */
static void a_closed_contactor_keeps_the_door_shut(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, "nmc:94 empty empty empty", "when charging bay=1: contactor_stuck bay=1\n");
    rig_start(&rig);
    for (int i = 0; i < 9000 && !rig_has(&rig, FAULT_ContactorFault, 1); i++)
        rig_loop(&rig); /* until the charge ends */
    assert_true(rig_has(&rig, FAULT_ContactorFault, 1));
    rig_swap(&rig, "c1", "VEH-1", rig_bay(&rig, 1)->bid);
    assert_string_equal(rig.answer, "BatteryDamaged");
    engine_acknowledge(rig.engine); /* the cause is there: nothing ends */
    for (int i = 0; i < 600; i++) {
        rig_loop(&rig);
        check_doors(&rig);
        assert_true(rig_bay(&rig, 1)->state == BAY_FAULT && rig.world->bays[0].lock == 1);
    }
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_have_feedback_and_deadlines),
        cmocka_unit_test(one_door_at_a_time),
        cmocka_unit_test(a_closed_contactor_keeps_the_door_shut),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
