/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the charger's machine: what it hears, what it says, when it loses patience. */
#ifndef SWAPSTACK_GBT27930_CHARGER_INTERNAL_H
#define SWAPSTACK_GBT27930_CHARGER_INTERNAL_H

#include "gbt27930/charger.h"

/* The only place that changes the state: asks the table, takes what the new state sends, switches
 * the output off unless it is CHARGING. */
void charger_move(struct gbt_charger *charger, enum gbt_charger_state to, int64_t now_us);
/* Ends charging in the orderly way of the state: CST while current may flow, silence before. */
void charger_stop(struct gbt_charger *charger, enum gbt_cause cause, int64_t now_us);
/* An error of communication: output off, CEM (not for the pack's own BEM), later a new attempt. */
void charger_fail(struct gbt_charger *charger, enum gbt_cause error, int64_t now_us);

/* charger_hear.c: a message of the pack. */
void charger_hear(struct gbt_charger *charger, const struct gbt_message *message, int64_t now_us);
/* charger_time.c: the time-outs of the state. */
void charger_check_times(struct gbt_charger *charger, int64_t now_us);
/* charger_say.c: fills the message of this kind with what is to be said now. */
void charger_compose(const struct gbt_charger *charger, struct gbt_message *message,
                     int64_t now_us);

#endif
