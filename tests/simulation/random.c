/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <assert.h>
#include <string.h>

/* splitmix64: its output for consecutive states is well mixed, so that seed and seed + 1 differ. */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void random_seed(struct random *random, uint64_t seed)
{
    random->state = seed * UINT64_C(0xd1342543de82ef95);
    (void)random_next(random);
}

int64_t random_below(struct random *random, int64_t below)
{
    assert(below >= 1);
    return (int64_t)(random_next(random) >> 1) % below;
}

int64_t random_between(struct random *random, int64_t low, int64_t high)
{
    return low + random_below(random, high - low + 1);
}

bool random_chance(struct random *random, int percent)
{
    return random_below(random, 100) < percent;
}

void random_fill(struct random *random, void *to, size_t length)
{
    unsigned char *bytes = to;
    while (length > 0) {
        uint64_t word = random_next(random);
        size_t part = length < sizeof word ? length : sizeof word;
        memcpy(bytes, &word, part);
        bytes += part;
        length -= part;
    }
}
