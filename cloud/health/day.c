/* SPDX-License-Identifier: Apache-2.0 */
#include "health/day.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#define US_PER_DAY INT64_C(86400000000)

int64_t day_of(int64_t at_us)
{
    int64_t rest = at_us % US_PER_DAY;
    return at_us - (rest < 0 ? rest + US_PER_DAY : rest);
}

static bool is_pair(double least, double most)
{
    return isfinite(least) && isfinite(most) && least <= most;
}

bool day_is_reading(const struct day_reading *reading)
{
    return is_pair(reading->cell_min_v, reading->cell_max_v) ||
           is_pair(reading->temp_min_c, reading->temp_max_c);
}

void day_start(struct battery_day_row *day, const char *bid, const char *station_id, int64_t day_us)
{
    *day = (struct battery_day_row){.day_us = day_us,
                                    .last_at_us = INT64_MIN,
                                    .temp_min_c = NAN,
                                    .temp_max_c = NAN,
                                    .temp_spread_max_c = NAN,
                                    .cell_min_v = NAN,
                                    .cell_max_v = NAN,
                                    .cell_spread_max_v = NAN};
    (void)snprintf(day->bid, sizeof day->bid, "%s", bid);
    (void)snprintf(day->station_id, sizeof day->station_id, "%s", station_id);
}

/* Widens the extremes; NAN is what nobody said. True when one of them moved. */
static bool widen(double *least, double *most, double *spread, double low, double high)
{
    bool moved = !(low >= *least) || !(high <= *most) || !(high - low <= *spread);
    *least = fmin(*least, low);
    *most = fmax(*most, high);
    *spread = fmax(*spread, high - low);
    return moved;
}

static bool add_temperatures(struct battery_day_row *day, const struct day_reading *reading,
                             const struct day_limits *limits, double seconds)
{
    double low = reading->temp_min_c, high = reading->temp_max_c;
    if (!is_pair(low, high))
        return false;
    day->temp_s += seconds;
    day->temp_sum += seconds * (low + high) / 2;
    day->temp_spread_sum += seconds * (high - low);
    day->temp_high_s += high > limits->temp_high_c ? seconds : 0;
    day->temp_low_s += low < limits->temp_low_c ? seconds : 0;
    return widen(&day->temp_min_c, &day->temp_max_c, &day->temp_spread_max_c, low, high);
}

static bool add_cells(struct battery_day_row *day, const struct day_reading *reading,
                      const struct day_limits *limits, double seconds)
{
    double low = reading->cell_min_v, high = reading->cell_max_v;
    if (!is_pair(low, high))
        return false;
    day->cell_s += seconds;
    day->cell_spread_sum += seconds * (high - low);
    day->cell_spread_high_s += high - low > limits->cell_spread_high_v ? seconds : 0;
    return widen(&day->cell_min_v, &day->cell_max_v, &day->cell_spread_max_v, low, high);
}

bool day_add(struct battery_day_row *day, const struct day_reading *reading,
             const struct day_limits *limits)
{
    assert(day_of(reading->at_us) == day->day_us);
    bool newer = reading->at_us > day->last_at_us;
    bool held = newer && day->readings > 0 && reading->at_us - day->last_at_us <= limits->gap_us;
    double seconds = held ? (double)(reading->at_us - day->last_at_us) / 1e6 : 0;
    bool moved = add_temperatures(day, reading, limits, seconds);
    moved = add_cells(day, reading, limits, seconds) || moved;
    if (newer) {
        day->readings++;
        day->last_at_us = reading->at_us;
    }
    return newer || moved;
}
