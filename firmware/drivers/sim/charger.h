/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bay's charger: three-phase 230 V in, DC out with constant-current and constant-voltage limits,
 * following its set-point with a ramp, at an efficiency of about 95 %.
 *
 * Losses: loss_w = 150 + 0.025 · P_dc + 0.05 · I²  (W, A): control and fans, switching, copper.
 * Power factor 1, so that ac_kw = 3 · ac_v · ac_a. Switched off it takes nothing.
 */
#ifndef SWAPSTACK_SIM_CHARGER_H
#define SWAPSTACK_SIM_CHARGER_H

#include "core/io.h"
#include "drivers/board.h"
#include "drivers/sim/pack.h"
#include <stdbool.h>

struct sim_charger {
    double dc_v, dc_a;
    double ac_kw;
    double meter_wh; /* energy taken from the mains, never reset */
    double loss_wh;  /* of which became heat in the charger */
};

/* What the charger is told and what it finds at its output. */
struct charger_drive {
    bool on;        /* requested, powered and without fault */
    bool connected; /* contactor closed on a pack */
    double set_v, set_a;
    const struct board_bay *limits;
};

/* One step of dt_s. `pack` is charged when the drive is connected; NULL when there is none. */
void charger_step(struct sim_charger *charger, const struct charger_drive *drive,
                  struct sim_pack *pack, double dt_s);
double charger_loss_w(double dc_w, double dc_a);
/* Fills the measured values; the caller sets at_us, online and fault. */
void charger_read(const struct sim_charger *charger, struct io_charger *to);

#endif
