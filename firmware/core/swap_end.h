/* SPDX-License-Identifier: Apache-2.0 */
/* How a swap ends: failing, clearing up, leaving, interruption. Used by swap.c only. */
#ifndef SWAPSTACK_CORE_SWAP_END_H
#define SWAPSTACK_CORE_SWAP_END_H

#include "core/station.h"

/* Changes the step (asserts the table and its invariant); the intent is made durable. */
void swap_enter(struct core_step *step, enum swap_step_name to);
/* The step lasts longer than this. */
bool swap_overdue(const struct core_step *step, double limit_s);
/* The condition holds for limits.settle_s without a break. */
bool swap_steady(struct core_step *step, bool condition);

/* It fails for this reason: doors are shut, then the vehicle leaves and the gate closes. */
void swap_fail(struct core_step *step, const char *reason);

void swap_ending(struct core_step *step);
void swap_leaving(struct core_step *step);
void swap_gate_closing(struct core_step *step);

#endif
