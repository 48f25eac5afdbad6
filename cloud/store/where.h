/* SPDX-License-Identifier: Apache-2.0 */
/* station_position and battery_area. */
#ifndef SWAPSTACK_STORE_WHERE_H
#define SWAPSTACK_STORE_WHERE_H

#include "store/store.h"
#include <stddef.h>

struct position_row {
    int64_t since_us;
    double latitude, longitude; /* degrees */
};

/* The station's position at `at_us` (the newest row until then); with `after`, the oldest row
 * behind it. 1, or 0 when there is none. */
int position_find(struct store *store, const char *station_id, int64_t at_us, bool after,
                  struct position_row *row, struct err *err);
int position_insert(struct store *store, const char *station_id, const struct position_row *row,
                    struct err *err);
int position_remove(struct store *store, const char *station_id, int64_t since_us, struct err *err);

/* What one row of an area allows: a station, or (station_id "") a circle. */
struct area_limit {
    char station_id[65];
    double latitude, longitude; /* degrees */
    double radius_m;
};
#define AREA_LIMITS_MAX 32 /* of one battery */

/* The limits of a battery in their order; *count 0: it may be anywhere. */
int area_load(struct store *store, const char *bid, struct area_limit limits[AREA_LIMITS_MAX],
              size_t *count, struct err *err);
/* Replaces them. */
int area_save(struct store *store, const char *bid, const struct area_limit *limits, size_t count,
              int64_t set_at_us, const char *set_by, struct err *err);

#endif
