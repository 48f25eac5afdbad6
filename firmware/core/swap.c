/* SPDX-License-Identifier: Apache-2.0 */
#include "core/swap.h"
#include "core/custody.h"
#include "core/gate.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/swap_end.h"
#include "core/text.h"
#include <math.h>

#define B MACHINE_BIT

static const char *const NAMES[SWAP_STEP_COUNT] = {
    [SWAP_IDLE] = "idle",
    [SWAP_SECURING] = "securing",
    [SWAP_GATE_OPENING] = "gate_opening",
    [SWAP_ARRIVING] = "arriving",
    [SWAP_RETURN_OPENING] = "return_opening",
    [SWAP_RETURNING] = "returning",
    [SWAP_RETURN_CLOSING] = "return_closing",
    [SWAP_IDENTIFYING] = "identifying",
    [SWAP_DISPENSE_OPENING] = "dispense_opening",
    [SWAP_OFFERING] = "offering",
    [SWAP_DISPENSE_CLOSING] = "dispense_closing",
    [SWAP_ENDING] = "ending",
    [SWAP_LEAVING] = "leaving",
    [SWAP_GATE_CLOSING] = "gate_closing",
};

/* SWAP_IDLE is reachable from everywhere: an interruption ends a swap where it stands. */
static const uint32_t MOVES[SWAP_STEP_COUNT] = {
    [SWAP_IDLE] = B(SWAP_SECURING),
    [SWAP_SECURING] = B(SWAP_GATE_OPENING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_GATE_OPENING] = B(SWAP_ARRIVING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_ARRIVING] =
        B(SWAP_RETURN_OPENING) | B(SWAP_DISPENSE_OPENING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_RETURN_OPENING] = B(SWAP_RETURNING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_RETURNING] = B(SWAP_RETURN_CLOSING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_RETURN_CLOSING] = B(SWAP_IDENTIFYING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_IDENTIFYING] = B(SWAP_DISPENSE_OPENING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_DISPENSE_OPENING] =
        B(SWAP_OFFERING) | B(SWAP_DISPENSE_OPENING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_OFFERING] = B(SWAP_DISPENSE_CLOSING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_DISPENSE_CLOSING] = B(SWAP_LEAVING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_ENDING] = B(SWAP_LEAVING) | B(SWAP_IDLE),
    [SWAP_LEAVING] = B(SWAP_GATE_CLOSING) | B(SWAP_IDLE),
    [SWAP_GATE_CLOSING] = B(SWAP_LEAVING) | B(SWAP_IDLE),
};

const struct machine SWAP_MACHINE = {"swap", SWAP_STEP_COUNT, NAMES, MOVES};

bool swap_uses(const struct swap *swap, int slot)
{
    return swap->step != SWAP_IDLE && swap->step < SWAP_LEAVING &&
           (swap->return_slot == slot || swap->dispense_slot == slot);
}

void swap_enter(struct core_step *step, enum swap_step_name to)
{
    struct swap *swap = &step->station->swap;
    MACHINE_INVARIANT(machine_allows(&SWAP_MACHINE, (int)swap->step, (int)to));
    /* Doors are asked to open only once the vehicle is there, and only in a named bay. */
    MACHINE_INVARIANT(to != SWAP_RETURN_OPENING || (swap->return_slot && swap->arrived_us));
    MACHINE_INVARIANT(to != SWAP_DISPENSE_OPENING || (swap->dispense_slot && swap->arrived_us));
    swap->step = to;
    swap->since_us = step_now(step);
    swap->steady_us = 0;
    step->actions->transition = true;
    step_touch(step);
}

bool swap_overdue(const struct core_step *step, double limit_s)
{
    return step_now(step) - step->station->swap.since_us > limits_us(limit_s);
}

bool swap_steady(struct core_step *step, bool condition)
{
    struct swap *swap = &step->station->swap;
    if (!condition) {
        swap->steady_us = 0;
        return false;
    }
    if (!swap->steady_us)
        swap->steady_us = step_now(step);
    return step_now(step) - swap->steady_us >= limits_us(step->station->limits.settle_s);
}

