/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vehicles that the plant has met, with the pack that each carries. One that comes again brings the
 * pack it took, drained as far as a real arriving vehicle's (quantiles of real sessions), but no
 * further than it can have driven since. One never seen gets a pack from its id and the seed, and
 * a record of when that pack was loaded.
 */
#ifndef SWAPSTACK_SIM_VEHICLE_H
#define SWAPSTACK_SIM_VEHICLE_H

#include "drivers/board.h"
#include "drivers/driver.h"
#include "drivers/sim/pack.h"
#include <stdbool.h>
#include <stdint.h>

struct sim_vehicle {
    char id[IO_ID_SIZE];
    int64_t visits;     /* times that it drove in */
    int64_t left_at_us; /* when it last drove away with a charged pack */
    double loaded_soc;  /* state of charge of the pack loaded elsewhere, as its BMS said then */
    bool has_pack;
    bool recorded; /* the record of a pack loaded elsewhere was handed over */
    struct sim_pack pack;
};

/* Makes a vehicle that is met for the first time at `now_us`. Pure. */
void vehicle_init(struct sim_vehicle *vehicle, const struct board_sim *sim, const char *id,
                  double outside_c, int64_t now_us);
/* It drives in: counts the visit and drains its pack. */
void vehicle_arrive(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                    int64_t now_us);
/* A vehicle that was towed without a pack got one of a workshop half way between then and now; that
 * becomes a record. Nothing happens to one that has a pack. */
void vehicle_reequip(struct sim_vehicle *vehicle, const struct board_sim *sim, double outside_c,
                     int64_t now_us);
/* Which pack it was given elsewhere before it came first. */
void vehicle_record(const struct sim_vehicle *vehicle, struct driver_record *record);
/* Pack number `number` (from 1) of those in the bays at first. */
void vehicle_stock_pack(struct sim_pack *pack, const struct board_sim *sim, int number,
                        enum io_chemistry chemistry, double soc, double temp_c);

#endif
