/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/bay.h"

#include "drivers/sim/travel.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double contactor_s = 0.06;
static const double wake_s = 1.5;       /* plug in, BMS boots */
static const double air_settle_s = 200; /* air in the bay follows its heat sources */

void bay_init(struct sim_bay *bay, double outside_c)
{
    *bay = (struct sim_bay){.lock = 1, .air_c = outside_c};
}

void bay_put(struct sim_bay *bay, const struct sim_pack *pack)
{
    assert(!bay->has_pack);
    bay->pack = *pack;
    pack_put_in(&bay->pack);
    bay->has_pack = true;
    bay->returned = true;
    bay->awake_s = 0;
    bay->pack_at_us = 0;
}

void bay_take(struct sim_bay *bay, struct sim_pack *to)
{
    assert(bay->has_pack);
    *to = bay->pack;
    bay->has_pack = false;
    bay->returned = false;
    bay->pack_at_us = 0;
}

/* Door and lock. The bolt goes out only into a closed door, and holds it. */
static void step_door(struct sim_bay *bay, const struct bay_forces *forces, double dt_s)
{
    int bolt = forces->request->unlock ? -1 : bay->door == 0 ? 1 : 0;
    if (!BAY_FAULT(forces, lock_stuck))
        bay->lock = travel_step(bay->lock, bolt, forces->lock_travel_s, dt_s);
    int direction = forces->request->door == IO_MOTION_OPEN    ? 1
                    : forces->request->door == IO_MOTION_CLOSE ? -1
                                                               : 0;
    if (BAY_FAULT(forces, door_forced)) { /* stronger than bolt and drive, half a second */
        bay->lock = 0;
        bay->door = travel_step(bay->door, 1, 0.5, dt_s);
        return;
    }
    bool blocked = BAY_FAULT(forces, door_obstructed) || forces->hand_in_door;
    if (BAY_FAULT(forces, door_stuck) || bay->lock > 0 || (direction < 0 && blocked))
        return;
    bay->door = travel_step(bay->door, direction, forces->door_travel_s, dt_s);
}

static void step_contactor(struct sim_bay *bay, bool wanted, bool stuck, double dt_s)
{
    if (bay->contactor_closed == wanted || stuck) {
        bay->contactor_wait_s = 0;
        return;
    }
    bay->contactor_wait_s += dt_s;
    if (bay->contactor_wait_s < contactor_s)
        return;
    bay->contactor_closed = wanted;
    bay->contactor_wait_s = 0;
    if (!wanted && bay->has_pack)
        pack_age(&bay->pack); /* at rest: the BMS estimates its capacity anew */
}

/* Air of the bay: the outside, warmed by the charger's losses; a fan takes most of them away. */
static void step_air(struct sim_bay *bay, const struct bay_forces *forces, double loss_w,
                     double dt_s)
{
    double end_c = forces->outside_c + loss_w * (forces->request->fan ? 0.002 : 0.006);
    bay->air_c = end_c + (bay->air_c - end_c) * exp(-dt_s / air_settle_s);
}

static void step_age(struct sim_bay *bay, const struct bay_forces *forces, int64_t now_us)
{
    if (!BAY_FAULT(forces, sensors_frozen))
        bay->sensors_at_us = now_us;
    bool bus = !BAY_FAULT(forces, bus_off);
    if (bus && !BAY_FAULT(forces, charger_silent) && !BAY_FAULT(forces, charger_offline))
        bay->charger_at_us = now_us;
    if (bus && bay->has_pack && bay->awake_s >= wake_s && !BAY_FAULT(forces, pack_silent))
        bay->pack_at_us = now_us;
}

