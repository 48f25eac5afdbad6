/* SPDX-License-Identifier: Apache-2.0 */
/* A whole divided in proportion to weights, in integers, so that the parts always sum to the whole:
 * each gets its share rounded down, and what is left goes, one each, to the largest remainders
 * (Hamilton's method); of equal ones to the first. Pure. */
#ifndef SWAPSTACK_CHARGING_APPORTION_H
#define SWAPSTACK_CHARGING_APPORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Weights are not negative and sum to at most INT64_MAX; `whole` may be negative, then so are the
 * parts. False when all weights are 0: then all parts are 0 too. */
bool apportion(int64_t whole, const int64_t *weights, size_t count, int64_t *parts);

#endif
