/* SPDX-License-Identifier: Apache-2.0 */
/* Swaps: the whole way, every refusal, every way to fail, interruption at every step. */
#include "station_fixture.h"

static void a_swap_ends_done_on_evidence(void **state)
{
    (void)state;
    static struct fixture f;
    size_t off = 0, on = 0;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    assert_int_equal(f.in.gate, IO_GATE_CLOSED);
    fixture_until_swap(&f, SWAP_IDLE, 120);
    const struct station_completion *end = fixture_completion(&f);
    assert_non_null(end);
    assert_string_equal(end->outcome, "done");
    assert_string_equal(end->reason, "");
    assert_string_equal(end->command, "c1");
    assert_int_equal(fixture_count_swaps(&f, "Off-Load", &off), 1);
    assert_int_equal(fixture_count_swaps(&f, "On-Load", &on), 1);
    assert_int_equal(fixture_count_swaps(&f, "Timeout", NULL), 0);
    assert_true(off < on);
    const struct message_swap_event *in = &f.events[off].data.swap, *out = &f.events[on].data.swap;
    assert_string_equal(in->battery.bid, "USER-1");
    assert_int_equal(in->bay, 5);
    assert_string_equal(in->vehicle, "CAR-1");
    assert_string_equal(in->user, "anna");
    assert_string_equal(in->request_id, "c1");
    assert_string_equal(in->order, "In-Out");
    assert_near(in->battery.soc_percent, 30, 0);
    assert_string_equal(out->battery.bid, "P-2"); /* the healthiest of the ready ones */
    assert_int_equal(out->bay, 2);
    assert_near(out->battery.soc_percent, 97, 0);
    assert_near(out->battery.capacity_kwh, 53, 0);
    assert_string_equal(out->battery.version, "2.4");
    /* the world agrees */
    assert_string_equal(f.carried.bid, "P-2");
    assert_int_equal(f.in.gate, IO_GATE_CLOSED);
    assert_int_equal(f.station.bays[1].state, BAY_EMPTY);
    assert_string_equal(f.station.bays[4].bid, "USER-1");
    fixture_until_bay(&f, 5, BAY_CHARGING, 5);
    fixture_free(&f);
}

static void nothing_moves_when_it_refuses(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.in.bays[2].pack.soh_percent = 50;
    assert_string_equal(fixture_swap(&f, "c", "P-3"), "BatterySoHLow");
    assert_string_equal(fixture_swap(&f, "c", "P-4"), "BatterySoC");
    assert_string_equal(fixture_swap(&f, "c", "P-5"), "BatteryUnknown");
    f.station.storage_fault = true;
    assert_string_equal(fixture_swap(&f, "c", ""), "StorageFault");
    f.station.storage_fault = false;
    f.station.safe_mode = true;
    assert_string_equal(fixture_swap(&f, "c", ""), "SafetyLock");
    f.station.safe_mode = false;
    f.station.maintenance = true;
    assert_string_equal(fixture_swap(&f, "c", ""), "SafetyLock");
    f.station.maintenance = false;
    f.in.emergency_stop = true;
    fixture_step(&f);
    assert_string_equal(fixture_swap(&f, "c", ""), "SafetyLock");
    f.in.emergency_stop = false;
    fixture_step(&f);
    assert_string_equal(fixture_swap(&f, "c", ""), "SafetyLock"); /* latched */
    station_request_reset(&f.station, -1, f.now_us, &f.actions);
    fixture_step(&f);
    assert_string_equal(fixture_swap(&f, "c", ""), "Busy"); /* bays are being verified */
    fixture_run(&f, 1);
    const struct io_pack pack = fixture_pack("P-6", 50), more = fixture_pack("P-7", 50);
    fixture_put(&f, 5, &pack);
    fixture_put(&f, 6, &more);
    fixture_run(&f, 1);
    assert_string_equal(fixture_swap(&f, "c", ""), "Busy"); /* no bay is free */
    f.in.bays[5].present = false;
    fixture_run(&f, 1);
    for (int i = 0; i < 3; i++)
        f.in.bays[i].pack.soc_percent = 20;
    fixture_run(&f, 1);
    assert_string_equal(fixture_swap(&f, "c", ""), "NoBatteryAvailable");
    assert_int_equal(f.station.swap.step, SWAP_IDLE);
    assert_null(fixture_completion(&f));
    assert_near(f.gate, 0, 0);
    fixture_free(&f);
}

