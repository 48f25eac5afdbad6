/* SPDX-License-Identifier: Apache-2.0 */
/* The driver `can`, profile gbt27930, between the station's core and simulated packs: what is lost,
 * what is broken, what is exchanged. */
#include "firmware/gbt_plant.h"

static void a_cut_wire_stops_within_a_second_and_heals(void **state)
{
    (void)state;
    charging(50);
    plant.cut[0] = true;
    assert_true(plant_until_stopped(&plant, 1, 2) <= 1.15); /* BCL 1 s */
    plant_run(&plant, 6);
    assert_true(plant_fault(&plant, FAULT_PackSilent, 1));
    assert_int_equal(plant.station.bays[0].state, BAY_FAULT);
    plant_run(&plant, 300); /* three attempts and the pauses between */
    plant.cut[0] = false;
    (void)plant_until(&plant, 1, BAY_CHARGING, 120);
    assert_string_equal(plant_pack(&plant, 1)->bid, "BNCH-7");
    plant_until_flows(&plant, 1, 10);
    assert_int_equal(plant.station.faults.count, 0);
    plant_free(&plant);
}

/* BCS and BSM may be away five times as long as BCL. */
static void slower_messages_have_five_seconds(void **state)
{
    (void)state;
    static const uint32_t MISSING[] = {0x11, 0x13}; /* PF of BCS (in transfers: RTS), BSM */
    for (size_t i = 0; i < 2; i++) {
        charging(50);
        if (i == 0)
            plant.drop = 0xEC; /* all transfers: BCS, BMV, BMT */
        else
            plant.drop = MISSING[i];
        double seconds = plant_until_stopped(&plant, 1, 7);
        assert_in_range((int)(seconds * 1000), 4600, 5200);
        plant_run(&plant, 1);
        assert_string_equal(plant_session(&plant, 1)->status, "failed");
        plant_free(&plant);
    }
}

/* Whatever is lost: current flows only while the pack is heard, and in the end it is charged. */
static void lost_frames_never_leave_power_on(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        begin(93);
        plant.random = seed;
        plant.loss_ppm = seed % 2 ? 10000 : 40000;
        for (int i = 0; i < 360000 && plant.station.bays[0].state != BAY_READY; i++) {
            plant_tick(&plant);
            int64_t heard_us = plant_pack(&plant, 1)->at_us;
            if (plant.packs[0].current_a > 0)
                assert_true(plant.now_us - heard_us < 1300000);
        }
        assert_int_equal(plant.station.bays[0].state, BAY_READY);
        assert_true(plant.packs[0].soc > 0.94);
        plant_free(&plant);
    }
}

static void an_interface_that_goes_down_comes_back(void **state)
{
    (void)state;
    charging(50);
    plant.buses[0].down = true;
    assert_true(plant_until_stopped(&plant, 1, 2) <= 1.15);
    plant_run(&plant, 60);
    assert_true(plant_fault(&plant, FAULT_PackSilent, 1));
    assert_false(plant.buses[0].opened);
    plant.buses[0].down = false;
    plant_run(&plant, 2);
    assert_true(plant.buses[0].opened);
    plant_until_flows(&plant, 1, 120);
    assert_int_equal(plant.buses[0].opens, 2);
    plant_free(&plant);
}

static void a_station_may_start_before_its_interfaces(void **state)
{
    (void)state;
    struct benchpack_options options;
    struct err err = {0};
    benchpack_options_default(&options, BENCHPACK_GBT27930);
    plant_init(&plant, ADDRESSES);
    can_driver.close(plant.driver);
    plant.buses[0].down = true;
    assert_int_equal(can_open_with(&plant.driver, plant.board, &plant.env, &plant.opener, &err), 0);
    plant_put(&plant, 1, 0, &options);
    plant_run(&plant, 5);
    assert_int_equal(plant_pack(&plant, 1)->at_us, 0);
    plant.buses[0].down = false;
    plant_until_flows(&plant, 1, 20);
    plant_free(&plant);
}

/* The engine dies in the middle of a charge and comes back: the pack, which waits for CCS, is known
 * again before its silence or its missing name would be a fault. */
