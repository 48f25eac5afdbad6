/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order of all that one station says: by its journal (in the order in which its journals were
 * first seen), the boot within it, and `up` within the boot; never by arrival. What is current
 * (state, bays, connection) is the last writer in this order, so that yesterday's backlog cannot
 * undo today.
 */
#ifndef SWAPSTACK_STATIONS_ORDER_H
#define SWAPSTACK_STATIONS_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct order_place {
    int64_t journal_number; /* 1, 2 …; 0: no journal */
    int64_t boot;           /* STORE_NULL when absent */
    int64_t up;             /* ms since that boot, or the number of the connection (STATUS) */
};

/* True when the message has a place at all. Bare messages have none. */
bool order_has_place(const struct order_place *place);

/* <0, 0, >0 like strcmp. Both must have a place. */
int order_compare(const struct order_place *a, const struct order_place *b);

/* May a message at `place` replace what was written by one at `current`? A message without a place
 * (bare form) goes by arrival, that is, always; and anything replaces a state without a place. */
bool order_replaces(const struct order_place *place, const struct order_place *current);

#endif