static void a_swap_keeps_its_battery_from_others(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    assert_int_equal(f.station.bays[1].state, BAY_RESERVED);
    for (int i = 0; i < 3; i++) {
        char id[] = "res-0";
        id[4] = (char)('0' + i);
        struct station_reserve_request request = {
            true, id, "CAR-9", "bob", f.now_us + INT64_C(3600000000), 0};
        const char *refusal = station_request_reserve(&f.station, &f.in, &request, &f.actions);
        assert_int_equal(refusal == NULL, i < 2);
    }
    fixture_until_swap(&f, SWAP_IDLE, 120);
    assert_string_equal(f.carried.bid, "P-2");
    fixture_free(&f);
    fixture_stocked(&f); /* and gives it back when nobody came */
    f.comes = false;
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_IDLE, 400);
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[1].state, BAY_READY);
    fixture_free(&f);
}

static void lock(struct fixture *f, const char *bids)
{
    const char *why;
    assert_int_equal(settings_set(&f->station.settings, "locked.1", bids, &why), 0);
}

static void a_locked_battery_is_not_given_out(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    lock(&f, "[\"P-2\"]");
    assert_string_equal(fixture_swap(&f, "c1", "P-2"), "Unauthorized");
    assert_null(fixture_swap(&f, "c2", ""));
    fixture_until_swap(&f, SWAP_DISPENSE_OPENING, 120);
    int chosen = f.station.swap.dispense_slots[0];
    assert_true(chosen == 1 || chosen == 3); /* P-2 is the healthiest and not taken */
    fixture_until_swap(&f, SWAP_IDLE, 120);
    assert_string_equal(f.carried.bid, chosen == 1 ? "P-1" : "P-3");
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    fixture_free(&f);
    fixture_stocked(&f);
    lock(&f, "[\"P-1\",\"P-2\",\"P-3\"]");
    struct station_reserve_request request = {
        true, "res", "CAR-9", "bob", f.now_us + INT64_C(3600000000), 0};
    assert_string_equal(station_request_reserve(&f.station, &f.in, &request, &f.actions),
                        "NoBatteryAvailable");
    assert_string_equal(fixture_swap(&f, "c1", ""), "NoBatteryAvailable");
    lock(&f, "[]");
    assert_null(fixture_swap(&f, "c2", "P-2"));
    fixture_until_swap(&f, SWAP_IDLE, 120);
    assert_string_equal(f.carried.bid, "P-2");
    fixture_free(&f);
}

/* The lock comes while the swap is under way: another one is given; and with none left the user's
 * own locked battery stays. */
static void a_lock_counts_until_the_door_opens(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_RETURNING, 60);
    lock(&f, "[\"P-2\"]");
    fixture_until_swap(&f, SWAP_IDLE, 120);
    assert_string_not_equal(f.carried.bid, "P-2");
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    fixture_free(&f);
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_RETURNING, 60);
    lock(&f, "[\"P-1\",\"P-2\",\"P-3\",\"USER-1\"]");
    fixture_until_swap(&f, SWAP_LEAVING, 60);
    assert_string_equal(fixture_completion(&f)->outcome, "failed");
    assert_string_equal(fixture_completion(&f)->reason, "NoBatteryAvailable");
    assert_string_equal(f.carried.bid, "");
    assert_string_equal(f.station.bays[4].bid, "USER-1");
    assert_string_equal(f.station.owed[0].vehicle, "CAR-1");
    fixture_free(&f);
}

static void one_swap_at_a_time(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", "P-3"));
    assert_string_equal(fixture_swap(&f, "c2", ""), "Busy");
    fixture_until_swap(&f, SWAP_IDLE, 120);
    assert_string_equal(f.carried.bid, "P-3"); /* the one that was asked for */
    fixture_free(&f);
}

