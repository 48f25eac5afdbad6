/* SPDX-License-Identifier: Apache-2.0 */
/* swap: one row a swap. */
#ifndef SWAPSTACK_STORE_SWAP_H
#define SWAPSTACK_STORE_SWAP_H

#include "store/store.h"

struct swap_row {
    char request_id[65], station_id[65], vid[65], user_id[65];
    int64_t started_at_us, ended_at_us;
    char outcome[8]; /* running, done, failed, timeout */
    char reason[257];
    char bid_in[65], bid_out[65];
    int64_t slot_in, slot_out;
    double soc_in, soc_out;
};

/* Everything absent but the key; running. */
void swap_init(struct swap_row *row, const char *station_id, const char *request_id);
/* 1, or 0 when the swap is not known. */
int swap_load(struct store *store, const char *station_id, const char *request_id,
              struct swap_row *row, struct err *err);
/* Inserts or replaces. */
int swap_save(struct store *store, const struct swap_row *row, struct err *err);

#endif
