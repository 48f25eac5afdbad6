/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <assert.h>
#include <math.h>
#include <time.h>

const struct clock CLOCK_REAL = {.origin_wall_us = 0, .origin_plant_us = 0, .speed = 1.0};

static int64_t read_clock_us(clockid_t id)
{
    struct timespec now;
    int result = clock_gettime(id, &now);
    assert(result == 0); /* both clocks exist on every Linux since 2.6.39 */
    (void)result;
    return (int64_t)now.tv_sec * CLOCK_US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

/* Rounds down, so that two readings in order stay in order; clamps to the range of int64_t. */
static int64_t scale_us(int64_t span_us, double factor)
{
    if (factor == 1.0)
        return span_us; /* exact: a double has only 53 bits */
    double scaled = floor((double)span_us * factor);
    if (scaled >= 9.2e18)
        return INT64_C(9200000000000000000);
    if (scaled <= -9.2e18)
        return INT64_C(-9200000000000000000);
    return (int64_t)scaled;
}

int64_t clock_plant_from_wall_us(const struct clock *clock, int64_t wall_us)
{
    int64_t span_us = scale_us(wall_us - clock->origin_wall_us, clock->speed);
    int64_t plant_us;
    if (__builtin_add_overflow(clock->origin_plant_us, span_us, &plant_us))
        return span_us < 0 ? INT64_MIN : INT64_MAX;
    return plant_us;
}

int64_t clock_plant_us(const struct clock *clock)
{
    return clock_plant_from_wall_us(clock, clock_wall_us());
}

int64_t clock_plant_span_us(const struct clock *clock, int64_t wall_span_us)
{
    return scale_us(wall_span_us, clock->speed);
}

int64_t clock_wall_span_us(const struct clock *clock, int64_t plant_span_us)
{
    assert(clock->speed > 0);
    return scale_us(plant_span_us, 1.0 / clock->speed);
}