static void fails(struct fixture *f, const char *reason, double seconds)
{
    fixture_until_swap(f, SWAP_IDLE, seconds);
    const struct station_completion *end = fixture_completion(f);
    assert_non_null(end);
    assert_string_equal(end->outcome, "failed");
    assert_string_equal(end->reason, reason);
    for (int i = 0; i < f->in.bay_count; i++)
        assert_near(f->bays[i].door, 0, 0);
    fixture_free(f);
}

static void the_next_best_is_offered_when_a_door_fails(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.bays[1].lock_stuck = true;
    f.in.bays[1].locked = true;
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_IDLE, 200);
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    assert_string_equal(f.carried.bid, "P-1");
    assert_int_equal(f.station.bays[1].state, BAY_FAULT);
    assert_int_equal(fixture_count_swaps(&f, "Timeout", NULL), 0);
    fixture_free(&f);
}

static void a_gate_that_does_not_open_is_a_latched_fault(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.gate_stuck = true;
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_run(&f, 44);
    assert_null(fixture_completion(&f));
    fails(&f, "GateFault: the gate did not open", 20);
    assert_true(fixture_fault(&f, FAULT_GateFault, 0));
    assert_string_equal(fixture_swap(&f, "c2", ""), "SafetyLock");
    assert_string_equal(station_state_name(&f.station), "FAULTY");
}

static void the_gate_waits_for_the_guard(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_run(&f, 1);
    assert_true(f.gate > 0);
    f.in.guard_clear = false; /* somebody walks in */
    fixture_step(&f);
    double stood = f.gate;
    assert_int_equal(f.out.gate, IO_MOTION_HOLD);
    fixture_run(&f, 20);
    assert_near(f.gate, stood, 0);
    f.in.guard_clear = true;
    fixture_until_swap(&f, SWAP_IDLE, 120);
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    fixture_free(&f);
}

static void the_gate_never_closes_on_a_vehicle(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    f.leaves = false;
    fixture_until_swap(&f, SWAP_LEAVING, 100);
    fixture_run(&f, 60);
    assert_null(fixture_completion(&f));
    fixture_run(&f, 70); /* the exchange is over: the command is answered, the gate stays */
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    assert_near(f.gate, 1, 0);
    assert_true(fixture_fault(&f, FAULT_LaneBlocked, 0));
    f.leaves = true;
    fixture_until_swap(&f, SWAP_GATE_CLOSING, 20);
    f.in.lane_occupied = true; /* back again */
    fixture_step(&f);
    fixture_step(&f);
    assert_int_equal(f.station.swap.step, SWAP_LEAVING);
    assert_int_equal(f.out.gate, IO_MOTION_HOLD);
    f.in.lane_occupied = false;
    fixture_until_swap(&f, SWAP_IDLE, 30);
    assert_int_equal(f.in.gate, IO_GATE_CLOSED);
    fixture_free(&f);
}

static void a_swap_that_takes_too_long_is_reported(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.station.limits.swap_s = 30;
    f.takes = false;
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_run(&f, 60);
    assert_true(fixture_fault(&f, FAULT_SwapTooLong, 0));
    fixture_free(&f);
}

static void storage_trouble_ends_a_swap_with_doors_shut(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_RETURNING, 60);
    f.gives = false;
    f.station.storage_fault = true;
    fixture_until_swap(&f, SWAP_LEAVING, 20);
    assert_string_equal(fixture_completion(&f)->reason, "StorageFault");
    assert_near(f.bays[4].door, 0, 0);
    fixture_free(&f);
}

/* The intent to open a door cannot be stored: the engine steps once more, knowing that, and the
 * bolt is not drawn. */
static void a_door_whose_intent_is_not_stored_stays_shut(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    for (int i = 0; i < 600 && f.station.bays[4].state != BAY_OPENING; i++) {
        fixture_plant_step(&f);
        station_step(&f.station, &f.in, &f.out, &f.actions);
        fixture_collect(&f);
    }
    assert_int_equal(f.station.bays[4].state, BAY_OPENING);
    f.station.storage_fault = true;
    station_step(&f.station, &f.in, &f.out, &f.actions);
    assert_false(f.out.bays[4].unlock);
    assert_int_equal(f.out.bays[4].door, IO_MOTION_HOLD);
    fixture_collect(&f);
    for (int i = 0; i < 200 && f.station.swap.step != SWAP_LEAVING; i++) {
        fixture_step(&f);
        assert_true(f.in.bays[4].locked);
    }
    assert_string_equal(fixture_completion(&f)->reason, "StorageFault");
    assert_int_equal(f.station.bays[4].state, BAY_EMPTY);
    fixture_free(&f);
}

