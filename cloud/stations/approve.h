/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's word on a station: is its data wanted? */
#ifndef SWAPSTACK_STATIONS_APPROVE_H
#define SWAPSTACK_STATIONS_APPROVE_H

#include "base/err.h"
#include <stdint.h>

struct store;

/* Sets the approval ("approved", "refused" or "pending") of a station and logs it with its actor
 * (user name of the operator). A station that was never seen is created, so that it can be
 * approved before it first connects. Runs inside the caller's transaction, or in one of its own
 * when there is none. For swapctl when no bridge runs; a running bridge is asked through
 * stations/control_client.h. `at_us`: now. */
int station_approve(struct store *store, const char *station_id, const char *approval,
                    const char *actor, int64_t at_us, struct err *err);

#endif
