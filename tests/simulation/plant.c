/* SPDX-License-Identifier: Apache-2.0 */
#include "plant.h"

#include "base/clock.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEP_S  0.5 /* finest step of people and travel */
#define WAITS_S 60  /* at the reader */

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

void plant_init(struct plant *plant, struct random *random, const char *prefix, int64_t now_us)
{
    *plant = (struct plant){.random = random,
                            .now_us = now_us,
                            .in_lane = -1,
                            .gave_bay = -1,
                            .waiting = -1,
                            .requests = {0}};
    for (int i = 0; i < PLANT_BAYS; i++)
        plant->bays[i].locked = true;
    for (int i = 0; i < PLANT_BAYS - 1; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "P%d", i + 1);
        plant->bays[i].present = true;
        plant->bays[i].pack =
            make_pack(prefix, name, (double)random_between(random, i == 0 ? 96 : 60, 99));
    }
    for (int i = 0; i < PLANT_VEHICLES; i++) {
        char name[16];
        (void)snprintf(plant->vehicles[i].id, sizeof plant->vehicles[i].id, "%s-V%d", prefix,
                       i + 1);
        (void)snprintf(name, sizeof name, "U%d", i + 1);
        plant->vehicles[i].pack = make_pack(prefix, name, (double)random_between(random, 94, 98));
    }
}

static void violate(struct plant *plant, const char *what, int bay)
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
    if (!bay->locked)
        bay->door = travel(bay->door, asked->door, dt_s / 1.0);
    bay->contactor = asked->contactor && plant->requests.charge_enable;
    if (bay->contactor && (bay->door > 0 || !bay->locked))
        violate(plant, "the contactor is closed and the door is not", i);
    charge(bay, asked, plant->requests.charge_enable, dt_s);
    if (bay->door <= 0 && plant->gave_bay == i)
        plant->gave_bay = -1;
}

static void check_doors(struct plant *plant)
{
    int open = 0;
    for (int i = 0; i < PLANT_BAYS; i++)
        open += plant->bays[i].door > 0;
    if (open > 1)
        violate(plant, "two doors are open", -1);
}

/* --- people --- */

static bool busy(struct plant *plant, double seconds, double dt_s)
{
    if (plant->handling_s <= 0)
        plant->handling_s = seconds;
    plant->handling_s -= dt_s;
    return plant->handling_s > 0;
}

static int find_vehicle(const struct plant *plant, const char *id)
{
    for (int i = 0; i < PLANT_VEHICLES; i++)
        if (strcmp(plant->vehicles[i].id, id) == 0)
            return i;
    return -1;
}

/* Whoever is refused goes away, and so does who is not let in for long. */
static void watch_reader(struct plant *plant)
{
    const char *notice = plant->requests.notice;
    if (strcmp(notice, "accepted") == 0)
        plant->let_in = true;
    else if (notice[0] || plant->now_us > plant->waits_until_us)
        plant->waiting = -1;
}

static bool is_let_in(const struct plant *plant)
{
    return plant->waiting >= 0 && plant->let_in;
}

void plant_present(struct plant *plant, int vehicle, const char *token)
{
    (void)snprintf(plant->token, sizeof plant->token, "%s", token);
    plant->token_number++;
    plant->waiting = vehicle;
    plant->let_in = false;
    plant->waits_until_us = plant->now_us + WAITS_S * CLOCK_US_PER_SECOND;
}

static void arrive(struct plant *plant, double dt_s)
{
    int vehicle = plant->requests.announce[0] ? find_vehicle(plant, plant->requests.announce)
                                              : plant->waiting;
    if (vehicle < 0 || plant->gate < 1 || busy(plant, 2, dt_s))
        return;
    plant->in_lane = vehicle;
    plant->waiting = -1;
    plant->gave = plant->took = false;
    plant->patience_s = 0;
    plant->reluctant_to_give = random_chance(plant->random, 4);
    plant->reluctant_to_take = random_chance(plant->random, 4);
}

