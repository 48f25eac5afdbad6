/* SPDX-License-Identifier: Apache-2.0 */
/* Travel of a bay's door: each output is a request with feedback, a deadline and bounded tries
 * (design/hardware.md rules 2 and 4). */
#ifndef SWAPSTACK_CORE_DOOR_H
#define SWAPSTACK_CORE_DOOR_H

#include "core/station.h"

/* Begins with the given phase: DOOR_UNLOCKING to open, DOOR_CLOSING to close. */
void door_begin(struct core_step *step, struct bay *bay, enum door_phase phase);

/* One step of a bay in OPENING or CLOSING. Moves it to OPEN when it is open, to FAULT when the
 * tries are used up, back to CLOSING while it is still shut and another door was forced open
 * (rule 4) or the intent cannot be stored (rule 12). True when it is closed and locked: the caller
 * settles what is in it.
 *
 * Also of a bay in MAINTENANCE whose door is not at rest: it stays in that state, the door comes to
 * rest where it would have moved on. */
bool door_step(struct core_step *step, struct bay *bay);

/* What lock and door are asked for now. */
void door_outputs(const struct core_step *step, const struct bay *bay, struct io_bay_request *out);

#endif
