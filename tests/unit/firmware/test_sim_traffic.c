/* SPDX-License-Identifier: Apache-2.0 */
/* Moving parts, vehicles and drivers of the simulated plant, and faults injected into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/near.h"
#include "firmware/sim_plant.h"

#define PACKS "nmc:97 lfp:98 nmc:50 empty"

static void move_door(struct plant *plant, int bay, enum io_motion motion, double seconds)
{
    plant->requests.bays[bay].door = motion;
    plant->requests.bays[bay].unlock = motion == IO_MOTION_OPEN;
    plant_run(plant, seconds, 50);
}

static void test_door_and_lock(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    const struct io_bay *bay = &plant.readings.bays[3];
    assert_true(bay->locked && bay->door == IO_DOOR_CLOSED && !bay->present);
    /* The bolt holds the door. */
    plant.requests.bays[3].door = IO_MOTION_OPEN;
    plant_run(&plant, 5, 50);
    assert_int_equal(bay->door, IO_DOOR_CLOSED);
    plant.requests.bays[3].unlock = true;
    plant_run(&plant, 0.45, 50);
    assert_int_equal(bay->door, IO_DOOR_CLOSED);
    assert_false(bay->locked);
    plant_run(&plant, 2, 50);
    assert_int_equal(bay->door, IO_DOOR_BETWEEN);
    plant_run(&plant, 1.2, 50); /* 0.5 s of lock, 3 s of door */
    assert_int_equal(bay->door, IO_DOOR_OPEN);
    /* An open door cannot be locked; hold stops it half way. */
    plant.requests.bays[3] = (struct io_bay_request){.door = IO_MOTION_CLOSE};
    plant_run(&plant, 1.5, 50);
    assert_int_equal(bay->door, IO_DOOR_BETWEEN);
    assert_false(bay->locked);
    plant.requests.bays[3].door = IO_MOTION_HOLD;
    plant_run(&plant, 5, 50);
    assert_near(plant.world.bays[3].door, 0.5, 0.02);
    move_door(&plant, 3, IO_MOTION_CLOSE, 2.1);
    assert_int_equal(bay->door, IO_DOOR_CLOSED);
    assert_true(bay->locked);
    plant_close(&plant);
}

static void test_gate(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    assert_int_equal(plant.readings.gate, IO_GATE_CLOSED);
    plant.requests.gate = IO_MOTION_OPEN;
    plant_run(&plant, 5.8, 50);
    assert_int_equal(plant.readings.gate, IO_GATE_BETWEEN);
    plant_run(&plant, 0.3, 50);
    assert_int_equal(plant.readings.gate, IO_GATE_OPEN);
    plant.requests.gate = IO_MOTION_CLOSE;
    plant_run(&plant, 6.1, 50);
    assert_int_equal(plant.readings.gate, IO_GATE_CLOSED);
    plant_close(&plant);
}

/* Calls V1, lets it in and opens the empty bay; returns when its pack is in. */
static void bring_pack(struct plant *plant)
{
    (void)snprintf(plant->requests.announce, sizeof plant->requests.announce, "V1");
    plant->requests.gate = IO_MOTION_OPEN;
    plant_until(plant, plant->readings.lane_occupied, 6 + 41);
    plant_until(plant, plant->readings.guard_clear, 5);
    plant->requests.announce[0] = '\0';
    assert_string_equal(plant->readings.lane_vehicle, "V1");
    move_door(plant, 3, IO_MOTION_OPEN, 3.6);
    plant_until(plant, plant->readings.bays[3].present, 41);
    move_door(plant, 3, IO_MOTION_CLOSE, 3.6);
    plant_run(plant, 2, 50);
}

