/* SPDX-License-Identifier: Apache-2.0 */
/* threshold: limits of alerts per kind, battery model and station. */
#ifndef SWAPSTACK_STORE_THRESHOLD_H
#define SWAPSTACK_STORE_THRESHOLD_H

#include "store/store.h"
#include <stddef.h>

struct threshold_row {
    char kind[33];
    char model[65], station_id[65]; /* "": any */
    double raise, clear;            /* in the unit of the kind */
    bool enabled;                   /* false: no alert of this kind there */
    int64_t set_at_us;
    char set_by[65];
};

/* All of them, in order of (kind, model, station); `*rows` is the caller's to free. */
int threshold_list(struct store *store, struct threshold_row **rows, size_t *count,
                   struct err *err);
/* Inserts, or replaces the one of the same kind, model and station. */
int threshold_put(struct store *store, const struct threshold_row *row, struct err *err);
/* 1: it was there and is gone; 0: there was none. */
int threshold_remove(struct store *store, const char *kind, const char *model,
                     const char *station_id, struct err *err);

#endif
