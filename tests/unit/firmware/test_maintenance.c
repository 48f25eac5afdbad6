/* SPDX-License-Identifier: Apache-2.0 */
/* Maintenance: who may move what, the interlocks of rule 4, and the way back into service. */
#include "station_fixture.h"

#include "core/maintenance.h"

static const char *why;

static const char *ask(struct fixture *f, enum maintenance_verb verb, int slot)
{
    const struct maintenance_request request = {verb, slot, true};
    return maintenance_request(&f->station, &f->in, &request, &why);
}

static void enter(struct fixture *f, int slot)
{
    assert_null(station_request_maintenance(&f->station, slot, true, &f->in, &f->actions));
    fixture_run(f, 1);
}

static const char *leave(struct fixture *f, int slot)
{
    return station_request_maintenance(&f->station, slot, false, &f->in, &f->actions);
}

static void a_door_moves_only_in_maintenance(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    fixture_until_bay(&f, 4, BAY_CHARGING, 2);
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 1), "SafetyLock");
    assert_string_equal(why, "the bay is not in maintenance");
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 4), "SafetyLock"); /* it charges */
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 7), "Malformed");
    assert_string_equal(ask(&f, MAINTENANCE_GATE_OPEN, 0), "SafetyLock");
    enter(&f, 1);
    assert_true(fixture_fault(&f, FAULT_Maintenance, 1));
    assert_string_equal(ask(&f, MAINTENANCE_GATE_OPEN, 0), "SafetyLock"); /* of the bay only */
    assert_string_equal(why, "the station is not in maintenance");
    assert_null(ask(&f, MAINTENANCE_OPEN, 1));
    fixture_run(&f, 3);
    assert_true(f.bays[0].door >= 1);
    assert_int_equal(f.station.bays[0].state, BAY_MAINTENANCE);
    assert_int_equal(f.station.bays[0].door, DOOR_REST);
    assert_int_equal(f.station.bays[3].state, BAY_CHARGING); /* the others work on */
    assert_string_equal(leave(&f, 1), "SafetyLock");
    assert_null(ask(&f, MAINTENANCE_CLOSE, 1));
    assert_string_equal(ask(&f, MAINTENANCE_CLOSE, 1), "Busy");
    fixture_run(&f, 3);
    assert_true(f.in.bays[0].locked && f.in.bays[0].door == IO_DOOR_CLOSED);
    assert_null(leave(&f, 1));
    fixture_step(&f);
    assert_int_equal(f.station.bays[0].state, BAY_UNKNOWN);
    fixture_until_bay(&f, 1, BAY_READY, 20); /* verified anew */
    fixture_run(&f, 10);
    assert_false(fixture_fault(&f, FAULT_Maintenance, 1));
    fixture_free(&f);
}

/* Taking a bay out of service is no accident: the current falls first, then the contactor opens,
 * and the session was cancelled. */
static void charging_ends_in_order(void **state)
{
    (void)state;
    for (int slot = 4; slot >= 0; slot -= 4) { /* the bay; the station */
        static struct fixture f;
        char sessions[128];
        fixture_stocked(&f);
        fixture_until_bay(&f, 4, BAY_CHARGING, 2);
        fixture_run(&f, 2);
        assert_true(f.in.bays[3].charger.dc_a > 50);
        assert_null(station_request_maintenance(&f.station, slot, true, &f.in, &f.actions));
        while (f.out.bays[3].contactor)
            fixture_step(&f);
        assert_true(f.in.bays[3].charger.dc_a < 5); /* when it was told to open */
        fixture_run(&f, 1);
        assert_int_equal(f.station.bays[3].state, BAY_MAINTENANCE);
        assert_string_equal(fixture_sessions(&f, 4, sessions, sizeof sessions),
                            "requested authorized in_progress cancelled");
        fixture_free(&f);
    }
}

