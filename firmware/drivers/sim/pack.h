/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A battery pack: cells in series with heat, health and the pack's own electronics (BMS), which
 * count coulombs with a small error, ask for a charging current, and permit charging or not.
 *
 * Energies. stored_wh is what went into the cells behind their resistance (OCV × charge), heat_wh
 * what the resistance made warm; terminal energy is their sum. The BMS counts as "added" the
 * stored energy with the gain error of its current sensor, as real ones do: so added / used holds
 * the losses of the charger and of the pack.
 */
#ifndef SWAPSTACK_SIM_PACK_H
#define SWAPSTACK_SIM_PACK_H

#include "core/io.h"
#include "drivers/sim/cell.h"
#include <stdbool.h>
#include <stdint.h>

/* Bits of io_pack.faults. */
enum pack_fault {
    PACK_FAULT_HOT = 1u << 0,          /* a cell above 60 °C */
    PACK_FAULT_OVERVOLTAGE = 1u << 1,  /* a cell above the chemistry's limit */
    PACK_FAULT_UNDERVOLTAGE = 1u << 2, /* a cell below it */
};

/* Everything here is saved with the world. */
struct sim_pack {
    char bid[IO_ID_SIZE], vin[IO_ID_SIZE], version[IO_ID_SIZE];
    enum io_chemistry chemistry;
    double soc;                /* share of the present capacity, true */
    double counted_soc;        /* what the BMS believes */
    double counter_gain;       /* error of its current sensor: 0.002 counts 0.2 % too much */
    double health;             /* capacity / rated capacity */
    double cycles;             /* equivalent full cycles */
    double throughput_ah;      /* charged and discharged since health was last updated */
    double temp_c;             /* mean of the cells */
    double hot_k;              /* how much the hottest cell is above that */
    double imbalance;          /* state of charge of the highest and lowest cell: ± share */
    double current_a;          /* at the end of the last step */
    double added_wh;           /* BMS counter since the pack was put in */
    double stored_wh, heat_wh; /* true, since the pack was put in */
    bool full;                 /* BMS: permits no charging until it fell below 97 % */
    uint32_t faults;           /* enum pack_fault, latched until below the limits */
};

/* What a pack is made with. */
struct pack_birth {
    const char *bid, *vin, *version;
    enum io_chemistry chemistry;
    double soc, health; /* 0..1 */
    double counter_gain, imbalance;
    double temp_c;
};
void pack_init(struct sim_pack *pack, const struct pack_birth *birth);

double pack_rated_ah(const struct sim_pack *pack);
double pack_capacity_ah(const struct sim_pack *pack); /* at its present health */
double pack_capacity_kwh(const struct sim_pack *pack);
double pack_ocv_v(const struct sim_pack *pack);
double pack_resistance_ohm(const struct sim_pack *pack);
double pack_terminal_v(const struct sim_pack *pack); /* with the current of the last step */

/* Current that the BMS asks for: C-rate falling towards full, derated in cold and heat. A. */
double pack_request_a(const struct sim_pack *pack);
double pack_request_v(const struct sim_pack *pack);
bool pack_permits(const struct sim_pack *pack);

/* Charge passed in a step: `charge_c` = ∫I dt (A·s), `square_a2s` = ∫I² dt, `end_a` the current at
 * its end. Returns the energy through the terminals, Wh. Takes no more than fits into the cells. */
double pack_charge(struct sim_pack *pack, double charge_c, double square_a2s, double end_a);
/* Heat: the energy that became warm in the step, and exchange with the surroundings. `hot_k_s`:
 * a cell heats itself by this, K/s (a fault). Exact for constant power, any dt_s. */
void pack_warm(struct sim_pack *pack, double heat_wh, double around_c, double hot_k_s, double dt_s);
/* A pause of any length without current: cools, BMS corrects its count by the rest voltage. */
void pack_rest(struct sim_pack *pack, double around_c, double dt_s);
/* Discharged by driving to `soc` (not above the present one), ends at `temp_c`. */
void pack_drive(struct sim_pack *pack, double soc, double temp_c);
/* Brings health and cycles up to the throughput. At rest only: the capacity changes. */
void pack_age(struct sim_pack *pack);
/* The counters of a new stay in a bay. */
void pack_put_in(struct sim_pack *pack);

/* What the BMS says over its bus; the caller sets at_us. */
void pack_read(const struct sim_pack *pack, struct io_pack *to);

#endif
