/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A battery's day at one station: what single readings of its cells come to. Pure.
 *
 * Imbalance is the distance between the highest and the lowest cell, in V and in °C. Means and
 * times above limits are over time: a reading stands for the time since the one before it, unless
 * that is longer than the gap that is still believed, or on another day. The first reading of a day
 * stands for no time.
 *
 * A reading that is not newer than the newest (a repeat; one that came late) widens minima and
 * maxima and counts for nothing else, so that hearing it twice changes nothing.
 */
#ifndef SWAPSTACK_HEALTH_DAY_H
#define SWAPSTACK_HEALTH_DAY_H

#include "store/battery_day.h"
#include <stdbool.h>

struct day_limits {
    double temp_high_c, temp_low_c; /* default 45 and 0 */
    double cell_spread_high_v;      /* default 0.1 */
    int64_t gap_us;                 /* default 300 s */
};

/* NAN: not said. What cannot be is taken as not said: a lowest cell above the highest one. */
struct day_reading {
    int64_t at_us;
    double cell_min_v, cell_max_v;
    double temp_min_c, temp_max_c;
};

/* 00:00 UTC of its day. */
int64_t day_of(int64_t at_us);

/* True when the reading says anything of the cells. */
bool day_is_reading(const struct day_reading *reading);

/* An empty day. */
void day_start(struct battery_day_row *day, const char *bid, const char *station_id,
               int64_t day_us);
/* The reading must be of that day. Returns false when nothing changed. */
bool day_add(struct battery_day_row *day, const struct day_reading *reading,
             const struct day_limits *limits);

#endif
