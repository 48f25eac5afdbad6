/* SPDX-License-Identifier: Apache-2.0 */
#include "core/custody.h"
#include "core/safety.h"
#include "core/text.h"
#include <math.h>
#include <stdlib.h>

void custody_begin(struct core_step *step, struct bay *bay, enum custody_kind kind)
{
    const struct swap *swap = &step->station->swap;
    struct custody *custody = &bay->custody;
    custody->kind = kind;
    TEXT_SET(custody->bid, kind == CUSTODY_DISPENSE ? bay->bid : "");
    custody->order = swap->order;
    custody->set = swap->count;
    TEXT_SET(custody->request_id, swap->request_id);
    TEXT_SET(custody->vehicle, swap->vehicle);
    TEXT_SET(custody->user, swap->user);
    step_touch(step);
}

const struct owed *custody_account(const struct station *station, const char *vehicle)
{
    for (int i = 0; i < OWED_MAX && vehicle[0]; i++)
        if (text_equal(station->owed[i].vehicle, vehicle))
            return &station->owed[i];
    return NULL;
}

bool custody_owes(const struct station *station)
{
    bool owes = false;
    for (int i = 0; i < OWED_MAX; i++)
        owes |= station->owed[i].vehicle[0] && station->owed[i].count > 0;
    return owes;
}

int custody_balance(const struct station *station, const char *vehicle)
{
    const struct owed *account = custody_account(station, vehicle);
    return account ? account->count : 0;
}

/* The vehicle gave (rated_v of what it gave) or got a battery. In In-Out nobody gets one on credit:
 * an On-Load without an account is of one that fell out of the list. */
static void book(struct station *station, const struct custody *custody, bool gave, double rated_v)
{
    const struct owed *account = custody_account(station, custody->vehicle);
    int place = account ? (int)(account - station->owed) : OWED_MAX - 1;
    struct owed entry = account ? *account : (struct owed){.rated_v = NAN};
    if (!custody->vehicle[0] || (!gave && !account && custody->order == SWAP_IN_OUT))
        return;
    TEXT_SET(entry.vehicle, custody->vehicle);
    int count = entry.count + (gave ? 1 : -1);
    entry.count = abs(count) <= OWED_COUNT_MAX ? count : entry.count;
    if (gave)
        entry.rated_v = rated_v;
    if (entry.count != 0) { /* to the front; the oldest falls out */
        memmove(&station->owed[1], &station->owed[0], (size_t)place * sizeof *station->owed);
        station->owed[0] = entry;
        return;
    }
    memmove(&station->owed[place], &station->owed[place + 1],
            (size_t)(OWED_MAX - 1 - place) * sizeof *station->owed);
    station->owed[OWED_MAX - 1] = (struct owed){0};
}

/* 1e4: to four decimals, as short as they print */
static double round_to(double value, double per_unit)
{
    return isfinite(value) ? round(value * per_unit) / per_unit : NAN;
}

void battery_from_pack(const struct io_pack *pack, struct message_battery *battery)
{
    TEXT_SET(battery->bid, pack->bid);
    TEXT_SET(battery->vin, pack->vin);
    TEXT_SET(battery->version, pack->version);
    battery->bluetooth = pack->bluetooth ? TRI_TRUE : TRI_FALSE;
    battery->max_cell_v = round_to(pack->cell_max_v, 1e4);
    battery->min_cell_v = round_to(pack->cell_min_v, 1e4);
    battery->max_temp_c = round_to(pack->temp_max_c, 1e2);
    battery->min_temp_c = round_to(pack->temp_min_c, 1e2);
    battery->pack_v = round_to(pack->pack_v, 1e3);
    battery->pack_a = round_to(pack->pack_a, 1e3);
    battery->soc_percent = round_to(pack->soc_percent, 1e3);
    battery->soh_percent = round_to(pack->soh_percent, 1e4);
    battery->cycles = pack->cycles >= 0 ? pack->cycles : MESSAGE_ABSENT;
    battery->capacity_kwh = round_to(pack->capacity_kwh, 1e4);
    if (pack->faults)
        snprintf(battery->errors, sizeof battery->errors, "0x%08x", (unsigned)pack->faults);
}

static void emit(struct core_step *step, const struct bay *bay, const char *name,
                 const struct io_pack *pack, const char *bid)
{
    const struct swap *swap = &step->station->swap;
    const struct custody *custody = &bay->custody;
    struct station_event *event = actions_add(step->actions, STATION_EVENT_SWAP, step_now(step));
    step->actions->transition = true;
    if (!event)
        return;
    struct message_swap_event *to = &event->data.swap;
    message_battery_init(&to->battery);
    if (text_equal(pack->bid, bid))
        battery_from_pack(pack, &to->battery);
    else /* the pack was never heard in this run: its serial is on record */
        TEXT_SET(to->battery.bid, bid);
    to->battery.slot = bay->slot;
    to->battery.charge = TRI_FALSE;
    to->bay = bay->slot;
    TEXT_SET(to->event, name);
    TEXT_SET(to->request_id, custody->request_id);
    TEXT_SET(to->vehicle, custody->vehicle);
    TEXT_SET(to->user, custody->user);
    TEXT_SET(to->order, swap_order_name(custody->order));
    to->count = custody->set > 1 ? custody->set : MESSAGE_ABSENT;
    bool under_way = swap->step != SWAP_IDLE && text_equal(swap->request_id, custody->request_id);
    if (text_equal(name, "Off-Load"))
        book(step->station, custody, true, pack->rated_v);
    else if (text_equal(name, "On-Load"))
        book(step->station, custody, false, NAN);
    if (!under_way)
        TEXT_SET(to->comments, "found when the bay was verified, after the swap had ended");
}

static void end(struct core_step *step, struct bay *bay)
{
    bay->custody = (struct custody){0};
    step_touch(step);
}

void custody_found_empty(struct core_step *step, struct bay *bay)
{
    const struct custody *custody = &bay->custody;
    if (custody->kind == CUSTODY_DISPENSE && custody->bid[0])
        emit(step, bay, "On-Load", &bay->last, custody->bid);
    else if (custody->kind == CUSTODY_NONE && bay->bid[0])
        step_fault(step, FAULT_PackMissing, bay->slot, true);
    if (custody->kind != CUSTODY_NONE)
        end(step, bay);
    bay_set_bid(step, bay, "");
}

void custody_found_pack(struct core_step *step, struct bay *bay, const struct io_pack *pack)
{
    const struct custody *custody = &bay->custody;
    bool same = text_equal(custody->bid, pack->bid);
    switch (custody->kind) {
    case CUSTODY_RETURN:
        emit(step, bay, "Off-Load", pack, pack->bid);
        break;
    case CUSTODY_DISPENSE:
        if (same) {
            emit(step, bay, "Timeout", pack, pack->bid);
            break;
        }
        if (custody->bid[0])
            emit(step, bay, "On-Load", &bay->last, custody->bid);
        emit(step, bay, "Off-Load", pack, pack->bid);
        break;
    case CUSTODY_NONE:
        if (bay->bid[0] && !text_equal(bay->bid, pack->bid))
            step_fault(step, FAULT_PackChanged, bay->slot, true);
        return;
    }
    end(step, bay);
}
