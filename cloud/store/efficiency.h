/* SPDX-License-Identifier: Apache-2.0 */
/* What efficiency factors are made from and where they are kept: vehicle.efficiency (kWh per km of
 * range) and battery.charge_efficiency (added / used). */
#ifndef SWAPSTACK_STORE_EFFICIENCY_H
#define SWAPSTACK_STORE_EFFICIENCY_H

#include "store/store.h"

enum range_kind { RANGE_RATED, RANGE_IDEAL };

/* A closed process of a vehicle; what is not known is NAN and STORE_NULL. */
struct efficiency_row {
    int64_t duration_min;
    double end_battery_level, charge_energy_added;
    double start_range_km, end_range_km; /* of the kind asked for */
};

/* Calls `each` for the vehicle's closed processes with energy added and both ranges; a negative
 * result of it ends the reading. */
int efficiency_each(struct store *store, const char *vid, enum range_kind kind,
                    int (*each)(void *self, const struct efficiency_row *row), void *self,
                    struct err *err);

/* Writes when it changes; a vehicle that is not known is left out. */
int vehicle_set_efficiency(struct store *store, const char *vid, double efficiency,
                           struct err *err);
/* Calls `each` with every vehicle that has closed processes with energy added, once. No statement
 * of this file may run inside. */
int vehicle_each_charged(struct store *store, int (*each)(void *self, const char *vid), void *self,
                         struct err *err);

/* battery.charge_efficiency from all closed processes of the battery with both energies: the sum of
 * what was added by the sum of what was used, 4 decimals. */
int battery_refresh_efficiency(struct store *store, const char *bid, struct err *err);

/* The kind that vehicles' factors were last made for: 1, or 0 when none is on record. */
int range_kind_load(struct store *store, enum range_kind *kind, struct err *err);
int range_kind_save(struct store *store, enum range_kind kind, int64_t at_us, struct err *err);

#endif