static void the_interlocks_of_rule_4_hold(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    fixture_until_bay(&f, 4, BAY_CHARGING, 2);
    fixture_run(&f, 2);
    f.bays[3].contactor_stuck = true; /* welded */
    enter(&f, 0);
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 4), "SafetyLock");
    assert_string_equal(why, "the contactor is closed");
    f.bays[3].contactor_stuck = false;
    fixture_run(&f, 1);
    f.in.bays[3].pack.pack_a = 3; /* read before the next step overwrites it */
    assert_string_equal(ask(&f, MAINTENANCE_UNLOCK, 4), "SafetyLock");
    assert_string_equal(why, "current flows, or nobody tells how much");
    fixture_step(&f);
    assert_null(ask(&f, MAINTENANCE_OPEN, 4));
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 1), "Busy");
    fixture_run(&f, 3);
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 1), "SafetyLock");
    assert_string_equal(why, "another door is open");
    f.bays[3].frozen = true;
    fixture_run(&f, 6);
    assert_string_equal(ask(&f, MAINTENANCE_CLOSE, 4), "SafetyLock");
    assert_string_equal(why, "door and lock of the bay are not known");
    f.bays[3].frozen = false;
    fixture_run(&f, 7);
    f.in.bays[3].door_obstructed = true;
    assert_null(ask(&f, MAINTENANCE_CLOSE, 4));
    fixture_run(&f, 60);
    assert_true(fixture_fault(&f, FAULT_DoorFault, 4)); /* bounded tries, then a fault */
    assert_int_equal(f.station.bays[3].door, DOOR_REST);
    f.in.bays[3].door_obstructed = false;
    assert_null(ask(&f, MAINTENANCE_CLOSE, 4)); /* a fault does not forbid its repair */
    fixture_run(&f, 3);
    station_request_reset(&f.station, 4, f.now_us, &f.actions);
    assert_false(fixture_fault(&f, FAULT_DoorFault, 4));
    fixture_free(&f);
}

static void the_gate_moves_with_the_guard_clear(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    enter(&f, 0);
    f.in.guard_clear = false;
    assert_string_equal(ask(&f, MAINTENANCE_GATE_OPEN, 0), "SafetyLock");
    assert_string_equal(why, "somebody is in the moving zone");
    f.in.guard_clear = true;
    assert_null(ask(&f, MAINTENANCE_GATE_OPEN, 0));
    fixture_run(&f, 3);
    assert_int_equal(f.in.gate, IO_GATE_OPEN);
    assert_string_equal(leave(&f, 0), "SafetyLock");
    f.in.lane_occupied = true;
    assert_string_equal(ask(&f, MAINTENANCE_GATE_CLOSE, 0), "SafetyLock");
    f.in.lane_occupied = false;
    assert_null(ask(&f, MAINTENANCE_GATE_CLOSE, 0));
    fixture_run(&f, 1);
    f.in.guard_clear = false; /* somebody steps in: it holds */
    fixture_run(&f, 0.2);
    assert_int_equal(f.out.gate, IO_MOTION_HOLD);
    f.in.guard_clear = true;
    fixture_run(&f, 3);
    assert_int_equal(f.in.gate, IO_GATE_CLOSED);
    f.gate_stuck = true;
    assert_null(ask(&f, MAINTENANCE_GATE_OPEN, 0));
    fixture_run(&f, 60);
    assert_true(fixture_fault(&f, FAULT_GateFault, 0));
    assert_false(maintenance_moves(&f.station));
    assert_null(leave(&f, 0));
    fixture_free(&f);
}

static void an_emergency_wins(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    enter(&f, 0);
    assert_null(ask(&f, MAINTENANCE_LIGHT, 2));
    assert_null(ask(&f, MAINTENANCE_OPEN, 2));
    fixture_run(&f, 0.5);
    f.in.emergency_stop = true;
    fixture_step(&f);
    assert_int_equal(f.station.bays[1].state, BAY_ESTOP);
    assert_false(f.out.bays[1].unlock || f.out.bays[1].light);
    assert_int_equal(f.out.bays[1].door, IO_MOTION_HOLD);
    assert_string_equal(ask(&f, MAINTENANCE_CLOSE, 2), "SafetyLock");
    assert_string_equal(why, "emergency");
    assert_string_equal(ask(&f, MAINTENANCE_GATE_OPEN, 0), "SafetyLock");
    f.in.emergency_stop = false;
    fixture_step(&f);
    station_request_reset(&f.station, -1, f.now_us, &f.actions);
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[1].state, BAY_MAINTENANCE); /* the lock-out is still there */
    assert_null(ask(&f, MAINTENANCE_CLOSE, 2));
    fixture_run(&f, 3);
    assert_null(leave(&f, 0));
    fixture_free(&f);
}

