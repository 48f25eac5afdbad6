/* SPDX-License-Identifier: Apache-2.0 */
/* Batteries go out, one bay after the other: ready ones, or the user's own back. */
#include "core/custody.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/swap_steps.h"
#include "core/text.h"
#include <math.h>

/* Out-In: as many as went out so far can still be exchanged. In-Out: everything has come in. */
static int pairs(const struct swap *swap)
{
    return swap->order == SWAP_OUT_IN ? swap->given : 0;
}

static bool is_locked(const struct core_step *step, const struct bay *bay)
{
    return locks_has(&step->station->settings.locks, bay->bid);
}

/* Rated voltage of what this one is for: the battery that came in, the one that is owed, or in
 * Out-In the first of the set. NAN: not known. */
static double wanted_v(const struct station *station)
{
    const struct swap *swap = &station->swap;
    int own = swap->order == SWAP_IN_OUT ? swap->return_slots[swap->given] : 0;
    const struct owed *owed = custody_account(station, swap->vehicle);
    if (own)
        return station->bays[own - 1].last.rated_v;
    return swap->to_return == 0 && owed ? owed->rated_v : swap->rated_v;
}

static void offer(struct core_step *step, int slot, bool own)
{
    struct swap *swap = &step->station->swap;
    const struct bay *bay = station_bay(step->station, slot);
    swap->dispense_slots[swap->given] = slot;
    swap->give_back = own;
    TEXT_SET(swap->offered, bay->bid);
    if (isnan(swap->rated_v) && !own)
        swap->rated_v = step_bay(step, bay)->pack.rated_v;
    swap_enter(step, SWAP_DISPENSE_OPENING);
}

/* The user's own battery goes back: the swap will fail, but the vehicle is not left without, unless
 * that battery is locked: it stays, and the vehicle is owed one (core/custody.h). */
static void give_back(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    int slot = swap->order == SWAP_IN_OUT ? swap->return_slots[swap->given] : 0;
    if (!slot || is_locked(step, station_bay(step->station, slot)) ||
        (swap->shunned & SELECT_BIT(slot))) {
        swap_fall_short(step, pairs(swap), reason);
        return;
    }
    swap_note(swap, reason);
    offer(step, slot, true);
}

void swap_choose_battery(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    if (swap->unfit[swap->given]) {
        give_back(step, swap->reason);
        return;
    }
    struct select_wish wish = {swap->given ? "" : swap->battery, swap->request_id, swap->vehicle,
                               wanted_v(step->station), swap->shunned};
    for (int i = 0; i < SWAP_SET_MAX; i++)
        wish.except |= SELECT_BIT(swap->return_slots[i]);
    int slot = select_ready(step, &wish);
    if (slot) {
        offer(step, slot, false);
        return;
    }
    wish.rated_v = NAN;
    give_back(step, select_ready(step, &wish) ? "BatteryType: none of this type is ready"
                                              : "NoBatteryAvailable");
}

void swap_dispense_opening(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap_dispense_slot(swap));
    bool opened = bay->custody.kind == CUSTODY_DISPENSE; /* asked to, in this swap */
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
        struct select_wish same = {bay->bid, swap->request_id, swap->vehicle, NAN, 0};
        bool unchanged = !opened && !is_locked(step, bay) && select_ready(step, &same) == bay->slot;
        bay->custody = (struct custody){0};
        swap->shunned |= SELECT_BIT(bay->slot);
        if (swap->give_back)
            swap_fail(step, swap->reason);
        else if (unchanged) /* it is not this bay: no other door would be allowed to open either */
            swap_fail(step, "SafetyLock: the battery's door was not allowed to open");
        else
            swap_choose_battery(step);
    }
}

/* Out-In: the user's battery stands in the open bay from which the other one was taken. */
static bool came_instead(const struct core_step *step, const struct bay *bay)
{
    const struct swap *swap = &step->station->swap;
    const struct io_bay *in = step_bay(step, bay);
    return swap->order == SWAP_OUT_IN && in->present && safety_pack_fresh(step, in) &&
           in->pack.bid[0] && !text_equal(in->pack.bid, swap->offered);
}

void swap_offering(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    struct bay *bay = station_bay(step->station, swap_dispense_slot(swap));
    const struct io_bay *in = step_bay(step, bay);
    bool exchanged = came_instead(step, bay);
    bool waits = swap->steady_us || !swap_overdue(step, step->station->limits.taken_s);
    if (bay->state != BAY_OPEN) {
        swap_fail(step, "DoorFault: the open bay went out of service");
    } else if (swap_steady(step, (!in->present || exchanged) && !in->door_obstructed)) {
        bay_close(step, bay);
        swap_enter(step, SWAP_DISPENSE_CLOSING);
    } else if (!waits && pairs(swap)) { /* what went out before is exchanged, behind a shut door */
        bay_close(step, bay);
        swap_enter(step, SWAP_DISPENSE_CLOSING);
    } else if (!waits) {
        swap_fail(step, "Timeout: the offered battery was not taken");
    }
}

/* The bay is shut, and something is in it. */
static void settled_full(struct core_step *step, const struct bay *bay)
{
    struct swap *swap = &step->station->swap;
    bool other = bay->bid[0] && !text_equal(bay->bid, swap->offered);
    if (other && swap->order == SWAP_OUT_IN && swap->returned < swap->to_return) {
        swap->given++;
        swap->return_slots[swap->returned++] = bay->slot;
        swap_go_on(step);
    } else if (other) {
        swap_fail(step, "BatteryUnknown: another battery stands where one was offered");
    } else {
        swap_fall_short(step, pairs(swap), "Timeout: the offered battery was not taken");
    }
}

void swap_dispense_closing(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    const struct bay *bay = station_bay(step->station, swap_dispense_slot(swap));
    switch (bay->state) {
    case BAY_CLOSING:
    case BAY_IDENTIFY:
    case BAY_UNKNOWN:
        break;
    case BAY_EMPTY:
        swap->given++;
        swap->given_back += swap->give_back;
        swap_go_on(step);
        break;
    case BAY_IDLE:
    case BAY_READY:
        settled_full(step, bay);
        break;
    case BAY_QUARANTINE:
        swap_fail(step, "BatteryDamaged: what was put in for the offered battery is in quarantine");
        break;
    default:
        swap_fail(step, "DoorFault: the door did not close on an empty bay");
        break;
    }
}
