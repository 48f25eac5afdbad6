/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated plant for tests: a board in memory, a world at 11:00, and requests to set. Needs
 * cmocka.h before it. */
#ifndef SWAPSTACK_TESTS_SIM_PLANT_H
#define SWAPSTACK_TESTS_SIM_PLANT_H

#include "drivers/board.h"
#include "drivers/sim/world.h"
#include <stdlib.h>
#include <string.h>

#define PLANT_START_US (INT64_C(1790161200) * CLOCK_US_PER_SECOND) /* 2026-09-23 11:00 UTC */

struct plant {
    struct board *board;
    struct sim_world world;
    struct io_requests requests;
    struct io_readings readings;
};

/* Four bays with these packs, and this fault script (NULL: none). */
static inline void plant_open(struct plant *plant, const char *packs, const char *faults)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "[board]\ncompatible = sim\nname = Test\n"
                   "[gate]\ndriver = sim\n[lane]\ndriver = sim\n[guard]\ndriver = sim\n"
                   "[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"
                   "[water]\ndriver = sim\n[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n"
                   "[siren]\ndriver = sim\n[exhaust]\ndriver = sim\n"
                   "[charge_enable]\ndriver = sim\n[bays]\ncount = 4\ndriver = sim\n"
                   "[sim]\nseed = 5\nsessions = none\npacks = %s\n",
                   packs);
    struct err err = {0};
    if (board_parse(text, strlen(text), "test", &plant->board, NULL, &err) != 0)
        fail_msg("%s", err.text);
    plant->board->sim.faults = faults != NULL ? strdup(faults) : NULL;
    if (world_init(&plant->world, plant->board, PLANT_START_US, &err) != 0)
        fail_msg("%s", err.text);
    plant->requests = (struct io_requests){.charge_enable = true};
    world_read(&plant->world, &plant->readings);
}

static inline void plant_close(struct plant *plant)
{
    world_free(&plant->world);
    board_free(plant->board);
}

/* The same requests for `seconds`, in steps of `step_ms`. They are written again in each, as an
 * engine does: the keep-alive. */
static inline void plant_run(struct plant *plant, double seconds, int step_ms)
{
    struct err err = {0};
    int64_t end_us = plant->world.now_us + (int64_t)(seconds * 1e6);
    while (plant->world.now_us < end_us) {
        int64_t next_us = plant->world.now_us + step_ms * CLOCK_US_PER_MS;
        if (world_request(&plant->world, &plant->requests, &err) != 0)
            fail_msg("%s", err.text);
        world_advance(&plant->world, next_us < end_us ? next_us : end_us);
    }
    world_read(&plant->world, &plant->readings);
}

/* Runs until the reading holds; fails after `limit_s`. */
#define plant_until(plant, condition, limit_s)                                                     \
    do {                                                                                           \
        double left_ = (limit_s);                                                                  \
        for (; !(condition) && left_ > 0; left_ -= 0.2)                                            \
            plant_run((plant), 0.2, 200);                                                          \
        if (!(condition))                                                                          \
            fail_msg("not within %g s: %s", (double)(limit_s), #condition);                        \
    } while (0)

/* Contactor closed, charger at these limits. */
static inline void plant_charge(struct plant *plant, int bay, double volts, double amperes)
{
    struct io_bay_request *request = &plant->requests.bays[bay];
    request->contactor = request->charger_on = true;
    request->charge_v = volts;
    request->charge_a = amperes;
}

#endif