/* A whole swap: about two minutes, packs change places and nothing else does. */
static void test_visit(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    struct driver_record record;
    assert_false(world_take_record(&plant.world, &record));
    bring_pack(&plant);

    const struct io_pack *in = &plant.readings.bays[3].pack;
    assert_true(world_take_record(&plant.world, &record));
    assert_false(world_take_record(&plant.world, &record));
    assert_string_equal(record.vehicle, "V1");
    assert_string_equal(record.bid, in->bid);
    assert_string_equal(record.version, in->version);
    assert_true(record.at_us < PLANT_START_US - INT64_C(3) * 3600 * CLOCK_US_PER_SECOND);
    assert_true(record.capacity_kwh > 40 && record.soc_percent > 89);
    assert_near(in->soc_percent, 35, 0.2); /* every quantile of this board is 35 */
    assert_near(in->energy_added_kwh, 0, 0);
    assert_string_equal(in->vin, "V1");

    char offered[IO_ID_SIZE];
    (void)snprintf(offered, sizeof offered, "%s", plant.readings.bays[0].pack.bid);
    assert_string_equal(offered, "SIM-0001");
    move_door(&plant, 0, IO_MOTION_OPEN, 3.6);
    plant_until(&plant, !plant.readings.bays[0].present, 41);
    assert_int_equal(plant.readings.bays[0].pack.at_us, 0);
    move_door(&plant, 0, IO_MOTION_CLOSE, 3.6);
    plant_until(&plant, !plant.readings.lane_occupied, 20);
    plant.requests.gate = IO_MOTION_CLOSE;
    plant_run(&plant, 6.1, 50);
    assert_int_equal(plant.readings.gate, IO_GATE_CLOSED);
    double minutes = (double)(plant.world.now_us - PLANT_START_US) / 60e6;
    assert_near(minutes, 2.2, 0.8);

    const struct sim_vehicle *vehicle = world_vehicle(&plant.world, "V1");
    assert_string_equal(vehicle->packs[0].bid, offered);
    assert_string_equal(vehicle->packs[0].vin, "V1");
    plant_close(&plant);
}

