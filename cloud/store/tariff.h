/* SPDX-License-Identifier: Apache-2.0 */
/* tariff, tariff_window and free_supercharging: what charging costs, where and when. */
#ifndef SWAPSTACK_STORE_TARIFF_H
#define SWAPSTACK_STORE_TARIFF_H

#include "store/store.h"
#include <stddef.h>

#define TARIFF_WINDOWS_MAX 32

struct tariff_window_row {
    int64_t days; /* bit 0 Monday … bit 6 Sunday */
    int64_t from_minute, to_minute;
    int64_t price; /* ten-thousandths */
};

struct tariff_row {
    int64_t id; /* set by tariff_insert */
    char station_id[65];
    int64_t geofence_id; /* STORE_NULL, as all that follow */
    char billing_type[16];
    int64_t cost_per_unit, session_fee; /* ten-thousandths */
    int64_t valid_from_us, valid_until_us;
    size_t window_count;
    struct tariff_window_row windows[TARIFF_WINDOWS_MAX];
};

int tariff_insert(struct store *store, struct tariff_row *row, struct err *err);
/* With its windows: 1, or 0 when there is none. */
int tariff_load(struct store *store, int64_t id, struct tariff_row *row, struct err *err);
int tariff_set_end(struct store *store, int64_t id, int64_t valid_until_us, struct err *err);

/* The tariff that holds at an instant: of the station, else of the geofence (STORE_NULL: none),
 * else of everywhere; of several the one that began last, then the one that was made last. 1, or 0
 * when there is none. */
int tariff_find(struct store *store, const char *station_id, int64_t geofence_id, int64_t at_us,
                struct tariff_row *row, struct err *err);

int free_supercharging_set(struct store *store, const char *vid, bool free, int64_t at_us,
                           struct err *err);
/* 1 or 0. */
int free_supercharging_has(struct store *store, const char *vid, struct err *err);

#endif
