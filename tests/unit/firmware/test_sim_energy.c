/* SPDX-License-Identifier: Apache-2.0 */
/* The physics of the simulated packs and chargers: curves, energies, heat, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/sim/cell.h"
#include "drivers/sim/pack.h"
#include "firmware/near.h"
#include "firmware/sim_plant.h"

static const enum io_chemistry chemistries[] = {IO_CHEMISTRY_NMC, IO_CHEMISTRY_LFP};

static void test_ocv_rises_and_integrates(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const struct cell_kind *kind = cell_kind_of(chemistries[k]);
        assert_int_equal(kind->chemistry, chemistries[k]);
        double sum = 0;
        for (int i = 1; i <= 1000; i++) {
            double before = cell_ocv_v(kind, (i - 1) / 1000.0), now = cell_ocv_v(kind, i / 1000.0);
            assert_true(now > before);
            sum += (before + now) / 2 / 1000;
            assert_near(cell_ocv_integral_v(kind, i / 1000.0), sum, 1e-9);
        }
        assert_true(cell_ocv_v(kind, 1) < kind->charge_v && kind->charge_v < kind->max_v);
        assert_near(cell_ocv_v(kind, 1.5), cell_ocv_v(kind, 1), 0);
    }
}

static void test_resistance_follows_temperature_and_age(void **state)
{
    (void)state;
    const struct cell_kind *kind = cell_kind_of(IO_CHEMISTRY_NMC);
    double warm = cell_resistance_ohm(kind, 160, 25, 1);
    assert_near(warm, 0.13 / 160, 1e-12);
    for (int c = -30; c < 60; c += 5)
        assert_true(cell_resistance_ohm(kind, 160, c, 1) >
                    cell_resistance_ohm(kind, 160, c + 5, 1));
    assert_near(cell_resistance_ohm(kind, 160, 0, 1) / warm, 1.85, 0.1);
    assert_near(cell_resistance_ohm(kind, 160, 25, 0.8) / warm, 1.4, 1e-9);
}

/* The pack in bay 1 charged from its state of charge to `to_percent` as the engine does: at what
 * the pack asks for. Returns the plant seconds that it took. */
static double charge_to(struct plant *plant, double to_percent, int step_ms)
{
    int64_t start_us = plant->world.now_us;
    plant_run(plant, 3, step_ms); /* the pack wakes up */
    while (plant->readings.bays[0].pack.soc_percent < to_percent) {
        const struct io_pack *pack = &plant->readings.bays[0].pack;
        assert_true(pack->permit);
        plant_charge(plant, 0, pack->request_v, pack->request_a);
        plant_run(plant, step_ms / 1000.0, step_ms);
        if (plant->world.now_us - start_us > INT64_C(8) * 3600 * CLOCK_US_PER_SECOND)
            fail_msg("stuck at %g %%", plant->readings.bays[0].pack.soc_percent);
    }
    return (double)(plant->world.now_us - start_us) / 1e6;
}

/* What left the mains is in the cells or became heat, whatever the chemistry; and a session of
 * more than 1 kWh takes 0.88 to 0.97 of it into the cells. */
static void test_energy_is_conserved(void **state)
{
    (void)state;
    static const char *const packs[] = {"nmc:88 empty empty empty", "lfp:84 empty empty empty",
                                        "nmc:20 empty empty empty", "lfp:5 empty empty empty",
                                        "nmc:93 empty empty empty"};
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++) {
        struct plant plant;
        plant_open(&plant, packs[i], NULL);
        const struct sim_bay *bay = &plant.world.bays[0];
        struct sim_pack before = bay->pack;
        (void)charge_to(&plant, 96, 200);
        const struct cell_kind *kind = cell_kind_of(before.chemistry);
        /* Independent of the pack's own ledger: from its states of charge. */
        double stored_wh =
            (cell_ocv_integral_v(kind, bay->pack.soc) - cell_ocv_integral_v(kind, before.soc)) *
            kind->series * pack_capacity_ah(&before);
        double in_wh = bay->charger.meter_wh;
        double out_wh = bay->charger.loss_wh + bay->pack.heat_wh + stored_wh;
        assert_true(in_wh > 1500);
        assert_near(out_wh / in_wh, 1, 1e-6);
        double added_kwh = plant.readings.bays[0].pack.energy_added_kwh;
        assert_near(added_kwh * 1000 / stored_wh, 1 + before.counter_gain, 1e-9);
        assert_near(added_kwh * 1000 / in_wh, 0.925, 0.045); /* 0.88 .. 0.97 */
        plant_close(&plant);
    }
}