static void a_thermal_event_keeps_its_bay_shut(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.in.bays[0].smoke = true;
    fixture_run(&f, 1);
    enter(&f, 0);
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 1), "SafetyLock");
    assert_non_null(strstr(why, "thermal event"));
    f.in.bays[0].smoke = false;
    fixture_run(&f, 1);
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 1), "SafetyLock"); /* latched */
    station_request_reset(&f.station, 1, f.now_us, &f.actions);
    assert_null(ask(&f, MAINTENANCE_OPEN, 1));
    fixture_free(&f);
}

static void swaps_and_maintenance_do_not_move_together(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    enter(&f, 6);
    assert_null(ask(&f, MAINTENANCE_UNLOCK, 6));
    fixture_run(&f, 1);
    assert_string_equal(fixture_swap(&f, "c1", ""), "Busy");
    maintenance_halt(&f.station);
    fixture_run(&f, 0.5);
    assert_true(f.in.bays[5].locked);
    assert_null(fixture_swap(&f, "c1", ""));
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 6), "Busy");
    assert_string_equal(why, "a swap is under way");
    for (int i = 0; i < 4000 && f.station.swap.step != SWAP_IDLE; i++)
        fixture_step(&f);
    assert_non_null(fixture_completion(&f));
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    assert_null(ask(&f, MAINTENANCE_OPEN, 6));
    fixture_free(&f);
}

static void an_unlocked_door_waits_for_a_hand(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    enter(&f, 5);
    assert_null(ask(&f, MAINTENANCE_UNLOCK, 5));
    fixture_run(&f, 1);
    assert_true(f.out.bays[4].unlock);
    assert_int_equal(f.out.bays[4].door, IO_MOTION_HOLD);
    assert_string_equal(leave(&f, 5), "SafetyLock");
    fixture_run(&f, f.station.limits.guard_s + 1); /* nobody came */
    assert_false(f.out.bays[4].unlock);
    assert_true(f.in.bays[4].locked);
    assert_null(ask(&f, MAINTENANCE_UNLOCK, 5));
    fixture_run(&f, 1);
    f.bays[4].door = 1; /* pulled open */
    fixture_run(&f, 0.3);
    assert_int_equal(f.station.bays[4].door, DOOR_REST);
    assert_null(ask(&f, MAINTENANCE_CLOSE, 5));
    fixture_run(&f, 3);
    assert_null(leave(&f, 5));
    fixture_free(&f);
}

static void safe_mode_leaves_single_bays_alone(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    enter(&f, 5);
    f.station.safe_mode = true;
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 5), "SafetyLock");
    assert_string_equal(why, "safe mode: the monitor is gone");
    enter(&f, 0); /* the whole station is repaired without a monitor too */
    assert_null(ask(&f, MAINTENANCE_OPEN, 5));
    maintenance_halt(&f.station);
    f.station.stopping = true;
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 5), "SafetyLock");
    f.station.stopping = false;
    f.station.storage_fault = true;
    assert_string_equal(ask(&f, MAINTENANCE_OPEN, 5), "StorageFault");
    fixture_free(&f);
}

static void light_and_fan_are_of_maintenance_only(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_string_equal(ask(&f, MAINTENANCE_LIGHT, 5), "SafetyLock");
    enter(&f, 5);
    assert_null(ask(&f, MAINTENANCE_LIGHT, 5));
    assert_null(ask(&f, MAINTENANCE_FAN, 5));
    fixture_step(&f);
    assert_true(f.out.bays[4].light && f.out.bays[4].fan);
    const struct maintenance_request off = {MAINTENANCE_LIGHT, 5, false};
    assert_null(maintenance_request(&f.station, &f.in, &off, &why));
    fixture_step(&f);
    assert_false(f.out.bays[4].light);
    assert_null(leave(&f, 5));
    fixture_step(&f);
    assert_false(f.out.bays[4].fan);
    fixture_free(&f);
}

