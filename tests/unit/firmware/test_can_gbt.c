/* SPDX-License-Identifier: Apache-2.0 */
/* The driver `can`, profile gbt27930, between the station's core and simulated packs: packs at
 * rest, whole charges and their ends. */
#include "firmware/gbt_plant.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_is_known_before_it_is_charged),
        cmocka_unit_test(a_whole_charge_starts_tapers_and_stops_at_its_target),
        cmocka_unit_test(a_full_pack_ends_the_charge_itself),
        cmocka_unit_test(the_operator_stops_it),
        cmocka_unit_test(a_pack_that_forbids_is_tried_again),
        cmocka_unit_test(a_pack_that_is_too_hot_cools_for_ten_minutes),
        cmocka_unit_test(a_pack_that_does_not_fit_gets_no_permit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
