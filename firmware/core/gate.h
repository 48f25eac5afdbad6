/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: moves only with the guard clear, closes only with the lane known and free, holds when
 * either is lost, bounded tries (design/hardware.md rules 2 and 4). */
#ifndef SWAPSTACK_CORE_GATE_H
#define SWAPSTACK_CORE_GATE_H

#include "core/station.h"

enum gate_result {
    GATE_BUSY,    /* moves, or waits for guard, lane or an obstruction to go */
    GATE_REACHED, /* stands where it was asked to */
    GATE_BLOCKED, /* limits.guard_s long it was not allowed to move */
    GATE_FAILED,  /* tries used up: GateFault is raised */
};

/* Begins a motion; any earlier one is forgotten. */
void gate_begin(struct core_step *step, enum io_motion target);
/* One step of it. After anything but GATE_BUSY the gate is at rest. */
enum gate_result gate_step(struct core_step *step);
/* What the gate is asked for now. */
enum io_motion gate_output(const struct gate *gate);

#endif
