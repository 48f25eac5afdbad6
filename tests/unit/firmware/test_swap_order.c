/* SPDX-License-Identifier: Apache-2.0 */
/* Swaps in the order Out-In: the ready battery goes out first, then the user's comes in. */
#include "station_fixture.h"

#include "core/custody.h"

static void out_in(struct fixture *f)
{
    const char *why;
    fixture_stocked(f);
    assert_int_equal(settings_set(&f->station.settings, "swap_order", "\"out-in\"", &why), 0);
}

static void occupy_free_bays(struct fixture *f)
{
    const struct io_pack packs[] = {fixture_pack("P-5", 50), fixture_pack("P-6", 50)};
    fixture_put(f, 5, &packs[0]);
    fixture_put(f, 6, &packs[1]);
    fixture_run(f, 1);
}

static void ends(struct fixture *f, const char *outcome, const char *reason, double seconds)
{
    fixture_until_swap(f, SWAP_IDLE, seconds);
    const struct station_completion *end = fixture_completion(f);
    assert_non_null(end);
    assert_string_equal(end->reason, reason);
    assert_string_equal(end->outcome, outcome);
    for (int i = 0; i < f->in.bay_count; i++)
        assert_near(f->bays[i].door, 0, 0);
    assert_int_equal(f->in.gate, IO_GATE_CLOSED);
}

static void count_events(const struct fixture *f, int off, int on, int timeouts)
{
    assert_int_equal(fixture_count_swaps(f, "Off-Load", NULL), off);
    assert_int_equal(fixture_count_swaps(f, "On-Load", NULL), on);
    assert_int_equal(fixture_count_swaps(f, "Timeout", NULL), timeouts);
}

static void the_ready_battery_goes_out_first(void **state)
{
    (void)state;
    static struct fixture f;
    size_t off = 0, on = 0;
    out_in(&f);
    occupy_free_bays(&f); /* the bay that becomes free is enough */
    assert_null(fixture_swap(&f, "c1", ""));
    ends(&f, "done", "", 120);
    assert_int_equal(fixture_count_swaps(&f, "Off-Load", &off), 1);
    assert_int_equal(fixture_count_swaps(&f, "On-Load", &on), 1);
    assert_true(on < off);
    const struct message_swap_event *in = &f.events[off].data.swap, *out = &f.events[on].data.swap;
    assert_string_equal(out->order, "Out-In");
    assert_string_equal(in->order, "Out-In");
    assert_string_equal(out->battery.bid, "P-2");
    assert_string_equal(in->battery.bid, "USER-1");
    assert_int_equal(in->bay, 2);
    assert_string_equal(in->request_id, "c1");
    assert_int_equal(in->count, MESSAGE_ABSENT);
    assert_string_equal(f.carried.bid, "P-2");
    assert_string_equal(f.more[0].bid, "");
    assert_string_equal(f.station.bays[1].bid, "USER-1");
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_until_bay(&f, 2, BAY_CHARGING, 5);
    fixture_free(&f);
}

