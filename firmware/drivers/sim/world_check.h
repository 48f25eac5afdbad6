/* SPDX-License-Identifier: Apache-2.0 */
/* Check sum of a saved world, FNV-1a of 64 bits: finds damage, not malice. */
#ifndef SWAPSTACK_SIM_WORLD_CHECK_H
#define SWAPSTACK_SIM_WORLD_CHECK_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t world_check(const char *bytes, size_t length)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

#endif
