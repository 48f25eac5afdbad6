/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the charging rules share: samples by name, numbers, chance from a seed. */
#ifndef SWAPSTACK_TEST_CLOUD_EVALUATE_SUPPORT_H
#define SWAPSTACK_TEST_CLOUD_EVALUATE_SUPPORT_H

#include "charging/evaluate.h"

#include "cloud/support.h"
#include <math.h>

#define SECOND INT64_C(1000000)
#define NONE   INT64_MIN

/* A sample that says nothing but its date. */
SUPPORT struct evaluate_sample bare(int64_t second)
{
    return (struct evaluate_sample){.date_us = second * SECOND,
                                    .battery_level = NAN,
                                    .added_kwh = NAN,
                                    .power_kw = NAN,
                                    .current_a = NAN,
                                    .voltage_v = NAN,
                                    .phases = NONE,
                                    .ideal_range_km = NAN,
                                    .rated_range_km = NAN,
                                    .outside_temp_c = NAN,
                                    .meter_wh = NAN};
}

SUPPORT struct evaluate_sample powered(int64_t second, double power_kw)
{
    struct evaluate_sample sample = bare(second);
    sample.power_kw = power_kw;
    return sample;
}

SUPPORT struct evaluate_sample electric(int64_t second, double power_kw, double current_a,
                                        double voltage_v, int64_t phases)
{
    struct evaluate_sample sample = powered(second, power_kw);
    sample.current_a = current_a;
    sample.voltage_v = voltage_v;
    sample.phases = phases;
    return sample;
}

SUPPORT void assert_number(double got, double want)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-12))
        fail_msg("got %.17g, want %.17g", got, want);
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* xorshift64*, so that a failure repeats. */
SUPPORT uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

SUPPORT double between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (double)(random_next(seed) >> 40) / (double)(1 << 24);
}

/* One time in seven not known. */
SUPPORT double sometimes(uint64_t *seed, double low, double high)
{
    return random_next(seed) % 7 == 0 ? NAN : between(seed, low, high);
}

#endif
