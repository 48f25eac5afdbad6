/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to the station: rules 1 to 10 hold against any of them (rule 11). */
#include "core/custody.h"
#include "core/maintenance.h"
#include "core/safety.h"
#include "core/select.h"
#include "core/session.h"
#include "core/station.h"
#include "core/text.h"
#include <assert.h>
#include <math.h>

/* --- swap --- */

/* What no waiting mends: mode, gate, a door that nobody can shut from here. */
static const char *swap_locked(const struct core_step *step)
{
    const struct station *station = step->station;
    if (station->storage_fault || station->journal_short)
        return "StorageFault";
    if (station_mode(station) != STATION_NORMAL ||
        fault_with_effect(&station->faults, 0, FAULT_BLOCKS))
        return "SafetyLock";
    for (int i = 0; i < station->bay_count; i++) {
        enum bay_state state = station->bays[i].state;
        bool ours = state == BAY_UNKNOWN || state == BAY_OPEN || state == BAY_OPENING ||
                    state == BAY_CLOSING;
        if (!ours && step->in->bays[i].door != IO_DOOR_CLOSED)
            return "SafetyLock";
    }
    return NULL;
}

/* Bays whose content is not known yet, so that a refusal would be premature. */
static bool verifying(const struct station *station)
{
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_UNKNOWN || station->bays[i].state == BAY_IDENTIFY)
            return true;
    return false;
}

static bool left_open(const struct station *station)
{
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_OPEN)
            return true;
    return false;
}

/* The battery that was asked for, or any, stands behind an open door. */
static bool stands_open(const struct core_step *step, const char *bid)
{
    const struct station *station = step->station;
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_OPEN && step->in->bays[i].present &&
            (!bid[0] || text_equal(station->bays[i].bid, bid)))
            return true;
    return false;
}

/* Why there are fewer packs than are to be given. NULL: behind doors that were left open stand some
 * that may be fit. This command shuts them first (SWAP_SECURING), or nobody ever would. */
static const char *short_of_packs(const struct core_step *step, const struct select_wish *wish)
{
    if (verifying(step->station))
        return "Busy";
    if (stands_open(step, wish->battery))
        return NULL;
    const char *refusal = wish->battery[0] ? select_refusal(step, wish) : NULL;
    return refusal ? refusal : "NoBatteryAvailable";
}

/* Stock and room for it: fills the plan, and the bays whose packs are meant for it when there are
 * enough (`held` of them, else 0). */
static const char *plan_swap(struct core_step *step, const struct station_swap_request *request,
                             struct swap *plan, int slots[SWAP_SET_MAX], int *held)
{
    const struct station *station = step->station;
    struct select_wish wish = {request->battery, request->request_id, request->vehicle, NAN, 0};
    int reserved = select_reserved(step, &wish);
    plan->asked = request->count ? request->count : reserved == SWAP_SET_MAX ? reserved : 1;
    if (plan->asked < 1 || plan->asked > SWAP_SET_MAX)
        return "Malformed";
    plan->order = station->settings.swap_out_in ? SWAP_OUT_IN : SWAP_IN_OUT;
    swap_plan(station, request->vehicle, plan);
    bool enough = select_set(step, &wish, plan->to_give, slots) >= plan->to_give;
    const char *refusal = enough ? NULL : short_of_packs(step, &wish);
    if (refusal)
        return refusal;
    *held = enough ? plan->to_give : 0;
    /* Who gives first cannot see what the vehicle needs. */
    if (plan->order == SWAP_OUT_IN && plan->to_give && plan->to_return && !wish.battery[0] &&
        select_types_differ(step, &wish))
        return "BatteryType";
    /* No free bay is a passing state, so it is Busy. Behind a door that was left open may be one,
     * or the battery for which this vehicle is owed one. */
    if (select_free_bays(step) < swap_needs_bays(station, plan) && !left_open(station))
        return "Busy";
    return NULL;
}

/* A vehicle that was left without a battery cannot leave: it is served again where it stands. */
static bool is_stranded(const struct station *station, const char *vehicle)
{
    const struct swap *swap = &station->swap;
    return swap->step == SWAP_LEAVING && swap->completed && text_equal(swap->vehicle, vehicle) &&
           custody_balance(station, vehicle) > 0;
}

const char *station_request_swap(struct station *station, const struct io_readings *in,
                                 const struct station_swap_request *request,
                                 struct station_actions *actions)
{
    struct core_step step = {station, in, actions};
    struct swap plan = {.step = SWAP_SECURING, .since_us = in->now_us, .rated_v = NAN};
    int slots[SWAP_SET_MAX], held = 0;
    const char *locked = swap_locked(&step);
    if (locked)
        return locked;
    bool under_way = station->swap.step != SWAP_IDLE && !is_stranded(station, request->vehicle);
    if (under_way || maintenance_moves(station))
        return "Busy";
    TEXT_SET(plan.vehicle, request->vehicle);
    const char *refusal = plan_swap(&step, request, &plan, slots, &held);
    if (refusal)
        return refusal;
    TEXT_SET(plan.command, request->command);
    TEXT_SET(plan.request_id, request->request_id);
    TEXT_SET(plan.user, request->user);
    TEXT_SET(plan.battery, request->battery);
    station->swap = plan;
    swap_hold(&step, slots, held);
    actions->transition = actions->intent_changed = true;
    return NULL;
}

