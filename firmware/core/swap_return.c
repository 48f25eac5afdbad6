/* SPDX-License-Identifier: Apache-2.0 */
/* The user's batteries come in, one bay after the other. */
#include "core/custody.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/swap_steps.h"

/* In-Out: as many as came in so far can still be exchanged. In Out-In everything has gone out. */
static int pairs(const struct swap *swap)
{
    return swap->order == SWAP_IN_OUT ? swap->returned : 0;
}

void swap_choose_bay(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    int slot = select_free_bay(step);
    if (!slot) {
        swap_fall_short(step, pairs(swap), "Busy: no bay is free for the battery");
        return;
    }
    swap->return_slots[swap->returned] = slot;
    swap_enter(step, SWAP_RETURN_OPENING);
}

void swap_return_opening(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap_return_slot(swap));
    if (bay->state == BAY_OPEN) {
        swap_enter(step, SWAP_RETURNING);
    } else if (bay->state == BAY_EMPTY) {
        if (!safety_door_obstacle(step, bay)) {
            custody_begin(step, bay, CUSTODY_RETURN);
            bay_open(step, bay);
        } else if (swap_overdue(step, step->station->limits.guard_s)) {
            swap_fail(step, "SafetyLock: the free bay's door was not allowed to open");
        }
    } else if (bay->state == BAY_CLOSING) { /* it turned back; a StorageFault failed before */
        swap_fail(step, "SafetyLock: another door was forced open");
    } else if (bay->state != BAY_OPENING) {
        swap_fail(step, "DoorFault: the free bay's door did not open");
    }
}

void swap_returning(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap_return_slot(swap));
    const struct io_bay *in = step_bay(step, bay);
    bool waits = swap->steady_us || !swap_overdue(step, step->station->limits.returned_s);
    if (bay->state != BAY_OPEN) {
        swap_fail(step, "DoorFault: the open bay went out of service");
    } else if (swap_steady(step, in->present && !in->door_obstructed)) {
        bay_close(step, bay);
        swap_enter(step, SWAP_RETURN_CLOSING);
    } else if (!waits && pairs(swap)) { /* what came before is exchanged, behind a shut door */
        bay_close(step, bay);
        swap_enter(step, SWAP_RETURN_CLOSING);
    } else if (!waits) {
        swap_fail(step, "Timeout: no battery was returned");
    }
}

void swap_return_closing(struct core_step *step)
{
    const struct swap *swap = &step->station->swap;
    const struct bay *bay = station_bay(step->station, swap_return_slot(swap));
    if (bay->state == BAY_EMPTY)
        swap_fall_short(step, pairs(swap),
                        pairs(swap) ? "Timeout: the next battery was not returned"
                                    : "Timeout: the battery was taken out again");
    else if (bay->state == BAY_IDENTIFY || bay->state == BAY_IDLE || bay->state == BAY_READY)
        swap_enter(step, SWAP_IDENTIFYING);
    else if (bay->state != BAY_CLOSING)
        swap_fail(step, "DoorFault: the door did not close over the returned battery");
}

/* It came in, and stays in its bay whatever it is: the vehicle has got its own before, or is only
 * giving back what it owed. */
static bool stays_anyway(const struct swap *swap)
{
    return swap->order == SWAP_OUT_IN || swap->to_give == 0;
}

/* Not a battery for here: back to its user, after those that came before were exchanged. */
static void unfit(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    swap_note(swap, reason);
    if (!stays_anyway(swap)) {
        swap->unfit[swap->returned] = true;
        swap->to_return = swap->to_give = swap->returned + 1;
    }
    swap->returned++;
    swap_go_on(step);
}

/* Suspect: it stays shut in, and nothing is given for it. */
static void suspect(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    if (!stays_anyway(swap)) {
        swap_fall_short(step, pairs(swap), reason);
        return;
    }
    swap_note(swap, reason);
    swap->returned++;
    swap_go_on(step);
}

void swap_identifying(struct core_step *step)
{
    struct station *station = step->station;
    const struct bay *bay = station_bay(station, swap_return_slot(&station->swap));
    switch (bay->state) {
    case BAY_IDENTIFY:
    case BAY_UNKNOWN:
        break;
    case BAY_IDLE:
    case BAY_READY:
        station->swap.returned++;
        swap_go_on(step);
        break;
    case BAY_QUARANTINE:
        if (fault_active(&station->faults, FAULT_PackType, bay->slot))
            unfit(step, "BatteryType: this chemistry is not served here");
        else
            suspect(step, "BatteryDamaged: the returned battery is in quarantine");
        break;
    case BAY_FAULT:
        if (fault_active(&station->faults, FAULT_PackUnidentified, bay->slot))
            unfit(step, "BatteryUnknown: the returned battery does not identify itself");
        else
            suspect(step, "BatteryUnknown: the bay of the returned battery has a fault");
        break;
    default:
        swap_fail(step, "BatteryUnknown: the returned battery is gone");
        break;
    }
}
