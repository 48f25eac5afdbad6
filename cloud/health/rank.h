/* SPDX-License-Identifier: Apache-2.0 */
/* Order statistics: the k-th smallest of many numbers without sorting all of them. Pure. */
#ifndef SWAPSTACK_HEALTH_RANK_H
#define SWAPSTACK_HEALTH_RANK_H

#include <stddef.h>

/* The k-th smallest (k from 0, below count) of finite numbers; the array is reordered. On average
 * O(count), at worst O(count log count). */
double rank_select(double *values, size_t count, size_t k);

/* The median; of an even count the mean of the middle two. count > 0; reorders. */
double rank_median(double *values, size_t count);

/* Where the standard normal distribution has the share `p` (0 < p < 1) below it. */
double rank_normal_quantile(double p);

#endif