/* Safe mode in every step: no motion starts any more, the command is answered, and the next command
 * settles what stood open. Whatever the step, each battery is where the events say it is. */
static void interrupt_every_step(bool one_free_bay)
{
    static struct fixture f;
    for (int at = SWAP_SECURING; at <= SWAP_GATE_CLOSING; at++) {
        if (at == SWAP_ENDING)
            continue;
        fixture_stocked(&f);
        if (one_free_bay) {
            const struct io_pack pack = fixture_pack("P-7", 50);
            fixture_put(&f, 5, &pack);
            fixture_run(&f, 1);
        }
        assert_null(fixture_swap(&f, "c1", ""));
        fixture_until_swap(&f, (enum swap_step_name)at, 120);
        bool exchanged = f.station.swap.exchanged;
        f.station.safe_mode = true;
        fixture_step(&f);
        assert_int_equal(f.station.swap.step, SWAP_IDLE);
        const struct station_completion *end = fixture_completion(&f);
        assert_string_equal(end->outcome, exchanged ? "done" : "failed");
        assert_string_equal(end->reason,
                            exchanged ? "" : "interrupted: safe mode: the monitor is gone");
        fixture_run(&f, 10); /* a door under way may finish */
        double gate = f.gate, door5 = f.bays[4].door, door2 = f.bays[1].door;
        fixture_run(&f, 60);
        assert_near(f.gate, gate, 0);
        assert_near(f.bays[4].door, door5, 0);
        assert_near(f.bays[1].door, door2, 0);
        assert_string_equal(fixture_swap(&f, "c2", ""), "SafetyLock");
        /* the monitor is back; the vehicle still stands there, or comes again */
        f.station.safe_mode = false;
        fixture_run(&f, 30);
        assert_near(f.gate, gate, 0); /* nothing moves without a command */
        const char *refusal = fixture_swap(&f, "c3", "");
        assert_null(refusal);
        for (double t = 0; t < 400 && f.station.swap.step != SWAP_IDLE; t += 0.1)
            fixture_step(&f);
        int off = fixture_count_swaps(&f, "Off-Load", NULL);
        int on = fixture_count_swaps(&f, "On-Load", NULL);
        /* the vehicle has exactly one battery or gave one more than it got */
        assert_int_equal(off - on, f.carried.bid[0] ? 0 : 1);
        assert_false(f.station.interrupted);
        assert_int_equal(f.in.gate, IO_GATE_CLOSED);
        fixture_free(&f);
    }
}

static void an_interruption_stops_every_step_where_it_is(void **state)
{
    (void)state;
    interrupt_every_step(false);
}

/* The bay that stands open is the only one that could take a battery. */
static void an_interruption_with_no_other_bay_free_is_settled_too(void **state)
{
    (void)state;
    interrupt_every_step(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swap_ends_done_on_evidence),
        cmocka_unit_test(nothing_moves_when_it_refuses),
        cmocka_unit_test(a_swap_keeps_its_battery_from_others),
        cmocka_unit_test(a_locked_battery_is_not_given_out),
        cmocka_unit_test(a_lock_counts_until_the_door_opens),
        cmocka_unit_test(one_swap_at_a_time),
        cmocka_unit_test(the_next_best_is_offered_when_a_door_fails),
        cmocka_unit_test(a_gate_that_does_not_open_is_a_latched_fault),
        cmocka_unit_test(the_gate_waits_for_the_guard),
        cmocka_unit_test(the_gate_never_closes_on_a_vehicle),
        cmocka_unit_test(a_swap_that_takes_too_long_is_reported),
        cmocka_unit_test(storage_trouble_ends_a_swap_with_doors_shut),
        cmocka_unit_test(a_door_whose_intent_is_not_stored_stays_shut),
        cmocka_unit_test(an_interruption_stops_every_step_where_it_is),
        cmocka_unit_test(an_interruption_with_no_other_bay_free_is_settled_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
