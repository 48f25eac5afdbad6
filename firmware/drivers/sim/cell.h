/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lithium cell as an equivalent circuit: a source whose open-circuit voltage (OCV) follows the
 * state of charge, behind a resistance that grows in the cold and with age. Figures are typical of
 * large automotive cells of each chemistry, not those of one product.
 *
 * State of charge is a share 0..1 in this module, current positive when charging.
 */
#ifndef SWAPSTACK_SIM_CELL_H
#define SWAPSTACK_SIM_CELL_H

#include "core/io.h"

#define CELL_OCV_POINTS 21 /* 0, 5 … 100 % */

struct cell_kind {
    enum io_chemistry chemistry;
    double ocv_v[CELL_OCV_POINTS];
    double charge_v;          /* constant-voltage phase of charging */
    double max_v, min_v;      /* the pack's electronics disconnect beyond */
    double resistance_ohm_ah; /* at 25 °C, new: Ω of a cell of 1 Ah */
    double fade_per_cycle;    /* share of the capacity lost per full cycle at 25 °C */
    int series;               /* cells of the packs made of it */
    double rated_kwh;         /* of those packs */
};

/* The two chemistries of the fleet. */
const struct cell_kind *cell_kind_of(enum io_chemistry chemistry);

/* Open-circuit voltage at a state of charge (clamped to 0..1), V. Strictly rising. */
double cell_ocv_v(const struct cell_kind *kind, double soc);
/* Integral of the OCV from 0 to `soc`: V, that is Wh per Ah. Exact for the piecewise linear OCV,
 * so that energy is conserved to rounding whatever the step. */
double cell_ocv_integral_v(const struct cell_kind *kind, double soc);
/* Resistance of a cell of `capacity_ah` at a temperature and health (0..1), Ω. */
double cell_resistance_ohm(const struct cell_kind *kind, double capacity_ah, double temp_c,
                           double health);

#endif
