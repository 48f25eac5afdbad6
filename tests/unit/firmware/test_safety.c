/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms and what they forbid: rules 1, 4, 5 and 7 of the hardware model. */
#include "station_fixture.h"

static void all_outputs_are_safe(const struct fixture *f)
{
    for (int i = 0; i < f->in.bay_count; i++) {
        const struct io_bay_request *out = &f->out.bays[i];
        assert_false(out->unlock || out->contactor || out->charger_on);
        assert_int_equal(out->door, IO_MOTION_HOLD);
    }
    assert_int_equal(f->out.gate, IO_MOTION_HOLD);
    assert_false(f->out.charge_enable);
}

static void an_emergency_stop_makes_safe_in_the_same_step(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_RETURN_OPENING, 60);
    fixture_run(&f, 0.7); /* a door moves, slot 4 charges */
    assert_true(f.out.bays[3].charger_on);
    assert_int_equal(f.out.bays[4].door, IO_MOTION_OPEN);
    f.in.emergency_stop = true;
    fixture_step(&f);
    all_outputs_are_safe(&f);
    assert_true(f.out.siren);
    for (int i = 0; i < 6; i++)
        assert_int_equal(f.station.bays[i].state, BAY_ESTOP);
    assert_string_equal(fixture_completion(&f)->reason, "interrupted: emergency");
    assert_string_equal(station_mode_name(&f.station), "emergency");
    assert_string_equal(station_state_name(&f.station), "FAULTY");
    f.in.emergency_stop = false;
    fixture_run(&f, 600);
    all_outputs_are_safe(&f); /* latched */
    station_request_reset(&f.station, -1, f.now_us, &f.actions);
    fixture_run(&f, 2);
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    assert_int_equal(f.station.bays[4].state, BAY_OPEN); /* where it stood; nothing moved */
    fixture_free(&f);
}

static void a_pressed_button_cannot_be_reset(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.in.emergency_stop = true;
    fixture_step(&f);
    station_request_reset(&f.station, -1, f.now_us, &f.actions);
    fixture_step(&f);
    assert_int_equal(f.station.bays[0].state, BAY_ESTOP);
    fixture_free(&f);
}

static void smoke_in_the_station_is_an_emergency_with_exhaust(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.in.smoke = true;
    fixture_step(&f);
    all_outputs_are_safe(&f);
    assert_true(f.out.siren && f.out.exhaust);
    fixture_free(&f);
}

static void a_thermal_event_shuts_its_bay_and_stops_all_chargers(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.bays[1].force_temp_c = 30;
    fixture_run(&f, 5);
    assert_true(f.out.bays[3].charger_on);
    for (int i = 0; i < 45; i++) { /* 1.5 K/s in slot 2 */
        f.bays[1].force_temp_c += 0.15;
        fixture_step(&f);
    }
    assert_int_equal(f.station.bays[1].state, BAY_QUARANTINE);
    assert_true(fixture_fault(&f, FAULT_ThermalEvent, 2));
    fixture_run(&f, 1);
    assert_false(f.out.bays[3].charger_on || f.out.bays[3].contactor);
    assert_true(f.out.siren && f.out.exhaust);
    assert_false(f.out.charge_enable);
    f.bays[1].force_temp_c = 30;
    fixture_run(&f, 600);
    assert_int_equal(f.station.bays[1].state, BAY_QUARANTINE);
    assert_false(f.out.bays[3].charger_on);
    /* the others may still be handed out; the suspect one not */
    assert_string_equal(fixture_swap(&f, "c1", "P-2"), "BatteryDamaged");
    station_request_reset(&f.station, 2, f.now_us, &f.actions);
    fixture_until_bay(&f, 2, BAY_READY, 2);
    fixture_until_bay(&f, 4, BAY_CHARGING, 120);
    fixture_free(&f);
}

static void slow_heating_is_no_event(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.bays[1].force_temp_c = 25;
    for (int i = 0; i < 300; i++) { /* 0.9 K/s */
        f.bays[1].force_temp_c += 0.09;
        fixture_step(&f);
    }
    assert_false(fixture_fault(&f, FAULT_ThermalEvent, 2));
    for (int i = 0; i < 20; i++) { /* 2 K/s, but only for two seconds */
        f.bays[1].force_temp_c += 0.2;
        fixture_step(&f);
    }
    fixture_run(&f, 10);
    assert_false(fixture_fault(&f, FAULT_ThermalEvent, 2));
    fixture_free(&f);
}

