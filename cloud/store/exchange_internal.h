/* SPDX-License-Identifier: Apache-2.0 */
/* What exchange.c and exchange_history.c share. Nobody else includes this. */
#ifndef SWAPSTACK_STORE_EXCHANGE_INTERNAL_H
#define SWAPSTACK_STORE_EXCHANGE_INTERNAL_H

#include "store/exchange.h"

#define EXCHANGE_COLUMNS                                                                           \
    "task_id, bid, station_id, vid, event, event_time, start_time, end_time, comments, "           \
    "request_id, slot, soc, soh, battery_version, capacity_kwh, remarks"

/* Reads the row of a SELECT of EXCHANGE_COLUMNS. */
void exchange_read(sqlite3_stmt *select, struct exchange_row *row);

#endif
