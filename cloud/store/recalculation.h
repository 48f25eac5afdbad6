/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of closed charging processes as they are on record, and how far a recalculation of
 * them is (charging_recalculation). */
#ifndef SWAPSTACK_STORE_RECALCULATION_H
#define SWAPSTACK_STORE_RECALCULATION_H

#include "store/charging.h"
#include <stddef.h>

struct recalculation_row {
    int64_t id;
    struct charging_figures figures; /* as they are on record; no vid, no reason */
    char end_reason[16];
};

/* NULL and STORE_NULL do not limit; times are those of the start, `to` exclusive. */
struct recalculation_filter {
    const char *station, *bid;
    int64_t from_us, to_us;
};

/* Closed processes with ids above `after`, in their order, `size` at most. Returns how many, or a
 * negative code. */
int recalculation_page(struct store *store, const struct recalculation_filter *filter,
                       int64_t after, struct recalculation_row *rows, size_t size, struct err *err);
int recalculation_count(struct store *store, const struct recalculation_filter *filter,
                        int64_t after, int64_t *count, struct err *err);
/* 1, or 0 when there is no such process or it is open. */
int recalculation_load(struct store *store, int64_t id, struct recalculation_row *row,
                       struct err *err);

struct recalculation_position {
    int64_t after_id, looked_at, changed;
    int64_t begun_at_us, updated_at_us;
};
/* 1, or 0 when none is under way for this selection. */
int recalculation_position_load(struct store *store, const char *selection,
                                struct recalculation_position *position, struct err *err);
int recalculation_position_save(struct store *store, const char *selection,
                                const struct recalculation_position *position, struct err *err);
int recalculation_position_remove(struct store *store, const char *selection, struct err *err);

#endif
