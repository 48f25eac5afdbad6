/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vehicles that the plant has met, with the packs that each carries: one, or a set of two, and
 * between the two halves of a swap that hands out first up to twice as many. One that comes again
 * brings what it took, drained as far as a real arriving vehicle's (quantiles of real sessions),
 * but no further than it can have driven since. One never seen gets its set from its id and the
 * seed, and a record of when each pack was loaded.
 */
#ifndef SWAPSTACK_SIM_VEHICLE_H
#define SWAPSTACK_SIM_VEHICLE_H

#include "drivers/board.h"
#include "drivers/driver.h"
#include "drivers/sim/pack.h"
#include <stdbool.h>
#include <stdint.h>

#define VEHICLE_SET_MAX   2
#define VEHICLE_PACKS_MAX (2 * VEHICLE_SET_MAX)

struct sim_vehicle {
    char id[IO_ID_SIZE];
    int64_t visits;     /* times that it drove in */
    int64_t left_at_us; /* when it last drove away with a charged pack */
    double loaded_soc;  /* state of charge of the packs loaded elsewhere, as its BMS said then */
    int set;            /* packs that it drives with */
    int pack_count;
    bool recorded;    /* the records of packs loaded elsewhere were handed over … */
    int record_count; /* … or so many of them; not saved: all go in one step of the engine */
    struct sim_pack packs[VEHICLE_PACKS_MAX]; /* those that it took last come last */
};

/* Makes a vehicle that is met for the first time at `now_us`. Pure. */
void vehicle_init(struct sim_vehicle *vehicle, const struct board_sim *sim, const char *id,
                  double outside_c, int64_t now_us);
/* It drives in: counts the visit and drains its packs. */
void vehicle_arrive(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                    int64_t now_us);
/* A vehicle that was towed without a pack got a set of a workshop half way between then and now;
 * that becomes records. Nothing happens to one that has a pack. */
void vehicle_reequip(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                     int64_t now_us);
/* The next of the packs that it was given elsewhere before it came; false when all are told. */
bool vehicle_record(struct sim_vehicle *vehicle, struct driver_record *record);
/* A pack goes out of the vehicle (the first) or into it (behind the others). */
struct sim_pack vehicle_give(struct sim_vehicle *vehicle);
void vehicle_take(struct sim_vehicle *vehicle, const struct sim_pack *pack);
/* Pack number `number` (from 1) of those in the bays at first. */
void vehicle_stock_pack(struct sim_pack *pack, const struct board_sim *sim, int number,
                        enum io_chemistry chemistry, double soc, double temp_c);

#endif
