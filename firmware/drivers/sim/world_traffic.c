/* SPDX-License-Identifier: Apache-2.0 */
/* The vehicle at the station and its driver. Each state counts down what it waits for; the table of
 * states is in world.h. */
#include "drivers/sim/world.h"

#include "core/machine.h"
#include "drivers/sim/draw.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const double crossing_s = 4; /* a vehicle between the gate posts */
static const double mounting_s = 12;

#define TO(state) MACHINE_BIT(VISIT_##state)
static const uint32_t moves[VISIT_STATE_COUNT] = {
    [VISIT_NONE] = TO(CALLED),
    [VISIT_CALLED] = TO(NONE) | TO(ENTERING),
    [VISIT_ENTERING] = TO(WAITING),
    [VISIT_WAITING] = TO(PUTTING) | TO(TAKING) | TO(LEAVING) | TO(NONE),
    [VISIT_PUTTING] = TO(WAITING),
    [VISIT_TAKING] = TO(MOUNTING) | TO(WAITING),
    [VISIT_MOUNTING] = TO(LEAVING) | TO(WAITING),
    [VISIT_LEAVING] = TO(NONE),
};
#undef TO
static const char *const names[VISIT_STATE_COUNT] = {"none",    "called", "entering", "waiting",
                                                     "putting", "taking", "mounting", "leaving"};
static const struct machine machine = {
    .name = "visit", .count = VISIT_STATE_COUNT, .names = names, .moves = moves};

static struct sim_vehicle *visitor(struct sim_world *world)
{
    struct sim_vehicle *vehicle = world_vehicle(world, world->visit.vehicle);
    assert(vehicle != NULL);
    return vehicle;
}

bool world_may_put(const struct sim_world *world, const struct sim_vehicle *vehicle)
{
    const struct sim_visit *visit = &world->visit;
    return visit->used > 0 && visit->used <= vehicle->pack_count &&
           !world->bays[visit->bay].has_pack;
}

bool world_may_take(const struct sim_world *world, const struct sim_vehicle *vehicle)
{
    return vehicle->pack_count < 2 * vehicle->set && world->bays[world->visit.bay].has_pack;
}

static void enter(struct sim_world *world, enum visit_state state, double wait_s)
{
    struct sim_visit *visit = &world->visit;
    MACHINE_INVARIANT(machine_allows(&machine, (int)visit->state, (int)state));
    visit->state = state;
    visit->wait_s = wait_s;
    if (state == VISIT_NONE)
        *visit = (struct sim_visit){0};
    /* Invariant: who takes a pack has room for it, who puts one came with it and has an empty bay.
     */
    MACHINE_INVARIANT(state != VISIT_PUTTING || world_may_put(world, visitor(world)));
    MACHINE_INVARIANT(state != VISIT_TAKING || world_may_take(world, visitor(world)));
}

static void restore_patience(struct sim_world *world)
{
    bool stranded = visitor(world)->pack_count == 0;
    world->visit.patience_s = stranded ? world->params.tow_after_s : world->params.patience_s;
}

/* Who is to come: the one that the display calls, or who waits before a gate that opens. */
static const char *called_vehicle(const struct sim_world *world)
{
    const char *announced = world->requests.announce;
    bool opens = world->requests.gate == IO_MOTION_OPEN || world->gate == 1;
    if (*announced != '\0' || world->waiting == NULL || !opens)
        return announced;
    return world->waiting;
}

static void step_called(struct sim_world *world, double dt_s)
{
    struct sim_visit *visit = &world->visit;
    if (strcmp(called_vehicle(world), visit->vehicle) != 0) {
        enter(world, VISIT_NONE, 0); /* called off */
        return;
    }
    if (world->gate < 1 || WORLD_FAULT(world, no_vehicle))
        return;
    visit->wait_s -= dt_s;
    if (visit->wait_s > 0)
        return;
    vehicle_arrive(visitor(world), &world->params, world_outside_c(world, world->now_us),
                   world->now_us);
    visit->came = visit->used = visitor(world)->pack_count;
    enter(world, VISIT_ENTERING, crossing_s);
}

/* Nobody is here: is one called? */
static void step_none(struct sim_world *world)
{
    const char *called = called_vehicle(world);
    struct sim_vehicle *vehicle = *called != '\0' ? world_vehicle(world, called) : NULL;
    if (vehicle == NULL)
        return;
    (void)snprintf(world->visit.vehicle, sizeof world->visit.vehicle, "%s", called);
    enter(world, VISIT_CALLED,
          draw_between(world->params.arrival_min_s, world->params.arrival_max_s, world->params.seed,
                       "drives in", called, vehicle->visits));
}

static double handling_s(const struct sim_world *world, const char *what, int64_t visits)
{
    return draw_between(world->params.handling_min_s, world->params.handling_max_s,
                        world->params.seed, what, world->visit.vehicle, visits);
}

