/* SPDX-License-Identifier: Apache-2.0 */
#include "plant.h"

#include "base/clock.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEP_S 0.5 /* finest step of people and travel */

static const struct io_pack PACK = {
    .chemistry = IO_CHEMISTRY_NMC,
    .rated_v = 350,
    .rated_ah = 160,
    .rated_kwh = 56,
    .pack_v = 360,
    .soh_percent = 95.5,
    .cell_max_v = 3.8,
    .cell_min_v = 3.79,
    .temp_max_c = 25,
    .temp_min_c = 24,
    .request_v = 400,
    .request_a = 100,
    .capacity_kwh = 53,
    .permit = true,
    .cycles = 100,
    .version = "2.4",
};

static struct io_pack make_pack(const char *prefix, const char *name, double soc_percent)
{
    struct io_pack pack = PACK;
    (void)snprintf(pack.bid, sizeof pack.bid, "%s-%s", prefix, name);
    pack.soc_percent = soc_percent;
    return pack;
}

static struct io_pack vehicle_pack(struct random *random, const char *prefix, const char *letter,
                                   int number)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%s%d", letter, number);
    return make_pack(prefix, name, (double)random_between(random, 94, 98));
}

static void add_vehicle(struct plant *plant, const char *prefix, int i, struct random *own)
{
    struct plant_vehicle *vehicle = &plant->vehicles[i];
    (void)snprintf(vehicle->id, sizeof vehicle->id, "%s-V%d", prefix, i + 1);
    vehicle->set = plant->various && random_chance(own, 60) ? PLANT_SET_MAX : 1;
    vehicle->held = vehicle->set;
    vehicle->holds[0].pack = vehicle_pack(plant->random, prefix, "U", i + 1);
    if (vehicle->set == PLANT_SET_MAX)
        vehicle->holds[1].pack = vehicle_pack(own, prefix, "W", i + 1);
}

/* What there is beside the plain station comes from chance of its own, so that a seed of a plain
 * one runs as it did before there was anything else. */
void plant_init(struct plant *plant, struct random *random, const char *prefix, uint64_t seed,
                int64_t now_us)
{
    struct random own;
    random_seed(&own, seed ^ UINT64_C(0x7365742d6f726465));
    *plant = (struct plant){.random = random,
                            .now_us = now_us,
                            .in_lane = -1,
                            .came_last = -1,
                            .gave_bay = -1,
                            .took_bay = -1,
                            .waiting = -1,
                            .requests = {0}};
    plant->various = random_chance(&own, 50);
    plant->out_in = plant->various && random_chance(&own, 50);
    plant->bay_count = plant->various ? PLANT_BAYS : 3;
    int stock = plant->various ? (int)random_between(&own, 2, PLANT_BAYS) : 2;
    for (int i = 0; i < plant->bay_count; i++)
        plant->bays[i].locked = true;
    for (int i = 0; i < stock; i++) {
        char name[16];
        bool ready = i == 0 || (plant->various && i < 3);
        (void)snprintf(name, sizeof name, "P%d", i + 1);
        plant->bays[i].present = true;
        plant->bays[i].pack =
            make_pack(prefix, name, (double)random_between(random, ready ? 96 : 60, 99));
    }
    for (int i = 0; i < PLANT_VEHICLES; i++)
        add_vehicle(plant, prefix, i, &own);
}

void plant_violate(struct plant *plant, const char *what, int bay)
{
    if (!plant->violation[0])
        (void)snprintf(plant->violation, sizeof plant->violation, "plant: %s (bay %d)", what,
                       bay + 1);
}

/* --- steel --- */

static double travel(double at, enum io_motion motion, double part)
{
    if (motion == IO_MOTION_OPEN)
        at += part;
    else if (motion == IO_MOTION_CLOSE)
        at -= part;
    return at < 1e-9 ? 0 : at > 1 - 1e-9 ? 1 : at;
}

static void charge(struct plant_bay *bay, const struct io_bay_request *asked, bool enabled,
                   double dt_s)
{
    struct io_pack *pack = &bay->pack;
    bool flows = bay->contactor && asked->charger_on && enabled && bay->present;
    pack->pack_a = flows ? asked->charge_a : 0;
    double kwh = pack->pack_a * pack->pack_v / 1000 * dt_s / 3600;
    pack->energy_added_kwh += kwh;
    pack->soc_percent = fmin(pack->soc_percent + kwh / pack->capacity_kwh * 100, 100);
}

static void move_bay(struct plant *plant, int i, double dt_s)
{
    struct plant_bay *bay = &plant->bays[i];
    const struct io_bay_request *asked = &plant->requests.bays[i];
    if (asked->unlock || bay->door <= 0)
        bay->locked = !asked->unlock;
    bool was_shut = bay->door <= 0;
    if (!bay->locked)
        bay->door = travel(bay->door, asked->door, dt_s / 1.0);
    if (was_shut && bay->door > 0)
        bay->opened_for = plant->came_last;
    bay->contactor = asked->contactor && plant->requests.charge_enable;
    if (bay->contactor && (bay->door > 0 || !bay->locked))
        plant_violate(plant, "the contactor is closed and the door is not", i);
    charge(bay, asked, plant->requests.charge_enable, dt_s);
    if (bay->door <= 0 && plant->gave_bay == i)
        plant->gave_bay = -1;
    if (bay->door <= 0 && plant->took_bay == i)
        plant->took_bay = -1;
}