static void stale_bay_inputs_take_the_bay_out_and_back(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.bays[0].frozen = true;
    fixture_run(&f, 4.5);
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    fixture_until_bay(&f, 1, BAY_FAULT, 2);
    assert_true(fixture_fault(&f, FAULT_SensorStale, 1));
    f.bays[0].frozen = false;
    fixture_run(&f, 4);
    assert_int_equal(f.station.bays[0].state, BAY_FAULT); /* a flapping sensor is one fault */
    fixture_until_bay(&f, 1, BAY_READY, 3);
    fixture_free(&f);
}

static void implausible_temperatures_are_alarms(void **state)
{
    (void)state;
    static struct fixture f;
    const double bad[] = {NAN, INFINITY, -41, 126};
    for (int i = 0; i < 4; i++) {
        fixture_stocked(&f);
        f.in.bays[0].temp_c = bad[i];
        f.in.ambient_c = bad[i];
        fixture_step(&f);
        assert_int_equal(f.station.bays[0].state, BAY_FAULT);
        assert_true(fixture_fault(&f, FAULT_BayTemperature, 1));
        assert_true(fixture_fault(&f, FAULT_SensorImplausible, 0));
        fixture_free(&f);
    }
}

static void silent_station_inputs_are_an_emergency_until_they_speak(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.station_silent = true;
    fixture_run(&f, 5.5);
    all_outputs_are_safe(&f);
    assert_int_equal(f.station.bays[0].state, BAY_ESTOP);
    f.station_silent = false;
    fixture_until_bay(&f, 1, BAY_READY, 7); /* not latched: nobody pressed anything */
    fixture_free(&f);
}

static void a_silent_pack_takes_its_bay_out(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.bays[0].pack_silent = true;
    fixture_until_bay(&f, 1, BAY_FAULT, 6);
    assert_true(fixture_fault(&f, FAULT_PackSilent, 1));
    assert_string_equal(fixture_swap(&f, "c1", "P-1"), "BatteryDamaged");
    fixture_free(&f);
}

/* Rule 4, one reason a row. */
static void a_door_opens_only_when_nothing_speaks_against_it(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    struct core_step step = {&f.station, &f.in, &f.actions};
    const struct bay *bay = &f.station.bays[0];
    assert_null(safety_door_obstacle(&step, bay));
    f.in.bays[0].contactor_closed = true;
    assert_string_equal(safety_door_obstacle(&step, bay), "the contactor is closed");
    f.in.bays[0].contactor_closed = false;
    f.in.bays[0].charger.dc_a = 1;
    assert_string_equal(safety_door_obstacle(&step, bay),
                        "current flows, or nobody tells how much");
    f.in.bays[0].charger.dc_a = 0.99;
    assert_null(safety_door_obstacle(&step, bay));
    f.in.bays[0].charger.dc_a = NAN;
    assert_non_null(safety_door_obstacle(&step, bay));
    f.in.bays[0].charger.dc_a = 0;
    f.in.bays[0].pack.pack_a = -3;
    assert_non_null(safety_door_obstacle(&step, bay));
    f.in.bays[0].pack.pack_a = 0;
    f.in.bays[0].pack.at_us = f.in.bays[0].charger.at_us = 1; /* nobody tells */
    assert_non_null(safety_door_obstacle(&step, bay));
    fixture_run(&f, 0.2);
    f.in.bays[5].door = IO_DOOR_BETWEEN;
    assert_string_equal(safety_door_obstacle(&step, bay), "another door is open");
    f.in.bays[5].door = IO_DOOR_CLOSED;
    assert_null(safety_door_obstacle(&step, bay));
    f.station.safe_mode = true;
    assert_string_equal(safety_door_obstacle(&step, bay), "safe mode: the monitor is gone");
    f.station.safe_mode = false;
    f.station.storage_fault = true;
    assert_string_equal(safety_door_obstacle(&step, bay), "intent cannot be stored");
    /* and a charging bay never */
    f.station.storage_fault = false;
    assert_non_null(safety_door_obstacle(&step, &f.station.bays[3]));
    fixture_free(&f);
}

