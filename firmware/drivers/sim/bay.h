/* SPDX-License-Identifier: Apache-2.0 */
/* A bay: door, lock, contactor and sensors around a charger and perhaps a pack. */
#ifndef SWAPSTACK_SIM_BAY_H
#define SWAPSTACK_SIM_BAY_H

#include "core/io.h"
#include "drivers/sim/charger.h"
#include "drivers/sim/pack.h"
#include "drivers/sim/script.h"
#include <stdbool.h>
#include <stdint.h>

/* Everything here is saved with the world. */
struct sim_bay {
    double door; /* 0 closed .. 1 open */
    double lock; /* 0 released .. 1 locked */
    bool contactor_closed;
    double contactor_wait_s; /* how long the contactor has been told otherwise */
    double air_c;
    bool has_pack;
    bool returned;        /* the pack was put in by a driver since the plant began */
    double awake_s;       /* since the pack was put in; its BMS speaks after 1.5 s */
    struct sim_pack pack; /* meaningless without has_pack */
    struct sim_charger charger;
    int64_t sensors_at_us, charger_at_us, pack_at_us; /* last heard */
    struct io_bay frozen; /* not saved: what sensors_frozen keeps showing */
};

/* What acts on a bay in a step. */
struct bay_forces {
    const struct io_bay_request *request;
    const struct board_bay *limits;
    bool power;        /* charge-enable line up and no emergency stop */
    bool hand_in_door; /* a driver handles the pack */
    double outside_c;
    double door_travel_s, lock_travel_s;
    uint64_t faults;      /* bit of each enum script_fault that is active here */
    const double *values; /* of those, by enum script_fault */
};
#define BAY_FAULT(forces, name) (((forces)->faults >> SCRIPT_FAULT_##name & 1u) != 0)
#define BAY_VALUE(forces, name) ((forces)->values[SCRIPT_FAULT_##name])

void bay_init(struct sim_bay *bay, double outside_c);
/* Advances by dt_s (at most 0.1 s: contactor and lock are not resolved finer) to now_us. */
void bay_step(struct sim_bay *bay, const struct bay_forces *forces, double dt_s, int64_t now_us);
/* A pause of any length with all outputs at their safe level. */
void bay_rest(struct sim_bay *bay, const struct bay_forces *forces, double dt_s, int64_t now_us);
/* What its sensors, charger and pack report. */
void bay_read(struct sim_bay *bay, const struct bay_forces *forces, struct io_bay *to);
/* A driver puts a pack in / takes it out. */
void bay_put(struct sim_bay *bay, const struct sim_pack *pack);
void bay_take(struct sim_bay *bay, struct sim_pack *to);

#endif
