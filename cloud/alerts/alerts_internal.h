/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of alerts/ share. Nobody else includes this. */
#ifndef SWAPSTACK_ALERTS_ALERTS_INTERNAL_H
#define SWAPSTACK_ALERTS_ALERTS_INTERNAL_H

#include "alerts/alerts.h"
#include "store/alert.h"

struct outgoing {
    char kind[65];
    struct strbuf payload;
};

struct alerts {
    struct store *store;
    struct outgoing *queue; /* first .. count-1 wait */
    size_t first, count, capacity;
    /* Thresholds: the table's rows as last read, and what holds where none fits. */
    struct threshold_row *rows; /* owned */
    size_t row_count;
    bool rows_known; /* false: to be read again (never read, changed, or rolled back) */
    struct threshold_default defaults[THRESHOLD_KINDS];
    int64_t generation;
};

#endif
