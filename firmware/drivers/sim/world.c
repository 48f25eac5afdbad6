/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/world.h"

#include "base/clock.h"
#include "drivers/sim/draw.h"
#include "drivers/sim/stock.h"
#include "drivers/sim/travel.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double station_w = 350; /* lights, controls, cooling */

double world_outside_c(const struct sim_world *world, int64_t at_us)
{
    if (WORLD_FAULT(world, ambient))
        return world->station_value[SCRIPT_FAULT_ambient];
    const int64_t day_us = 86400 * CLOCK_US_PER_SECOND;
    double hour = (double)(((at_us % day_us) + day_us) % day_us) / 3600e6;
    return world->params.ambient_mean_c +
           world->params.ambient_swing_c * cos((hour - 15) * 2 * 3.14159265358979323846 / 24);
}

int world_init(struct sim_world *world, const struct board *board, int64_t now_us, struct err *err)
{
    *world = (struct sim_world){.params = board->sim,
                                .bay_count = board->bay_count,
                                .now_us = now_us,
                                .station_at_us = now_us};
    world->params.faults = NULL;
    memcpy(world->limits, board->bays, sizeof world->limits);
    const char *faults = board->sim.faults != NULL ? board->sim.faults : "";
    script_parse(faults, strlen(faults), board->bay_count, &world->script);
    if (world->script.mistake_count > 0)
        return err_set(err, ERR_CONFIG, "%s:%d: %s", board->sim.faults_origin,
                       world->script.mistakes[0].line, world->script.mistakes[0].text);
    world->script_mark = draw_bits(0, "script", faults, 0);
    for (size_t i = 0; i < world->script.count; i++)
        world->faults[i].condition_s = -1;

    struct stock stock;
    int result = stock_parse(board->sim.packs, board->bay_count, &stock, err);
    if (result != 0)
        return result;
    double outside_c = world_outside_c(world, now_us);
    int number = 0;
    for (int i = 0; i < world->bay_count; i++) {
        bay_init(&world->bays[i], outside_c);
        const struct stock_item *item = &stock.items[i];
        if (item->empty)
            continue;
        struct sim_pack pack;
        vehicle_stock_pack(&pack, &world->params, ++number, item->chemistry,
                           item->soc_percent / 100, outside_c);
        bay_put(&world->bays[i], &pack);
        world->bays[i].returned = false;
    }
    return 0;
}

void world_free(struct sim_world *world)
{
    free(world->vehicles);
    world->vehicles = NULL;
    world->vehicle_count = world->vehicle_capacity = 0;
}

void world_free_scope(struct sim_world **world)
{
    if (*world != NULL)
        world_free(*world);
    free(*world);
}

struct sim_vehicle *world_vehicle(struct sim_world *world, const char *id)
{
    for (size_t i = 0; i < world->vehicle_count; i++) {
        if (strcmp(world->vehicles[i].id, id) == 0)
            return &world->vehicles[i];
    }
    return NULL;
}

/* A vehicle is called: the first time, it comes into being. */
static int meet(struct sim_world *world, const char *id, struct err *err)
{
    struct sim_vehicle *known = *id != '\0' ? world_vehicle(world, id) : NULL;
    if (known != NULL && strcmp(world->visit.vehicle, id) != 0)
        vehicle_reequip(known, &world->params, world_outside_c(world, world->now_us),
                        world->now_us);
    if (known != NULL || *id == '\0')
        return 0;
    if (world->vehicle_count == world->vehicle_capacity) {
        size_t capacity = world->vehicle_capacity * 2 + 8;
        struct sim_vehicle *grown = realloc(world->vehicles, capacity * sizeof *grown);
        if (grown == NULL)
            return err_set(err, ERR_NOMEM, "no memory for simulated vehicle %s", id);
        world->vehicles = grown;
        world->vehicle_capacity = capacity;
    }
    vehicle_init(&world->vehicles[world->vehicle_count++], &world->params, id,
                 world_outside_c(world, world->now_us), world->now_us);
    return 0;
}

int world_request(struct sim_world *world, const struct io_requests *requests, struct err *err)
{
    int result = meet(world, requests->announce, err);
    if (result == 0 && world->waiting != NULL)
        result = meet(world, world->waiting, err);
    if (result != 0)
        return result;
    world->requests = *requests;
    world->requested = true;
    if (requests->charge_enable)
        world->alive_at_us = world->now_us;
    return 0;
}

bool world_take_record(struct sim_world *world, struct driver_record *record)
{
    for (size_t i = 0; i < world->vehicle_count; i++)
        if (vehicle_record(&world->vehicles[i], record))
            return true;
    return false;
}

static struct bay_forces forces_on(const struct sim_world *world, int bay)
{
    bool handled = (world->visit.state == VISIT_PUTTING || world->visit.state == VISIT_TAKING) &&
                   world->visit.bay == bay;
    uint64_t faults = world->bay_faults[bay];
    if (WORLD_FAULT(world, bus_off))
        faults |= UINT64_C(1) << SCRIPT_FAULT_bus_off;
    /* These cut power in hardware, whatever is requested (rule 1). */
    bool cut = WORLD_FAULT(world, emergency_stop) || WORLD_FAULT(world, smoke) ||
               WORLD_FAULT(world, residual_current) || WORLD_FAULT(world, mains_lost) ||
               (faults >> SCRIPT_FAULT_smoke & 1u) != 0;
    bool alive =
        world->requests.charge_enable && world->now_us - world->alive_at_us <= WORLD_ALIVE_US;
    return (struct bay_forces){
        .request = &world->requests.bays[bay],
        .limits = &world->limits[bay],
        .power = alive && !cut,
        .hand_in_door = handled,
        .outside_c = world_outside_c(world, world->now_us),
        .door_travel_s = world->params.door_travel_s,
        .lock_travel_s = world->params.lock_travel_s,
        .faults = faults,
        .values = world->bay_value[bay],
    };
}

