/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences of alerts about exchanges, and the `comments` of an exchange row that they stand
 * in: pure functions of what the row holds, so that they can be made again at any time.
 */
#ifndef SWAPSTACK_TRACKING_REMARKS_H
#define SWAPSTACK_TRACKING_REMARKS_H

#include "store/exchange.h"
#include "tracking/tracking.h"
#include <stddef.h>

#define REMARK_SIZE 288

void remark_missing_on_load(const char *bid, const char *vid, char to[REMARK_SIZE]);
void remark_low_capacity(const char *bid, double capacity_kwh, double minimum_kwh,
                         char to[REMARK_SIZE]);
void remark_low_soh(const char *bid, double soh_percent, double minimum_percent,
                    char to[REMARK_SIZE]);
/* `most`: On-Loads that a window may hold. */
void remark_frequent_swap(const char *bid, int64_t on_loads, int64_t window_us, double most,
                          char to[REMARK_SIZE]);

/* "failed: …; custody: …; <alerts>; <what the station said>", each part only where it applies.
 * `custody`: the sentence of custody.h, "" none. `on_loads`: of the battery in the window that ends
 * with this event. */
void remarks_compose(const struct exchange_row *row, bool failed, const char *custody,
                     int64_t on_loads, const struct tracking_limits *limits, char *to, size_t size);

/* What of a row's comments will not be composed again from pairing and the set of events: they
 * without their leading "failed: …", "custody: …" and "frequent_swap: …". A sentence about low
 * capacity stays, because no CSV says the capacity; remarks_compose does not repeat it. */
const char *remarks_own(const char *comments);

#endif