void bay_step(struct sim_bay *bay, const struct bay_forces *forces, double dt_s, int64_t now_us)
{
    const struct io_bay_request *request = forces->request;
    step_door(bay, forces, dt_s);
    step_contactor(bay, request->contactor, BAY_FAULT(forces, contactor_stuck), dt_s);
    bool awake = bay->has_pack && bay->awake_s >= wake_s;
    bool pack_conducts = awake && bay->pack.faults == 0; /* else its own contactor is open */
    struct charger_drive drive = {
        .on = request->charger_on && forces->power && !BAY_FAULT(forces, charger_fault) &&
              !BAY_FAULT(forces, charger_offline),
        .connected = bay->contactor_closed && pack_conducts && !BAY_FAULT(forces, charger_dead),
        .set_v = request->charge_v,
        .set_a = request->charge_a,
        .limits = forces->limits,
    };
    if (BAY_FAULT(forces, charger_runs_on) && forces->power && bay->charger.dc_a > 0) {
        drive.on = true; /* as before, whatever it is told */
        drive.set_v = bay->charger.dc_v + 1;
        drive.set_a = bay->charger.dc_a;
    }
    double loss_before = bay->charger.loss_wh, heat_before = bay->pack.heat_wh;
    charger_step(&bay->charger, &drive, bay->has_pack ? &bay->pack : NULL, dt_s);
    step_air(bay, forces, (bay->charger.loss_wh - loss_before) * 3600 / dt_s, dt_s);
    if (bay->has_pack) {
        if (!drive.connected)
            bay->pack.current_a = 0;
        pack_warm(&bay->pack, bay->pack.heat_wh - heat_before, bay->air_c,
                  BAY_FAULT(forces, hot_cell) ? BAY_VALUE(forces, hot_cell) : 0, dt_s);
        bay->awake_s = fmin(bay->awake_s + dt_s, 1e6);
    }
    step_age(bay, forces, now_us);
}

void bay_rest(struct sim_bay *bay, const struct bay_forces *forces, double dt_s, int64_t now_us)
{
    if (bay->door == 0 && !BAY_FAULT(forces, lock_stuck))
        bay->lock = 1;
    bay->contactor_closed = bay->contactor_closed && BAY_FAULT(forces, contactor_stuck);
    bay->contactor_wait_s = 0;
    bay->charger.dc_a = bay->charger.dc_v = bay->charger.ac_kw = 0;
    step_air(bay, forces, 0, dt_s);
    if (bay->has_pack) {
        pack_rest(&bay->pack, forces->outside_c, dt_s);
        pack_age(&bay->pack);
        bay->awake_s = fmin(bay->awake_s + dt_s, 1e6);
    }
    step_age(bay, forces, now_us);
}

static void read_sensors(const struct sim_bay *bay, const struct bay_forces *forces,
                         struct io_bay *to)
{
    to->door = bay->door == 0 ? IO_DOOR_CLOSED : bay->door == 1 ? IO_DOOR_OPEN : IO_DOOR_BETWEEN;
    to->door_obstructed = BAY_FAULT(forces, door_obstructed) || forces->hand_in_door;
    to->locked = bay->lock == 1;
    to->contactor_closed = bay->contactor_closed;
    to->present = bay->has_pack;
    to->smoke = BAY_FAULT(forces, smoke);
    to->temp_c = BAY_FAULT(forces, bay_temp) ? BAY_VALUE(forces, bay_temp) : bay->air_c;
}

/* What the pack says, with what its faults make of that. */
static void read_pack(const struct sim_bay *bay, const struct bay_forces *forces,
                      struct io_pack *to)
{
    *to = (struct io_pack){0};
    if (!bay->has_pack || bay->pack_at_us == 0)
        return;
    pack_read(&bay->pack, to);
    to->at_us = bay->pack_at_us;
    if (BAY_FAULT(forces, wrong_serial)) {
        size_t length = strlen(to->bid);
        (void)snprintf(to->bid + (length < 60 ? length : 60), 5, "-X");
    }
    if (BAY_FAULT(forces, pack_temp)) {
        to->temp_max_c = BAY_VALUE(forces, pack_temp);
        to->temp_min_c = to->temp_max_c - 1;
    }
    if (BAY_FAULT(forces, pack_soc))
        to->soc_percent = BAY_VALUE(forces, pack_soc);
    if (BAY_FAULT(forces, cell_voltage))
        to->cell_max_v = BAY_VALUE(forces, cell_voltage);
    to->permit = to->permit && !BAY_FAULT(forces, no_permit);
}

void bay_read(struct sim_bay *bay, const struct bay_forces *forces, struct io_bay *to)
{
    *to = (struct io_bay){0};
    if (BAY_FAULT(forces, sensors_frozen) && bay->frozen.at_us != 0)
        *to = bay->frozen;
    else
        read_sensors(bay, forces, to);
    to->at_us = bay->sensors_at_us;
    bay->frozen = *to;

    charger_read(&bay->charger, &to->charger);
    to->charger.at_us = bay->charger_at_us;
    to->charger.online = !BAY_FAULT(forces, charger_offline);
    to->charger.fault = BAY_FAULT(forces, charger_fault);

    read_pack(bay, forces, &to->pack);
}
