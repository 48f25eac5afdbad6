/* SPDX-License-Identifier: Apache-2.0 */
/* One bay: verification after a start, doors, identification, reservations, maintenance. */
#include "station_fixture.h"

static void a_start_believes_nothing_until_verified(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 5);
    const struct io_pack full = fixture_pack("P-1", 97), low = fixture_pack("P-2", 40);
    fixture_put(&f, 1, &full);
    fixture_put(&f, 2, &low);
    f.bays[2].door = 0.5; /* somebody left it ajar */
    f.bays[3].lock_stuck = true;
    f.in.bays[3].locked = false;
    f.station.safe_mode = true; /* no charging yet */
    for (int i = 0; i < 5; i++)
        assert_int_equal(f.station.bays[i].state, BAY_UNKNOWN);
    fixture_run(&f, 0.5);
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    assert_string_equal(f.station.bays[0].bid, "P-1");
    assert_int_equal(f.station.bays[1].state, BAY_IDLE);
    assert_int_equal(f.station.bays[2].state, BAY_OPEN);
    assert_int_equal(f.station.bays[3].state, BAY_UNKNOWN);
    assert_int_equal(f.station.bays[4].state, BAY_EMPTY);
    fixture_run(&f, 60);
    /* nothing moves by itself; the lock that does not follow is a fault */
    assert_near(f.bays[2].door, 0.5, 0);
    assert_int_equal(f.station.bays[2].state, BAY_OPEN);
    assert_int_equal(f.station.bays[3].state, BAY_FAULT);
    assert_true(fixture_fault(&f, FAULT_LockFault, 4));
    assert_int_equal(f.event_count, 1);
    fixture_free(&f);
}

static void a_pack_that_does_not_say_its_serial_is_a_fault(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1);
    const struct io_pack pack = fixture_pack("", 97);
    fixture_put(&f, 1, &pack);
    fixture_run(&f, 9);
    assert_int_equal(f.station.bays[0].state, BAY_IDENTIFY);
    fixture_until_bay(&f, 1, BAY_FAULT, 3);
    assert_true(fixture_fault(&f, FAULT_PackUnidentified, 1));
    TEXT_SET(f.in.bays[0].pack.bid, "P-1"); /* it found its voice */
    fixture_until_bay(&f, 1, BAY_READY, 10);
    assert_false(fixture_fault(&f, FAULT_PackUnidentified, 1));
    fixture_free(&f);
}

static void suspect_packs_are_quarantined(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 4);
    struct io_pack damaged = fixture_pack("P-1", 97), foreign = fixture_pack("P-2", 97);
    const struct io_pack one = fixture_pack("P-3", 97);
    damaged.faults = 0x10;
    foreign.chemistry = IO_CHEMISTRY_UNKNOWN;
    fixture_put(&f, 1, &damaged);
    fixture_put(&f, 2, &foreign);
    fixture_put(&f, 3, &one);
    fixture_put(&f, 4, &one); /* the same serial twice */
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[0].state, BAY_QUARANTINE);
    assert_true(fixture_fault(&f, FAULT_PackDamaged, 1));
    assert_int_equal(f.station.bays[1].state, BAY_QUARANTINE);
    assert_true(fixture_fault(&f, FAULT_PackType, 2));
    assert_int_equal(f.station.bays[2].state, BAY_READY);
    assert_int_equal(f.station.bays[3].state, BAY_QUARANTINE);
    assert_true(fixture_fault(&f, FAULT_DuplicateSerial, 4));
    /* A person takes care: the foreign pack is swapped for a good one by hand. */
    const struct io_pack good = fixture_pack("P-5", 97);
    fixture_put(&f, 2, &good);
    fixture_run(&f, 60);
    assert_int_equal(f.station.bays[1].state, BAY_QUARANTINE);
    station_request_reset(&f.station, 2, f.now_us, &f.actions);
    fixture_until_bay(&f, 2, BAY_READY, 2);
    fixture_free(&f);
}

/* Opens the free bay of a stocked station by a swap. */
static void open_free_bay(struct fixture *f)
{
    fixture_stocked(f);
    f->gives = false;
    assert_null(fixture_swap(f, "c1", ""));
    fixture_until_swap(f, SWAP_RETURN_OPENING, 30);
}

