/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has which battery. A door that a swap opens puts the bay in custody of that swap; when it is
 * shut again, what is found decides the event (design/protocol.md):
 *
 *     custody   found                event
 *     RETURN    a pack               Off-Load of it
 *     RETURN    nothing              none: nothing was returned
 *     DISPENSE  nothing              On-Load of the pack that was offered
 *     DISPENSE  the same pack        Timeout of it: offered, not taken
 *     DISPENSE  another pack         On-Load of the one, Off-Load of the other
 *     none      not what is on record: fault PackMissing or PackChanged
 */
#ifndef SWAPSTACK_CORE_CUSTODY_H
#define SWAPSTACK_CORE_CUSTODY_H

#include "core/station.h"

/* The swap under way is about to open this bay. */
void custody_begin(struct core_step *step, struct bay *bay, enum custody_kind kind);

/* The bay is shut and empty / holds this identified pack. Emits the event, ends the custody. The
 * bay's record (bid) is cleared by the first; the caller records the pack after the second. */
void custody_found_empty(struct core_step *step, struct bay *bay);
void custody_found_pack(struct core_step *step, struct bay *bay, const struct io_pack *pack);

/* A vehicle's open account, NULL when it has none: it gave more batteries than it got (count > 0:
 * it is owed so many), or in Out-In got more than it gave (count < 0: it owes them). */
const struct owed *custody_account(const struct station *station, const char *vehicle);
/* The count of that account; 0 when it has none. */
int custody_balance(const struct station *station, const char *vehicle);

/* Some vehicle is owed a battery. */
bool custody_owes(const struct station *station);

/* Fills what a pack says about itself (not slot, session, charge and the charging sample). */
void battery_from_pack(const struct io_pack *pack, struct message_battery *battery);

#endif
