/* SPDX-License-Identifier: Apache-2.0 */
/* Closed charging processes one after the other, with their stored figures: what analyses are made
 * from. */
#ifndef SWAPSTACK_STORE_CHARGING_HISTORY_H
#define SWAPSTACK_STORE_CHARGING_HISTORY_H

#include "store/store.h"

struct history_row {
    int64_t process, slot;
    char station_id[65], bid[65], vid[65], zone[65]; /* zone of the station */
    int64_t start_date_us, end_date_us;
    double start_battery_level;
    double charge_energy_added, charge_energy_used; /* NAN */
    int64_t cost;                                   /* STORE_NULL */
};

/* NULL and STORE_NULL do not limit; the times are those of the start. */
struct history_filter {
    const char *station_id, *bid;
    int64_t from_us, to_us;
};

/* In order of id; nothing is kept, so that any history will do. A negative result of `each` ends
 * the reading with that code. */
int history_each(struct store *store, const struct history_filter *filter,
                 int (*each)(void *self, const struct history_row *row, struct err *err),
                 void *self, struct err *err);

#endif
