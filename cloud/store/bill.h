/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of charging processes (charging_process.cost, cost_source) and how it came about
 * (charging_bill). */
#ifndef SWAPSTACK_STORE_BILL_H
#define SWAPSTACK_STORE_BILL_H

#include "store/store.h"

/* What a cost is made from, as stored. */
struct bill_row {
    int64_t process;
    char station_id[65], session_id[65], vid[65], zone[65]; /* zone of the station */
    int64_t geofence_id;                                    /* STORE_NULL, as all that follow */
    double latitude, longitude;
    int64_t start_date_us, end_date_us;
    double charge_energy_added, charge_energy_used;
    int64_t duration_min, rule_version;
    int64_t price_per_kwh; /* that the station says, ten-thousandths */
    int64_t cost;
    char cost_source[16]; /* tariff, manual, "" */
    char basis[24];
    int64_t tariff_id;
};

/* 1, or 0 when there is no such process. */
int bill_load(struct store *store, int64_t process, struct bill_row *row, struct err *err);

/* Of the closed processes above the id `after` that started in [from, to) at the station (NULL: at
 * any), in order of id, those that have no cost or one from a tariff: the next `limit`. A negative
 * result of `each` ends the reading; no statement of this file may run inside it. */
struct bill_filter {
    const char *station_id;
    int64_t from_us, to_us; /* STORE_NULL: open */
    int64_t after, limit;
};
int bill_each(struct store *store, const struct bill_filter *filter,
              int (*each)(void *self, const struct bill_row *row), void *self, struct err *err);

/* Writes cost and source, how it came about (basis "" takes the record away), and the session's
 * total. */
struct bill {
    int64_t cost;       /* STORE_NULL: none */
    const char *source; /* "tariff", "manual"; "" with no cost */
    const char *basis;
    int64_t tariff_id;
    int64_t at_us;
};
int bill_save(struct store *store, const struct bill_row *row, const struct bill *bill,
              struct err *err);

#endif
