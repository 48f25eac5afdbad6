/* SPDX-License-Identifier: Apache-2.0 */
/* Swaps of two batteries at once, in both orders: whole, in part, and interrupted anywhere. */
#include "station_fixture.h"

#include "core/custody.h"

/* Five ready packs (slots 1 to 5), one to charge, two free bays; a vehicle of two packs. */
static void stock(struct fixture *f, bool out_in)
{
    static const char *const NAMES[] = {"P-1", "P-2", "P-3", "P-4", "P-5", "P-6"};
    fixture_init(f, 8);
    for (int i = 0; i < 6; i++) {
        const struct io_pack pack = fixture_pack(NAMES[i], i < 5 ? 96 : 50);
        fixture_put(f, i + 1, &pack);
    }
    f->station.settings.swap_out_in = out_in;
    f->set = 2;
    f->more[0] = fixture_pack("USER-2", 25);
    fixture_run(f, 1);
}

static void occupy(struct fixture *f, int slot, const char *bid)
{
    const struct io_pack pack = fixture_pack(bid, 50);
    fixture_put(f, slot, &pack);
    fixture_run(f, 1);
}

static void count_events(const struct fixture *f, int off, int on, int timeouts)
{
    assert_int_equal(fixture_count_swaps(f, "Off-Load", NULL), off);
    assert_int_equal(fixture_count_swaps(f, "On-Load", NULL), on);
    assert_int_equal(fixture_count_swaps(f, "Timeout", NULL), timeouts);
}

/* The swap is over but for the vehicle, which may not have what it needs to leave. */
static void fails(struct fixture *f, const char *reason)
{
    f->leaves = false;
    fixture_until_swap(f, SWAP_LEAVING, 600);
    const struct station_completion *end = fixture_completion(f);
    assert_non_null(end);
    assert_string_equal(end->reason, reason);
    assert_string_equal(end->outcome, "failed");
    for (int i = 0; i < f->in.bay_count; i++)
        assert_near(f->bays[i].door, 0, 0);
}

static void drives_away(struct fixture *f)
{
    f->in.lane_occupied = false;
    f->in.lane_vehicle[0] = '\0';
    fixture_until_swap(f, SWAP_IDLE, 60);
    f->leaves = f->gives = f->takes = true;
    f->gives_most = f->takes_most = 8;
    f->patience_s = 0;
    f->event_count = 0;
}

static void settles(struct fixture *f, int off, int on)
{
    assert_null(fixture_swap(f, "next", ""));
    fixture_until_swap(f, SWAP_IDLE, 200);
    assert_string_equal(fixture_completion(f)->outcome, "done");
    count_events(f, off, on, 0);
    assert_int_equal(custody_balance(&f->station, "CAR-1"), 0);
    fixture_free(f);
}

static void check_whole(struct fixture *f, bool out_in)
{
    int seen = 0;
    fixture_until_swap(f, SWAP_IDLE, 300);
    assert_string_equal(fixture_completion(f)->outcome, "done");
    for (size_t i = 0; i < f->event_count; i++) {
        const struct message_swap_event *event = &f->events[i].data.swap;
        if (f->events[i].kind != STATION_EVENT_SWAP)
            continue;
        bool first_side = seen++ < 2; /* all of one side, then all of the other */
        assert_string_equal(event->event, first_side == out_in ? "On-Load" : "Off-Load");
        assert_string_equal(event->order, out_in ? "Out-In" : "In-Out");
        assert_string_equal(event->request_id, "c1");
        assert_int_equal(event->count, 2);
    }
    assert_int_equal(seen, 4);
    assert_string_equal(f->carried.bid, "P-1"); /* equals: the lowest slots */
    assert_string_equal(f->more[0].bid, "P-2");
    assert_string_equal(f->more[1].bid, "");
    assert_int_equal(custody_balance(&f->station, "CAR-1"), 0);
}

static void both_come_in_then_two_go_out(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    assert_null(fixture_swap_set(&f, "c1", 2));
    assert_int_equal(f.station.bays[0].state, BAY_RESERVED);
    assert_int_equal(f.station.bays[1].state, BAY_RESERVED);
    assert_int_equal(f.station.bays[2].state, BAY_READY);
    check_whole(&f, false);
    assert_string_equal(f.station.bays[6].bid, "USER-1");
    assert_string_equal(f.station.bays[7].bid, "USER-2");
    fixture_free(&f);
}

