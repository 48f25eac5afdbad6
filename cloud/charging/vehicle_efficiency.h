/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Efficiency factors of stored processes: of a vehicle by the mended rule of charging/efficiency.h
 * over the processes whose pack it returned, of a battery as added by used. Each runs in the
 * caller's transaction.
 */
#ifndef SWAPSTACK_CHARGING_VEHICLE_EFFICIENCY_H
#define SWAPSTACK_CHARGING_VEHICLE_EFFICIENCY_H

#include "base/err.h"
#include "store/efficiency.h"

/* After a process was closed, or its figures were made again. "" or NULL: not known. */
int efficiency_refresh(struct store *store, const char *vid, const char *bid, enum range_kind kind,
                       struct err *err);

/* Makes the factors of all vehicles again when they were last made for the other kind of range
 * (rated, when no change is on record). */
int efficiency_prefer(struct store *store, enum range_kind kind, int64_t now_us, struct err *err);

#endif
