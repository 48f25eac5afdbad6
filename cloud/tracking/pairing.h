/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairing of exchange events, as a pure function over neighbours. The events of one battery with
 * one vehicle stand in order (time, Off-Load before On-Load, task id); an On-Load opens an interval
 * of use and the Off-Load that follows it directly closes it. So a row's interval depends on the
 * row and its two neighbours alone, and a late event changes nothing but itself and those two.
 */
#ifndef SWAPSTACK_TRACKING_PAIRING_H
#define SWAPSTACK_TRACKING_PAIRING_H

#include "store/exchange.h"

struct pairing {
    int64_t start_time_us, end_time_us; /* STORE_NULL: not known */
    bool failed;                        /* an Off-Load without its On-Load */
};

/* `before`, `after`: neighbours of the same battery and vehicle, NULL when there is none. */
struct pairing pairing_of(const struct exchange_row *before, const struct exchange_row *row,
                          const struct exchange_row *after);

bool pairing_is_on_load(const struct exchange_row *row);

/* Identity of an event as 32 hex digits, the same whenever and however it arrives. */
void pairing_task_id(const char *bid, const char *event, int64_t event_time_us,
                     const char *station_id, const char *request_id, char task_id[33]);

#endif
