/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of batteries and their closed charging processes to judge their health. */
#ifndef SWAPSTACK_STORE_HEALTH_H
#define SWAPSTACK_STORE_HEALTH_H

#include "store/store.h"
#include <stddef.h>

struct health_battery_row {
    char bid[65];
    double first_capacity_kwh; /* said by its first exchange event that says one */
    double capacity_kwh, soh;  /* last reported */
    int64_t cycles;            /* as the battery counts them */
};

/* All batteries in the order of their names, or only `bid` (not NULL). `*rows` is the caller's to
 * free; none is no error. */
int health_battery_list(struct store *store, const char *bid, struct health_battery_row **rows,
                        size_t *count, struct err *err);

struct health_charge_row {
    int64_t id, start_date_us, end_date_us;
    double start_battery_level, end_battery_level;
    double charge_energy_added, charge_energy_used;
};

/* The battery's closed charging processes that ended before `before_us`, in order of their ends.
 * `*rows` is the caller's to free. */
int health_charge_list(struct store *store, const char *bid, int64_t before_us,
                       struct health_charge_row **rows, size_t *count, struct err *err);

#endif
