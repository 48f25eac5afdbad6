/* SPDX-License-Identifier: Apache-2.0 */
/* battery, vehicle and battery_version. */
#ifndef SWAPSTACK_STORE_BATTERY_H
#define SWAPSTACK_STORE_BATTERY_H

#include "store/store.h"
#include <stddef.h>

struct battery_row {
    char bid[65];
    char battery_version[65];
    char model[65]; /* "": not known */
    double capacity_kwh, soh, soc;
    int64_t cycles, last_seen_at_us;
    char where_kind[8]; /* vehicle, bay, storage, unknown */
    char where_id[65];  /* vehicle or station */
    int64_t slot, where_since_us;
    /* What said so last, for last-writer-wins: place in a station's journal, and whether it was an
     * exchange event or telemetry ("event", "telemetry", ""). */
    char where_journal[33];
    int64_t where_boot, where_up_ms;
    char where_source[10];
    double latitude, longitude;
};

/* 1, or 0 when the battery is not known. */
int battery_load(struct store *store, const char *bid, struct battery_row *row, struct err *err);
/* A new row that knows nothing but the bid (place unknown). */
int battery_insert(struct store *store, const char *bid, struct err *err);
/* Writes all columns but charge_efficiency. */
int battery_save(struct store *store, const struct battery_row *row, struct err *err);
/* A battery that is recorded in this bay, other than `except` ("" excepts none), the next after
 * `after` in order of bid ("" starts): 1, or 0 when there is none. */
int battery_in_bay(struct store *store, const char *station_id, int64_t slot, const char *except,
                   const char *after, char bid[65], struct err *err);

/* The newest value that an exchange event said of each; NAN where none did. */
struct battery_facts {
    double capacity_kwh, soh, soc;
};
int battery_event_facts(struct store *store, const char *bid, struct battery_facts *facts,
                        struct err *err);

/* Makes the vehicle known. */
int vehicle_ensure(struct store *store, const char *vid, struct err *err);

struct version_row {
    char version[65];
    int64_t since_us;
    char source[17];
};
/* A battery's versions, oldest first; `*rows` is the caller's to free. */
int battery_version_list(struct store *store, const char *bid, struct version_row **rows,
                         size_t *count, struct err *err);
int battery_version_insert(struct store *store, const char *bid, const struct version_row *row,
                           struct err *err);
int battery_version_clear(struct store *store, const char *bid, struct err *err);

#endif