void station_revoke_swap(struct station *station)
{
    assert(station->swap.step == SWAP_SECURING || station->swap.step == SWAP_IDLE);
    station->swap = (struct swap){0};
}

/* --- charging sessions --- */

static const char *session_stop(struct core_step *step, struct bay *bay, const char *session)
{
    struct charge *charge = &bay->charge;
    if (!session_is_open(charge->status) || (session[0] && !text_equal(session, charge->session)))
        return "BatteryUnknown";
    charge_stop(step, bay, SESSION_CANCELLED, "stopped by command");
    charge->inhibited = true;
    step_touch(step);
    return NULL;
}

const char *station_request_session(struct station *station, const struct io_readings *in,
                                    const struct station_session_request *request,
                                    struct station_actions *actions)
{
    struct core_step step = {station, in, actions};
    struct bay *bay = station_bay(station, request->slot);
    if (!bay || (request->start && request->power_kw <= 0)) /* NAN: what the bay can */
        return "Malformed";
    if (!request->start)
        return session_stop(&step, bay, request->session);
    for (int i = 0; i < station->bay_count; i++)
        if (request->session[0] && text_equal(station->bays[i].charge.session, request->session))
            return "Repeated";
    if (station->storage_fault || station->journal_short)
        return "StorageFault";
    if (bay->state == BAY_EMPTY)
        return "BatteryUnknown";
    if ((bay->state != BAY_IDLE && bay->state != BAY_READY) || swap_uses(&station->swap, bay->slot))
        return "Busy";
    if (charge_obstacle(&step, bay))
        return "SafetyLock";
    double target = isnan(request->target_soc_percent) ? station->settings.target_soc_percent
                                                       : request->target_soc_percent;
    if (step_bay(&step, bay)->pack.soc_percent >= fmin(target, station->settings.max_soc_percent))
        return "BatterySoC";
    charge_begin(&step, bay, request->session, request->target_soc_percent, request->power_kw,
                 "by command");
    return NULL;
}

/* --- reservations --- */

static const char *reserve_cancel(struct core_step *step, const char *request_id)
{
    bool found = false;
    for (int i = 0; i < step->station->bay_count; i++) {
        struct bay *bay = &step->station->bays[i];
        if (!bay->reservation.until_us || !text_equal(bay->reservation.request_id, request_id))
            continue;
        if (bay->state == BAY_RESERVED)
            bay_move(step, bay, BAY_READY);
        bay->reservation = (struct reservation){0};
        step_touch(step);
        found = true;
    }
    return found ? NULL : "BatteryUnknown";
}

static void reserve(struct core_step *step, struct bay *bay,
                    const struct station_reserve_request *request)
{
    bay_move(step, bay, BAY_RESERVED);
    bay->reservation = (struct reservation){.until_us = request->until_us};
    TEXT_SET(bay->reservation.request_id, request->request_id);
    TEXT_SET(bay->reservation.vehicle, request->vehicle);
    TEXT_SET(bay->reservation.user, request->user);
    step_touch(step);
}

const char *station_request_reserve(struct station *station, const struct io_readings *in,
                                    const struct station_reserve_request *request,
                                    struct station_actions *actions)
{
    struct core_step step = {station, in, actions};
    int count = request->count ? request->count : 1, slots[SWAP_SET_MAX];
    if (!request->reserve)
        return reserve_cancel(&step, request->request_id);
    if (count < 1 || count > SWAP_SET_MAX)
        return "Malformed";
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].reservation.until_us &&
            text_equal(station->bays[i].reservation.request_id, request->request_id))
            return "Repeated";
    if (station->storage_fault || station->journal_short)
        return "StorageFault";
    if (station_mode(station) != STATION_NORMAL)
        return "SafetyLock";
    if (request->until_us <= in->now_us)
        return "Stale";
    /* No request and no vehicle: only a READY bay fits, never somebody else's reservation; and none
     * that the swap under way has chosen. */
    struct select_wish wish = {"", "", "", NAN, 0};
    for (int i = 0; i < SWAP_SET_MAX; i++)
        wish.except |= SELECT_BIT(station->swap.dispense_slots[i]);
    if (select_set(&step, &wish, count, slots) < count)
        return "NoBatteryAvailable";
    for (int i = 0; i < count; i++)
        reserve(&step, station_bay(station, slots[i]), request);
    return NULL;
}

/* --- a person at the station --- */

const char *station_request_maintenance(struct station *station, int slot, bool on,
                                        const struct io_readings *in,
                                        struct station_actions *actions)
{
    struct core_step step = {station, in, actions};
    struct bay *bay = station_bay(station, slot);
    if (slot && !bay)
        return "Malformed";
    if (on && station->swap.step != SWAP_IDLE && (!slot || swap_uses(&station->swap, slot)))
        return "Busy";
    int in_the_way;
    bool leaves = !on && (bay ? bay->maintenance && !station->maintenance : station->maintenance);
    if (leaves && maintenance_obstacle(&step, slot, &in_the_way))
        return "SafetyLock";
    if (bay)
        bay->maintenance = on;
    else
        station->maintenance = on;
    step_touch(&step);
    actions->transition = true;
    return NULL;
}

void station_request_reset(struct station *station, int slot, int64_t now_us,
                           struct station_actions *actions)
{
    fault_reset(&station->faults, slot, now_us, actions);
}
