/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a swap, one function each, called by swap_step; for the files of the swap only. */
#ifndef SWAPSTACK_CORE_SWAP_STEPS_H
#define SWAPSTACK_CORE_SWAP_STEPS_H

#include "core/station.h"

/* Changes the step (asserts the table and its invariant); the intent is made durable. */
void swap_enter(struct core_step *step, enum swap_step_name to);
/* The step lasts longer than this. */
bool swap_overdue(const struct core_step *step, double limit_s);
/* The condition holds for limits.settle_s without a break. */
bool swap_steady(struct core_step *step, bool condition);

/* The lane's reader sees another vehicle than the one that this swap is for. */
bool swap_sees_stranger(const struct core_step *step);

/* It fails for this reason: doors are shut, then the vehicle leaves and the gate closes. */
void swap_fail(struct core_step *step, const char *reason);
/* It will fail for this reason, but goes on for now. The first reason stays. */
void swap_note(struct swap *swap, const char *reason);
/* swap_turn.c: one battery has changed hands, or the vehicle has come: what is next? */
void swap_go_on(struct core_step *step);
/* Of a set only that many pairs can be exchanged; 0: none, it fails. It goes on with them and fails
 * at the end. An account that is being settled has no pairs: it fails. All doors are shut. */
void swap_fall_short(struct core_step *step, int pairs, const char *reason);

/* swap_begin.c */
void swap_securing(struct core_step *step);
void swap_gate_opening(struct core_step *step);
void swap_arriving(struct core_step *step);
/* swap_return.c */
void swap_return_opening(struct core_step *step);
void swap_returning(struct core_step *step);
void swap_return_closing(struct core_step *step);
void swap_identifying(struct core_step *step);
/* Names the bay for the user's next battery. */
void swap_choose_bay(struct core_step *step);
/* swap_dispense.c */
void swap_dispense_opening(struct core_step *step);
void swap_offering(struct core_step *step);
void swap_dispense_closing(struct core_step *step);
/* Names the battery to hand out, or begins to give one of the user's own back. */
void swap_choose_battery(struct core_step *step);
/* swap_end.c */
void swap_ending(struct core_step *step);
void swap_leaving(struct core_step *step);
void swap_gate_closing(struct core_step *step);

#endif
