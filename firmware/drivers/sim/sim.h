/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver `sim`: the simulated plant of world.h behind the driver functions. The world is kept as
 * state "sim-world.json", so that the plant outlives the engine's process as a real one does.
 */
#ifndef SWAPSTACK_SIM_SIM_H
#define SWAPSTACK_SIM_SIM_H

#include "drivers/driver.h"

#define SIM_STATE_NAME "sim-world.json"

extern const struct driver_ops sim_driver;

struct sim_world;
/* The world of an open instance, for tests. */
struct sim_world *sim_world_of(void *self);

#endif
