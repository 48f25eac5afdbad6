/* SPDX-License-Identifier: Apache-2.0 */
/* Things that move between two ends (door, lock, gate): position 0 (closed, released) .. 1. */
#ifndef SWAPSTACK_SIM_TRAVEL_H
#define SWAPSTACK_SIM_TRAVEL_H

/* Position after dt_s of moving towards 1 (direction 1) or 0 (-1), or of standing (0). */
static inline double travel_step(double position, int direction, double whole_s, double dt_s)
{
    double next = position + direction * dt_s / whole_s;
    /* Rounding leaves a last 1e-16 that no end switch would see. */
    return next < 1e-9 ? 0 : next > 1 - 1e-9 ? 1 : next;
}

#endif
