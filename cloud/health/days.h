/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The days of batteries (health/day.h) as telemetry makes them, kept by the writer: in memory, each
 * written at most once a minute of message time. Why not from stored samples: those of charging
 * processes know nothing of cells, and a battery that rests in a bay has none.
 *
 * What waits is lost when the process is killed, at most the last minute of each battery; a clean
 * stop writes it. A rolled back transaction loses nothing: what it changed in memory is put back.
 */
#ifndef SWAPSTACK_HEALTH_DAYS_H
#define SWAPSTACK_HEALTH_DAYS_H

#include "base/err.h"
#include "health/day.h"

struct store;
struct days;

int days_new(struct days **days, struct store *store, const struct day_limits *limits,
             struct err *err);
void days_free(struct days *days);
void days_set_limits(struct days *days, const struct day_limits *limits);

/* A reading that reached us at `received_at_us`; one that says nothing of the cells is passed over.
 * Inside a transaction, as days_flush. */
int days_observe(struct days *days, const char *bid, const char *station_id,
                 const struct day_reading *reading, int64_t received_at_us, struct err *err);
/* Before a commit: writes the days that have waited long enough, or `all` of them. */
int days_flush(struct days *days, bool all, struct err *err);
/* After the commit, or the rollback, of what was observed and flushed since the last of either. */
void days_committed(struct days *days);
void days_rolled_back(struct days *days);

#endif