static void two_go_out_then_both_come_in(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, true);
    occupy(&f, 7, "P-7");
    occupy(&f, 8, "P-8");
    assert_null(fixture_swap_set(&f, "c1", 2));
    check_whole(&f, true);
    assert_string_equal(f.station.bays[0].bid, "USER-1");
    assert_string_equal(f.station.bays[1].bid, "USER-2");
    fixture_free(&f);
}

static void a_set_needs_two_of_one_type_and_two_free_bays(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    occupy(&f, 8, "P-8");
    assert_string_equal(fixture_swap_set(&f, "c1", 2), "Busy");
    f.in.bays[7].present = false;
    fixture_run(&f, 1);
    for (int i = 0; i < 5; i++)
        f.in.bays[i].pack.rated_v = 100 + 100 * i;
    assert_string_equal(fixture_swap_set(&f, "c1", 2), "NoBatteryAvailable");
    f.in.bays[4].pack.rated_v = f.in.bays[2].pack.rated_v;
    assert_string_equal(fixture_swap_set(&f, "c1", 3), "Malformed");
    assert_null(fixture_swap_set(&f, "c1", 2));
    assert_int_equal(f.station.bays[2].state, BAY_RESERVED);
    assert_int_equal(f.station.bays[4].state, BAY_RESERVED);
    fixture_free(&f);
}

static void a_second_that_is_not_returned(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    f.gives_most = 1;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "Timeout: the next battery was not returned (of 2: 1 came in, 1 went out)");
    count_events(&f, 1, 1, 0);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_free(&f);
    stock(&f, true); /* Out-In: it has both, and owes one */
    f.gives_most = 1;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "Timeout: no battery was returned (of 2: 1 came in, 2 went out)");
    count_events(&f, 1, 2, 0);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), -1);
    drives_away(&f);
    settles(&f, 1, 0);
}

static void a_second_that_is_not_taken(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    f.takes_most = 1;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "Timeout: the offered battery was not taken (of 2: 2 came in, 1 went out)");
    count_events(&f, 2, 1, 1);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 1);
    drives_away(&f);
    f.gives = false;
    settles(&f, 0, 1);
    stock(&f, true); /* Out-In: one of each is exchanged */
    f.takes_most = 1;
    f.gives = false;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fixture_until_swap(&f, SWAP_RETURNING, 300);
    f.gives = true;
    fails(&f, "Timeout: the offered battery was not taken (of 2: 1 came in, 1 went out)");
    count_events(&f, 1, 1, 1);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_free(&f);
}

/* What has no match goes back, what has one is exchanged. */
static void unmatched_batteries_go_back(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    f.more[0].rated_v = 700;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "BatteryType: none of this type is ready (of 2: 2 came in, 1 went out, 1 was given "
              "back)");
    count_events(&f, 2, 2, 0);
    assert_string_equal(f.more[0].bid, "USER-2");
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 0);
    fixture_free(&f);
    stock(&f, false);
    assert_null(fixture_swap_set(&f, "c1", 2));
    fixture_until_swap(&f, SWAP_RETURNING, 60);
    const char *why;
    assert_int_equal(settings_set(&f.station.settings, "locked.1",
                                  "[\"P-1\",\"P-2\",\"P-3\",\"P-4\",\"P-5\"]", &why),
                     0);
    fails(&f, "NoBatteryAvailable (of 2: 2 came in, 0 went out, 2 were given back)");
    count_events(&f, 2, 2, 0);
    assert_string_equal(f.carried.bid, "USER-1");
    assert_string_equal(f.more[0].bid, "USER-2");
    fixture_free(&f);
}

static void a_second_that_is_mute_or_damaged(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    f.bays[7].no_pack_bus = true;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "BatteryUnknown: the returned battery does not identify itself (of 2: 2 came in, 1 "
              "went out, 1 was given back)");
    count_events(&f, 1, 1, 0);
    assert_string_equal(f.more[0].bid, "USER-2");
    fixture_free(&f);
    stock(&f, false);
    f.more[0].faults = 4;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "BatteryDamaged: the returned battery is in quarantine (of 2: 1 came in, 1 went "
              "out)");
    count_events(&f, 2, 1, 0);
    assert_int_equal(f.station.bays[7].state, BAY_QUARANTINE);
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 1);
    drives_away(&f);
    f.gives = false;
    settles(&f, 0, 1);
}

static void a_vehicle_that_is_owed_two_gets_two(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    f.takes = false;
    assert_null(fixture_swap_set(&f, "c1", 2));
    fails(&f, "Timeout: the offered battery was not taken (of 2: 2 came in, 0 went out)");
    assert_int_equal(custody_balance(&f.station, "CAR-1"), 2);
    drives_away(&f);
    settles(&f, 0, 2);
}

