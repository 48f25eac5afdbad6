/* SPDX-License-Identifier: Apache-2.0 */
/* alert: conditions that somebody should know of, open until cleared. */
#ifndef SWAPSTACK_STORE_ALERT_H
#define SWAPSTACK_STORE_ALERT_H

#include "store/store.h"

struct alert_row {
    int64_t id;
    char kind[65], severity[16];
    char bid[65], vid[65], station_id[65]; /* "": not about one */
    int64_t slot;
    int64_t raised_at_us, cleared_at_us, acknowledged_at_us;
    char acknowledged_by[65];
    double value, threshold;
    char text[512];
};

/* Reads the open alert of this kind, bid, station and slot (each exactly as given; NULL and ""
 * mean none). 1 there is one, 0 there is none. */
int alert_find_open(struct store *store, const char *kind, const char *bid, const char *station_id,
                    int64_t slot, struct alert_row *row, struct err *err);
/* 1, or 0 when no alert has that id. */
int alert_load(struct store *store, int64_t id, struct alert_row *row, struct err *err);
/* Sets row->id. */
int alert_insert(struct store *store, struct alert_row *row, struct err *err);
int alert_set_cleared(struct store *store, int64_t id, int64_t at_us, struct err *err);
int alert_set_acknowledged(struct store *store, int64_t id, int64_t at_us, const char *by,
                           struct err *err);

#endif
