/* SPDX-License-Identifier: Apache-2.0 */
/* The deadlines of a swap (rules 4 and 12, defaults), broken on the simulated plant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "firmware/rule_case.h"

static bool gate_is_open(const struct rule_rig *rig)
{
    return rig->world->gate >= 1;
}

static bool in_lane(const struct rule_rig *rig)
{
    return rig->world->visit.state >= VISIT_WAITING;
}

static bool door_4_is_open(const struct rule_rig *rig)
{
    return rig->world->bays[3].door >= 1;
}

static bool offered(const struct rule_rig *rig)
{
    return engine_station(rig->engine)->swap.step == SWAP_OFFERING;
}

static bool leaving(const struct rule_rig *rig)
{
    return engine_station(rig->engine)->swap.step == SWAP_LEAVING;
}

static bool failed(const struct rule_rig *rig)
{
    return strcmp(rig->outcome, "failed") == 0;
}

static bool given_up(const struct rule_rig *rig)
{
    enum swap_step_name step = engine_station(rig->engine)->swap.step;
    return step == SWAP_IDLE || step >= SWAP_ENDING;
}

static bool too_long(const struct rule_rig *rig)
{
    return rig_has(rig, FAULT_SwapTooLong, 0);
}

/* And the gate does not close on the vehicle. */
static bool blocked(const struct rule_rig *rig)
{
    return rig_has(rig, FAULT_LaneBlocked, 0) && rig->world->gate >= 1 &&
           rig->world->requests.gate == IO_MOTION_HOLD;
}

static bool door_refused(const struct rule_rig *rig)
{
    return given_up(rig) && rig->world->bays[0].door <= 0 && rig->world->bays[1].door <= 0;
}

static void patient(struct engine_options *options)
{
    options->limits.returned_s = 400;
}

static const struct rule_case CASES[] = {
    {.rule = "4, default: no vehicle within 300 s of the open gate",
     .script = "at 0: no_vehicle",
     .swap = true,
     .from = gate_is_open,
     .reacted = failed,
     .least_s = 300,
     .most_s = 301,
     .fault = FAULT_COUNT,
     .reason = "Timeout: no vehicle came"},
    {.rule = "default: no battery returned within 120 s",
     .script = "at 0: not_returned",
     .swap = true,
     .from = door_4_is_open,
     .reacted = given_up,
     .least_s = 120,
     .most_s = 120.5,
     .fault = FAULT_COUNT,
     .reason = "Timeout: no battery was returned"},
    {.rule = "default: the offered battery not taken within 120 s",
     .script = "at 0: not_taken",
     .swap = true,
     .from = offered,
     .reacted = given_up,
     .least_s = 120,
     .most_s = 120.5,
     .fault = FAULT_COUNT,
     .reason = "Timeout: the offered battery was not taken"},
    {.rule = "default: a swap of more than 300 s is a fault",
     .script = "when door_open bay=4: not_returned for=330",
     .swap = true,
     .from = in_lane,
     .reacted = too_long,
     .least_s = 299.5,
     .most_s = 303, /* counts from the settled arrival */
     .fault = FAULT_SwapTooLong,
     .tune = patient},
    {.rule = "4: the vehicle does not leave for 120 s",
     .script = "at 0: not_leaving",
     .swap = true,
     .from = leaving,
     .reacted = blocked,
     .least_s = 120,
     .most_s = 120.5,
     .fault = FAULT_LaneBlocked,
     .holds_s = 600},
    {.rule = "4: another door stands open, the offered one stays shut and the swap ends",
     .script = "when pack_in bay=4 after=1: door_forced bay=3 for=1",
     .swap = true,
     .reacted = door_refused,
     .least_s = 60,
     .most_s = 75,
     .fault = FAULT_COUNT,
     .reason = "SafetyLock: the battery's door was not allowed to open"},
    {.rule = "4: a door that was opened and is not heard of any more counts as open",
     .script = "when door_opening bay=4 after=1: sensors_frozen bay=4",
     .swap = true,
     .reacted = door_refused,
     .most_s = 30,
     .fault = FAULT_COUNT,
     .holds_s = 200},
    {.rule = "12: no mains, the swap under way ends",
     .script = "when door_open bay=4 after=3.3: mains_lost for=20",
     .swap = true,
     .reacted = given_up,
     .most_s = 0.3,
     .fault = FAULT_MainsLost,
     .reason = "no mains"},
};