static const char *reserve(struct fixture *f, const char *id, int count)
{
    struct station_reserve_request request = {true, id, "CAR-1", "anna", f->now_us + 60 * 1000000,
                                              count};
    return station_request_reserve(&f->station, &f->in, &request, &f->actions);
}

static int reserved(const struct fixture *f)
{
    int count = 0;
    for (int i = 0; i < f->in.bay_count; i++)
        count += f->station.bays[i].state == BAY_RESERVED;
    return count;
}

static void two_can_be_reserved(void **state)
{
    (void)state;
    static struct fixture f;
    stock(&f, false);
    assert_string_equal(reserve(&f, "r-0", 3), "Malformed");
    assert_null(reserve(&f, "r-1", 2));
    assert_string_equal(reserve(&f, "r-1", 2), "Repeated");
    assert_int_equal(reserved(&f), 2);
    struct station_reserve_request cancel = {false, "r-1", "", "", 0, 0};
    assert_null(station_request_reserve(&f.station, &f.in, &cancel, &f.actions));
    assert_int_equal(reserved(&f), 0);
    assert_null(reserve(&f, "r-2", 2));
    assert_null(reserve(&f, "r-3", 2));
    assert_string_equal(reserve(&f, "r-4", 2), "NoBatteryAvailable"); /* one is left */
    assert_int_equal(reserved(&f), 4);
    fixture_run(&f, 61);
    assert_int_equal(reserved(&f), 0); /* they expired */
    assert_null(reserve(&f, "r-5", 2));
    assert_null(fixture_swap(&f, "c1", "")); /* as many as are reserved for the vehicle */
    check_whole(&f, false);
    fixture_free(&f);
}

/* Whether it gave more than it got, by its own account and by the events. */
static void check_books(struct fixture *f)
{
    int used, off = fixture_count_swaps(f, "Off-Load", NULL);
    int on = fixture_count_swaps(f, "On-Load", NULL);
    int held = fixture_holds(f, &used);
    assert_int_equal(held - f->set, on - off);
    assert_int_equal(custody_balance(&f->station, "CAR-1"), off - on);
}

/* Safe mode after the k-th step, for all k: nothing moves on by itself, the command is answered
 * once, and commands after it bring the vehicle and the station to what they owe each other. */
static int interrupt(bool out_in, int k)
{
    static struct fixture f;
    stock(&f, out_in);
    assert_null(fixture_swap_set(&f, "c1", 2));
    enum swap_step_name last = f.station.swap.step;
    int steps = 0;
    while (steps < k && f.station.swap.step != SWAP_IDLE) {
        fixture_step(&f);
        steps += f.station.swap.step != last;
        last = f.station.swap.step;
    }
    if (f.station.swap.step == SWAP_IDLE) {
        fixture_free(&f);
        return 0;
    }
    bool exchanged = f.station.swap.exchanged;
    f.station.safe_mode = true;
    fixture_step(&f);
    assert_int_equal(f.station.swap.step, SWAP_IDLE);
    assert_string_equal(fixture_completion(&f)->outcome, exchanged ? "done" : "failed");
    fixture_run(&f, 30); /* a door under way may finish */
    f.station.safe_mode = false;
    fixture_run(&f, 30);
    assert_null(fixture_swap_set(&f, "c2", 2));
    for (double t = 0; t < 900 && f.station.swap.step != SWAP_IDLE; t += 0.1)
        fixture_step(&f);
    assert_int_equal(f.station.swap.step, SWAP_IDLE);
    check_books(&f);
    assert_false(f.station.interrupted);
    assert_int_equal(f.in.gate, IO_GATE_CLOSED);
    fixture_free(&f);
    return 1;
}

static void an_interruption_after_any_step_leaves_the_books_right(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        int k = 1;
        while (interrupt(order == 1, k))
            k++;
        assert_true(k > 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_come_in_then_two_go_out),
        cmocka_unit_test(two_go_out_then_both_come_in),
        cmocka_unit_test(a_set_needs_two_of_one_type_and_two_free_bays),
        cmocka_unit_test(a_second_that_is_not_returned),
        cmocka_unit_test(a_second_that_is_not_taken),
        cmocka_unit_test(unmatched_batteries_go_back),
        cmocka_unit_test(a_second_that_is_mute_or_damaged),
        cmocka_unit_test(a_vehicle_that_is_owed_two_gets_two),
        cmocka_unit_test(two_can_be_reserved),
        cmocka_unit_test(an_interruption_after_any_step_leaves_the_books_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
