/* SPDX-License-Identifier: Apache-2.0 */
#include "core/select.h"
#include "core/safety.h"
#include "core/text.h"
#include <math.h>

int select_free_bay(const struct core_step *step)
{
    const struct station *station = step->station;
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_EMPTY &&
            fault_worst(&station->faults, i + 1) < (int)FAULT_STOPS)
            return i + 1;
    return 0;
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
    if (bay->slot == wish->except_slot ||
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

static bool better(const struct core_step *step, const struct bay *a, const struct bay *b)
{
    if ((a->state == BAY_RESERVED) != (b->state == BAY_RESERVED))
        return a->state == BAY_RESERVED;
    const struct io_pack *pack_a = &step_bay(step, a)->pack, *pack_b = &step_bay(step, b)->pack;
    double health_a = health_of(pack_a), health_b = health_of(pack_b);
    if (health_a > health_b || health_a < health_b)
        return health_a > health_b;
    return pack_a->cycles < pack_b->cycles; /* ties: the lower slot came first */
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