/* 80 to 95 % takes about a quarter of an hour; the charger gives 40 kW, then the current falls. */
static void test_charge_time_and_taper(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, "nmc:80 empty empty empty", NULL);
    double seconds = charge_to(&plant, 85, 200);
    const struct io_bay *bay = &plant.readings.bays[0];
    assert_near(bay->charger.dc_v * bay->charger.dc_a / 1000, 40, 0.1);
    assert_near(bay->charger.ac_kw, 3 * bay->charger.ac_v * bay->charger.ac_a / 1000, 1e-9);
    assert_near(bay->charger.dc_v * bay->charger.dc_a / 1000 / bay->charger.ac_kw, 0.955, 0.01);
    assert_near(bay->pack.pack_a, bay->charger.dc_a, 1);
    double full_power_a = bay->charger.dc_a;
    seconds += charge_to(&plant, 95, 200);
    assert_near(seconds / 60, 15, 4);
    double at_95_a = bay->charger.dc_a;
    assert_true(at_95_a < full_power_a - 10);
    (void)charge_to(&plant, 99, 200);
    assert_true(bay->charger.dc_a < at_95_a / 2);
    assert_true(bay->pack.cell_max_v < 4.25 && bay->pack.cell_max_v > bay->pack.cell_min_v);
    assert_int_equal(bay->pack.faults, 0);
    plant_close(&plant);
}

/* With a voltage below its open-circuit end, the pack stops taking current there. */
static void test_constant_voltage(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, "nmc:80 empty empty empty", NULL);
    plant_run(&plant, 3, 200);
    double hold_v = 96 * 4.02;
    plant_charge(&plant, 0, hold_v, 100);
    double current_a = 1000;
    for (int minute = 0; minute < 60; minute++) {
        plant_run(&plant, 60, 200);
        const struct io_charger *charger = &plant.readings.bays[0].charger;
        assert_true(charger->dc_v <= hold_v + 0.01); /* regulated once a step */
        assert_true(charger->dc_a <= current_a + 1e-6);
        current_a = charger->dc_a;
    }
    assert_true(current_a < 12);
    assert_near(pack_ocv_v(&plant.world.bays[0].pack), hold_v, 1);
    plant_close(&plant);
}

/* Full is full: the pack withdraws its permit and takes nothing more. */
static void test_full_charge(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct plant plant;
        plant_open(&plant, k == 0 ? "nmc:90 empty empty empty" : "lfp:90 empty empty empty", NULL);
        plant_run(&plant, 3, 200);
        const struct io_pack *pack = &plant.readings.bays[0].pack;
        for (int i = 0; i < 5 * 3600 && pack->permit; i++) {
            plant_charge(&plant, 0, pack->request_v, pack->request_a);
            plant_run(&plant, 1, 200);
        }
        assert_false(pack->permit);
        assert_near(pack->soc_percent, 100, 0.1);
        assert_near(pack->request_a, 0, 0);
        assert_true(plant.world.bays[0].pack.soc <= 1);
        assert_int_equal(pack->faults, 0);
        plant_close(&plant);
    }
}

/* Charging warms, rest cools; in the cold the pack asks for less, below 0 °C for nothing. */
static void test_heat(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, "nmc:30 nmc:30 empty empty", NULL);
    double before_c = plant.world.bays[0].pack.temp_c;
    (void)charge_to(&plant, 70, 200);
    double warm_c = plant.world.bays[0].pack.temp_c;
    assert_true(warm_c > before_c + 5 && warm_c < 50);
    assert_true(plant.readings.bays[0].pack.temp_max_c > plant.readings.bays[0].pack.temp_min_c);
    plant.requests = (struct io_requests){0};
    plant_run(&plant, 7200, 1000);
    assert_near(plant.world.bays[0].pack.temp_c, world_outside_c(&plant.world, plant.world.now_us),
                (warm_c - before_c) / 3);

    struct sim_pack *pack = &plant.world.bays[1].pack;
    pack->temp_c = 25;
    double normal_a = pack_request_a(pack);
    pack->temp_c = 6;
    assert_true(pack_request_a(pack) < normal_a * 0.7 && pack_request_a(pack) > 0);
    pack->temp_c = 0;
    assert_false(pack_permits(pack));
    assert_near(pack_request_a(pack), 0, 0);
    pack->temp_c = 59;
    assert_false(pack_permits(pack));
    plant_close(&plant);
}

