/* SPDX-License-Identifier: Apache-2.0 */
#include "core/door.h"
#include "core/safety.h"
#include <assert.h>

static void enter(struct core_step *step, struct bay *bay, enum door_phase phase)
{
    bay->door = phase;
    bay->door_since_us = step_now(step);
}

static void begin(struct core_step *step, struct bay *bay, enum door_phase phase)
{
    bay->door_tries = 1;
    bay->by_hand = false;
    enter(step, bay, phase);
}

void door_begin(struct core_step *step, struct bay *bay, enum door_phase phase)
{
    assert(phase == DOOR_UNLOCKING || phase == DOOR_CLOSING);
    begin(step, bay, phase);
}

static bool overdue(const struct core_step *step, const struct bay *bay, double limit_s)
{
    return step_now(step) - bay->door_since_us > limits_us(limit_s);
}

/* The travel is over. In maintenance the bay keeps its state and only the door comes to rest. */
static void arrive(struct core_step *step, struct bay *bay, enum bay_state to)
{
    if (bay->state == BAY_MAINTENANCE)
        bay->door = DOOR_REST;
    else
        bay_move(step, bay, to);
}

/* On its way to open and still shut, while another door was forced open (rule 4), or it turned out
 * that the intent to open it cannot be stored (rule 12). */
static bool must_turn_back(const struct core_step *step, const struct bay *bay)
{
    return step_bay(step, bay)->door == IO_DOOR_CLOSED &&
           (safety_other_door_open(step, bay) ||
            (bay->state == BAY_OPENING && step->station->storage_fault));
}

/* It is bolted again; whoever asked for it finds it shut. */
static void turn_back(struct core_step *step, struct bay *bay)
{
    if (bay->state == BAY_OPENING)
        bay_move(step, bay, BAY_CLOSING);
    begin(step, bay, DOOR_LOCKING);
}

/* Opening a little frees what is jammed. A door that is only late, and may be shut behind a sensor
 * that stands still, is not opened beside another one: it is pushed again. */
static enum door_phase after_jam(const struct core_step *step, const struct bay *bay)
{
    bool obstructed = step_bay(step, bay)->door_obstructed;
    return obstructed || !safety_other_door_open(step, bay) ? DOOR_RELEASING : DOOR_CLOSING;
}

/* A try failed: the next one begins with `again`, or the bay goes out of service. */
static void retry(struct core_step *step, struct bay *bay, enum door_phase again,
                  enum fault_code fault)
{
    if (bay->door_tries < (int)step->station->limits.motion_tries) {
        bay->door_tries++;
        enter(step, bay, again);
        return;
    }
    step_fault(step, fault, bay->slot, true);
    arrive(step, bay, BAY_FAULT);
}

bool door_step(struct core_step *step, struct bay *bay)
{
    const struct station_limits *limits = &step->station->limits;
    const struct io_bay *in = step_bay(step, bay);
    switch (bay->door) {
    case DOOR_UNLOCKING:
        if (must_turn_back(step, bay))
            turn_back(step, bay);
        else if (!in->locked)
            enter(step, bay, bay->by_hand ? DOOR_UNLOCKED : DOOR_OPENING);
        else if (overdue(step, bay, limits->lock_s))
            retry(step, bay, DOOR_UNLOCKING, FAULT_LockFault);
        break;
    case DOOR_UNLOCKED: /* until it is pulled open, or nobody does */
        if (in->door != IO_DOOR_CLOSED || must_turn_back(step, bay) ||
            overdue(step, bay, limits->guard_s))
            arrive(step, bay, BAY_MAINTENANCE);
        break;
    case DOOR_OPENING:
        if (in->door == IO_DOOR_OPEN)
            arrive(step, bay, BAY_OPEN);
        else if (must_turn_back(step, bay))
            turn_back(step, bay);
        else if (in->door_obstructed || overdue(step, bay, limits->door_s))
            retry(step, bay, DOOR_OPENING, FAULT_DoorFault);
        break;
    case DOOR_CLOSING:
        if (in->door == IO_DOOR_CLOSED)
            enter(step, bay, DOOR_LOCKING);
        else if (in->door_obstructed || overdue(step, bay, limits->door_s))
            retry(step, bay, after_jam(step, bay), FAULT_DoorFault);
        break;
    case DOOR_RELEASING:
        if ((in->door == IO_DOOR_OPEN && !in->door_obstructed) ||
            overdue(step, bay, limits->door_s))
            enter(step, bay, DOOR_CLOSING);
        break;
    case DOOR_LOCKING:
        if (in->locked && in->door == IO_DOOR_CLOSED)
            return true;
        if (overdue(step, bay, limits->lock_s))
            retry(step, bay, DOOR_CLOSING, FAULT_LockFault);
        break;
    case DOOR_REST: /* no door rests while its bay opens or closes */
        assert(false);
        break;
    }
    return false;
}

/* Somebody is served at this door: its bolt stays in. Another door that a swap had opened before,
 * and that was forced open again, is not: one door at a time. */
static bool is_served(const struct swap *swap, const struct bay *bay)
{
    return (swap->step == SWAP_RETURNING && swap_return_slot(swap) == bay->slot) ||
           (swap->step == SWAP_OFFERING && swap_dispense_slot(swap) == bay->slot);
}

void door_outputs(const struct core_step *step, const struct bay *bay, struct io_bay_request *out)
{
    out->unlock =
        bay->state == BAY_OPENING || (bay->state == BAY_CLOSING && bay->door != DOOR_LOCKING) ||
        (bay->state == BAY_OPEN && is_served(&step->station->swap, bay)) ||
        (bay->state == BAY_MAINTENANCE && bay->door != DOOR_REST && bay->door != DOOR_LOCKING);
    if (bay->door == DOOR_OPENING || bay->door == DOOR_RELEASING)
        out->door = IO_MOTION_OPEN;
    else if (bay->door == DOOR_CLOSING)
        out->door = IO_MOTION_CLOSE;
    else
        out->door = IO_MOTION_HOLD;
}
