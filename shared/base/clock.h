/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks. All times are int64_t microseconds; absolute ones since 1970-01-01 UTC.
 *
 * Wall: the machine's real time and its monotonic pace. Plant: the time of the station's physics,
 * equal to the wall unless a simulation gives an origin and a factor; all processes of one run
 * share both through configuration ([clock] origin_wall, origin_plant, speed).
 *
 * Which follows which (design/architecture.md): `time`, `up`, sampling, physics and data time-outs
 * follow the plant; command freshness, `seconds`, health checks, keep-alive and back-off the wall.
 */
#ifndef SWAPSTACK_BASE_CLOCK_H
#define SWAPSTACK_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_US_PER_MS     INT64_C(1000)
#define CLOCK_US_PER_SECOND INT64_C(1000000)

struct clock {
    int64_t origin_wall_us;  /* wall time at which the plant clock stood at origin_plant_us */
    int64_t origin_plant_us; /* both 0 and speed 1: plant = wall */
    double speed;            /* plant seconds per wall second, 0.01 .. 10000 */
};

/* Plant = wall. */
extern const struct clock CLOCK_REAL;

/* CLOCK_REALTIME, may step. */
int64_t clock_wall_us(void);

/* CLOCK_BOOTTIME: never steps, counts suspend, pace of the wall, origin arbitrary. */
int64_t clock_mono_us(void);

/* The plant time now, and the plant time of a wall time. Pure but for the reading of the clock. */
int64_t clock_plant_us(const struct clock *clock);
int64_t clock_plant_from_wall_us(const struct clock *clock, int64_t wall_us);

/* A span of plant time (or of plant `up`) that passes while `wall_span_us` passes, and back. */
int64_t clock_plant_span_us(const struct clock *clock, int64_t wall_span_us);
int64_t clock_wall_span_us(const struct clock *clock, int64_t plant_span_us);

#endif
