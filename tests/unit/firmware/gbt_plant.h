/* SPDX-License-Identifier: Apache-2.0 */
/* A station with one simulated pack that speaks GB/T 27930, for tests of the driver `can`. */
#ifndef SWAPSTACK_TESTS_GBT_PLANT_H
#define SWAPSTACK_TESTS_GBT_PLANT_H

#include "firmware/can_plant.h"

#define ADDRESSES "pack_address = profile=gbt27930 bus=can{slot}\n"

static struct plant plant;

/* The pack stands in bay 1. */
static inline void begin(double soc_percent)
{
    struct benchpack_options options;
    benchpack_options_default(&options, BENCHPACK_GBT27930);
    options.soc_percent = soc_percent;
    options.number = 7;
    plant_init(&plant, ADDRESSES);
    plant_put(&plant, 1, 0, &options);
}

/* And it charges. */
static inline void charging(double soc_percent)
{
    begin(soc_percent);
    plant_until_flows(&plant, 1, 10);
    plant_run(&plant, 5);
    assert_int_equal(plant.station.bays[0].state, BAY_CHARGING);
    assert_near(plant.packs[0].current_a, 40, 0.1);
}

#endif