/* --- before the vehicle is there --- */

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
static void securing(struct core_step *step)
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
    else if (open && !moving)
        bay_close(step, open);
    else if (!open && !moving && !busy) {
        station->interrupted = false;
        choose_bays(step);
    }
}

static void gate_opening(struct core_step *step)
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

/* --- the user's battery --- */

static void return_opening(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap->return_slot);
    if (bay->state == BAY_OPEN) {
        swap_enter(step, SWAP_RETURNING);
    } else if (bay->state == BAY_EMPTY) {
        if (!safety_door_obstacle(step, bay)) {
            custody_begin(step, bay, CUSTODY_RETURN);
            bay_open(step, bay);
        } else if (swap_overdue(step, step->station->limits.guard_s)) {
            swap_fail(step, "SafetyLock: the free bay's door was not allowed to open");
        }
    } else if (bay->state != BAY_OPENING) {
        swap_fail(step, "DoorFault: the free bay's door did not open");
    }
}

static void returning(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap->return_slot);
    const struct io_bay *in = step_bay(step, bay);
    if (bay->state != BAY_OPEN) {
        swap_fail(step, "DoorFault: the open bay went out of service");
    } else if (swap_steady(step, in->present && !in->door_obstructed)) {
        bay_close(step, bay);
        swap_enter(step, SWAP_RETURN_CLOSING);
    } else if (!swap->steady_us && swap_overdue(step, step->station->limits.returned_s)) {
        swap_fail(step, "Timeout: no battery was returned");
    }
}

static void return_closing(struct core_step *step)
{
    const struct bay *bay = station_bay(step->station, step->station->swap.return_slot);
    if (bay->state == BAY_EMPTY)
        swap_fail(step, "Timeout: the battery was taken out again");
    else if (bay->state == BAY_IDENTIFY || bay->state == BAY_IDLE || bay->state == BAY_READY)
        swap_enter(step, SWAP_IDENTIFYING);
    else if (bay->state != BAY_CLOSING)
        swap_fail(step, "DoorFault: the door did not close over the returned battery");
}

/* --- the battery that the vehicle gets --- */

/* The user's own battery goes back: the swap will fail, but the vehicle is not left without. */
static void give_back(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    if (!swap->return_slot) {
        swap_fail(step, reason);
        return;
    }
    TEXT_SET(swap->reason, reason);
    swap->give_back = true;
    swap->dispense_slot = swap->return_slot;
    swap_enter(step, SWAP_DISPENSE_OPENING);
}

static void choose_battery(struct core_step *step)
{
    struct station *station = step->station;
    struct swap *swap = &station->swap;
    const struct owed *owed = custody_owed(station, swap->vehicle); /* since its Off-Load */
    struct select_wish wish = {swap->battery, swap->request_id, swap->vehicle,
                               owed ? owed->rated_v : NAN, swap->return_slot};
    int slot = select_ready(step, &wish);
    if (slot) {
        swap->dispense_slot = slot;
        swap_enter(step, SWAP_DISPENSE_OPENING);
        return;
    }
    wish.rated_v = NAN;
    give_back(step, select_ready(step, &wish) ? "BatteryType: none of this type is ready"
                                              : "NoBatteryAvailable");
}

static void arriving(struct core_step *step)
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
            choose_battery(step);
    } else if (swap_overdue(step, step->station->limits.arrival_s)) {
        swap_fail(step, "Timeout: no vehicle came");
    }
}

static void identifying(struct core_step *step)
{
    const struct station *station = step->station;
    const struct bay *bay = station_bay(step->station, station->swap.return_slot);
    switch (bay->state) {
    case BAY_IDENTIFY:
    case BAY_UNKNOWN:
        break;
    case BAY_IDLE:
    case BAY_READY:
        choose_battery(step);
        break;
    case BAY_QUARANTINE:
        if (fault_active(&station->faults, FAULT_PackType, bay->slot))
            give_back(step, "BatteryType: this chemistry is not served here");
        else
            swap_fail(step, "BatteryDamaged: the returned battery is in quarantine");
        break;
    case BAY_FAULT:
        if (fault_active(&station->faults, FAULT_PackUnidentified, bay->slot)) {
            give_back(step, "BatteryUnknown: the returned battery does not identify itself");
            break;
        }
        swap_fail(step, "BatteryUnknown: the bay of the returned battery has a fault");
        break;
    default:
        swap_fail(step, "BatteryUnknown: the returned battery is gone");
        break;
    }
}

