/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange: the user's battery into a bay, another one into the vehicle. */
#include "core/custody.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/swap_steps.h"
#include "core/text.h"
#include <math.h>

/* --- the user's battery --- */

void swap_return_opening(struct core_step *step)
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

void swap_returning(struct core_step *step)
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

void swap_return_closing(struct core_step *step)
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

static bool is_locked(const struct core_step *step, const struct bay *bay)
{
    return locks_has(&step->station->settings.locks, bay->bid);
}

/* The user's own battery goes back: the swap will fail, but the vehicle is not left without, unless
 * that battery is locked: it stays, and the vehicle is owed one (core/custody.h). */
static void give_back(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    if (!swap->return_slot || is_locked(step, station_bay(step->station, swap->return_slot))) {
        swap_fail(step, reason);
        return;
    }
    TEXT_SET(swap->reason, reason);
    swap->give_back = true;
    swap->dispense_slot = swap->return_slot;
    swap_enter(step, SWAP_DISPENSE_OPENING);
}

void swap_choose_battery(struct core_step *step)
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

void swap_identifying(struct core_step *step)
{
    const struct station *station = step->station;
    const struct bay *bay = station_bay(step->station, station->swap.return_slot);
    switch (bay->state) {
    case BAY_IDENTIFY:
    case BAY_UNKNOWN:
        break;
    case BAY_IDLE:
    case BAY_READY:
        swap_choose_battery(step);
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

void swap_dispense_opening(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap->dispense_slot);
    bool opened = bay->custody.kind == CUSTODY_DISPENSE; /* asked to, in this swap */
    struct select_wish wish = {swap->battery, swap->request_id, swap->vehicle, NAN,
                               swap->return_slot};
    if (bay->state == BAY_OPEN) {
        swap_enter(step, SWAP_OFFERING);
    } else if (bay->state == BAY_OPENING) {
        return;
    } else if (!opened && !is_locked(step, bay) && !safety_door_obstacle(step, bay)) {
        custody_begin(step, bay, CUSTODY_DISPENSE);
        bay_open(step, bay);
    } else if (opened || is_locked(step, bay) ||
               swap_overdue(step, step->station->limits.guard_s)) {
        /* Out of service, or locked meanwhile: the next best one, else the user's own back. The
         * pack stays on record; nobody was offered anything while the door was shut. */
        bool refused = !opened && !is_locked(step, bay);
        bay->custody = (struct custody){0};
        if (swap->give_back)
            swap_fail(step, swap->reason);
        else if (refused && select_ready(step, &wish) == bay->slot) /* nothing has changed */
            swap_fail(step, "SafetyLock: the battery's door was not allowed to open");
        else
            swap_choose_battery(step);
    }
}

void swap_offering(struct core_step *step)
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

void swap_dispense_closing(struct core_step *step)
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
