/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of rule 2 share. Nobody else includes this. */
#ifndef SWAPSTACK_CHARGING_EVALUATE2_INTERNAL_H
#define SWAPSTACK_CHARGING_EVALUATE2_INTERNAL_H

#include "charging/evaluate2.h"

#define EVALUATE2_SECONDS_PER_HOUR 3600.0
#define EVALUATE2_STUCK_KWH        1.0 /* used while a counter stands still */

void evaluate2_mark(struct evaluate2_mark *mark, int64_t at_us);
/* Adds `more` to `to` and empties it. */
void evaluate2_settle(struct evaluate2_stretch *to, struct evaluate2_stretch *more);
/* Used so far, without gaps, kWh. */
double evaluate2_used_so_far(const struct evaluate2_state *state);

/* evaluate2_registers.c: what a sample's readings say; called behind its interval. */
void evaluate2_read_meter(struct evaluate2_state *state, const struct evaluate_sample *sample);
void evaluate2_read_counter(struct evaluate2_state *state, const struct evaluate_sample *sample);
/* Decides what is still held: no further reading will. */
void evaluate2_end_meter(struct evaluate2_state *state);
/* NAN: not known. */
double evaluate2_added(const struct evaluate2_state *state);

#endif