/* It comes again with what it took, drained by no more than it can have driven. */
static void test_second_visit_brings_the_same_pack(void **state)
{
    (void)state;
    static const double pauses_h[] = {0.1, 5};
    for (size_t i = 0; i < 2; i++) {
        struct plant plant;
        plant_open(&plant, PACKS, NULL);
        bring_pack(&plant);
        move_door(&plant, 0, IO_MOTION_OPEN, 3.6);
        plant_until(&plant, !plant.readings.bays[0].present, 41);
        move_door(&plant, 0, IO_MOTION_CLOSE, 3.6);
        plant_until(&plant, !plant.readings.lane_occupied, 20);
        move_door(&plant, 0, IO_MOTION_HOLD, 0.2);
        plant_run(&plant, pauses_h[i] * 3600, 1000);

        struct driver_record record;
        assert_true(world_take_record(&plant.world, &record)); /* of the first pack */
        (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V1");
        plant_until(&plant, plant.readings.lane_occupied && plant.readings.guard_clear, 50);
        plant.requests.announce[0] = '\0';
        move_door(&plant, 0, IO_MOTION_OPEN, 3.6);
        plant_until(&plant, plant.readings.bays[0].present, 41);
        move_door(&plant, 0, IO_MOTION_CLOSE, 5);
        const struct io_pack *pack = &plant.readings.bays[0].pack;
        assert_string_equal(pack->bid, "SIM-0001");
        assert_near(pack->soc_percent, i == 0 ? 97 - 80 * 0.11 : 35, 1.5);
        assert_false(world_take_record(&plant.world, &record)); /* loaded here: no record */
        plant_close(&plant);
    }
}

/* Nobody serves the driver: leaves with the pack. A gate that is shut keeps it in. */
static void test_patience(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V2");
    plant.requests.gate = IO_MOTION_OPEN;
    plant_until(&plant, plant.readings.lane_occupied && plant.readings.guard_clear, 60);
    plant.requests.announce[0] = '\0';
    plant.requests.gate = IO_MOTION_CLOSE;
    plant_run(&plant, 300, 200);
    assert_true(plant.readings.lane_occupied);
    plant.requests.gate = IO_MOTION_OPEN;
    plant_until(&plant, !plant.readings.lane_occupied, 12);
    assert_int_equal(world_vehicle(&plant.world, "V2")->pack_count, 1);
    plant_close(&plant);
}

/* A driver who gave a pack and gets none cannot leave; is towed in the end, and next time brings a
 * pack from a workshop, with its record. */
static void test_stranded_vehicle(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    struct driver_record first, second;
    bring_pack(&plant);
    assert_true(world_take_record(&plant.world, &first));
    plant_run(&plant, 1500, 500);
    assert_true(plant.readings.lane_occupied);
    plant_until(&plant, !plant.readings.lane_occupied, 400);
    assert_int_equal(world_vehicle(&plant.world, "V1")->pack_count, 0);
    plant_run(&plant, 3600, 1000);
    (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V1");
    plant_until(&plant, plant.readings.lane_occupied, 60);
    assert_int_equal(world_vehicle(&plant.world, "V1")->pack_count, 1);
    assert_true(world_take_record(&plant.world, &second));
    assert_string_not_equal(first.bid, second.bid);
    assert_string_equal(second.bid, world_vehicle(&plant.world, "V1")->packs[0].bid);
    assert_true(second.at_us > PLANT_START_US && second.at_us < plant.world.now_us);
    plant_close(&plant);
}

static void test_call_off_and_no_vehicle(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, "when gate_open vehicle=V4: no_vehicle for=400\n");
    (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V3");
    plant_run(&plant, 120, 200); /* gate shut: it does not come */
    assert_false(plant.readings.lane_occupied);
    plant.requests.announce[0] = '\0';
    plant.requests.gate = IO_MOTION_OPEN;
    plant_run(&plant, 120, 200); /* called off */
    assert_false(plant.readings.lane_occupied);
    assert_int_equal(world_vehicle(&plant.world, "V3")->visits, 0);
    (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V4");
    plant_run(&plant, 399, 200);
    assert_false(plant.readings.lane_occupied);
    plant_until(&plant, plant.readings.lane_occupied, 60); /* the fault is over */
    plant_close(&plant);
}

/* Each fault shows where it should, and only as long as it lasts. */
static void test_faults(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS,
               "at 10: smoke for=5\n"
               "at 10: smoke bay=2 for=5\n"
               "at 20: emergency_stop for=5\n"
               "at 30: water for=5 # comment\n"
               "at 40: guard_blocked for=5\n"
               "at 50: ambient value=-12 for=5\n"
               "at 60: wrong_serial bay=1 for=5\n"
               "at 70: pack_silent bay=1 for=5\n"
               "at 70: charger_silent bay=1 for=5\n"
               "at 70: sensors_frozen bay=1 for=5\n"
               "at 70: station_silent for=5\n"
               "at 80: charger_fault bay=3\n"
               "at 80: charger_offline bay=2\n"
               "at 90: gate_stuck for=20\n"
               "at 120: door_stuck bay=1 for=20\n"
               "when charging bay=1 after=10: hot_cell value=2 for=5\n");
    const struct io_readings *in = &plant.readings;
    plant_run(&plant, 12, 100);
    assert_true(in->smoke && in->bays[1].smoke && !in->bays[0].smoke);
    plant_run(&plant, 10, 100);
    assert_true(in->emergency_stop && !in->smoke && !in->bays[1].smoke);
    plant_run(&plant, 10, 100);
    assert_true(in->water && !in->emergency_stop);
    plant_run(&plant, 10, 100);
    assert_true(!in->guard_clear && !in->water);
    plant_run(&plant, 10, 100);
    assert_near(in->ambient_c, -12, 0);
    plant_run(&plant, 10, 100);
    assert_string_equal(in->bays[0].pack.bid, "SIM-0001-X");
    assert_true(in->ambient_c > 10);
    plant_run(&plant, 12, 100);
    assert_string_equal(in->bays[0].pack.bid, "SIM-0001");
    int64_t lost_us = in->now_us - 4 * CLOCK_US_PER_SECOND;
    assert_near((double)in->bays[0].pack.at_us, (double)lost_us, 2e5);
    assert_near((double)in->bays[0].charger.at_us, (double)lost_us, 2e5);
    assert_near((double)in->bays[0].at_us, (double)lost_us, 2e5);
    assert_near((double)in->at_us, (double)lost_us, 2e5);
    assert_int_equal(in->bays[1].pack.at_us, in->now_us);
    plant_run(&plant, 8, 100);
    assert_int_equal(in->bays[0].pack.at_us, in->now_us);
    assert_true(in->bays[2].charger.fault && in->bays[2].charger.online);
    assert_false(in->bays[1].charger.online);
    plant_charge(&plant, 2, 403, 50);
    plant_run(&plant, 5, 100);
    assert_near(in->bays[2].charger.dc_a, 0, 0);
    plant.requests.gate = IO_MOTION_OPEN;
    plant_run(&plant, 10, 100);
    assert_int_equal(in->gate, IO_GATE_BETWEEN); /* it had begun before 90 s */
    plant_run(&plant, 30, 100);
    assert_int_equal(in->gate, IO_GATE_OPEN);
    plant.requests.bays[0].unlock = true;
    plant.requests.bays[0].door = IO_MOTION_OPEN;
    plant_run(&plant, 10, 100);
    assert_int_equal(in->bays[0].door, IO_DOOR_CLOSED);
    plant.requests.bays[0] = (struct io_bay_request){0};
    plant_charge(&plant, 0, 403, 50);
    plant_run(&plant, 9, 100);
    double before_c = in->bays[0].pack.temp_max_c;
    plant_run(&plant, 7, 100);
    assert_near(in->bays[0].pack.temp_max_c - before_c, 10, 1);
    plant_close(&plant);
}

/* A pack that is not taken stays; the offer is refused for good. */
static void test_not_taken(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, "when offered bay=1: not_taken\n");
    bring_pack(&plant);
    move_door(&plant, 0, IO_MOTION_OPEN, 3.6);
    plant_run(&plant, 130, 200);
    assert_true(plant.readings.bays[0].present);
    assert_false(plant.readings.bays[0].door_obstructed);
    assert_true(plant.readings.lane_occupied);
    plant_close(&plant);
}

/* A door that closes on a driver's arms stops. */
static void test_person_in_door(void **state)
{
    (void)state;
    struct plant plant;
    plant_open(&plant, PACKS, NULL);
    (void)snprintf(plant.requests.announce, sizeof plant.requests.announce, "V1");
    plant.requests.gate = IO_MOTION_OPEN;
    plant_until(&plant, plant.readings.lane_occupied && plant.readings.guard_clear, 60);
    move_door(&plant, 3, IO_MOTION_OPEN, 6);
    assert_true(plant.readings.bays[3].door_obstructed);
    move_door(&plant, 3, IO_MOTION_CLOSE, 5);
    assert_int_equal(plant.readings.bays[3].door, IO_DOOR_OPEN);
    plant_close(&plant);
}

static void test_script_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"at 5 smoke", "a rule is CONDITION: FAULT"},
        {"at x: smoke", "seconds are a number"},
        {"at 5 6: smoke", "after the seconds comes a colon"},
        {"soon: smoke", "a line begins with"},
        {"when gate_opn: smoke", "did you mean gate_open"},
        {"when gate_open door=1: smoke", "a condition takes"},
        {"at 5: smok", "did you mean smoke"},
        {"at 5:", "there is no fault"},
        {"at 5: hot_cell", "hot_cell needs bay=N"},
        {"when gate_open: door_stuck", "door_stuck needs bay=N"},
        {"at 5: hot_cell bay=9", "from 1 to 4"},
        {"at 5: hot_cell bay=1.5", "from 1 to 4"},
        {"at 5: water bay=1", "a fault takes"},
        {"at 5: water for=-1", "seconds are a number"},
    };
    static struct script script;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, "# first\n\nat 1: water\n%s\nat 2: water\n",
                       cases[i].line);
        script_parse(text, strlen(text), 4, &script);
        assert_int_equal(script.mistake_count, 1);
        assert_int_equal(script.mistakes[0].line, 4);
        if (strstr(script.mistakes[0].text, cases[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", script.mistakes[0].text, cases[i].words);
        assert_int_equal(script.count, 2); /* the good ones are there */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_door_and_lock),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_visit),
        cmocka_unit_test(test_second_visit_brings_the_same_pack),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_stranded_vehicle),
        cmocka_unit_test(test_call_off_and_no_vehicle),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_not_taken),
        cmocka_unit_test(test_person_in_door),
        cmocka_unit_test(test_script_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
