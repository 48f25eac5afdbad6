/* SPDX-License-Identifier: Apache-2.0 */
/* Doors that somebody breaks open: one door at a time all the same (rule 4). */
#include "station_fixture.h"

static void force(struct fixture *f, int slot)
{
    f->bays[slot - 1].crowbar = true;
    fixture_step(f);
    f->bays[slot - 1].crowbar = false;
}

/* A door on its way to open, still shut, turns back when another one is forced; the vehicle leaves
 * with what it came with. */
static void a_door_does_not_open_beside_a_forced_one(void **state)
{
    (void)state;
    static struct fixture f;
    for (int late = 0; late < 2; late++) {
        fixture_stocked(&f);
        assert_null(fixture_swap(&f, "c1", ""));
        f.bays[4].lock_stuck = late == 0; /* its bolt, or its motor, is slow */
        f.bays[4].door_stuck = late == 1;
        fixture_until_swap(&f, SWAP_RETURN_OPENING, 60);
        fixture_run(&f, 0.5);
        assert_int_equal(f.station.bays[4].state, BAY_OPENING);
        assert_int_equal(f.station.bays[4].door, late ? DOOR_OPENING : DOOR_UNLOCKING);
        force(&f, 3);
        fixture_step(&f);
        assert_int_equal(f.station.bays[4].state, BAY_CLOSING);
        f.bays[4].lock_stuck = f.bays[4].door_stuck = false;
        fixture_until_swap(&f, SWAP_LEAVING, 60); /* fixture_check: never two */
        assert_int_equal(f.station.bays[4].state, BAY_EMPTY);
        assert_true(f.in.bays[4].locked);
        assert_string_equal(fixture_completion(&f)->reason,
                            "SafetyLock: another door was forced open");
        assert_string_equal(f.carried.bid, "USER-1");
        fixture_free(&f);
    }
}

/* A door that seems late to shut is not opened a little to free it: its sensor may stand still, and
 * another one is open. */
static void a_late_door_is_not_released_beside_a_forced_one(void **state)
{
    (void)state;
    static struct fixture f;
    for (int forced = 0; forced < 2; forced++) {
        fixture_stocked(&f);
        assert_null(fixture_swap(&f, "c1", ""));
        fixture_until_swap(&f, SWAP_RETURN_CLOSING, 60);
        fixture_run(&f, 0.5);
        f.bays[4].door_stuck = true;
        if (forced)
            force(&f, 3);
        bool released = false;
        for (int i = 0; i < 100; i++) {
            fixture_step(&f);
            released |= f.out.bays[4].door == IO_MOTION_OPEN;
        }
        assert_int_equal(released, !forced);
        fixture_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_door_does_not_open_beside_a_forced_one),
        cmocka_unit_test(a_late_door_is_not_released_beside_a_forced_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
