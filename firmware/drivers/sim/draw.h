/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chance in the simulated plant. A draw is a hash of the seed and of what is drawn for whom, not
 * the next number of a stream: so it does not depend on the order of events, on step sizes or on
 * a restart, and there is no generator state to keep.
 */
#ifndef SWAPSTACK_SIM_DRAW_H
#define SWAPSTACK_SIM_DRAW_H

#include <stddef.h>
#include <stdint.h>

/* 64 well mixed bits of (seed, what, who, count). `who` may be "". */
uint64_t draw_bits(int64_t seed, const char *what, const char *who, int64_t count);
/* Uniform in 0 <= x < 1 / low <= x < high. */
double draw_unit(int64_t seed, const char *what, const char *who, int64_t count);
double draw_between(double low, double high, int64_t seed, const char *what, const char *who,
                    int64_t count);
/* Value at `share` (0..1) of a distribution given by its quantiles, linear between them. */
double draw_quantile(const double *quantiles, size_t count, double share);

#endif
