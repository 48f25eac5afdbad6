/* SPDX-License-Identifier: Apache-2.0 */
/* The driver `can`, profile gbt27930, between the station's core and simulated packs: whole
 * charges, their ends, what is lost, what is broken. */
#include "firmware/can_plant.h"

#define ADDRESSES "pack_address = profile=gbt27930 bus=can{slot}\n"

static struct plant plant;

static void begin(double soc_percent)
{
    struct benchpack_options options;
    benchpack_options_default(&options, BENCHPACK_GBT27930);
    options.soc_percent = soc_percent;
    options.number = 7;
    plant_init(&plant, ADDRESSES);
    plant_put(&plant, 1, 0, &options);
}

static void charging(double soc_percent)
{
    begin(soc_percent);
    plant_until_flows(&plant, 1, 10);
    plant_run(&plant, 5);
    assert_int_equal(plant.station.bays[0].state, BAY_CHARGING);
    assert_near(plant.packs[0].current_a, 40, 0.1);
}

static void assert_session(const char *status, const char *reason)
{
    const struct message_charge_session *session = plant_session(&plant, 1);
    assert_string_equal(session->status, status);
    assert_string_equal(session->reason, reason);
}

static void a_pack_is_known_before_it_is_charged(void **state)
{
    (void)state;
    begin(96);
    assert_true(plant_until(&plant, 1, BAY_READY, 5) < 2);
    const struct io_pack *pack = plant_pack(&plant, 1);
    assert_string_equal(pack->bid, "BNCH-7");
    assert_string_equal(pack->vin, "LBENCH00000000007");
    assert_int_equal(pack->chemistry, IO_CHEMISTRY_NMC);
    assert_near(pack->soc_percent, 96, 0.1);
    assert_near(pack->rated_ah, 20, 0.1);
    assert_near(pack->rated_kwh, 7.1, 0.2);
    assert_near(pack->pack_v, plant.packs[0].voltage_v, 0.1);
    assert_near(pack->pack_a, 0, 0);
    assert_int_equal(pack->cycles, 12);
    assert_true(isnan(pack->soh_percent) && isnan(pack->temp_max_c) && pack->resting);
    /* and it stays known for hours, its contactors open */
    for (int i = 0; i < 2 * 3600; i++) {
        plant_run(&plant, 1);
        assert_true(plant.now_us - plant_pack(&plant, 1)->at_us < 700000);
        assert_true(plant.packs[0].side.gbt.state < GBT_PACK_READY);
    }
    assert_int_equal(plant.station.bays[0].state, BAY_READY);
    assert_int_equal(plant.station.faults.count, 0);
    plant_free(&plant);
}

static void a_whole_charge_starts_tapers_and_stops_at_its_target(void **state)
{
    (void)state;
    begin(60);
    plant_until_flows(&plant, 1, 10);
    plant_run(&plant, 60);
    const struct io_pack *pack = plant_pack(&plant, 1);
    assert_near(pack->pack_a, 40, 0.1);
    assert_near(pack->request_a, 40, 0.1);
    assert_near(pack->request_v, 403.2, 0.1);
    assert_near(pack->temp_max_c, 26, 0);
    assert_near(pack->temp_min_c, 25, 0);
    assert_near(pack->cell_max_v, plant.packs[0].voltage_v / 96, 0.011);
    assert_near(pack->cell_min_v, pack->cell_max_v, 0.03); /* BMV comes every ten seconds */
    assert_false(pack->resting);
    (void)plant_until(&plant, 1, BAY_READY, 2400);
    assert_session("completed", "target reached");
    assert_true(plant.tapered);
    assert_near(plant.max_a[0], 40, 0.1);
    assert_true(plant.max_cell_v[0] <= 4.2 + 1e-4);
    assert_true(plant.packs[0].soc >= 0.945);
    double kwh = plant.station.bays[0].charge.energy_kwh;
    assert_near(kwh, 0.35 * 20 * 96 * 3.95 / 1000, 0.15);
    plant_run(&plant, 5); /* the statistics of its end */
    assert_near(plant.packs[0].side.gbt.csd.energy_kwh, kwh, 0.2);
    assert_int_equal(plant.packs[0].side.gbt.cst.condition_reached, GBT_STATE_SET);
    plant_run(&plant, 3600);
    assert_int_equal(plant.station.bays[0].state, BAY_READY);
    assert_int_equal(plant.station.faults.count, 0);
    assert_int_equal(plant.station.session_counter, 1);
    plant_free(&plant);
}

