/* SPDX-License-Identifier: Apache-2.0 */
/* Doors that somebody breaks open: one door at a time all the same (rule 4), and the next swap
 * finds what stands behind them. */
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
        assert_int_equal(f.station.bays[4].state, BAY_EMPTY); /* the bolt is home at once */
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

static void force_the_ready_ones(struct fixture *f)
{
    fixture_stocked(f);
    for (int slot = 1; slot <= 3; slot++)
        force(f, slot);
    fixture_run(f, f->station.limits.fault_hold_s + 1); /* DoorForced is over */
    for (int slot = 1; slot <= 3; slot++)
        assert_int_equal(f->station.bays[slot - 1].state, BAY_OPEN);
}

static void batteries_behind_forced_doors_are_found(void **state)
{
    (void)state;
    static struct fixture f;
    static const char *const NAMES[] = {"", "P-3"};
    for (size_t i = 0; i < 2; i++) {
        force_the_ready_ones(&f);
        assert_null(fixture_swap(&f, "c1", NAMES[i])); /* shuts them first */
        fixture_until_swap(&f, SWAP_GATE_OPENING, 30);
        int held = 0;
        for (int slot = 1; slot <= 3; slot++)
            held += f.station.bays[slot - 1].state == BAY_RESERVED;
        assert_int_equal(held, 1);
        fixture_until_swap(&f, SWAP_IDLE, 120);
        assert_string_equal(fixture_completion(&f)->outcome, "done");
        assert_string_equal(f.carried.bid, i ? "P-3" : "P-2");
        fixture_free(&f);
    }
}

static void forced_doors_without_a_fit_battery_are_shut_all_the_same(void **state)
{
    (void)state;
    static struct fixture f;
    force_the_ready_ones(&f);
    for (int i = 0; i < 3; i++)
        f.in.bays[i].pack.soc_percent = 20;
    assert_string_equal(fixture_swap(&f, "c1", "P-9"), "BatteryUnknown");
    assert_string_equal(fixture_swap(&f, "c1", "P-4"), "BatterySoC");
    assert_null(fixture_swap(&f, "c2", ""));
    fixture_until_swap(&f, SWAP_IDLE, 60);
    assert_string_equal(fixture_completion(&f)->outcome, "failed");
    assert_string_equal(fixture_completion(&f)->reason, "NoBatteryAvailable");
    for (int i = 0; i < 3; i++)
        assert_true(f.bays[i].door <= 0 && f.in.bays[i].locked);
    assert_string_equal(fixture_swap(&f, "c3", ""), "NoBatteryAvailable");
    /* Nothing stands behind this one: no reason to hope. */
    f.in.bays[2].present = false;
    force(&f, 3);
    fixture_run(&f, 1);
    assert_int_equal(f.station.bays[2].state, BAY_OPEN);
    assert_string_equal(fixture_swap(&f, "c4", ""), "NoBatteryAvailable");
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_door_does_not_open_beside_a_forced_one),
        cmocka_unit_test(a_late_door_is_not_released_beside_a_forced_one),
        cmocka_unit_test(batteries_behind_forced_doors_are_found),
        cmocka_unit_test(forced_doors_without_a_fit_battery_are_shut_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
