/* SPDX-License-Identifier: Apache-2.0 */
/* From the command to the vehicle in the lane. */
#include "core/custody.h"
#include "core/gate.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/swap_steps.h"
#include "core/text.h"
#include <math.h>

static void choose_bays(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct select_wish wish = {swap->battery, swap->request_id, swap->vehicle, NAN, 0};
    bool owed = custody_owed(step->station, swap->vehicle) != NULL;
    swap->return_slot = owed ? 0 : select_free_bay(step);
    if (!swap->return_slot && !owed)
        swap_fail(step, "Busy: no bay is free");
    else if (!select_ready(step, &wish))
        swap_fail(step, "NoBatteryAvailable");
    else {
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
        choose_bays(step);
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

void swap_arriving(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    const struct io_readings *in = step->in;
    bool stranger =
        in->lane_vehicle[0] && swap->vehicle[0] && !text_equal(in->lane_vehicle, swap->vehicle);
    if (swap_steady(step, in->lane_occupied && !in->gate_obstructed)) {
        swap->arrived_us = step_now(step);
        if (stranger)
            swap_fail(step, "Unauthorized: another vehicle is in the lane");
        else if (swap->return_slot)
            swap_enter(step, SWAP_RETURN_OPENING);
        else /* it gave its battery before, in a swap that did not end well */
            swap_choose_battery(step);
    } else if (swap_overdue(step, step->station->limits.arrival_s)) {
        swap_fail(step, "Timeout: no vehicle came");
    }
}
