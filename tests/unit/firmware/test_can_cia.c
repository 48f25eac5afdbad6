/* SPDX-License-Identifier: Apache-2.0 */
/* The driver `can`, profile cia418, between the station's core and simulated modules: whole
 * charges, two packs on one bus, what is lost, what is of another kind. */
#include "firmware/can_plant.h"

#include "drivers/can/cia_bay.h"

#define ADDRESSES "pack_address = profile=cia418 bus=can1 node=0x1{slot} chemistry=nmc\n"

static struct plant plant;

static void put(int slot, double soc_percent)
{
    struct benchpack_options options;
    benchpack_options_default(&options, BENCHPACK_CIA418);
    options.node = (uint8_t)(0x10 + slot);
    options.number = 40 + slot;
    options.soc_percent = soc_percent;
    plant_put(&plant, slot, 0, &options);
}

static void charging(const char *addresses, double soc_percent)
{
    plant_init(&plant, addresses);
    put(1, soc_percent);
    plant_until_flows(&plant, 1, 10);
    plant_run(&plant, 5);
    assert_int_equal(plant.station.bays[0].state, BAY_CHARGING);
    assert_near(plant.packs[0].current_a, 40, 0.1);
}

static void a_whole_charge_of_a_node(void **state)
{
    (void)state;
    charging(ADDRESSES, 60);
    const struct io_pack *pack = plant_pack(&plant, 1);
    assert_string_equal(pack->bid, "BNCH-41");
    assert_string_equal(pack->version, "bench-pack 1.0");
    assert_int_equal(pack->chemistry, IO_CHEMISTRY_NMC);
    assert_near(pack->rated_ah, 20, 0);
    assert_near(pack->rated_v, 96 * 3.65, 0.01);
    assert_int_equal(pack->cycles, 12);
    assert_near(pack->temp_max_c, 25, 0.07);
    assert_near(pack->temp_min_c, 25, 0.07);
    assert_near(pack->pack_v, plant.packs[0].voltage_v, 0.1);
    assert_near(pack->pack_a, 40, 0.1); /* the charger's: the pack does not measure it */
    assert_near(pack->request_v, 403.2, 0.01);
    assert_near(pack->request_a, 40, 0.07);
    assert_true(isnan(pack->soh_percent) && isnan(pack->cell_max_v));
    assert_int_equal(plant.packs[0].side.cia.module.charger_status, 1);
    (void)plant_until(&plant, 1, BAY_READY, 2400);
    assert_string_equal(plant_session(&plant, 1)->reason, "target reached");
    assert_true(plant.tapered);
    assert_true(plant.max_cell_v[0] <= 4.2 + 1e-4);
    assert_near(plant.station.bays[0].charge.energy_kwh, 0.35 * 20 * 96 * 3.95 / 1000, 0.15);
    plant_run(&plant, 3600);
    assert_int_equal(plant.packs[0].side.cia.module.charger_status, 0);
    assert_int_equal(plant.station.bays[0].state, BAY_READY);
    assert_int_equal(plant.station.faults.count, 0);
    assert_int_equal(plant.station.session_counter, 1);
    plant_free(&plant);
}

static void a_full_node_asks_for_no_more(void **state)
{
    (void)state;
    charging(ADDRESSES, 60);
    plant.station.settings.target_soc_percent = 100;
    plant.station.bays[0].charge.target_soc_percent = 101; /* never reached */
    plant.packs[0].options.end_a = 12;
    (void)plant_until(&plant, 1, BAY_READY, 3600);
    assert_string_equal(plant_session(&plant, 1)->reason, "the pack asks for no more current");
    plant_free(&plant);
}

static void two_nodes_share_a_bus(void **state)
{
    (void)state;
    charging(ADDRESSES, 50);
    put(2, 30);
    plant_until_flows(&plant, 2, 10);
    plant_run(&plant, 5);
    assert_string_equal(plant_pack(&plant, 2)->bid, "BNCH-42");
    assert_int_equal(plant.buses[0].opens, 1);
    assert_int_equal(plant.buses[1].opens, 0);
    plant.cut[0] = true; /* one is lost, the other goes on */
    assert_true(plant_until_stopped(&plant, 1, 2) <= 1.4);
    plant_run(&plant, 10);
    assert_near(plant.packs[1].current_a, 40, 0.1);
    assert_true(plant_fault(&plant, FAULT_PackSilent, 1));
    plant.cut[0] = false;
    plant_until_flows(&plant, 1, 120);
    assert_int_equal(plant.station.faults.count, 0);
    plant_free(&plant);
}

static void a_node_that_forbids_stops_at_once(void **state)
{
    (void)state;
    charging(ADDRESSES, 50);
    int before = plant.urgent;
    plant.packs[0].forbids = true;
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.25); /* the next round */
    assert_true(plant.urgent > before);
    plant_run(&plant, 1);
    assert_string_equal(plant_session(&plant, 1)->reason, "the pack does not permit charging");
    plant.packs[0].forbids = false;
    plant_until_flows(&plant, 1, 70);
    plant_free(&plant);
}

static void an_error_register_is_the_packs_fault(void **state)
{
    (void)state;
    charging(ADDRESSES, 50);
    plant.packs[0].fault = true;
    plant_run(&plant, 1);
    assert_true(plant_fault(&plant, FAULT_PackDamaged, 1));
    assert_int_equal(plant.station.bays[0].state, BAY_QUARANTINE);
    assert_int_equal(plant_pack(&plant, 1)->faults, 1);
    plant_free(&plant);
}

