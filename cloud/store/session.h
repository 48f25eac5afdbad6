/* SPDX-License-Identifier: Apache-2.0 */
/* charging_session: what the stations say of their charging sessions. */
#ifndef SWAPSTACK_STORE_SESSION_H
#define SWAPSTACK_STORE_SESSION_H

#include "store/store.h"

struct charging_session_row {
    char session_id[65], station_id[65];
    int64_t slot;
    char driver_id[65], bid[65];
    int64_t start_time_us, end_time_us;
    double energy_consumed_kwh;
    char status[16];
    char reason[257];
};

/* 1, or 0 when the session is not known. */
int charging_session_load(struct store *store, const char *station_id, const char *session_id,
                          struct charging_session_row *row, struct err *err);
/* Inserts or replaces all but total_cost. */
int charging_session_save(struct store *store, const struct charging_session_row *row,
                          struct err *err);
/* The energy that the session's closed process measured, where the station said none. Does
 * nothing when either is not there. */
int charging_session_fill_energy(struct store *store, const char *station_id,
                                 const char *session_id, struct err *err);

#endif