static void check_doors(struct plant *plant)
{
    int open = 0;
    for (int i = 0; i < plant->bay_count; i++)
        open += plant->bays[i].door > 0;
    if (open > 1)
        plant_violate(plant, "two doors are open", -1);
}

static void step(struct plant *plant, double dt_s)
{
    bool was_shut = plant->gate <= 0;
    plant->gate = travel(plant->gate, plant->requests.gate, dt_s / 2);
    if (was_shut && plant->gate > 0)
        plant->gate_openings++;
    for (int i = 0; i < plant->bay_count; i++)
        move_bay(plant, i, dt_s);
    check_doors(plant);
    plant_move_people(plant, dt_s);
}

void plant_advance(struct plant *plant, int64_t now_us)
{
    double left_s = (double)(now_us - plant->now_us) / 1e6;
    bool people = plant->in_lane >= 0 || plant->requests.announce[0] || plant_is_let_in(plant);
    plant->now_us = now_us;
    while (left_s > 0) {
        double part_s = people && left_s > STEP_S ? STEP_S : left_s;
        step(plant, part_s);
        left_s -= part_s;
    }
}

void plant_release(struct plant *plant)
{
    plant->requests = (struct io_requests){0};
    for (int i = 0; i < plant->bay_count; i++) {
        plant->bays[i].contactor = false;
        plant->bays[i].pack.pack_a = 0;
    }
}

bool plant_is_quiet(const struct plant *plant)
{
    bool quiet = plant->in_lane < 0 && plant->gate <= 0;
    for (int i = 0; i < plant->bay_count; i++)
        quiet = quiet && plant->bays[i].door <= 0;
    return quiet;
}

/* --- driver --- */

static void read_bay(const struct plant *plant, int i, struct io_bay *to)
{
    const struct plant_bay *bay = &plant->bays[i];
    to->at_us = plant->now_us;
    to->door = bay->door <= 0 ? IO_DOOR_CLOSED : bay->door >= 1 ? IO_DOOR_OPEN : IO_DOOR_BETWEEN;
    to->locked = bay->locked;
    to->contactor_closed = bay->contactor;
    to->present = bay->present;
    to->temp_c = 22;
    to->pack = bay->pack;
    to->pack.at_us = bay->present ? plant->now_us : 0;
    double kw = bay->pack.pack_a * bay->pack.pack_v / 1000;
    to->charger = (struct io_charger){.at_us = plant->now_us,
                                      .online = true,
                                      .dc_a = bay->pack.pack_a,
                                      .dc_v = bay->contactor ? bay->pack.pack_v : 0,
                                      .ac_kw = kw / 0.95,
                                      .ac_v = 230,
                                      .ac_a = kw / 0.95 * 1000 / 3 / 230,
                                      .ac_phases = 3,
                                      .meter_wh = bay->pack.energy_added_kwh / 0.95 * 1000};
}

static int plant_read(void *self, int64_t now_us, struct io_readings *to, struct err *err)
{
    struct plant *plant = self;
    (void)err;
    plant_advance(plant, now_us);
    to->at_us = now_us;
    to->gate = plant->gate <= 0   ? IO_GATE_CLOSED
               : plant->gate >= 1 ? IO_GATE_OPEN
                                  : IO_GATE_BETWEEN;
    to->lane_occupied = plant->in_lane >= 0;
    (void)snprintf(to->token, sizeof to->token, "%s", plant->token);
    to->token_number = plant->token_number;
    (void)snprintf(to->lane_vehicle, sizeof to->lane_vehicle, "%s",
                   plant->in_lane >= 0 ? plant->vehicles[plant->in_lane].id : "");
    to->guard_clear = true;
    to->ambient_c = 20;
    to->bay_count = plant->bay_count;
    for (int i = 0; i < plant->bay_count; i++)
        read_bay(plant, i, &to->bays[i]);
    return 0;
}

static int plant_write(void *self, int64_t now_us, const struct io_requests *asked,
                       const struct io_readings *readings, struct err *err)
{
    struct plant *plant = self;
    (void)now_us;
    (void)readings;
    (void)err;
    for (int i = 0; i < plant->bay_count; i++) {
        if (asked->bays[i].charger_on && (plant->bays[i].door > 0 || !plant->bays[i].locked))
            plant_violate(plant, "charging is asked for while the door is not shut", i);
        if (asked->bays[i].unlock && plant->bays[i].pack.pack_a > 1)
            plant_violate(plant, "a door is unlocked while current flows", i);
    }
    plant->requests = *asked;
    plant_watch_reader(plant);
    /* A contactor follows within a fraction of a step. */
    for (int i = 0; i < plant->bay_count; i++)
        move_bay(plant, i, 0);
    return 0;
}

const struct driver_ops PLANT_OPS = {.name = "plant", .read = plant_read, .write = plant_write};
