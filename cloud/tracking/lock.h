/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locked batteries (requirements/battery-tracking.md, "密钥锁定"): no station gives one out. The
 * list is part of the configuration of all stations (store/fleet.h): keys locked.1 … locked.16,
 * each a JSON array of serials, so that one lock changes one key. What a station does:
 * core/locks.h.
 */
#ifndef SWAPSTACK_TRACKING_LOCK_H
#define SWAPSTACK_TRACKING_LOCK_H

#include "base/err.h"
#include "store/fleet.h"
#include <stdbool.h>

#define LOCK_LISTS      16
#define LOCK_LIST_BYTES 240 /* of one list's JSON; a station keeps 250 */

/* Locks the battery for a reason, or unlocks it; logs battery.lock or battery.unlock of the
 * operator `actor`. Inside the caller's transaction. ERR_EXISTS: it is locked already (the sentence
 * says since when and by whom); ERR_NOT_FOUND: it is not locked; ERR_FULL: the lists are. */
int battery_lock(struct store *store, const char *bid, const char *reason, const char *actor,
                 int64_t at_us, struct err *err);
int battery_unlock(struct store *store, const char *bid, const char *actor, int64_t at_us,
                   struct err *err);

#endif
