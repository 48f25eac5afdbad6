/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is believed about where a battery is: pure.
 *
 * A claim is an exchange event or a sighting in a bay. Claims of one station are ordered by its
 * journal (number in the order in which its journals were first seen, boot, up), never by their
 * time or arrival, so that yesterday's backlog cannot undo today and a clock that was set back does
 * not either. Claims of different stations, and bare ones, are ordered by time.
 *
 * - Between exchange events the newest by event_time counts (the caller asks only for that one), so
 *   that the place depends on the set of events and not on their order.
 * - A sighting counts when it is newer than what put the battery where it is; at a tie the event
 *   stays.
 * - An event against a later sighting does not count, unless nothing is known (place unknown).
 * - That a bay no longer shows its battery moves nothing: the On-Load that says where it went may
 *   still be under way. Only when another battery is sighted in the bay is the former one's place
 *   unknown, because a bay holds one.
 */
#ifndef SWAPSTACK_TRACKING_PLACE_H
#define SWAPSTACK_TRACKING_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct place_claim {
    bool known;          /* false: nothing was ever said */
    bool event;          /* an exchange event, else a sighting */
    char station_id[65]; /* who said it; "" not known (a place read back whose journal is gone) */
    int64_t time_us;     /* of the event, or of the newest sighting that confirmed the place */
    int64_t journal;     /* number; 0: no journal */
    int64_t boot, up_ms; /* INT64_MIN: absent */
};

/* <0, 0, >0: `a` is older than, as old as, newer than `b`. */
int place_compare(const struct place_claim *a, const struct place_claim *b);

/* Does a sighting replace (or confirm) what `current` says? */
bool place_sighting_counts(const struct place_claim *current, const struct place_claim *sighting);
/* Does the battery's newest exchange event? */
bool place_event_counts(const struct place_claim *current, bool place_unknown,
                        const struct place_claim *event);

#endif
