/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers: they come when they are called, give, take and leave, mostly. */
#include "plant.h"

#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define WAITS_S 60 /* at the reader */

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

/* How many packs a driver handles who may have no mind to go on: of a set also after the first. */
static int most(struct plant *plant, const struct plant_vehicle *vehicle)
{
    if (random_chance(plant->random, 4))
        return 0;
    if (!plant->various)
        return PLANT_HOLDS;
    return vehicle->set > 1 && random_chance(plant->random, 8) ? 1 : PLANT_HOLDS;
}

/* Whoever is refused goes away, and so does who is not let in for long. */
void plant_watch_reader(struct plant *plant)
{
    const char *notice = plant->requests.notice;
    if (strcmp(notice, "accepted") == 0)
        plant->let_in = true;
    else if (notice[0] || plant->now_us > plant->waits_until_us)
        plant->waiting = -1;
}

bool plant_is_let_in(const struct plant *plant)
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
    int number = plant->requests.announce[0] ? find_vehicle(plant, plant->requests.announce)
                                             : plant->waiting;
    if (number < 0 || plant->gate < 1 || busy(plant, 2, dt_s))
        return;
    struct plant_vehicle *vehicle = &plant->vehicles[number];
    plant->in_lane = plant->came_last = number;
    plant->waiting = -1;
    plant->gave = plant->took = 0;
    plant->patience_s = 0;
    plant->gives_most = most(plant, vehicle);
    plant->takes_most = most(plant, vehicle);
    plant->hurried = plant->various && random_chance(plant->random, 25);
    for (int i = 0; i < vehicle->held; i++)
        vehicle->holds[i].used = true;
}

/* The place of a pack that it came with; -1 none. */
static int find_used(const struct plant_vehicle *vehicle)
{
    for (int i = 0; i < vehicle->held; i++)
        if (vehicle->holds[i].used)
            return i;
    return -1;
}

/* The station books what happens at a door on the vehicle for which it was opened. */
static void use_door(struct plant *plant, int i)
{
    int opened_for = plant->bays[i].opened_for;
    if (opened_for == plant->in_lane)
        return;
    plant->vehicles[plant->in_lane].muddled = true;
    if (opened_for >= 0)
        plant->vehicles[opened_for].muddled = true;
}

static void give(struct plant *plant, struct plant_vehicle *vehicle, int place, int i)
{
    use_door(plant, i);
    struct plant_bay *bay = &plant->bays[i];
    bay->present = true;
    bay->pack = vehicle->holds[place].pack;
    bay->pack.energy_added_kwh = 0;
    vehicle->held--;
    memmove(&vehicle->holds[place], &vehicle->holds[place + 1],
            (size_t)(vehicle->held - place) * sizeof vehicle->holds[0]);
    plant->gave++;
    plant->gave_bay = i;
}

static void take(struct plant *plant, struct plant_vehicle *vehicle, int i)
{
    use_door(plant, i);
    struct plant_bay *bay = &plant->bays[i];
    struct plant_held *held = &vehicle->holds[vehicle->held++];
    *held = (struct plant_held){.pack = bay->pack};
    held->pack.soc_percent = (double)random_between(plant->random, 93, 98);
    bay->present = false;
    bay->pack = (struct io_pack){0};
    plant->took++;
    plant->took_bay = i;
    if (vehicle->held > 2 * vehicle->set)
        plant_violate(plant, "a vehicle got batteries on credit twice", i);
}

/* True when the driver has something to do at this open door. Where Out-In may be the order, what
 * is offered is taken; else a driver with a pack has nothing to take. */
static bool handle(struct plant *plant, int i, double dt_s)
{
    const struct plant_bay *bay = &plant->bays[i];
    struct plant_vehicle *vehicle = &plant->vehicles[plant->in_lane];
    int used = find_used(vehicle), room = plant->various ? 2 * vehicle->set + 1 : 1;
    if (bay->door < 1)
        return false;
    if (plant->gave < plant->gives_most && used >= 0 && !bay->present &&
        (plant->various || plant->gave == 0) && (plant->hurried || plant->took_bay != i)) {
        if (!busy(plant, 2, dt_s))
            give(plant, vehicle, used, i);
        return true;
    }
    if (plant->took < plant->takes_most && vehicle->held < room && bay->present &&
        plant->gave_bay != i) {
        if (!busy(plant, 2, dt_s))
            take(plant, vehicle, i);
        return true;
    }
    return false;
}

void plant_move_people(struct plant *plant, double dt_s)
{
    if (plant->in_lane < 0) {
        if (plant->requests.announce[0] || plant_is_let_in(plant))
            arrive(plant, dt_s);
        return;
    }
    for (int i = 0; i < plant->bay_count; i++)
        if (handle(plant, i, dt_s))
            return;
    const struct plant_vehicle *vehicle = &plant->vehicles[plant->in_lane];
    bool more = find_used(vehicle) >= 0 && plant->gave < plant->gives_most &&
                plant->took < plant->takes_most; /* of its set: it waits for a while */
    bool served = plant->took + plant->gave > 0 && vehicle->held == vehicle->set && !more;
    plant->patience_s += dt_s;
    if (plant->gate >= 1 && (served || plant->patience_s > 45) && !busy(plant, 2, dt_s))
        plant->in_lane = -1;
}
