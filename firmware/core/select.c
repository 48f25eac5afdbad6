/* SPDX-License-Identifier: Apache-2.0 */
#include "core/select.h"
#include "core/safety.h"
#include "core/text.h"
#include <math.h>

static bool is_free(const struct station *station, int i)
{
    return station->bays[i].state == BAY_EMPTY &&
           fault_worst(&station->faults, i + 1) < (int)FAULT_STOPS;
}

int select_free_bay(const struct core_step *step)
{
    for (int i = 0; i < step->station->bay_count; i++)
        if (is_free(step->station, i))
            return i + 1;
    return 0;
}

int select_free_bays(const struct core_step *step)
{
    int count = 0;
    for (int i = 0; i < step->station->bay_count; i++)
        count += is_free(step->station, i);
    return count;
}

static bool reserved_for(const struct bay *bay, const struct select_wish *wish)
{
    const struct reservation *reservation = &bay->reservation;
    return bay->state == BAY_RESERVED &&
           (text_equal(reservation->request_id, wish->request_id) ||
            (wish->vehicle[0] && text_equal(reservation->vehicle, wish->vehicle)));
}

static bool right_type(const struct io_pack *pack, const struct select_wish *wish)
{
    return isnan(wish->rated_v) || fabs(pack->rated_v - wish->rated_v) <= 0.15 * wish->rated_v;
}

static bool fits(const struct core_step *step, const struct bay *bay,
                 const struct select_wish *wish)
{
    const struct io_bay *in = step_bay(step, bay);
    if ((wish->except & SELECT_BIT(bay->slot)) ||
        (wish->battery[0] && !text_equal(bay->bid, wish->battery)))
        return false;
    if (bay->state != BAY_READY && !reserved_for(bay, wish))
        return false;
    if (locks_has(&step->station->settings.locks, bay->bid))
        return false;
    return safety_pack_fresh(step, in) && right_type(&in->pack, wish) &&
           fault_worst(&step->station->faults, bay->slot) < (int)FAULT_STOPS &&
           !(in->pack.soh_percent < step->station->settings.min_soh_percent);
}

/* Whole percents; a pack whose bus does not tell it (GB/T 27930) comes after those that do. */
static double health_of(const struct io_pack *pack)
{
    return isnan(pack->soh_percent) ? -1 : floor(pack->soh_percent);
}

/* A pack that does not say how often it was used is not taken for a new one. */
static int64_t uses(const struct io_pack *pack)
{
    return pack->cycles < 0 ? INT64_MAX : pack->cycles;
}

static bool better(const struct core_step *step, const struct bay *a, const struct bay *b)
{
    if ((a->state == BAY_RESERVED) != (b->state == BAY_RESERVED))
        return a->state == BAY_RESERVED;
    const struct io_pack *pack_a = &step_bay(step, a)->pack, *pack_b = &step_bay(step, b)->pack;
    double health_a = health_of(pack_a), health_b = health_of(pack_b);
    if (health_a > health_b || health_a < health_b)
        return health_a > health_b;
    return uses(pack_a) < uses(pack_b); /* ties: the lower slot came first */
}

int select_ready(const struct core_step *step, const struct select_wish *wish)
{
    const struct station *station = step->station;
    const struct bay *best = NULL;
    for (int i = 0; i < station->bay_count; i++) {
        const struct bay *bay = &station->bays[i];
        if (fits(step, bay, wish) && (!best || better(step, bay, best)))
            best = bay;
    }
    return best ? best->slot : 0;
}

/* A pack's companions: of its type, whatever their serial. */
static struct select_wish companions(const struct core_step *step, const struct select_wish *wish,
                                     int slot)
{
    struct select_wish more = *wish;
    more.battery = "";
    more.rated_v = step->in->bays[slot - 1].pack.rated_v;
    more.except |= SELECT_BIT(slot);
    return more;
}

int select_set(const struct core_step *step, const struct select_wish *wish, int count, int *slots)
{
    struct select_wish lead = *wish;
    int most = 0;
    for (int slot; count > 0 && (slot = select_ready(step, &lead)) != 0;) {
        struct select_wish more = companions(step, wish, slot);
        int found = 1;
        slots[0] = slot;
        for (int next; found < count && (next = select_ready(step, &more)) != 0;) {
            slots[found++] = next;
            more.except |= SELECT_BIT(next);
        }
        if (found == count)
            return count;
        most = found > most ? found : most;
        lead.except |= SELECT_BIT(slot);
    }
    return most;
}

bool select_types_differ(const struct core_step *step, const struct select_wish *wish)
{
    int slot = select_ready(step, wish);
    if (!slot)
        return false;
    struct select_wish same = companions(step, wish, slot), any = same;
    any.rated_v = NAN;
    for (int next; (next = select_ready(step, &any)) != 0; any.except |= SELECT_BIT(next))
        if (!right_type(&step->in->bays[next - 1].pack, &same))
            return true;
    return false;
}

int select_reserved(const struct core_step *step, const struct select_wish *wish)
{
    const struct station *station = step->station;
    const char *request_id = NULL;
    int count = 0;
    for (int i = 0; i < station->bay_count; i++) {
        const struct bay *bay = &station->bays[i];
        const char *of = bay->reservation.request_id;
        if (reserved_for(bay, wish) && (!request_id || text_equal(of, wish->request_id)))
            request_id = of;
    }
    for (int i = 0; request_id && i < station->bay_count; i++)
        count += station->bays[i].state == BAY_RESERVED &&
                 text_equal(station->bays[i].reservation.request_id, request_id);
    return count;
}

const char *select_refusal(const struct core_step *step, const struct select_wish *wish)
{
    const struct station *station = step->station;
    const struct bay *bay = NULL;
    for (int i = 0; i < station->bay_count; i++)
        if (text_equal(station->bays[i].bid, wish->battery))
            bay = &station->bays[i];
    if (!bay)
        return "BatteryUnknown";
    if (locks_has(&station->settings.locks, bay->bid))
        return "Unauthorized";
    switch (bay->state) {
    case BAY_QUARANTINE:
    case BAY_FAULT:
        return "BatteryDamaged";
    case BAY_IDLE:
    case BAY_CHARGING:
        return "BatterySoC";
    case BAY_READY:
    case BAY_RESERVED:
        break;
    default:
        return "Busy";
    }
    if (step_bay(step, bay)->pack.soh_percent < station->settings.min_soh_percent)
        return "BatterySoHLow";
    return fits(step, bay, wish) ? NULL : "NoBatteryAvailable";
}
