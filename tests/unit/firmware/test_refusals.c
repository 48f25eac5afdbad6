/* SPDX-License-Identifier: Apache-2.0 */
/* Every code by which a station refuses a swap or a reservation (protocol.md, Reasons), provoked;
 * nothing moves and nothing is held after any of them. Those that the monitor gives before the core
 * is asked (Stale, Repeated, Retained, Unsupported, Malformed) are in test_commands.c and
 * test_monitor_commands.c. */
#include "station_fixture.h"

struct cause { /* what brings the refusal about, and what is asked for */
    const char *code;
    void (*arrange)(struct fixture *f);
    const char *battery;
    int count;
};

static void nothing(struct fixture *f)
{
    (void)f;
}

static void full_disk(struct fixture *f)
{
    f->station.storage_fault = true;
}

static void monitor_gone(struct fixture *f)
{
    f->station.safe_mode = true;
}

/* Of a bay that is out of service, so that nobody here can shut it. */
static void open_door(struct fixture *f)
{
    fault_set(&f->station.faults, FAULT_DoorFault, 4, true, f->now_us, &f->station.limits,
              &f->actions);
    fixture_step(f);
    f->bays[3].door = 1;
    f->in.bays[3].locked = false;
    fixture_step(f);
}

static void stuck_gate(struct fixture *f)
{
    fault_set(&f->station.faults, FAULT_GateFault, 0, true, f->now_us, &f->station.limits,
              &f->actions);
}

static void other_swap(struct fixture *f)
{
    assert_null(fixture_swap(f, "other", ""));
}

static void full_bays(struct fixture *f)
{
    const struct io_pack packs[] = {fixture_pack("P-5", 50), fixture_pack("P-6", 50)};
    fixture_put(f, 5, &packs[0]);
    fixture_put(f, 6, &packs[1]);
    fixture_run(f, 1);
}

static void one_free_bay(struct fixture *f)
{
    const struct io_pack pack = fixture_pack("P-5", 50);
    fixture_put(f, 5, &pack);
    fixture_run(f, 1);
}

static void all_low(struct fixture *f)
{
    for (int i = 0; i < 3; i++)
        f->in.bays[i].pack.soc_percent = 20;
    fixture_run(f, 1);
}

static void all_of_their_own_type(struct fixture *f)
{
    for (int i = 0; i < 3; i++)
        f->in.bays[i].pack.rated_v = 200 + 100 * i;
}

static void several_types_out_in(struct fixture *f)
{
    f->station.settings.swap_out_in = true;
    f->in.bays[2].pack.rated_v = 700;
}

static void worn(struct fixture *f)
{
    f->in.bays[2].pack.soh_percent = 50;
}

static void damaged(struct fixture *f)
{
    f->in.bays[2].pack.faults = 4;
    fixture_run(f, 1);
    assert_int_equal(f->station.bays[2].state, BAY_QUARANTINE);
}

static void locked(struct fixture *f)
{
    const char *why;
    assert_int_equal(settings_set(&f->station.settings, "locked.1", "[\"P-3\"]", &why), 0);
}

static void reserved_for_another(struct fixture *f)
{
    for (int i = 0; i < 3; i++) {
        char id[] = "res-0";
        id[4] = (char)('0' + i);
        struct station_reserve_request request = {
            true, id, "CAR-9", "bob", f->now_us + INT64_C(3600000000), 1};
        assert_null(station_request_reserve(&f->station, &f->in, &request, &f->actions));
    }
}

static void each_code_of_a_swap(void **state)
{
    (void)state;
    static struct fixture f;
    static const struct cause CAUSES[] = {
        {"StorageFault", full_disk, "", 0},
        {"SafetyLock", monitor_gone, "", 0},
        {"SafetyLock", open_door, "", 0},
        {"SafetyLock", stuck_gate, "", 0},
        {"Busy", other_swap, "", 0},
        {"Busy", full_bays, "", 0},
        {"Busy", one_free_bay, "", 2},
        {"NoBatteryAvailable", all_low, "", 0},
        {"NoBatteryAvailable", all_of_their_own_type, "", 2},
        {"NoBatteryAvailable", reserved_for_another, "", 0},
        {"NoBatteryAvailable", reserved_for_another, "P-3", 0},
        {"BatteryType", several_types_out_in, "", 0},
        {"BatteryUnknown", nothing, "P-99", 0},
        {"BatterySoC", nothing, "P-4", 0},
        {"BatterySoHLow", worn, "P-3", 0},
        {"BatteryDamaged", damaged, "P-3", 0},
        {"Unauthorized", locked, "P-3", 0},
        {"Malformed", nothing, "", 3},
        {"Malformed", nothing, "", -1},
    };
    for (size_t i = 0; i < sizeof CAUSES / sizeof *CAUSES; i++) {
        fixture_stocked(&f);
        CAUSES[i].arrange(&f);
        enum swap_step_name step = f.station.swap.step;
        struct station_swap_request request = {
            "c1", "c1", "CAR-1", "anna", CAUSES[i].battery, CAUSES[i].count};
        const char *code = station_request_swap(&f.station, &f.in, &request, &f.actions);
        if (!code || !text_equal(code, CAUSES[i].code))
            fail_msg("cause %zu: %s instead of %s", i, code ? code : "accepted", CAUSES[i].code);
        assert_int_equal(f.station.swap.step, step);
        assert_string_not_equal(f.station.swap.command, "c1");
        for (int k = 0; k < 6; k++)
            assert_string_not_equal(f.station.bays[k].reservation.request_id, "c1");
        fixture_free(&f);
    }
}

static void two_of_the_same_request(struct fixture *f)
{
    struct station_reserve_request request = {
        true, "r1", "CAR-1", "anna", f->now_us + INT64_C(3600000000), 2};
    assert_null(station_request_reserve(&f->station, &f->in, &request, &f->actions));
}

static void each_code_of_a_reservation(void **state)
{
    (void)state;
    static struct fixture f;
    static const struct cause CAUSES[] = {
        {"StorageFault", full_disk, "", 1},
        {"SafetyLock", monitor_gone, "", 1},
        {"Repeated", two_of_the_same_request, "", 2},
        {"NoBatteryAvailable", all_low, "", 1},
        {"NoBatteryAvailable", all_of_their_own_type, "", 2},
        {"NoBatteryAvailable", reserved_for_another, "", 1},
        {"Malformed", nothing, "", 3},
    };
    for (size_t i = 0; i < sizeof CAUSES / sizeof *CAUSES; i++) {
        fixture_stocked(&f);
        CAUSES[i].arrange(&f);
        struct station_reserve_request request = {
            true, "r1", "CAR-1", "anna", f.now_us + INT64_C(60000000), CAUSES[i].count};
        const char *code = station_request_reserve(&f.station, &f.in, &request, &f.actions);
        if (!code || !text_equal(code, CAUSES[i].code))
            fail_msg("cause %zu: %s instead of %s", i, code ? code : "accepted", CAUSES[i].code);
        fixture_free(&f);
    }
    fixture_stocked(&f);
    struct station_reserve_request past = {true, "r1", "CAR-1", "anna", f.now_us, 1};
    assert_string_equal(station_request_reserve(&f.station, &f.in, &past, &f.actions), "Stale");
    struct station_reserve_request cancel = {false, "r1", "", "", 0, 0};
    assert_string_equal(station_request_reserve(&f.station, &f.in, &cancel, &f.actions),
                        "BatteryUnknown");
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_of_a_swap),
        cmocka_unit_test(each_code_of_a_reservation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