/* True when the driver has something to do at this open door. */
static bool handle(struct plant *plant, int i, double dt_s)
{
    struct plant_bay *bay = &plant->bays[i];
    struct plant_vehicle *vehicle = &plant->vehicles[plant->in_lane];
    if (bay->door < 1)
        return false;
    if (!plant->reluctant_to_give && !plant->gave && vehicle->pack.bid[0] && !bay->present) {
        if (!busy(plant, 2, dt_s)) {
            bay->present = true;
            bay->pack = vehicle->pack;
            bay->pack.energy_added_kwh = 0;
            vehicle->pack = (struct io_pack){0};
            plant->gave = true;
            plant->gave_bay = i;
        }
        return true;
    }
    if (!plant->reluctant_to_take && !vehicle->pack.bid[0] && bay->present &&
        plant->gave_bay != i) {
        if (!busy(plant, 2, dt_s)) {
            vehicle->pack = bay->pack;
            vehicle->pack.soc_percent = (double)random_between(plant->random, 93, 98);
            bay->present = false;
            bay->pack = (struct io_pack){0};
            plant->took = true;
        }
        return true;
    }
    return false;
}

static void move_people(struct plant *plant, double dt_s)
{
    if (plant->in_lane < 0) {
        if (plant->requests.announce[0] || is_let_in(plant))
            arrive(plant, dt_s);
        return;
    }
    for (int i = 0; i < PLANT_BAYS; i++)
        if (handle(plant, i, dt_s))
            return;
    plant->patience_s += dt_s;
    if (plant->gate >= 1 && (plant->took || plant->patience_s > 45) && !busy(plant, 2, dt_s))
        plant->in_lane = -1;
}

static void step(struct plant *plant, double dt_s)
{
    bool was_shut = plant->gate <= 0;
    plant->gate = travel(plant->gate, plant->requests.gate, dt_s / 2);
    if (was_shut && plant->gate > 0)
        plant->gate_openings++;
    for (int i = 0; i < PLANT_BAYS; i++)
        move_bay(plant, i, dt_s);
    check_doors(plant);
    move_people(plant, dt_s);
}

void plant_advance(struct plant *plant, int64_t now_us)
{
    double left_s = (double)(now_us - plant->now_us) / 1e6;
    bool people = plant->in_lane >= 0 || plant->requests.announce[0] || is_let_in(plant);
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
    for (int i = 0; i < PLANT_BAYS; i++) {
        plant->bays[i].contactor = false;
        plant->bays[i].pack.pack_a = 0;
    }
}

bool plant_is_quiet(const struct plant *plant)
{
    bool quiet = plant->in_lane < 0 && plant->gate <= 0;
    for (int i = 0; i < PLANT_BAYS; i++)
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
    (void)snprintf(to->lane_vehicle, sizeof to->lane_vehicle, "%s",
                   plant->in_lane >= 0 ? plant->vehicles[plant->in_lane].id : "");
    (void)snprintf(to->token, sizeof to->token, "%s", plant->token);
    to->token_number = plant->token_number;
    to->guard_clear = true;
    to->ambient_c = 20;
    to->bay_count = PLANT_BAYS;
    for (int i = 0; i < PLANT_BAYS; i++)
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
    for (int i = 0; i < PLANT_BAYS; i++) {
        if (asked->bays[i].charger_on && (plant->bays[i].door > 0 || !plant->bays[i].locked))
            violate(plant, "charging is asked for while the door is not shut", i);
        if (asked->bays[i].unlock && plant->bays[i].pack.pack_a > 1)
            violate(plant, "a door is unlocked while current flows", i);
    }
    plant->requests = *asked;
    watch_reader(plant);
    /* A contactor follows within a fraction of a step. */
    for (int i = 0; i < PLANT_BAYS; i++)
        move_bay(plant, i, 0);
    return 0;
}

const struct driver_ops PLANT_OPS = {.name = "plant", .read = plant_read, .write = plant_write};