static void the_gate_moves_only_with_guard_and_lane_known(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    struct core_step step = {&f.station, &f.in, &f.actions};
    assert_null(safety_gate_obstacle(&step, IO_MOTION_OPEN));
    assert_null(safety_gate_obstacle(&step, IO_MOTION_CLOSE));
    f.in.lane_occupied = true;
    assert_null(safety_gate_obstacle(&step, IO_MOTION_OPEN));
    assert_string_equal(safety_gate_obstacle(&step, IO_MOTION_CLOSE), "a vehicle is in the lane");
    f.in.lane_occupied = false;
    f.in.guard_clear = false;
    assert_string_equal(safety_gate_obstacle(&step, IO_MOTION_OPEN),
                        "somebody is in the moving zone");
    f.in.guard_clear = true;
    f.in.now_us += 6000000;
    assert_string_equal(safety_gate_obstacle(&step, IO_MOTION_CLOSE),
                        "guard and lane are not known");
    f.in.now_us -= 6000000;
    f.in.emergency_stop = true;
    fixture_step(&f);
    assert_string_equal(safety_gate_obstacle(&step, IO_MOTION_OPEN), "emergency");
    fixture_free(&f);
}

/* Before the intent is durable only what stops may be written. */
static void what_stops_waits_for_nothing(void **state)
{
    (void)state;
    static struct io_requests now, next, out;
    memset(&now, 0, sizeof now);
    memset(&next, 0, sizeof next);
    now.charge_enable = true;
    now.bays[0] = (struct io_bay_request){.contactor = true, .charger_on = true, .charge_a = 80};
    now.bays[1] = (struct io_bay_request){.unlock = true, .door = IO_MOTION_OPEN};
    now.gate = IO_MOTION_OPEN;
    next.charge_enable = true;
    next.siren = next.exhaust = true;
    next.bays[0] = (struct io_bay_request){.contactor = true, .charge_a = 0};
    next.bays[1] = (struct io_bay_request){.unlock = true, .door = IO_MOTION_CLOSE};
    next.bays[2] = (struct io_bay_request){.contactor = true, .charger_on = true, .charge_a = 50};
    next.bays[3] = (struct io_bay_request){.unlock = true, .door = IO_MOTION_OPEN};
    next.gate = IO_MOTION_CLOSE;
    TEXT_SET(next.announce, "CAR-1");
    station_restrict(&now, &next, &out);
    assert_true(out.bays[0].contactor && !out.bays[0].charger_on);
    assert_true(out.bays[1].unlock);
    assert_int_equal(out.bays[1].door, IO_MOTION_HOLD);
    assert_false(out.bays[2].contactor || out.bays[2].charger_on || out.bays[3].unlock);
    assert_int_equal(out.bays[3].door, IO_MOTION_HOLD);
    assert_int_equal(out.gate, IO_MOTION_HOLD);
    assert_true(out.siren && out.exhaust && out.charge_enable);
    assert_string_equal(out.announce, "");
    station_restrict(&next, &next, &out); /* what goes on goes on */
    assert_memory_equal(&out, &next, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_emergency_stop_makes_safe_in_the_same_step),
        cmocka_unit_test(a_pressed_button_cannot_be_reset),
        cmocka_unit_test(smoke_in_the_station_is_an_emergency_with_exhaust),
        cmocka_unit_test(a_thermal_event_shuts_its_bay_and_stops_all_chargers),
        cmocka_unit_test(slow_heating_is_no_event),
        cmocka_unit_test(stale_bay_inputs_take_the_bay_out_and_back),
        cmocka_unit_test(implausible_temperatures_are_alarms),
        cmocka_unit_test(silent_station_inputs_are_an_emergency_until_they_speak),
        cmocka_unit_test(a_silent_pack_takes_its_bay_out),
        cmocka_unit_test(a_door_opens_only_when_nothing_speaks_against_it),
        cmocka_unit_test(the_gate_moves_only_with_guard_and_lane_known),
        cmocka_unit_test(what_stops_waits_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