/* A door is open that this driver has a use for: begins with it. */
static bool use_open_door(struct sim_world *world)
{
    const struct sim_vehicle *vehicle = visitor(world);
    bool put = !WORLD_FAULT(world, not_returned), take = !WORLD_FAULT(world, not_taken);
    for (int i = 0; i < world->bay_count; i++) {
        /* A door that is being closed again is no offer. */
        if (world->bays[i].door < 1 || world->requests.bays[i].door == IO_MOTION_CLOSE)
            continue;
        world->visit.bay = i;
        if (put && world_may_put(world, vehicle)) {
            enter(world, VISIT_PUTTING, handling_s(world, "puts", vehicle->visits));
            return true;
        }
        /* Nobody takes back at once what he has just put in: the door has to close over it. */
        bool own = world->visit.just_gave && world->visit.gave_bay == i;
        if (take && world_may_take(world, vehicle) && !own) {
            enter(world, VISIT_TAKING, handling_s(world, "takes", vehicle->visits));
            return true;
        }
    }
    return false;
}

/* A vehicle without a pack is towed away; a workshop will give it one. */
static void tow(struct sim_world *world)
{
    visitor(world)->left_at_us = world->now_us;
    enter(world, VISIT_NONE, 0);
}

/* It has what it came for, as many as it gave or nothing used any more, and what it gave is behind
 * a shut door. */
static bool is_served(struct sim_world *world)
{
    const struct sim_visit *visit = &world->visit;
    const struct sim_vehicle *vehicle = visitor(world);
    bool balanced = visit->gave && visit->took && vehicle->pack_count == visit->came;
    bool all_new = (visit->gave || visit->took) && visit->used == 0;
    return (balanced || all_new) && !visit->just_gave && vehicle->pack_count >= vehicle->set;
}

static void step_waiting(struct sim_world *world, double dt_s)
{
    if (world->visit.just_gave && world->bays[world->visit.gave_bay].door < 1)
        world->visit.just_gave = false;
    if (use_open_door(world))
        return;
    if (is_served(world)) {
        enter(world, VISIT_LEAVING, crossing_s);
        return;
    }
    world->visit.patience_s -= dt_s;
    if (world->visit.patience_s > 0)
        return;
    if (visitor(world)->pack_count > 0)
        enter(world, VISIT_LEAVING, crossing_s);
    else
        tow(world);
}

/* Putting and taking end when their time is over, or early when the door is shut all the same. */
static void step_handling(struct sim_world *world, double dt_s)
{
    struct sim_visit *visit = &world->visit;
    struct sim_vehicle *vehicle = visitor(world);
    struct sim_bay *bay = &world->bays[visit->bay];
    bool putting = visit->state == VISIT_PUTTING;
    visit->wait_s -= dt_s;
    if (bay->door < 1) {
        enter(world, VISIT_WAITING, 0);
        return;
    }
    if (visit->wait_s > 0)
        return;
    if (putting) {
        struct sim_pack pack = vehicle_give(vehicle);
        bay_put(bay, &pack);
        visit->used--;
        visit->gave = visit->just_gave = true;
        visit->gave_bay = visit->bay;
        enter(world, VISIT_WAITING, 0);
        restore_patience(world);
    } else {
        struct sim_pack pack;
        bay_take(bay, &pack);
        vehicle_take(vehicle, &pack);
        visit->took = true;
        enter(world, VISIT_MOUNTING, mounting_s);
    }
}

static void step_leaving(struct sim_world *world, double dt_s)
{
    struct sim_visit *visit = &world->visit;
    if (!visit->crossing && (world->gate < 1 || WORLD_FAULT(world, not_leaving)))
        return;
    visit->crossing = true;
    visit->wait_s -= dt_s;
    if (visit->wait_s > 0)
        return;
    visitor(world)->left_at_us = world->now_us;
    enter(world, VISIT_NONE, 0);
}

void world_step_traffic(struct sim_world *world, double dt_s)
{
    struct sim_visit *visit = &world->visit;
    switch (visit->state) {
    case VISIT_NONE:
        step_none(world);
        break;
    case VISIT_CALLED:
        step_called(world, dt_s);
        break;
    case VISIT_ENTERING:
        visit->wait_s -= dt_s;
        if (visit->wait_s <= 0) {
            enter(world, VISIT_WAITING, 0);
            restore_patience(world);
        }
        break;
    case VISIT_WAITING:
        step_waiting(world, dt_s);
        break;
    case VISIT_PUTTING:
    case VISIT_TAKING:
        step_handling(world, dt_s);
        break;
    case VISIT_MOUNTING:
        visit->wait_s -= dt_s;
        if (visit->wait_s > 0)
            break;
        if (is_served(world)) {
            enter(world, VISIT_LEAVING, crossing_s);
        } else {
            enter(world, VISIT_WAITING, 0);
            restore_patience(world);
        }
        break;
    case VISIT_LEAVING:
        step_leaving(world, dt_s);
        break;
    case VISIT_STATE_COUNT:
        break;
    }
}

void world_rest_traffic(struct sim_world *world, double dt_s)
{
    /* Each move costs at least the time left in its state, so few of them end any pause; what is
     * left of the pause after the last is waiting. */
    for (int i = 0; i < VISIT_STATE_COUNT && dt_s > 0; i++) {
        struct sim_visit *visit = &world->visit;
        double left_s = visit->state == VISIT_WAITING ? visit->patience_s : visit->wait_s;
        double part_s = fmin(dt_s, fmax(left_s, 0));
        world_step_traffic(world, part_s);
        dt_s -= part_s;
    }
}
