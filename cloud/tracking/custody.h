/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histories that cannot be: an event that contradicts the battery's event directly before it is
 * kept as a fact and marked. Pure, and a matter of neighbours alone: a missing event that arrives
 * later falls between the two, and the mark is gone.
 *
 * - On-Load after an On-Load: put into a vehicle while it was still in one.
 * - Off-Load after an On-Load into another vehicle: taken out of where it was not.
 * - Off-Load after an Off-Load although its own On-Load is known: two stays lie over each other.
 *   (Without its On-Load it is a missing_on_load and nothing contradicts anything.)
 */
#ifndef SWAPSTACK_TRACKING_CUSTODY_H
#define SWAPSTACK_TRACKING_CUSTODY_H

#include "store/exchange.h"
#include "tracking/pairing.h"
#include "tracking/remarks.h"

/* `before`: the battery's event before `row`, of whatever vehicle; NULL when there is none. False:
 * nothing is wrong, `sentence` is "". */
bool custody_contradicts(const struct exchange_row *before, const struct exchange_row *row,
                         const struct pairing *pairing, char sentence[REMARK_SIZE]);

#endif