static void test_ageing(void **state)
{
    (void)state;
    struct sim_pack pack;
    const struct pack_birth birth = {.bid = "A",
                                     .vin = "",
                                     .version = "1",
                                     .chemistry = IO_CHEMISTRY_LFP,
                                     .soc = 1,
                                     .health = 0.95,
                                     .temp_c = 25};
    pack_init(&pack, &birth);
    double cycles = pack.cycles, capacity = pack_capacity_kwh(&pack);
    for (int i = 0; i < 100; i++) { /* 100 full cycles */
        pack_drive(&pack, 0, 25);
        (void)pack_charge(&pack, pack_capacity_ah(&pack) * 3600, 0, 0);
        pack_age(&pack);
    }
    assert_near(pack.cycles - cycles, 95, 1); /* of the rated capacity */
    assert_near(capacity - pack_capacity_kwh(&pack), 50 * 95 * 5e-5, 0.01);
    assert_true(pack.health < 0.95 && pack.soc == 1);
}

/* The same hour in steps of 50 ms, 200 ms and 500 ms (longer ones let the keep-alive drop). */
static void test_steps_agree(void **state)
{
    (void)state;
    static const int steps_ms[] = {50, 200, 500};
    double soc[3], meter_wh[3], temp_c[3];
    for (size_t i = 0; i < 3; i++) {
        struct plant plant;
        plant_open(&plant, "lfp:30 empty empty empty", NULL);
        plant_charge(&plant, 0, 400, 90);
        plant_run(&plant, 3600, steps_ms[i]);
        soc[i] = plant.world.bays[0].pack.soc;
        meter_wh[i] = plant.world.bays[0].charger.meter_wh;
        temp_c[i] = plant.world.bays[0].pack.temp_c;
        plant_close(&plant);
    }
    for (size_t i = 1; i < 3; i++) {
        assert_near(soc[i], soc[0], 1e-4);
        assert_near(meter_wh[i] / meter_wh[0], 1, 1e-4);
        assert_near(temp_c[i], temp_c[0], 0.05);
    }
}

/* Anything that takes power away ends the current within 100 ms (hardware.md, defaults). */
static void test_current_ends_in_time(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct plant plant;
        plant_open(&plant, "nmc:50 empty empty empty", NULL);
        plant_charge(&plant, 0, 403, 100);
        plant_run(&plant, 30, 200);
        assert_near(plant.readings.bays[0].charger.dc_a, 100, 0.5);
        if (way == 0)
            plant.requests.bays[0].charger_on = false;
        else if (way == 1)
            plant.requests.charge_enable = false;
        else
            plant.requests.bays[0].contactor = false;
        plant_run(&plant, 0.1, 100);
        assert_true(plant.readings.bays[0].charger.dc_a < 5);
        plant_run(&plant, 0.1, 100);
        assert_near(plant.readings.bays[0].charger.dc_a, 0, 0);
        assert_near(plant.readings.bays[0].pack.pack_a, 0, 0);
        plant_close(&plant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ocv_rises_and_integrates),
        cmocka_unit_test(test_resistance_follows_temperature_and_age),
        cmocka_unit_test(test_energy_is_conserved),
        cmocka_unit_test(test_charge_time_and_taper),
        cmocka_unit_test(test_constant_voltage),
        cmocka_unit_test(test_full_charge),
        cmocka_unit_test(test_heat),
        cmocka_unit_test(test_ageing),
        cmocka_unit_test(test_steps_agree),
        cmocka_unit_test(test_current_ends_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
