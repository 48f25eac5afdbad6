/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated battery pack on a CAN bus, the other side of the driver `can`, for benches and tests:
 * an equivalent-circuit cell (drivers/sim/cell.h) behind the pack's side of GB/T 27930 or a node of
 * CiA 418. Pure: frames, times and what the charger gives go in, frames come out.
 */
#ifndef SWAPSTACK_CANTOOL_BENCHPACK_H
#define SWAPSTACK_CANTOOL_BENCHPACK_H

#include "base/err.h"
#include "cia418/server.h"
#include "drivers/sim/cell.h"
#include "gbt27930/pack.h"
#include <stdio.h>

#define BENCHPACK_TICK_US INT64_C(10000) /* benchpack_tick wants to be called so often */

enum benchpack_profile { BENCHPACK_GBT27930, BENCHPACK_CIA418 };

struct benchpack_options {
    enum benchpack_profile profile;
    uint8_t node;                /* cia418 */
    int64_t number;              /* of the pack, 1 .. 99999999: serial BNCH-NUMBER */
    enum io_chemistry chemistry; /* LFP or NMC */
    int series;                  /* cells */
    double capacity_ah, soc_percent, temperature_c;
    double limit_a; /* what it wants at most */
    double end_a;   /* it is full when it takes less than this at the end voltage */
};

/* What the charger puts out, where somebody knows; else the pack believes the charger's messages
 * (GB/T 27930: CCS) or takes what it asked for (CiA 418: while 6001h says that it is given). */
struct benchpack_feed {
    bool known;
    double voltage_v, current_a; /* set points: the pack takes as much as they push */
};

struct benchpack {
    struct benchpack_options options;
    const struct cell_kind *kind;
    double soc; /* share */
    double current_a, voltage_v;
    double charged_ah;   /* since it was made */
    bool forbids, fault; /* what a test makes of it */
    int64_t now_us;      /* of the last tick */
    union {
        struct gbt_pack gbt;
        struct cia418_server cia;
    } side; /* by its profile */
};

/* A 96-cell NMC pack of 20 Ah, half full; node 1. */
void benchpack_options_default(struct benchpack_options *options, enum benchpack_profile profile);
void benchpack_init(struct benchpack *pack, const struct benchpack_options *options);
void benchpack_hear(struct benchpack *pack, const struct canframe *frame, int64_t now_us);
void benchpack_tick(struct benchpack *pack, const struct benchpack_feed *feed, int64_t now_us);
/* The next frame for the bus; false: none. */
bool benchpack_next(struct benchpack *pack, int64_t now_us, struct canframe *frame);
/* The state of its side of the session: "CHARGING", "OPERATIONAL" … */
const char *benchpack_state(const struct benchpack *pack);

/* Runs it on a network interface until `stop_fd` is readable or `seconds` (0: no limit) have
 * passed; a line for each change of state on `to`. */
int benchpack_run(struct benchpack *pack, const char *interface, int stop_fd, double seconds,
                  FILE *to, struct err *err);

#endif