static void a_bay_out_of_service_does_not_keep_the_station(void **state)
{
    (void)state;
    static struct fixture f;
    int in_the_way;
    fixture_stocked(&f);
    enter(&f, 0);
    assert_null(ask(&f, MAINTENANCE_OPEN, 6));
    fixture_run(&f, 3);
    const struct core_step step = {&f.station, &f.in, &f.actions};
    assert_non_null(maintenance_obstacle(&step, 0, &in_the_way));
    assert_int_equal(in_the_way, 6);
    enter(&f, 6);
    assert_null(leave(&f, 0));
    fixture_until_bay(&f, 1, BAY_READY, 20);
    assert_int_equal(f.station.bays[5].state, BAY_MAINTENANCE);
    assert_string_equal(fixture_swap(&f, "c1", ""), "SafetyLock"); /* a door stands open */
    fixture_free(&f);
}

/* --- a technician who does anything at any time --- */

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* One thing that a person, a command or the world does. */
static void disturb(struct fixture *f, uint32_t *seed)
{
    int slot = (int)draw(seed, 7);
    struct maintenance_request request = {(enum maintenance_verb)draw(seed, 7), slot,
                                          draw(seed, 2) == 0};
    struct io_bay *bay = &f->in.bays[draw(seed, 6)];
    switch (draw(seed, 14)) {
    case 0:
        f->in.emergency_stop = draw(seed, 4) == 0;
        break;
    case 1:
        f->station.safe_mode = draw(seed, 4) == 0;
        break;
    case 2:
        f->station.storage_fault = draw(seed, 4) == 0;
        break;
    case 3:
        f->in.guard_clear = draw(seed, 3) != 0;
        break;
    case 4:
        bay->door_obstructed = draw(seed, 4) == 0;
        break;
    case 5:
        f->bays[draw(seed, 6)].contactor_stuck = draw(seed, 5) == 0;
        break;
    case 6:
        station_request_reset(&f->station, -1, f->now_us, &f->actions);
        break;
    case 7:
        (void)fixture_swap(f, "c", "");
        break;
    case 8:
        maintenance_halt(&f->station);
        break;
    case 9:
    case 10:
        (void)station_request_maintenance(&f->station, slot, request.on, &f->in, &f->actions);
        break;
    default:
        (void)maintenance_request(&f->station, &f->in, &request, &why);
        break;
    }
}

/* The invariants of the machines abort, fixture_check asserts one open door and no current behind
 * it; whatever order things happen in. */
static void nothing_unsafe_happens_in_any_order(void **state)
{
    (void)state;
    static struct fixture f;
    int opened = 0, swaps = 0;
    for (uint32_t number = 1; number <= 60; number++) {
        uint32_t seed = number;
        fixture_stocked(&f);
        for (int step = 0; step < 4000; step++) {
            if (draw(&seed, 12) == 0)
                disturb(&f, &seed);
            fixture_step(&f);
            for (int i = 0; i < 6; i++)
                opened += f.station.bays[i].state == BAY_MAINTENANCE && f.bays[i].door >= 1;
            swaps += f.station.swap.step > SWAP_ARRIVING;
            f.event_count = 0;
        }
        fixture_free(&f);
    }
    assert_true(opened > 1000 && swaps > 1000); /* both did happen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_door_moves_only_in_maintenance),
        cmocka_unit_test(charging_ends_in_order),
        cmocka_unit_test(the_interlocks_of_rule_4_hold),
        cmocka_unit_test(the_gate_moves_with_the_guard_clear),
        cmocka_unit_test(an_emergency_wins),
        cmocka_unit_test(a_thermal_event_keeps_its_bay_shut),
        cmocka_unit_test(swaps_and_maintenance_do_not_move_together),
        cmocka_unit_test(an_unlocked_door_waits_for_a_hand),
        cmocka_unit_test(safe_mode_leaves_single_bays_alone),
        cmocka_unit_test(light_and_fan_are_of_maintenance_only),
        cmocka_unit_test(a_bay_out_of_service_does_not_keep_the_station),
        cmocka_unit_test(nothing_unsafe_happens_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
