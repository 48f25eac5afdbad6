/* SPDX-License-Identifier: Apache-2.0 */
#include "health/capacity.h"

#include "health/rank.h"
#include <math.h>
#include <string.h>

#define LIFT_Z_MIN  3.5
#define US_PER_HOUR 3.6e9

enum capacity_verdict capacity_of_charge(const struct capacity_charge *charge,
                                         double soc_span_min_percent, double nominal_kwh,
                                         double *capacity_kwh)
{
    double span = charge->end_soc_percent - charge->start_soc_percent;
    double hours = (double)(charge->end_us - charge->start_us) / US_PER_HOUR;
    *capacity_kwh = NAN;
    if (isnan(span) || !(charge->added_kwh > 0))
        return CAPACITY_UNKNOWN;
    if (span > 0)
        *capacity_kwh = charge->added_kwh / span * 100;
    if (span < soc_span_min_percent)
        return CAPACITY_SHORT;
    double ratio = charge->used_kwh / charge->added_kwh;
    if (ratio < CAPACITY_USED_PER_ADDED_MIN || ratio > CAPACITY_USED_PER_ADDED_MAX)
        return CAPACITY_ENERGY;
    if (charge->added_kwh > CAPACITY_C_RATE_MAX * nominal_kwh * hours)
        return CAPACITY_POWER;
    double share = *capacity_kwh / nominal_kwh;
    if (share < CAPACITY_SHARE_MIN || share > CAPACITY_SHARE_MAX)
        return CAPACITY_FAR;
    return CAPACITY_USED;
}

const char *capacity_verdict_name(enum capacity_verdict verdict)
{
    static const char *const names[CAPACITY_VERDICTS] = {"used",   "unknown", "short",
                                                         "energy", "power",   "far"};
    return names[verdict];
}

static double median_of(const double *values, size_t count)
{
    double copy[CAPACITY_LIFT_WINDOW];
    memcpy(copy, values, count * sizeof *copy);
    return rank_median(copy, count);
}

double capacity_highest(const double *capacities_kwh, size_t count)
{
    if (count == 0)
        return NAN;
    if (count <= CAPACITY_WINDOW)
        return median_of(capacities_kwh, count);
    double highest = -INFINITY;
    for (size_t i = 0; i + CAPACITY_WINDOW <= count; i++)
        highest = fmax(highest, median_of(capacities_kwh + i, CAPACITY_WINDOW));
    return highest;
}

/* z of the Mann–Whitney test that `after` is higher than `before`. */
static double rank_sum_z(const double *before, size_t m, const double *after, size_t n)
{
    double wins = 0, pairs = (double)m * (double)n;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            wins += after[j] > before[i] ? 1 : after[j] == before[i] ? 0.5 : 0;
    return (wins - pairs / 2) / sqrt(pairs * (double)(m + n + 1) / 12);
}

size_t capacity_last_lift(const double *values, size_t count, double rise_least, double *rise)
{
    size_t found = 0;
    double best_z = 0;
    /* From the newest on; neighbours of one lift show it too, the clearest is where it is. */
    for (size_t at = count; at-- > CAPACITY_LIFT_LEAST;) {
        size_t after = count - at < CAPACITY_LIFT_WINDOW ? count - at : CAPACITY_LIFT_WINDOW;
        size_t before = at < CAPACITY_LIFT_WINDOW ? at : CAPACITY_LIFT_WINDOW;
        if (after < CAPACITY_LIFT_LEAST)
            continue;
        double lift = median_of(values + at, after) - median_of(values + at - before, before);
        double z =
            lift > rise_least ? rank_sum_z(values + at - before, before, values + at, after) : 0;
        if (z > LIFT_Z_MIN && z > best_z) {
            found = at;
            best_z = z;
            *rise = lift;
        } else if (found > 0 && found - at > CAPACITY_LIFT_WINDOW) {
            break; /* what is further back is an earlier one */
        }
    }
    return found;
}