static void a_full_pack_ends_the_charge_itself(void **state)
{
    (void)state;
    begin(90);
    plant.station.settings.target_soc_percent = 100;
    plant.packs[0].options.end_a = 10;
    plant_until_flows(&plant, 1, 10);
    (void)plant_until(&plant, 1, BAY_IDLE, 3600);
    assert_session("completed", "the pack asks for no more current");
    assert_int_equal(plant.packs[0].side.gbt.cst.pack_stopped, GBT_STATE_SET);
    assert_int_equal(plant.station.faults.count, 0);
    plant_run(&plant, 1800); /* and nobody tries again */
    assert_int_equal(plant.station.session_counter, 1);
    assert_true(plant.packs[0].side.gbt.state < GBT_PACK_READY);
    plant_free(&plant);
}

static void the_operator_stops_it(void **state)
{
    (void)state;
    charging(50);
    const struct station_session_request stop = {false, 1, "", NAN, NAN};
    assert_null(station_request_session(&plant.station, &plant.in, &stop, &plant.actions));
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.11); /* the next step of the core */
    (void)plant_until(&plant, 1, BAY_IDLE, 2);
    assert_string_equal(plant_session(&plant, 1)->status, "cancelled");
    plant_run(&plant, 2);
    assert_int_equal(plant.packs[0].side.gbt.cst.condition_reached, GBT_STATE_SET);
    assert_int_equal(plant.packs[0].side.gbt.error.other, -1); /* it ended in order */
    plant_free(&plant);
}

static void a_pack_that_forbids_is_tried_again(void **state)
{
    (void)state;
    charging(50);
    int before = plant.urgent;
    plant.packs[0].forbids = true;
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.3); /* BSM comes every 250 ms */
    assert_true(plant.urgent > before); /* the core did not wait for its next step */
    (void)plant_until(&plant, 1, BAY_IDLE, 2);
    assert_session("failed", "the pack does not permit charging");
    plant.packs[0].forbids = false;
    plant_until_flows(&plant, 1, 70);
    assert_int_equal(plant.station.faults.count, 0);
    plant_free(&plant);
}

static void a_pack_that_is_too_hot_cools_for_ten_minutes(void **state)
{
    (void)state;
    charging(50);
    plant.packs[0].fault = true; /* it says so in BSM and BST */
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.3);
    plant.packs[0].fault = false;
    plant_run(&plant, 590);
    assert_int_equal(plant.station.bays[0].state, BAY_IDLE); /* not damaged, not quarantined */
    assert_false(plant_pack(&plant, 1)->permit);
    assert_int_equal(plant.station.session_counter, 1);
    assert_int_equal(plant_pack(&plant, 1)->faults, 0);
    plant_until_flows(&plant, 1, 30);
    plant_free(&plant);
}

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

static void a_pack_that_does_not_fit_gets_no_permit(void **state)
{
    (void)state;
    struct benchpack_options options;
    benchpack_options_default(&options, BENCHPACK_GBT27930);
    options.series = 140; /* above the charger's 500 V */
    plant_init(&plant, ADDRESSES);
    plant_put(&plant, 1, 0, &options);
    (void)plant_until(&plant, 1, BAY_IDLE, 5);
    plant_run(&plant, 120);
    assert_false(plant_pack(&plant, 1)->permit);
    assert_int_equal(plant.station.session_counter, 0);
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
        cmocka_unit_test(a_pack_is_known_before_it_is_charged),
        cmocka_unit_test(a_whole_charge_starts_tapers_and_stops_at_its_target),
        cmocka_unit_test(a_full_pack_ends_the_charge_itself),
        cmocka_unit_test(the_operator_stops_it),
        cmocka_unit_test(a_pack_that_forbids_is_tried_again),
        cmocka_unit_test(a_pack_that_is_too_hot_cools_for_ten_minutes),
        cmocka_unit_test(a_cut_wire_stops_within_a_second_and_heals),
        cmocka_unit_test(slower_messages_have_five_seconds),
        cmocka_unit_test(lost_frames_never_leave_power_on),
        cmocka_unit_test(an_interface_that_goes_down_comes_back),
        cmocka_unit_test(a_station_may_start_before_its_interfaces),
        cmocka_unit_test(an_emergency_is_told_to_the_pack),
        cmocka_unit_test(a_silent_or_faulty_charger_ends_the_charge),
        cmocka_unit_test(another_pack_is_another_one),
        cmocka_unit_test(a_pack_of_2011_is_charged),
        cmocka_unit_test(a_pack_that_does_not_fit_gets_no_permit),
        cmocka_unit_test(two_bays_charge_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
