/* SPDX-License-Identifier: Apache-2.0 */
/* swap: one row a swap, of one battery or of a set of two. */
#ifndef SWAPSTACK_STORE_SWAP_H
#define SWAPSTACK_STORE_SWAP_H

#include "store/store.h"

#define SWAP_SIDE_MAX 2

struct swap_battery {
    char bid[65]; /* "" none */
    int64_t slot;
    double soc;
};

struct swap_row {
    char request_id[65], station_id[65], vid[65], user_id[65];
    int64_t started_at_us, ended_at_us;
    char outcome[8]; /* running, done, failed, timeout */
    char reason[257];
    int64_t batteries; /* of the set, as the station said; STORE_NULL: one */
    struct swap_battery in[SWAP_SIDE_MAX], out[SWAP_SIDE_MAX]; /* in the order of their serials */
};

/* Everything absent but the key; running. */
void swap_init(struct swap_row *row, const char *station_id, const char *request_id);
/* 1, or 0 when the swap is not known. */
int swap_load(struct store *store, const char *station_id, const char *request_id,
              struct swap_row *row, struct err *err);
/* Inserts or replaces. */
int swap_save(struct store *store, const struct swap_row *row, struct err *err);

#endif
