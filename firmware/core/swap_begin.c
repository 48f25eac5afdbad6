/* SPDX-License-Identifier: Apache-2.0 */
/* From the command to the vehicle in the lane. */
#include "core/custody.h"
#include "core/gate.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/swap_steps.h"
#include "core/text.h"
#include <math.h>
#include <stdlib.h>

void swap_plan(const struct station *station, const char *vehicle, struct swap *swap)
{
    int balance = custody_balance(station, vehicle);
    int open = abs(balance) < SWAP_SET_MAX ? abs(balance) : SWAP_SET_MAX;
    swap->count = balance ? open : swap->asked;
    swap->to_give = balance < 0 ? 0 : swap->count;
    swap->to_return = balance > 0 ? 0 : swap->count;
}

int swap_needs_bays(const struct station *station, const struct swap *swap)
{
    bool own_make_room = swap->order == SWAP_OUT_IN && swap->to_give >= swap->to_return;
    bool may_be_owed = !swap->vehicle[0] && !swap->arrived_us && custody_owes(station);
    return own_make_room || may_be_owed ? 0 : swap->to_return;
}

void swap_hold(struct core_step *step, const int *slots, int count)
{
    for (int i = 0; i < count; i++) {
        struct bay *bay = station_bay(step->station, slots[i]);
        if (bay->state != BAY_READY)
            continue; /* it was reserved for this swap before */
        bay_move(step, bay, BAY_RESERVED);
        TEXT_SET(bay->reservation.request_id, step->station->swap.request_id);
    }
}

/* Plans once more what the request looked at, and holds the packs: some may have stood behind a
 * door that was open then. NULL, or why it cannot be done now. */
static const char *plan_again(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct select_wish wish = {swap->battery, swap->request_id, swap->vehicle, NAN, 0};
    int slots[SWAP_SET_MAX];
    swap_plan(step->station, swap->vehicle, swap);
    if (select_free_bays(step) < swap_needs_bays(step->station, swap))
        return swap->to_return > 1 ? "Busy: not enough bays are free" : "Busy: no bay is free";
    if (select_set(step, &wish, swap->to_give, slots) < swap->to_give)
        return "NoBatteryAvailable";
    swap_hold(step, slots, swap->to_give);
    return NULL;
}

/* Doors were shut and bays verified since the request. */
static void choose(struct core_step *step)
{
    const char *obstacle = plan_again(step);
    if (obstacle) {
        swap_fail(step, obstacle);
    } else {
        gate_begin(step, IO_MOTION_OPEN);
        swap_enter(step, SWAP_GATE_OPENING);
    }
}

/* An earlier swap may have left a door open: this command settles it, one door after another. */
void swap_securing(struct core_step *step)
{
    struct station *station = step->station;
    struct bay *open = NULL;
    bool busy = false, moving = false;
    for (int i = 0; i < station->bay_count; i++) {
        struct bay *bay = &station->bays[i];
        if (bay->state == BAY_OPEN && !open)
            open = bay;
        moving |= bay->state == BAY_OPENING || bay->state == BAY_CLOSING;
        busy |= bay->state == BAY_UNKNOWN || bay->state == BAY_IDENTIFY;
    }
    if (swap_overdue(step, station->limits.guard_s))
        swap_fail(step, "SafetyLock: a door that stood open could not be shut");
    else if (open && !moving && !step_bay(step, open)->door_obstructed)
        bay_close(step, open);
    else if (!open && !moving && !busy) {
        station->interrupted = false;
        choose(step);
    }
}

void swap_gate_opening(struct core_step *step)
{
    switch (gate_step(step)) {
    case GATE_BUSY:
        break;
    case GATE_REACHED:
        swap_enter(step, SWAP_ARRIVING);
        break;
    case GATE_BLOCKED:
        swap_fail(step, "SafetyLock: the gate was not allowed to open");
        break;
    case GATE_FAILED:
        swap_fail(step, "GateFault: the gate did not open");
        break;
    }
}

/* A local start names no vehicle: it is the one that the lane's reader sees. Its account may say
 * that it has a battery to get or to give only. NULL, or why that cannot be done. */
static const char *adopt_vehicle(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    if (swap->vehicle[0] || !step->in->lane_vehicle[0])
        return NULL;
    TEXT_SET(swap->vehicle, step->in->lane_vehicle);
    return plan_again(step);
}

void swap_arriving(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    const struct io_readings *in = step->in;
    if (swap_steady(step, in->lane_occupied && !in->gate_obstructed)) {
        swap->arrived_us = step_now(step);
        const char *obstacle = swap_sees_stranger(step)
                                   ? "Unauthorized: another vehicle is in the lane"
                                   : adopt_vehicle(step);
        if (obstacle)
            swap_fail(step, obstacle);
        else
            swap_go_on(step);
    } else if (swap_overdue(step, step->station->limits.arrival_s)) {
        swap_fail(step, "Timeout: no vehicle came");
    }
}
