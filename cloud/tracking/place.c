/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/place.h"

#include <string.h>

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static bool has_order(const struct place_claim *claim)
{
    return claim->journal > 0 && claim->boot != INT64_MIN && claim->up_ms != INT64_MIN;
}

int place_compare(const struct place_claim *a, const struct place_claim *b)
{
    bool ordered =
        has_order(a) && has_order(b) && a->station_id[0] && !strcmp(a->station_id, b->station_id);
    if (!ordered)
        return compare(a->time_us, b->time_us);
    if (a->journal != b->journal)
        return compare(a->journal, b->journal);
    if (a->boot != b->boot)
        return compare(a->boot, b->boot);
    return compare(a->up_ms, b->up_ms);
}

bool place_sighting_counts(const struct place_claim *current, const struct place_claim *sighting)
{
    return !current->known || place_compare(sighting, current) > 0;
}

bool place_event_counts(const struct place_claim *current, bool place_unknown,
                        const struct place_claim *event)
{
    if (!current->known || place_unknown || current->event)
        return true;
    return place_compare(event, current) >= 0;
}
