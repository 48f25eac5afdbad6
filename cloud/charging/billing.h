/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cost of stored charging processes (section 6 of design/charging.md), from what tariffs, time
 * zones, geofences and vehicles say. First match:
 *   1. entered by hand: never touched
 *   2. a vehicle that charges there without paying (table free_supercharging): 0
 *   3. the tariff that held at the start: of the station, else of the geofence of the start, else
 * of everywhere; with its windows, on the clock of the station's zone
 *   4. the price per kWh that the station itself says
 *   5. none
 * The tariff of the start holds for the whole process. All of it runs in the caller's transaction
 * and keeps nothing in memory.
 */
#ifndef SWAPSTACK_CHARGING_BILLING_H
#define SWAPSTACK_CHARGING_BILLING_H

#include "base/err.h"
#include "charging/cost.h"
#include "store/bill.h"

#define BILLING_TARIFF        "tariff"
#define BILLING_STATION_PRICE "station_price"
#define BILLING_FREE          "free_supercharging"

/* When a process is opened: the geofence of its place. NAN: not known. */
int billing_locate(struct store *store, int64_t process, double latitude, double longitude,
                   struct err *err);

/* When a process was closed, or its figures were made again: `quantity` holds what is billed, used
 * unrounded. `at_us`: now. */
int billing_close(struct store *store, int64_t process, const struct cost_quantity *quantity,
                  int64_t at_us, struct err *err);

/* What a cost should be by now. */
struct billing_verdict {
    int64_t cost;      /* COST_NONE */
    const char *basis; /* literal, "" with no cost */
    int64_t tariff_id; /* STORE_NULL */
};

/* After a change of tariffs, for a row of bill_each: from the stored figures, without rule 2; what
 * was free stays free. A cost of the tariff that still holds is right as it stands when the stored
 * figures, or the unrounded ones that it was made from at close, yield it. */
int billing_retroactive(struct store *store, const struct bill_row *row,
                        struct billing_verdict *verdict, struct err *err);

#endif
