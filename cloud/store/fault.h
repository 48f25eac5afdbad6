/* SPDX-License-Identifier: Apache-2.0 */
/* fault: what stations report as broken, from `active` to cleared. */
#ifndef SWAPSTACK_STORE_FAULT_H
#define SWAPSTACK_STORE_FAULT_H

#include "store/store.h"

struct fault_row {
    const char *station_id, *code, *severity, *failure_info;
    int64_t slot;      /* STORE_NULL: the station itself */
    int64_t raised_at; /* µs */
    int64_t count;     /* how often it came, as the station coalesced it; STORE_NULL: once more */
};

/* Opens a fault, or updates the open one of the same station, code and slot. */
int fault_raise(struct store *store, const struct fault_row *row, struct err *err);
/* Closes the open one, if any. */
int fault_clear(struct store *store, const struct fault_row *row, int64_t cleared_at_us,
                struct err *err);
/* Open faults of severity error or critical at a station's slot (STORE_NULL: the station). */
int fault_count_severe(struct store *store, const char *station_id, int64_t slot, int64_t *count,
                       struct err *err);

#endif
