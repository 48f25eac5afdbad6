/* SPDX-License-Identifier: Apache-2.0 */
#include "core/charge_when.h"

#include "core/safety.h"
#include "core/session.h"
#include <math.h>

static int count_ready(const struct station *station)
{
    int ready = 0;
    for (int i = 0; i < station->bay_count; i++)
        ready += station->bays[i].state == BAY_READY;
    return ready;
}

static bool is_verifying(const struct station *station)
{
    for (int i = 0; i < station->bay_count; i++)
        if (station->bays[i].state == BAY_UNKNOWN || station->bays[i].state == BAY_IDENTIFY)
            return true;
    return false;
}

/* Charges, or would if it were due. A pack that does not say how full it is never begins by itself.
 */
static bool is_candidate(const struct core_step *step, const struct bay *bay)
{
    if (bay->state == BAY_CHARGING)
        return session_is_open(bay->charge.status) && bay->charge.outcome == SESSION_NONE;
    return bay->state == BAY_IDLE && !bay->charge.inhibited &&
           !isnan(step_bay(step, bay)->pack.soc_percent) &&
           step_now(step) >= bay->charge.retry_us && !charge_obstacle(step, bay);
}

static bool comes_before(const struct core_step *step, const struct bay *a, const struct bay *b)
{
    if ((a->state == BAY_CHARGING) != (b->state == BAY_CHARGING))
        return a->state == BAY_CHARGING;
    double soc_a = floor(step_bay(step, a)->pack.soc_percent);
    double soc_b = floor(step_bay(step, b)->pack.soc_percent);
    return soc_a > soc_b || (!(soc_a < soc_b) && a->slot < b->slot);
}

bool charge_is_due(const struct core_step *step, const struct bay *bay)
{
    const struct station *station = step->station;
    if (windows_open(&station->settings.windows, step_now(step) + station->skew_us))
        return true;
    if (bay->state == BAY_IDLE && is_verifying(station))
        return false; /* what they hold may be READY, or fuller */
    int missing = (int)station->settings.min_ready - count_ready(station);
    for (int i = 0; i < station->bay_count && missing > 0; i++) {
        const struct bay *other = &station->bays[i];
        if (other != bay && is_candidate(step, other) && comes_before(step, other, bay))
            missing--;
    }
    return missing > 0;
}
