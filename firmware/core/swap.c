/* SPDX-License-Identifier: Apache-2.0 */
#include "core/swap.h"
#include "core/safety.h"
#include "core/swap_steps.h"
#include "core/text.h"

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
    /* To the dispensing: a set of which only a part came. */
    [SWAP_RETURN_CLOSING] =
        B(SWAP_IDENTIFYING) | B(SWAP_DISPENSE_OPENING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_IDENTIFYING] = B(SWAP_RETURN_OPENING) | B(SWAP_DISPENSE_OPENING) | B(SWAP_LEAVING) |
                         B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_DISPENSE_OPENING] = B(SWAP_OFFERING) | B(SWAP_DISPENSE_OPENING) | B(SWAP_RETURN_OPENING) |
                              B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_OFFERING] = B(SWAP_DISPENSE_CLOSING) | B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_DISPENSE_CLOSING] = B(SWAP_DISPENSE_OPENING) | B(SWAP_RETURN_OPENING) | B(SWAP_LEAVING) |
                              B(SWAP_ENDING) | B(SWAP_IDLE),
    [SWAP_ENDING] = B(SWAP_LEAVING) | B(SWAP_IDLE),
    [SWAP_LEAVING] = B(SWAP_GATE_CLOSING) | B(SWAP_IDLE),
    [SWAP_GATE_CLOSING] = B(SWAP_LEAVING) | B(SWAP_IDLE),
};

const struct machine SWAP_MACHINE = {"swap", SWAP_STEP_COUNT, NAMES, MOVES};

const char *swap_order_name(enum swap_order order)
{
    return order == SWAP_OUT_IN ? "Out-In" : "In-Out";
}

bool swap_uses(const struct swap *swap, int slot)
{
    bool uses = false;
    for (int i = 0; i < SWAP_SET_MAX; i++)
        uses |= swap->return_slots[i] == slot || swap->dispense_slots[i] == slot;
    return uses && swap->step != SWAP_IDLE && swap->step < SWAP_LEAVING;
}

/* Doors are asked to open only once the vehicle is there, only in a named bay, and whoever is
 * second in the order never gives more than the first gave. An account that is settled has one side
 * only.
 */
static bool may_exchange(const struct swap *swap, enum swap_step_name to)
{
    bool in_out = swap->order == SWAP_IN_OUT;
    if (to == SWAP_RETURN_OPENING)
        return swap->arrived_us && swap->returned < swap->to_return && swap_return_slot(swap) &&
               (in_out || !swap->to_give || swap->returned < swap->given);
    if (to == SWAP_DISPENSE_OPENING)
        return swap->arrived_us && swap->given < swap->to_give && swap_dispense_slot(swap) &&
               (!in_out || !swap->to_return || swap->given < swap->returned);
    return true;
}

void swap_enter(struct core_step *step, enum swap_step_name to)
{
    struct swap *swap = &step->station->swap;
    MACHINE_INVARIANT(machine_allows(&SWAP_MACHINE, (int)swap->step, (int)to));
    MACHINE_INVARIANT(may_exchange(swap, to));
    /* `done` is said for the whole set only. */
    MACHINE_INVARIANT(!swap->exchanged ||
                      (swap->returned == swap->to_return && swap->given == swap->to_give));
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

bool swap_sees_stranger(const struct core_step *step)
{
    const char *seen = step->in->lane_vehicle, *wanted = step->station->swap.vehicle;
    return seen[0] && wanted[0] && !text_equal(seen, wanted);
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
    bool no_mains = fault_active(&station->faults, FAULT_MainsLost, 0);
    if ((no_mains || fault_active(&station->faults, FAULT_DriverFault, 0)) &&
        swap->step < SWAP_ENDING) {
        swap_fail(step, no_mains ? "SafetyLock: no mains"
                                 : "SafetyLock: hardware cannot be read or written");
        return;
    }
    /* The vehicle left half way and another one came: what is offered here is not for that one. */
    if (swap->step > SWAP_ARRIVING && swap->step < SWAP_ENDING && swap_sees_stranger(step)) {
        swap_fail(step, "Unauthorized: another vehicle is in the lane");
        return;
    }
    static void (*const STEPS[SWAP_STEP_COUNT])(struct core_step *) = {
        [SWAP_SECURING] = swap_securing,
        [SWAP_GATE_OPENING] = swap_gate_opening,
        [SWAP_ARRIVING] = swap_arriving,
        [SWAP_RETURN_OPENING] = swap_return_opening,
        [SWAP_RETURNING] = swap_returning,
        [SWAP_RETURN_CLOSING] = swap_return_closing,
        [SWAP_IDENTIFYING] = swap_identifying,
        [SWAP_DISPENSE_OPENING] = swap_dispense_opening,
        [SWAP_OFFERING] = swap_offering,
        [SWAP_DISPENSE_CLOSING] = swap_dispense_closing,
        [SWAP_ENDING] = swap_ending,
        [SWAP_LEAVING] = swap_leaving,
        [SWAP_GATE_CLOSING] = swap_gate_closing,
    };
    STEPS[swap->step](step);
}