static void each_wait_has_an_end(void **state)
{
    (void)state;
    rule_check_all(CASES);
}

/* After LaneBlocked the vehicle leaves at last: the gate closes, the next swap is served. */
static void a_blocked_lane_is_free_again(void **state)
{
    (void)state;
    static struct rule_rig rig;
    rig_open(&rig, NULL, "at 0: not_leaving for=600\n");
    rig_start(&rig);
    rig_run(&rig, 8);
    rig_swap(&rig, "c1", "VEH-1", "");
    rig_run(&rig, 500);
    assert_string_equal(rig.outcome, "done");
    assert_true(rig_has(&rig, FAULT_LaneBlocked, 0));
    rig_swap(&rig, "c2", "VEH-2", "");
    assert_string_equal(rig.answer, "Busy");
    rig_run(&rig, 200);
    assert_false(rig_has(&rig, FAULT_LaneBlocked, 0));
    assert_true(rig.world->gate <= 0);
    rig_swap(&rig, "c2", "VEH-2", "");
    rig_run(&rig, 500);
    assert_string_equal(rig.outcome, "done");
    rig_close(&rig);
}

/* One door at a time, also when the bay that took the battery is forced open while another one is
 * offered: at most one door is moved or held, and each swap comes to an end. */
static void a_door_forced_beside_the_offered_one(void **state)
{
    (void)state;
    static const char *const SCRIPTS[] = {"when offered: door_forced bay=4 for=2\n",
                                          "when offered: door_forced bay=3 for=2\n",
                                          "when door_closing bay=2: door_forced bay=4 for=2\n",
                                          "when door_opening bay=2: door_forced bay=4 for=2\n"};
    for (size_t i = 0; i < sizeof SCRIPTS / sizeof *SCRIPTS; i++)
        for (int full = 0; full < 2; full++) {
            static struct rule_rig rig;
            rig_open(&rig, NULL, SCRIPTS[i]);
            rig_start(&rig);
            rig_run(&rig, 8);
            rig_swap(&rig, "c1", "VEH-1", "");
            for (int round = 0; round < 6000 && !rig.outcome[0]; round++) {
                int moved = 0;
                rig_loop(&rig);
                rig.disk_full =
                    full && rig.world->faults[0].since_s > 4 && rig.world->faults[0].since_s < 30;
                for (int k = 0; k < 4; k++)
                    moved += rig.world->requests.bays[k].unlock ||
                             rig.world->requests.bays[k].door != IO_MOTION_HOLD;
                assert_true(moved <= 1);
            }
            assert_string_not_equal(rig.outcome, "");
            rig_close(&rig);
        }
}

/* Rule 12: the disk is full at every second of a swap: what runs ends safely, nothing new begins,
 * and once there is room the station serves again. */
static void a_full_disk_ends_what_runs_and_begins_nothing(void **state)
{
    (void)state;
    for (int moment = 0; moment < 140; moment += 7) {
        static struct rule_rig rig;
        rig_open(&rig, NULL, NULL);
        rig_start(&rig);
        rig_run(&rig, 8);
        rig_swap(&rig, "c1", "VEH-1", "");
        rig_run(&rig, moment);
        rig.disk_full = true;
        rig_run(&rig, 300);
        for (int i = 0; i < 4; i++)
            assert_true(rig.world->bays[i].door <= 0 && rig.world->bays[i].lock >= 1);
        bool ended = rig.outcome[0] != '\0'; /* before the disk was full */
        rig_swap(&rig, "c2", "VEH-2", "");
        assert_true(strcmp(rig.answer, "StorageFault") == 0 || strcmp(rig.answer, "Busy") == 0);
        rig.disk_full = false;
        rig_run(&rig, 200);
        assert_true(ended || rig.outcome[0]);
        /* also when it stands in the lane without a battery, and so cannot leave */
        rig_swap(&rig, "c3", "VEH-1", "");
        assert_string_equal(rig.answer, "");
        rig_run(&rig, 500);
        assert_string_equal(rig.outcome, "done");
        rig_close(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wait_has_an_end),
        cmocka_unit_test(a_blocked_lane_is_free_again),
        cmocka_unit_test(a_door_forced_beside_the_offered_one),
        cmocka_unit_test(a_full_disk_ends_what_runs_and_begins_nothing),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