static void a_node_that_restarts_is_identified_anew(void **state)
{
    (void)state;
    charging(ADDRESSES, 50);
    struct cia418_module module = plant.packs[0].side.cia.module;
    cia418_server_init(&plant.packs[0].side.cia, 0x11, &module);
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.25);
    plant_until_flows(&plant, 1, 120);
    assert_int_equal(plant.station.faults.count, 0);
    plant_free(&plant);
}

static void a_hot_node_stops(void **state)
{
    (void)state;
    charging(ADDRESSES, 50);
    plant.packs[0].options.temperature_c = 61;
    assert_true(plant_until_stopped(&plant, 1, 1) <= 0.45);
    assert_true(plant_fault(&plant, FAULT_OverTemperature, 1));
    plant_free(&plant);
}

static void a_pack_of_another_kind_is_not_charged(void **state)
{
    (void)state;
    plant_init(&plant,
               "pack_address = profile=cia418 bus=can1 node=0x1{slot} chemistry=nmc type=7\n");
    put(1, 50);
    plant_run(&plant, 5);
    assert_true(plant_fault(&plant, FAULT_PackType, 1)); /* its type is 0 */
    assert_int_equal(plant.station.session_counter, 0);
    plant_free(&plant);
}

/* The address says where charging ends. */
static void the_address_gives_the_voltage(void **state)
{
    (void)state;
    charging("pack_address = profile=cia418 bus=can1 node=0x1{slot} chemistry=nmc "
             "charge_v=395.5\n",
             50);
    assert_near(plant.out.bays[0].charge_v, 395.5, 0);
    plant_free(&plant);
}

/* --- scales --- */

static void hear_value(struct cia_bay *bay, enum cia418_object object, int64_t number,
                       int64_t now_us)
{
    bay->client.values[object] = (struct cia418_value){now_us, number, false};
}

static void an_adrd5161_counts_in_other_units(void **state)
{
    (void)state;
    static struct cia_bay bay;
    struct can_address address;
    struct io_pack pack;
    int64_t now_us = 5000000;
    assert_int_equal(can_address_parse(&address,
                                       "profile=cia418 bus=can0 node=2 chemistry=lfp "
                                       "scale=adrd5161 charge_v=14.4",
                                       1, NULL),
                     0);
    cia_bay_init(&bay, 1, &address);
    assert_true(bay.client.adrd);
    bay.here = true;
    bay.client.state = CIA418_CLIENT_PRESENT;
    hear_value(&bay, CIA418_DEVICE_TYPE, 419, now_us);
    hear_value(&bay, CIA418_ERROR_REGISTER, 0, now_us);
    hear_value(&bay, CIA418_STATUS, 0, now_us); /* charging */
    hear_value(&bay, CIA418_TEMPERATURE, 23, now_us);
    hear_value(&bay, CIA418_VOLTAGE, 13250, now_us);
    hear_value(&bay, CIA418_SOC, 77, now_us);
    hear_value(&bay, CIA418_CURRENT, 1500000, now_us);
    hear_value(&bay, CIA418_CELL1, 3310, now_us);
    hear_value(&bay, CIA418_CELL2, 3320, now_us);
    hear_value(&bay, CIA418_CELL3, 3305, now_us);
    hear_value(&bay, CIA418_CELL4, 3315, now_us);
    hear_value(&bay, CIA418_MAX_CURRENT, 2, now_us);
    bay.client.values[CIA418_REQUEST].missing = true;
    cia_bay_read(&bay, now_us, &pack);
    assert_int_equal(pack.at_us, now_us);
    assert_near(pack.pack_v, 13.25, 1e-9);
    assert_near(pack.pack_a, 1.5, 1e-9);
    assert_near(pack.temp_max_c, 23, 0);
    assert_near(pack.cell_max_v, 3.32, 1e-9);
    assert_near(pack.cell_min_v, 3.305, 1e-9);
    assert_near(pack.request_v, 14.4, 0);
    assert_near(pack.request_a, 2, 0);
    assert_true(pack.permit);
    /* an old value makes the whole old */
    hear_value(&bay, CIA418_TEMPERATURE, 23, now_us - 3000000);
    cia_bay_read(&bay, now_us, &pack);
    assert_int_equal(pack.at_us, now_us - 3000000);
    /* a node of another device profile is nobody */
    hear_value(&bay, CIA418_DEVICE_TYPE, 401, now_us);
    cia_bay_read(&bay, now_us, &pack);
    assert_false(pack.permit);
    assert_string_equal(pack.bid, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_charge_of_a_node),
        cmocka_unit_test(a_full_node_asks_for_no_more),
        cmocka_unit_test(two_nodes_share_a_bus),
        cmocka_unit_test(a_node_that_forbids_stops_at_once),
        cmocka_unit_test(an_error_register_is_the_packs_fault),
        cmocka_unit_test(a_node_that_restarts_is_identified_anew),
        cmocka_unit_test(a_hot_node_stops),
        cmocka_unit_test(a_pack_of_another_kind_is_not_charged),
        cmocka_unit_test(the_address_gives_the_voltage),
        cmocka_unit_test(an_adrd5161_counts_in_other_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
