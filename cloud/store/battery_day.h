/* SPDX-License-Identifier: Apache-2.0 */
/* battery_day: a day of a battery at a station, as telemetry showed it. */
#ifndef SWAPSTACK_STORE_BATTERY_DAY_H
#define SWAPSTACK_STORE_BATTERY_DAY_H

#include "store/store.h"

/* Sums are over the seconds beside them; NAN: never said. */
struct battery_day_row {
    char bid[65], station_id[65];
    int64_t day_us; /* 00:00 UTC */
    int64_t readings, last_at_us;
    double temp_min_c, temp_max_c, temp_spread_max_c;
    double temp_s, temp_sum, temp_spread_sum, temp_high_s, temp_low_s;
    double cell_min_v, cell_max_v, cell_spread_max_v;
    double cell_s, cell_spread_sum, cell_spread_high_s;
};

/* 1, or 0 when there is none: *row is untouched then. */
int battery_day_load(struct store *store, const char *bid, const char *station_id, int64_t day_us,
                     struct battery_day_row *row, struct err *err);
int battery_day_save(struct store *store, const struct battery_day_row *row, struct err *err);

#endif
