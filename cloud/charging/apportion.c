/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/apportion.h"

#include <assert.h>

__extension__ typedef unsigned __int128 wide; /* the product of two int64_t */

static uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* Gives one more to the part with the largest remainder among those that stand at their share. */
static void raise_one(uint64_t whole, uint64_t all, const int64_t *weights, size_t count,
                      int64_t *parts)
{
    size_t largest = count;
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        wide product = (wide)whole * (uint64_t)weights[i];
        uint64_t rest = (uint64_t)(product % all);
        if (rest > most && (uint64_t)parts[i] == (uint64_t)(product / all)) {
            most = rest;
            largest = i;
        }
    }
    assert(largest < count); /* the remainders sum to what is left, times `all` */
    parts[largest]++;
}

bool apportion(int64_t whole, const int64_t *weights, size_t count, int64_t *parts)
{
    uint64_t magnitude = magnitude_of(whole), all = 0, left = magnitude;
    for (size_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        all += (uint64_t)weights[i];
    }
    for (size_t i = 0; i < count; i++) {
        parts[i] = all ? (int64_t)((wide)magnitude * (uint64_t)weights[i] / all) : 0;
        left -= (uint64_t)parts[i];
    }
    for (; all && left > 0; left--) /* fewer than `count` are left */
        raise_one(magnitude, all, weights, count, parts);
    for (size_t i = 0; i < count && whole < 0; i++)
        parts[i] = -parts[i];
    return all > 0;
}
