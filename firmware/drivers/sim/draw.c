/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/draw.h"

#include <assert.h>

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);

/* The finaliser of splitmix64 (public domain, S. Vigna): every input bit moves half of the output
 * bits. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t mix_text(uint64_t x, const char *text)
{
    for (; *text != '\0'; text++)
        x = (x ^ (unsigned char)*text) * UINT64_C(0x100000001b3); /* FNV-1a */
    return mix(x + golden);
}

uint64_t draw_bits(int64_t seed, const char *what, const char *who, int64_t count)
{
    uint64_t x = mix((uint64_t)seed + golden);
    x = mix_text(x, what);
    x = mix_text(x, who);
    return mix(x + golden * ((uint64_t)count + 1));
}

double draw_unit(int64_t seed, const char *what, const char *who, int64_t count)
{
    return (double)(draw_bits(seed, what, who, count) >> 11) * 0x1p-53;
}

double draw_between(double low, double high, int64_t seed, const char *what, const char *who,
                    int64_t count)
{
    return low + (high - low) * draw_unit(seed, what, who, count);
}

double draw_quantile(const double *quantiles, size_t count, double share)
{
    assert(count >= 2 && share >= 0 && share <= 1);
    double position = share * (double)(count - 1);
    size_t below = (size_t)position;
    if (below > count - 2)
        below = count - 2;
    double part = position - (double)below;
    return quantiles[below] * (1 - part) + quantiles[below + 1] * part;
}