static void a_stuck_lock_is_tried_three_times(void **state)
{
    (void)state;
    static struct fixture f;
    open_free_bay(&f);
    f.bays[4].lock_stuck = true;
    f.in.bays[4].locked = true;
    fixture_run(&f, 5.5);
    assert_int_equal(f.station.bays[4].state, BAY_OPENING);
    assert_int_equal(f.station.bays[4].door_tries, 3);
    fixture_run(&f, 2);
    assert_int_equal(f.station.bays[4].state, BAY_FAULT);
    assert_true(fixture_fault(&f, FAULT_LockFault, 5));
    assert_false(f.out.bays[4].unlock);
    fixture_run(&f, 60);
    assert_int_equal(f.station.bays[4].state, BAY_FAULT); /* latched */
    f.bays[4].lock_stuck = false;
    station_request_reset(&f.station, 5, f.now_us, &f.actions);
    fixture_until_bay(&f, 5, BAY_EMPTY, 2);
    fixture_free(&f);
}

static void a_stuck_door_goes_out_of_service(void **state)
{
    (void)state;
    static struct fixture f;
    open_free_bay(&f);
    f.bays[4].door_stuck = true;
    fixture_run(&f, 14);
    assert_int_equal(f.station.bays[4].state, BAY_OPENING);
    fixture_run(&f, 4);
    assert_int_equal(f.station.bays[4].state, BAY_FAULT);
    assert_true(fixture_fault(&f, FAULT_DoorFault, 5));
    assert_int_equal(f.out.bays[4].door, IO_MOTION_HOLD);
    fixture_free(&f);
}

static void an_obstruction_releases_before_the_next_try(void **state)
{
    (void)state;
    static struct fixture f;
    open_free_bay(&f);
    fixture_until_bay(&f, 5, BAY_OPEN, 10);
    const struct io_pack pack = fixture_pack("USER-1", 30);
    fixture_put(&f, 5, &pack);
    f.carried = (struct io_pack){0};
    f.gave = true;
    f.takes = false;
    fixture_until_bay(&f, 5, BAY_CLOSING, 10);
    fixture_run(&f, 0.4);
    f.in.bays[4].door_obstructed = true; /* a hand */
    fixture_step(&f);
    fixture_step(&f);
    assert_int_equal(f.station.bays[4].door, DOOR_RELEASING);
    assert_int_equal(f.out.bays[4].door, IO_MOTION_OPEN);
    fixture_run(&f, 2);
    assert_near(f.bays[4].door, 1, 0.11);
    f.in.bays[4].door_obstructed = false;
    fixture_until_bay(&f, 5, BAY_IDLE, 10);
    assert_false(fixture_fault(&f, FAULT_DoorFault, 5));
    fixture_free(&f);
}

static void a_forced_door_is_reported_and_stops_charging(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    fixture_until_bay(&f, 4, BAY_CHARGING, 2);
    fixture_run(&f, 2);
    assert_true(f.out.bays[3].charger_on);
    f.bays[3].lock_stuck = true;
    f.in.bays[3].locked = false; /* a crowbar */
    f.now_us += FIXTURE_STEP_US;
    f.in.now_us = f.now_us;
    station_step(&f.station, &f.in, &f.out, &f.actions);
    fixture_collect(&f);
    assert_false(f.out.bays[3].charger_on);
    assert_false(f.out.bays[3].contactor);
    assert_true(fixture_fault(&f, FAULT_DoorForced, 4));
    f.bays[3].lock_stuck = false;
    fixture_until_bay(&f, 4, BAY_CHARGING, 120); /* verified again, a new session */
    char text[128];
    assert_string_equal(fixture_sessions(&f, 4, text, sizeof text),
                        "requested authorized in_progress failed requested authorized");
    fixture_free(&f);
}

static void ready_is_sticky_down_to_the_hysteresis(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1);
    const struct io_pack pack = fixture_pack("P-1", 95);
    fixture_put(&f, 1, &pack);
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    f.in.bays[0].pack.soc_percent = 93.1;
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[0].state, BAY_READY);
    f.in.bays[0].pack.soc_percent = 92.9;
    fixture_until_bay(&f, 1, BAY_CHARGING, 1);
    fixture_free(&f);
}