static void step_gate(struct sim_world *world, double dt_s)
{
    int direction = world->requests.gate == IO_MOTION_OPEN    ? 1
                    : world->requests.gate == IO_MOTION_CLOSE ? -1
                                                              : 0;
    bool in_gate = world->visit.state == VISIT_ENTERING || world->visit.crossing;
    bool blocked = WORLD_FAULT(world, gate_obstructed) || in_gate;
    if (WORLD_FAULT(world, gate_stuck) || (direction < 0 && blocked))
        return;
    world->gate = travel_step(world->gate, direction, world->params.gate_travel_s, dt_s);
}

/* One step of at most WORLD_STEP_US. */
static void step(struct sim_world *world, int64_t dt_us)
{
    double dt_s = (double)dt_us / 1e6;
    world->now_us += dt_us;
    world->age_us += dt_us;
    world_step_faults(world, dt_s);
    step_gate(world, dt_s);
    world_step_traffic(world, dt_s);
    for (int i = 0; i < world->bay_count; i++) {
        struct bay_forces forces = forces_on(world, i);
        bay_step(&world->bays[i], &forces, dt_s, world->now_us);
    }
    world->station_wh += station_w * dt_s / 3600;
    if (!WORLD_FAULT(world, station_silent))
        world->station_at_us = world->now_us;
}

/* A pause of any length in one step: nothing is driven, packs cool, people lose patience. */
static void rest(struct sim_world *world, int64_t dt_us)
{
    double dt_s = (double)dt_us / 1e6;
    world->requests = (struct io_requests){0};
    world->now_us += dt_us;
    world->age_us += dt_us;
    world_step_faults(world, dt_s);
    world_rest_traffic(world, dt_s);
    for (int i = 0; i < world->bay_count; i++) {
        struct bay_forces forces = forces_on(world, i);
        bay_rest(&world->bays[i], &forces, dt_s, world->now_us);
    }
    world->station_wh += station_w * dt_s / 3600;
    if (!WORLD_FAULT(world, station_silent))
        world->station_at_us = world->now_us;
}

/* Ages of values must not lie in the future when plant time went back. */
static void set_clock(struct sim_world *world, int64_t now_us)
{
    int64_t back_us = world->now_us - now_us;
    world->now_us = now_us;
    world->station_at_us -= back_us;
    world->alive_at_us -= back_us;
    for (int i = 0; i < world->bay_count; i++) {
        struct sim_bay *bay = &world->bays[i];
        int64_t *times[] = {&bay->sensors_at_us, &bay->charger_at_us, &bay->pack_at_us};
        for (size_t k = 0; k < sizeof times / sizeof times[0]; k++) {
            if (*times[k] != 0)
                *times[k] -= back_us;
        }
    }
    for (size_t i = 0; i < world->vehicle_count; i++)
        world->vehicles[i].left_at_us -= back_us;
}

void world_advance(struct sim_world *world, int64_t now_us)
{
    int64_t left_us = now_us - world->now_us;
    if (left_us < 0) {
        set_clock(world, now_us);
        return;
    }
    if (left_us > WORLD_PAUSE_US) {
        rest(world, left_us);
        return;
    }
    while (left_us > 0) {
        int64_t dt_us = left_us < WORLD_STEP_US ? left_us : WORLD_STEP_US;
        step(world, dt_us);
        left_us -= dt_us;
    }
}

void world_resume(struct sim_world *world, int64_t now_us)
{
    if (now_us < world->now_us)
        set_clock(world, now_us);
    rest(world, now_us - world->now_us);
}

void world_read(struct sim_world *world, struct io_readings *readings)
{
    bool at_gate = world->visit.state == VISIT_ENTERING || world->visit.crossing;
    bool in_lane = world->visit.state >= VISIT_ENTERING;
    readings->now_us = world->now_us;
    readings->at_us = world->station_at_us;
    readings->gate = world->gate == 0   ? IO_GATE_CLOSED
                     : world->gate == 1 ? IO_GATE_OPEN
                                        : IO_GATE_BETWEEN;
    readings->gate_obstructed = WORLD_FAULT(world, gate_obstructed) || at_gate;
    readings->lane_occupied = in_lane;
    (void)snprintf(readings->lane_vehicle, sizeof readings->lane_vehicle, "%s",
                   in_lane && !at_gate ? world->visit.vehicle : "");
    readings->guard_clear = !WORLD_FAULT(world, guard_blocked) && !at_gate;
    readings->emergency_stop = WORLD_FAULT(world, emergency_stop);
    readings->smoke = WORLD_FAULT(world, smoke);
    readings->residual_current = WORLD_FAULT(world, residual_current);
    readings->mains_lost = WORLD_FAULT(world, mains_lost);
    readings->water = WORLD_FAULT(world, water);
    (void)snprintf(readings->token, sizeof readings->token, "%s",
                   world->token != NULL ? world->token : "");
    readings->token_number = world->token_number;
    readings->ambient_c = world_outside_c(world, world->now_us);
    readings->mains_import_wh = world->station_wh;
    readings->bay_count = world->bay_count;
    for (int i = 0; i < world->bay_count; i++) {
        struct bay_forces forces = forces_on(world, i);
        bay_read(&world->bays[i], &forces, &readings->bays[i]);
        readings->mains_import_wh += world->bays[i].charger.meter_wh;
    }
}
