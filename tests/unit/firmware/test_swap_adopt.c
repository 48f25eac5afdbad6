/* SPDX-License-Identifier: Apache-2.0 */
/* A local start names no vehicle. The one that the lane's reader sees then is adopted, with its
 * account: it may have a battery to get or to give only. */
#include "station_fixture.h"

#include "core/custody.h"

static const char *start(struct fixture *f, int count)
{
    struct station_swap_request request = {"local-1", "local-1", "", "CARD-1", "", count};
    return fixture_request(f, &request);
}

/* It drives in by itself: nobody announced it. `vehicle` "": there is no reader. */
static void drive_in(struct fixture *f, const char *vehicle)
{
    fixture_until_swap(f, SWAP_ARRIVING, 60);
    f->in.lane_occupied = true;
    TEXT_SET(f->in.lane_vehicle, vehicle);
    f->gave = f->took = 0;
}

static void open_account(struct fixture *f, const char *vehicle, int count, double rated_v)
{
    struct owed *owed = &f->station.owed[0];
    *owed = (struct owed){.count = count, .rated_v = rated_v};
    TEXT_SET(owed->vehicle, vehicle);
}

static void occupy_free_bays(struct fixture *f)
{
    const struct io_pack packs[] = {fixture_pack("P-5", 40), fixture_pack("P-6", 40)};
    fixture_put(f, 5, &packs[0]);
    fixture_put(f, 6, &packs[1]);
    fixture_run(f, 2);
}

/* The driver lost the vehicle's battery to the station before. */
static void comes_without(struct fixture *f)
{
    f->carried = (struct io_pack){0};
}

/* Ends with that outcome and reason, and so many batteries came in and went out. */
static void ends(struct fixture *f, const char *outcome, const char *reason, int in, int out)
{
    fixture_until_swap(f, SWAP_IDLE, 500);
    assert_non_null(fixture_completion(f));
    assert_string_equal(fixture_completion(f)->reason, reason);
    assert_string_equal(fixture_completion(f)->outcome, outcome);
    assert_int_equal(fixture_count_swaps(f, "Off-Load", NULL), in);
    assert_int_equal(fixture_count_swaps(f, "On-Load", NULL), out);
    fixture_free(f);
}

static void the_vehicle_in_the_lane_is_the_one(void **state)
{
    (void)state;
    static struct fixture f;
    size_t at = 0;
    fixture_stocked(&f);
    assert_null(start(&f, 0));
    drive_in(&f, "CAR-7");
    fixture_until_swap(&f, SWAP_LEAVING, 300);
    assert_int_equal(fixture_count_swaps(&f, "On-Load", &at), 1);
    assert_string_equal(f.events[at].data.swap.vehicle, "CAR-7");
    assert_string_equal(f.events[at].data.swap.user, "CARD-1");
    assert_int_equal(custody_balance(&f.station, "CAR-7"), 0);
    ends(&f, "done", "", 1, 1);
}

static void without_a_reader_it_has_no_name(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    open_account(&f, "CAR-7", 1, 350);
    assert_null(start(&f, 0));
    drive_in(&f, "");
    ends(&f, "done", "", 1, 1);
}

static void it_gets_what_it_is_owed(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    open_account(&f, "CAR-7", 1, 350);
    comes_without(&f);
    assert_null(start(&f, 0));
    drive_in(&f, "CAR-7");
    fixture_until_swap(&f, SWAP_LEAVING, 300);
    assert_int_equal(custody_balance(&f.station, "CAR-7"), 0);
    ends(&f, "done", "", 0, 1);
}

static void it_gets_what_it_is_owed_of_its_type(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    f.in.bays[0].pack.rated_v = f.in.bays[1].pack.rated_v = 700; /* the healthiest among them */
    open_account(&f, "CAR-7", 1, 350);
    comes_without(&f);
    assert_null(start(&f, 0));
    drive_in(&f, "CAR-7");
    fixture_until_swap(&f, SWAP_LEAVING, 300);
    assert_string_equal(f.carried.bid, "P-3");
    ends(&f, "done", "", 0, 1);
}

static void it_gives_what_it_owes(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    open_account(&f, "CAR-7", -1, NAN);
    f.takes = false;
    assert_null(start(&f, 0));
    drive_in(&f, "CAR-7");
    fixture_until_swap(&f, SWAP_LEAVING, 300);
    assert_int_equal(custody_balance(&f.station, "CAR-7"), 0);
    /* what was held for it is free again */
    fixture_until_swap(&f, SWAP_IDLE, 500);
    fixture_run(&f, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(f.station.bays[i].state, BAY_READY);
    ends(&f, "done", "", 1, 0);
}

/* A set was asked for, but one is owed: that one. */
static void an_account_comes_before_a_set(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    open_account(&f, "CAR-7", 1, 350);
    comes_without(&f);
    assert_null(start(&f, 2));
    drive_in(&f, "CAR-7");
    ends(&f, "done", "", 0, 1);
}

/* Its battery took the last free bay. Without its name at the start, it is let in all the same, or
 * it would never get another one. */
static void it_gets_what_it_is_owed_from_a_full_station(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_stocked(&f);
    occupy_free_bays(&f);
    assert_string_equal(start(&f, 0), "Busy");
    open_account(&f, "CAR-7", 1, 350);
    comes_without(&f);
    assert_null(start(&f, 0));
    drive_in(&f, "CAR-7");
    ends(&f, "done", "", 0, 1);
}

static void another_one_gets_nothing_from_a_full_station(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"CAR-8", ""};
    static const char *const REASONS[] = {"Busy: no bay is free",
                                          "Busy: no bay is free for the battery"};
    for (int i = 0; i < 2; i++) {
        static struct fixture f;
        fixture_stocked(&f);
        occupy_free_bays(&f);
        open_account(&f, "CAR-7", 1, 350);
        assert_null(start(&f, 0));
        drive_in(&f, NAMES[i]);
        ends(&f, "failed", REASONS[i], 0, 0);
    }
}

/* Out-In makes its own room, but not for a vehicle that only gives. */
static void what_it_owes_needs_a_bay(void **state)
{
    (void)state;
    static struct fixture f;
    const char *why;
    fixture_stocked(&f);
    assert_int_equal(settings_set(&f.station.settings, "swap_order", "\"out-in\"", &why), 0);
    occupy_free_bays(&f);
    open_account(&f, "CAR-7", -1, NAN);
    assert_null(start(&f, 0));
    drive_in(&f, "CAR-7");
    ends(&f, "failed", "Busy: no bay is free", 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vehicle_in_the_lane_is_the_one),
        cmocka_unit_test(without_a_reader_it_has_no_name),
        cmocka_unit_test(it_gets_what_it_is_owed),
        cmocka_unit_test(it_gets_what_it_is_owed_of_its_type),
        cmocka_unit_test(it_gives_what_it_owes),
        cmocka_unit_test(an_account_comes_before_a_set),
        cmocka_unit_test(it_gets_what_it_is_owed_from_a_full_station),
        cmocka_unit_test(another_one_gets_nothing_from_a_full_station),
        cmocka_unit_test(what_it_owes_needs_a_bay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