static void the_order_holds_for_the_swap_that_began_with_it(void **state)
{
    (void)state;
    static struct fixture f;
    size_t off = 0, on = 0;
    const char *why;
    out_in(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    assert_int_equal(settings_set(&f.station.settings, "swap_order", "in-out", &why), 0);
    fixture_until_swap(&f, SWAP_OFFERING, 60);
    f.station.settings.swap_out_in = true; /* for the fixture's driver, who has room for both */
    ends(&f, "done", "", 120);
    fixture_count_swaps(&f, "Off-Load", &off);
    fixture_count_swaps(&f, "On-Load", &on);
    assert_true(on < off);
    fixture_free(&f);
}

/* OCPP 2.1: no event for it. The On-Load stays on record, and the vehicle owes one: its next swap
 * takes that one and gives none. */
static void a_battery_that_is_not_returned_is_owed(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    f.gives = false;
    assert_null(fixture_swap(&f, "c1", ""));
    ends(&f, "failed", "Timeout: no battery was returned", 400);
    count_events(&f, 0, 1, 0);
    assert_string_equal(f.more[0].bid, "P-2"); /* it drove away with both */
    assert_int_equal(custody_balance(&f.station, "CAR-1"), -1);
    f.event_count = 0;
    f.gives = true;
    f.gives_most = 1;
    assert_null(fixture_swap(&f, "c2", ""));
    assert_int_equal(f.station.bays[0].state, BAY_READY); /* nothing is held for it */
    ends(&f, "done", "", 120);
    count_events(&f, 1, 0, 0);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    assert_string_equal(f.station.owed[0].vehicle, "");
    fixture_free(&f);
}

static void a_vehicle_that_owes_needs_a_free_bay(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    f.station.owed[0] = (struct owed){"CAR-1", -1, NAN};
    occupy_free_bays(&f);
    assert_string_equal(fixture_swap(&f, "c1", ""), "Busy");
    fixture_free(&f);
}

static void an_offered_battery_that_is_not_taken_stays(void **state)
{
    (void)state;
    static struct fixture f;
    size_t at = 0;
    out_in(&f);
    f.takes = false;
    assert_null(fixture_swap(&f, "c1", ""));
    f.gives_most = 0;
    ends(&f, "failed", "Timeout: the offered battery was not taken", 600);
    count_events(&f, 0, 0, 1);
    fixture_count_swaps(&f, "Timeout", &at);
    assert_string_equal(f.events[at].data.swap.battery.bid, "P-2");
    assert_string_equal(f.events[at].data.swap.order, "Out-In");
    assert_string_equal(f.carried.bid, "USER-1");
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_until_bay(&f, 2, BAY_READY, 5);
    fixture_free(&f);
}

/* A quick driver takes the one and puts the other into the same bay before its door shuts. */
static void one_door_may_serve_for_both(void **state)
{
    (void)state;
    static struct fixture f;
    size_t off = 0;
    out_in(&f);
    f.station.limits.settle_s = 5;
    assert_null(fixture_swap(&f, "c1", ""));
    ends(&f, "done", "", 120);
    count_events(&f, 1, 1, 0);
    fixture_count_swaps(&f, "Off-Load", &off);
    assert_int_equal(f.events[off].data.swap.bay, 2);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    assert_string_equal(f.carried.bid, "P-2");
    fixture_free(&f);
}

static void one_door_and_a_damaged_battery(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    f.station.limits.settle_s = 5;
    f.carried.faults = 4;
    assert_null(fixture_swap(&f, "c1", ""));
    ends(&f, "failed", "BatteryDamaged: what was put in for the offered battery is in quarantine",
         500);
    count_events(&f, 1, 1, 0);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_free(&f);
}

/* Who gives first cannot see what the vehicle needs. */
static void several_types_need_a_named_battery(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    f.in.bays[2].pack.rated_v = 700;
    assert_string_equal(fixture_swap(&f, "c1", ""), "BatteryType");
    assert_int_equal(f.station.swap.step, SWAP_IDLE);
    assert_null(fixture_swap(&f, "c2", "P-1"));
    ends(&f, "done", "", 120);
    assert_string_equal(f.carried.bid, "P-1");
    fixture_free(&f);
}

/* It has its new battery, so the old one stays, whatever it is; the Off-Load is told when it is. */
static void a_mute_battery_stays_and_is_told_when_it_speaks(void **state)
{
    (void)state;
    static struct fixture f;
    size_t off = 0;
    out_in(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_RETURNING, 60);
    f.bays[1].no_pack_bus = true;
    ends(&f, "failed", "BatteryUnknown: the returned battery does not identify itself", 200);
    count_events(&f, 0, 1, 0);
    assert_int_equal(f.station.bays[1].state, BAY_FAULT);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), -1);
    f.bays[1].no_pack_bus = false;
    fixture_run(&f, 15);
    assert_int_equal(fixture_count_swaps(&f, "Off-Load", &off), 1);
    assert_string_equal(f.events[off].data.swap.order, "Out-In");
    assert_string_equal(f.events[off].data.swap.battery.bid, "USER-1");
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_free(&f);
}

static void a_damaged_battery_is_said_to_be(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    f.carried.faults = 4;
    assert_null(fixture_swap(&f, "c1", ""));
    ends(&f, "failed", "BatteryDamaged: the returned battery is in quarantine", 200);
    count_events(&f, 1, 1, 0);
    assert_int_equal(f.station.bays[1].state, BAY_QUARANTINE);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_free(&f);
}

static void the_next_best_is_offered_when_a_door_fails(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    f.bays[1].lock_stuck = true;
    f.in.bays[1].locked = true;
    assert_null(fixture_swap(&f, "c1", ""));
    fixture_until_swap(&f, SWAP_IDLE, 200);
    assert_string_equal(fixture_completion(&f)->outcome, "done");
    assert_string_equal(f.carried.bid, "P-1");
    assert_int_equal(f.station.bays[1].state, BAY_FAULT);
    fixture_free(&f);
}

/* Whose doors may not open is not asked for ever: after each was tried the swap fails. */
static void doors_that_may_not_open_end_the_swap(void **state)
{
    (void)state;
    static struct fixture f;
    out_in(&f);
    assert_null(fixture_swap(&f, "c1", ""));
    f.station.limits.guard_s = 20;
    fixture_until_swap(&f, SWAP_ARRIVING, 60);
    for (int i = 0; i < 3; i++)
        f.bays[i].contactor_stuck = f.in.bays[i].contactor_closed = true;
    f.station.limits.contactor_s = 1000; /* no fault: only an obstacle */
    f.leaves = false;
    fixture_until_swap(&f, SWAP_LEAVING, 100);
    assert_string_equal(fixture_completion(&f)->outcome, "failed");
    assert_string_equal(fixture_completion(&f)->reason, "NoBatteryAvailable");
    count_events(&f, 0, 0, 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ready_battery_goes_out_first),
        cmocka_unit_test(the_order_holds_for_the_swap_that_began_with_it),
        cmocka_unit_test(a_battery_that_is_not_returned_is_owed),
        cmocka_unit_test(a_vehicle_that_owes_needs_a_free_bay),
        cmocka_unit_test(an_offered_battery_that_is_not_taken_stays),
        cmocka_unit_test(one_door_may_serve_for_both),
        cmocka_unit_test(one_door_and_a_damaged_battery),
        cmocka_unit_test(several_types_need_a_named_battery),
        cmocka_unit_test(a_mute_battery_stays_and_is_told_when_it_speaks),
        cmocka_unit_test(a_damaged_battery_is_said_to_be),
        cmocka_unit_test(the_next_best_is_offered_when_a_door_fails),
        cmocka_unit_test(doors_that_may_not_open_end_the_swap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
