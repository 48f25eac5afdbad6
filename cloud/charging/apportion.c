/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/apportion.h"

#include <assert.h>

__extension__ typedef unsigned __int128 wide; /* the product of two int64_t */

bool apportion(int64_t whole, const int64_t *weights, size_t count, int64_t *parts)
{
    uint64_t magnitude = whole < 0 ? 0 - (uint64_t)whole : (uint64_t)whole, all = 0,
             left = magnitude;
    uint64_t rests[APPORTION_MAX];
    assert(count <= APPORTION_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        all += (uint64_t)weights[i];
    }
    for (size_t i = 0; i < count; i++) {
        wide product = (wide)magnitude * (uint64_t)weights[i];
        uint64_t part = all ? (uint64_t)(product / all) : 0;
        rests[i] = all ? (uint64_t)(product % all) : 0;
        parts[i] = (int64_t)part;
        left -= part;
    }
    while (all && left > 0) { /* fewer than `count` are left */
        size_t largest = 0;
        for (size_t i = 1; i < count; i++)
            if (rests[i] > rests[largest])
                largest = i;
        rests[largest] = 0;
        parts[largest]++;
        left--;
    }
    for (size_t i = 0; i < count && whole < 0; i++)
        parts[i] = -parts[i];
    return all > 0;
}
