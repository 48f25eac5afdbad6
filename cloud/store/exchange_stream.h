/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges one after the other, however many there are: for exports. */
#ifndef SWAPSTACK_STORE_EXCHANGE_STREAM_H
#define SWAPSTACK_STORE_EXCHANGE_STREAM_H

#include "store/exchange.h"

/* NULL (text) and STORE_NULL (times) do not limit; from <= event_time < to. */
struct exchange_filter {
    const char *bid, *vid, *station_id;
    int64_t from_us, to_us;
};

/* How many there are; for showing progress. */
int exchange_stream_count(struct store *store, const struct exchange_filter *filter, int64_t *count,
                          struct err *err);

/* Calls `each` with every exchange in order (time, Off-Load before On-Load, task id); a negative
 * return of it ends the reading with that code. One statement, so that what is read is one state of
 * the database; read by an index in its order, so that memory does not grow with the rows. */
int exchange_stream(struct store *store, const struct exchange_filter *filter,
                    int (*each)(void *self, const struct exchange_row *row, struct err *err),
                    void *self, struct err *err);

#endif