static void a_charge_survives_the_engines_death(void **state)
{
    (void)state;
    static const double AWAY_S[] = {0.5, 3, 90};
    for (size_t i = 0; i < 3; i++) {
        struct err err = {0};
        charging(50);
        can_driver.close(plant.driver);
        memset(&plant.out, 0, sizeof plant.out);
        const struct benchpack_feed off = {.known = true};
        for (int64_t end_us = plant.now_us + (int64_t)(AWAY_S[i] * 1e6); plant.now_us < end_us;) {
            struct canframe frame;
            plant.now_us += PLANT_TICK_US;
            benchpack_tick(&plant.packs[0], &off, plant.now_us);
            while (benchpack_next(&plant.packs[0], plant.now_us, &frame))
                ; /* nobody hears it */
        }
        assert_int_equal(can_open_with(&plant.driver, plant.board, &plant.env, &plant.opener, &err),
                         0);
        station_init(&plant.station, PLANT_BAYS, "0badcafe");
        TEXT_SET(plant.station.bays[0].bid, "BNCH-7"); /* as the intent has it */
        plant_until_flows(&plant, 1, 20);
        assert_int_equal(plant.station.faults.count, 0);
        plant_free(&plant);
    }
}

static void an_emergency_is_told_to_the_pack(void **state)
{
    (void)state;
    charging(50);
    plant.in.emergency_stop = true;
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.11);
    plant_run(&plant, 0.5);
    assert_int_equal(plant.packs[0].side.gbt.cst.emergency_stop, GBT_STATE_SET);
    plant_free(&plant);
}

static void a_silent_or_faulty_charger_ends_the_charge(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        charging(50);
        plant.charger_silent = i == 0;
        plant.charger_faulty = i == 1;
        assert_true(plant_until_stopped(&plant, 1, 2) <= 1.2);
        plant_run(&plant, 2);
        assert_string_equal(plant_session(&plant, 1)->status, "failed");
        /* but who stands there is still known */
        plant_run(&plant, 30);
        assert_true(plant.now_us - plant_pack(&plant, 1)->at_us < 700000);
        plant_free(&plant);
    }
}

static void another_pack_is_another_one(void **state)
{
    (void)state;
    struct benchpack_options options;
    charging(50);
    plant.in.bays[0].locked = false;
    plant.in.bays[0].door = IO_DOOR_OPEN;
    plant_run(&plant, 1);
    assert_int_equal(plant_pack(&plant, 1)->at_us, 0); /* nothing is known of an open bay */
    plant_take(&plant, 1);
    plant_run(&plant, 1);
    benchpack_options_default(&options, BENCHPACK_GBT27930);
    options.number = 8;
    plant_put(&plant, 1, 0, &options);
    plant.in.bays[0].locked = true;
    plant.in.bays[0].door = IO_DOOR_CLOSED;
    plant_run(&plant, 3);
    assert_string_equal(plant_pack(&plant, 1)->bid, "BNCH-8");
    assert_near(plant_pack(&plant, 1)->energy_added_kwh, 0, 0.02);
    plant_free(&plant);
}

/* No CHM and BHM: the charger waits 5 s for them once, not after every charge. */
static void a_pack_of_2011_is_charged(void **state)
{
    (void)state;
    begin(50);
    plant.drop = 0x26;
    plant.drop2 = 0x27;
    plant_until_flows(&plant, 1, 15);
    const struct station_session_request stop = {false, 1, "", NAN, NAN};
    plant_run(&plant, 2);
    assert_null(station_request_session(&plant.station, &plant.in, &stop, &plant.actions));
    plant_run(&plant, 60);
    assert_int_equal(plant.station.bays[0].state, BAY_IDLE);
    assert_int_equal(plant.station.faults.count, 0);
    plant_free(&plant);
}

static void two_bays_charge_at_once(void **state)
{
    (void)state;
    struct benchpack_options options;
    begin(50);
    benchpack_options_default(&options, BENCHPACK_GBT27930);
    options.number = 8;
    plant_put(&plant, 2, 1, &options);
    plant_until_flows(&plant, 1, 10);
    plant_until_flows(&plant, 2, 10);
    assert_string_equal(plant_pack(&plant, 2)->bid, "BNCH-8");
    plant.cut[0] = true; /* one fails, the other goes on */
    plant_run(&plant, 10);
    assert_near(plant.packs[0].current_a, 0, 0);
    assert_near(plant.packs[1].current_a, 40, 0.1);
    plant_free(&plant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_wire_stops_within_a_second_and_heals),
        cmocka_unit_test(slower_messages_have_five_seconds),
        cmocka_unit_test(lost_frames_never_leave_power_on),
        cmocka_unit_test(an_interface_that_goes_down_comes_back),
        cmocka_unit_test(a_station_may_start_before_its_interfaces),
        cmocka_unit_test(a_charge_survives_the_engines_death),
        cmocka_unit_test(an_emergency_is_told_to_the_pack),
        cmocka_unit_test(a_silent_or_faulty_charger_ends_the_charge),
        cmocka_unit_test(another_pack_is_another_one),
        cmocka_unit_test(a_pack_of_2011_is_charged),
        cmocka_unit_test(two_bays_charge_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
