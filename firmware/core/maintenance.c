/* SPDX-License-Identifier: Apache-2.0 */
#include "core/maintenance.h"
#include "core/door.h"
#include "core/gate.h"
#include "core/safety.h"

static const char *refuse(const char **why, const char *code, const char *text)
{
    *why = text;
    return code;
}

bool maintenance_moves(const struct station *station)
{
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_MAINTENANCE && station->bays[i].door != DOOR_REST)
            return true;
    return station->swap.step == SWAP_IDLE && station->swap.gate.target != IO_MOTION_HOLD;
}

/* What holds for every motion: nobody else moves anything, and it may be moved at all. The station
 * in maintenance is repaired without a monitor too; a single bay is not (rule 10). */
static const char *motion_refusal(const struct station *station, const char **why)
{
    enum station_mode mode = station_mode(station);
    if (station->stopping)
        return refuse(why, "SafetyLock", "the engine is stopping");
    if (mode == STATION_EMERGENCY || mode == STATION_SAFE)
        return refuse(why, "SafetyLock", safety_motion_obstacle(station));
    if (station->storage_fault)
        return refuse(why, "StorageFault", "the engine's state cannot be stored");
    if (station->swap.step != SWAP_IDLE)
        return refuse(why, "Busy", "a swap is under way");
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].door != DOOR_REST)
            return refuse(why, "Busy", "a door moves or is unlocked");
    if (station->swap.gate.target != IO_MOTION_HOLD)
        return refuse(why, "Busy", "the gate moves");
    return NULL;
}

static const char *door_refusal(const struct core_step *step, const struct bay *bay,
                                enum maintenance_verb verb, const char **why)
{
    const char *code = motion_refusal(step->station, why);
    if (code)
        return code;
    if (fault_active(&step->station->faults, FAULT_SensorStale, bay->slot) ||
        step_bay(step, bay)->at_us == 0)
        return refuse(why, "SafetyLock", "door and lock of the bay are not known");
    if (verb == MAINTENANCE_CLOSE)
        return NULL; /* closing is bounded by obstruction and deadline */
    if (fault_active(&step->station->faults, FAULT_ThermalEvent, bay->slot))
        return refuse(why, "SafetyLock", "a thermal event: the bay stays shut until it is reset");
    const char *obstacle = safety_door_interlock(step, bay);
    return obstacle ? refuse(why, "SafetyLock", obstacle) : NULL;
}

static const char *gate_request(struct core_step *step, enum io_motion motion, const char **why)
{
    struct station *station = step->station;
    if (station_mode(station) != STATION_EMERGENCY && !station->maintenance)
        return refuse(why, "SafetyLock", "the station is not in maintenance");
    const char *code = motion_refusal(station, why);
    if (code)
        return code;
    const char *obstacle = safety_gate_obstacle(step, motion);
    if (obstacle)
        return refuse(why, "SafetyLock", obstacle);
    gate_begin(step, motion);
    return NULL;
}

static const char *bay_request(struct core_step *step, struct bay *bay,
                               const struct maintenance_request *request, const char **why)
{
    if (bay->state == BAY_ESTOP)
        return refuse(why, "SafetyLock", "emergency");
    if (bay->state != BAY_MAINTENANCE)
        return refuse(why, "SafetyLock", "the bay is not in maintenance");
    if (request->verb == MAINTENANCE_LIGHT) {
        bay->light = request->on;
        return NULL;
    }
    if (request->verb == MAINTENANCE_FAN) {
        bay->fan = request->on;
        return NULL;
    }
    const char *code = door_refusal(step, bay, request->verb, why);
    if (code)
        return code;
    door_begin(step, bay, request->verb == MAINTENANCE_CLOSE ? DOOR_CLOSING : DOOR_UNLOCKING);
    bay->by_hand = request->verb == MAINTENANCE_UNLOCK;
    return NULL;
}

const char *maintenance_request(struct station *station, const struct io_readings *in,
                                const struct maintenance_request *request, const char **why)
{
    struct station_actions none = {0}; /* a motion alone makes no event */
    struct core_step step = {station, in, &none};
    struct bay *bay = station_bay(station, request->slot);
    *why = "";
    if (request->verb == MAINTENANCE_GATE_OPEN)
        return gate_request(&step, IO_MOTION_OPEN, why);
    if (request->verb == MAINTENANCE_GATE_CLOSE)
        return gate_request(&step, IO_MOTION_CLOSE, why);
    if (!bay)
        return refuse(why, "Malformed", "there is no such bay");
    return bay_request(&step, bay, request, why);
}

void maintenance_halt(struct station *station)
{
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_MAINTENANCE)
            station->bays[i].door = DOOR_REST;
    if (station->swap.step == SWAP_IDLE)
        station->swap.gate = (struct gate){0};
}

const char *maintenance_obstacle(const struct core_step *step, int slot, int *in_the_way)
{
    const struct station *station = step->station;
    *in_the_way = 0;
    for (int i = 0; i < station->bay_count; i++) {
        const struct bay *bay = &station->bays[i];
        /* A bay that is out of service for itself does not keep the others. */
        if (slot ? bay->slot != slot : bay->maintenance)
            continue;
        *in_the_way = bay->slot;
        if (bay->state != BAY_MAINTENANCE)
            continue;
        if (bay->door != DOOR_REST)
            return "its door moves or is unlocked";
        if (!safety_bay_shut(step, step_bay(step, bay)))
            return "its door is not closed and locked, or not known to be";
    }
    *in_the_way = 0;
    if (slot)
        return NULL;
    if (station->swap.gate.target != IO_MOTION_HOLD)
        return "the gate moves";
    return step->in->at_us > 0 && step->in->gate == IO_GATE_CLOSED ? NULL
                                                                   : "the gate is not closed";
}

void maintenance_bay_step(struct core_step *step, struct bay *bay)
{
    const struct io_bay *in = step_bay(step, bay);
    if (bay->door == DOOR_REST)
        return;
    /* What is lost on the way ends it: nobody else watches a door of MAINTENANCE. */
    if (in->contactor_closed ||
        fault_active(&step->station->faults, FAULT_SensorStale, bay->slot)) {
        bay->door = DOOR_REST;
        return;
    }
    if (door_step(step, bay))
        bay->door = DOOR_REST;
}

void maintenance_gate_step(struct core_step *step)
{
    struct station *station = step->station;
    struct gate *gate = &station->swap.gate;
    if (station->swap.step != SWAP_IDLE || gate->target == IO_MOTION_HOLD)
        return;
    if (station_mode(station) != STATION_MAINTENANCE)
        *gate = (struct gate){0};
    else
        (void)gate_step(step); /* it is at rest after anything but GATE_BUSY */
}