static void a_reservation_holds_a_pack_until_it_expires(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    struct station_reserve_request request = {
        true, "res-1", "CAR-9", "bob", f.now_us + 60 * 1000000, 0};
    assert_null(station_request_reserve(&f.station, &f.in, &request, &f.actions));
    assert_int_equal(f.station.bays[1].state, BAY_RESERVED);
    assert_string_equal(station_request_reserve(&f.station, &f.in, &request, &f.actions),
                        "Repeated");
    request.request_id = "res-2";
    assert_null(station_request_reserve(&f.station, &f.in, &request, &f.actions));
    request.request_id = "res-3";
    assert_null(station_request_reserve(&f.station, &f.in, &request, &f.actions));
    request.request_id = "res-4";
    assert_string_equal(station_request_reserve(&f.station, &f.in, &request, &f.actions),
                        "NoBatteryAvailable");
    /* all are reserved for CAR-9: CAR-1 gets none, CAR-9 gets one */
    assert_string_equal(fixture_swap(&f, "c1", ""), "NoBatteryAvailable");
    struct station_reserve_request cancel = {false, "res-1", "", "", 0, 0};
    assert_null(station_request_reserve(&f.station, &f.in, &cancel, &f.actions));
    assert_string_equal(station_request_reserve(&f.station, &f.in, &cancel, &f.actions),
                        "BatteryUnknown");
    assert_int_equal(f.station.bays[1].state, BAY_READY);
    fixture_run(&f, 61);
    for (int i = 0; i < 3; i++)
        assert_int_equal(f.station.bays[i].state, BAY_READY);
    request.until_us = f.now_us;
    assert_string_equal(station_request_reserve(&f.station, &f.in, &request, &f.actions), "Stale");
    fixture_free(&f);
}

static void maintenance_stops_a_bay(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    fixture_until_bay(&f, 4, BAY_CHARGING, 2);
    assert_null(station_request_maintenance(&f.station, 4, true, &f.in, &f.actions));
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[3].state, BAY_MAINTENANCE);
    assert_false(f.out.bays[3].contactor);
    assert_null(station_request_maintenance(&f.station, 4, false, &f.in, &f.actions));
    fixture_until_bay(&f, 4, BAY_CHARGING, 120);
    assert_string_equal(station_request_maintenance(&f.station, 7, true, &f.in, &f.actions),
                        "Malformed");
    assert_null(fixture_swap(&f, "c1", ""));
    assert_string_equal(station_request_maintenance(&f.station, 0, true, &f.in, &f.actions),
                        "Busy");
    fixture_free(&f);
}

static void a_pack_that_vanished_or_changed_is_reported(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.in.bays[0].present = false;
    f.in.bays[0].pack = (struct io_pack){0};
    const struct io_pack other = fixture_pack("P-77", 96);
    fixture_put(&f, 2, &other);
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[0].state, BAY_EMPTY);
    assert_true(fixture_fault(&f, FAULT_PackMissing, 1));
    assert_string_equal(f.station.bays[1].bid, "P-77");
    assert_true(fixture_fault(&f, FAULT_PackChanged, 2));
    assert_int_equal(fixture_count_swaps(&f, "On-Load", NULL), 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_believes_nothing_until_verified),
        cmocka_unit_test(a_pack_that_does_not_say_its_serial_is_a_fault),
        cmocka_unit_test(suspect_packs_are_quarantined),
        cmocka_unit_test(a_stuck_lock_is_tried_three_times),
        cmocka_unit_test(a_stuck_door_goes_out_of_service),
        cmocka_unit_test(an_obstruction_releases_before_the_next_try),
        cmocka_unit_test(a_forced_door_is_reported_and_stops_charging),
        cmocka_unit_test(ready_is_sticky_down_to_the_hysteresis),
        cmocka_unit_test(a_reservation_holds_a_pack_until_it_expires),
        cmocka_unit_test(maintenance_stops_a_bay),
        cmocka_unit_test(a_pack_that_vanished_or_changed_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