static void dispense_opening(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap->dispense_slot);
    bool opened = bay->custody.kind == CUSTODY_DISPENSE; /* asked to, in this swap */
    if (bay->state == BAY_OPEN) {
        swap_enter(step, SWAP_OFFERING);
    } else if (bay->state == BAY_OPENING) {
        return;
    } else if (!opened && !safety_door_obstacle(step, bay)) {
        custody_begin(step, bay, CUSTODY_DISPENSE);
        bay_open(step, bay);
    } else if (opened || swap_overdue(step, step->station->limits.guard_s)) {
        /* Out of service: the next best one, else the user's own back. The pack stays on record;
         * nobody was offered anything while the door was shut. */
        bay->custody = (struct custody){0};
        if (swap->give_back)
            swap_fail(step, swap->reason);
        else
            choose_battery(step);
    }
}

static void offering(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap->dispense_slot);
    const struct io_bay *in = step_bay(step, bay);
    if (bay->state != BAY_OPEN) {
        swap_fail(step, "DoorFault: the open bay went out of service");
    } else if (swap_steady(step, !in->present && !in->door_obstructed)) {
        bay_close(step, bay);
        swap_enter(step, SWAP_DISPENSE_CLOSING);
    } else if (!swap->steady_us && swap_overdue(step, step->station->limits.taken_s)) {
        swap_fail(step, "Timeout: the offered battery was not taken");
    }
}

static void dispense_closing(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    const struct bay *bay = station_bay(step->station, swap->dispense_slot);
    if (bay->state == BAY_CLOSING)
        return;
    if (bay->state != BAY_EMPTY) {
        swap_fail(step, "DoorFault: the door did not close on an empty bay");
    } else if (swap->give_back) {
        swap_fail(step, swap->reason);
    } else {
        swap->exchanged = true;
        swap_enter(step, SWAP_LEAVING);
    }
}

static void watch_duration(struct core_step *step)
{
    const struct swap *swap = &step->station->swap;
    bool in_hand = swap->step != SWAP_IDLE && swap->step < SWAP_LEAVING && swap->arrived_us;
    step_fault(step, FAULT_SwapTooLong, 0,
               in_hand &&
                   step_now(step) - swap->arrived_us > limits_us(step->station->limits.swap_s));
    step_fault(step, FAULT_LaneBlocked, 0,
               swap->step == SWAP_LEAVING && swap_overdue(step, step->station->limits.leave_s));
}

void swap_step(struct core_step *step)
{
    struct station *station = step->station;
    struct swap *swap = &station->swap;
    watch_duration(step);
    if (swap->step == SWAP_IDLE)
        return;
    if (station_mode(station) != STATION_NORMAL) {
        swap_interrupt(step, safety_motion_obstacle(station));
        return;
    }
    if (station->storage_fault && swap->step < SWAP_ENDING) {
        swap_fail(step, "StorageFault"); /* ends safely: doors are shut, the vehicle leaves */
        return;
    }
    static void (*const STEPS[SWAP_STEP_COUNT])(struct core_step *) = {
        [SWAP_SECURING] = securing,
        [SWAP_GATE_OPENING] = gate_opening,
        [SWAP_ARRIVING] = arriving,
        [SWAP_RETURN_OPENING] = return_opening,
        [SWAP_RETURNING] = returning,
        [SWAP_RETURN_CLOSING] = return_closing,
        [SWAP_IDENTIFYING] = identifying,
        [SWAP_DISPENSE_OPENING] = dispense_opening,
        [SWAP_OFFERING] = offering,
        [SWAP_DISPENSE_CLOSING] = dispense_closing,
        [SWAP_ENDING] = swap_ending,
        [SWAP_LEAVING] = swap_leaving,
        [SWAP_GATE_CLOSING] = swap_gate_closing,
    };
    STEPS[swap->step](step);
}
