/* SPDX-License-Identifier: Apache-2.0 */
/* charging_process. */
#ifndef SWAPSTACK_STORE_CHARGING_H
#define SWAPSTACK_STORE_CHARGING_H

#include "store/store.h"

/* A process as it is opened, and what tells it from others. */
struct charging_process_row {
    int64_t id; /* set by charging_process_insert */
    char bid[65], station_id[65], session_id[65], vid[65];
    int64_t slot;
    double latitude, longitude;
    int64_t start_date_us;
    int64_t end_date_us; /* STORE_NULL while open */
    double start_battery_level;
    char end_reason[16];
    bool billed_by_hand; /* somebody entered its cost */
};

/* What closing writes; names as the columns. */
struct charging_figures {
    const char *vid; /* NULL or "": stays as it is */
    int64_t start_date_us, end_date_us;
    double start_battery_level, end_battery_level; /* start_soc and end_soc are the same */
    double charge_energy_added, charge_energy_used;
    double start_ideal_range_km, end_ideal_range_km;
    double start_rated_range_km, end_rated_range_km;
    double outside_temp_avg;
    int64_t duration_min;
    int64_t rule_version;
    const char *end_reason;
};

int charging_process_insert(struct store *store, struct charging_process_row *row, struct err *err);

/* Calls `each` for every open process of a station, oldest first; a negative result ends the
 * reading with that code. No statement of this file may run inside `each`. */
int charging_process_each_open(struct store *store, const char *station_id,
                               int (*each)(void *self, const struct charging_process_row *row),
                               void *self, struct err *err);
/* The process of a session: 1, or 0 when there is none. */
int charging_process_find_session(struct store *store, const char *station_id,
                                  const char *session_id, struct charging_process_row *row,
                                  struct err *err);
/* Runs (no session) of a battery in a bay that overlap or touch the span, by their start; `size` at
 * most. Returns how many, or a negative code. */
int charging_process_list_near(struct store *store, const char *bid, const char *station_id,
                               int64_t slot, int64_t from_us, int64_t to_us,
                               struct charging_process_row *rows, size_t size, struct err *err);
/* End of the bay's process that began last, or its start while it is open; STORE_NULL: none. */
int charging_process_newest_date(struct store *store, const char *station_id, int64_t slot,
                                 int64_t *date_us, struct err *err);
/* Did a process of another battery begin in the bay within the span? 1 or 0. */
int charging_process_is_other(struct store *store, const char *station_id, int64_t slot,
                              const char *bid, int64_t from_us, int64_t to_us, struct err *err);
/* Removes a process that has no samples, with its evaluation and its bill. */
int charging_process_remove(struct store *store, int64_t id, struct err *err);
/* Ids of open processes whose newest sample arrived before `before_us` (their start, when that is
 * not known), `size` at most. Returns how many, or a negative code. */
int charging_process_list_idle(struct store *store, int64_t before_us, int64_t *ids, size_t size,
                               struct err *err);
/* The process `id`, open or closed; likewise the one of a bay that was closed without a word of the
 * station (end_reason gone or repaired). 1, or 0 when there is none. */
int charging_process_load_row(struct store *store, int64_t id, struct charging_process_row *row,
                              struct err *err);
int charging_process_find_silent(struct store *store, const char *station_id, int64_t slot,
                                 struct charging_process_row *row, struct err *err);
/* The newest closed process of the battery (of the bay, when the battery is not known: "") that
 * spans a date: 1, or 0 when there is none. */
int charging_process_find_spanning(struct store *store, const char *bid, const char *station_id,
                                   int64_t slot, int64_t date_us, int64_t *id, struct err *err);

/* Writes the figures; cost is not touched. */
int charging_process_close(struct store *store, int64_t id, const struct charging_figures *figures,
                           struct err *err);
/* Ends a process of which no sample can be read; all but end and reason stays. */
int charging_process_close_bare(struct store *store, int64_t id, int64_t end_us,
                                const char *end_reason, struct err *err);
int charging_process_set_reason(struct store *store, int64_t id, const char *end_reason,
                                struct err *err);
/* Where a process goes on, or when it began: known better than at its opening. */
int charging_process_update(struct store *store, int64_t id, int64_t slot, int64_t start_us,
                            struct err *err);
/* End and derived figures become NULL; cost is not touched. */
int charging_process_reopen(struct store *store, int64_t id, struct err *err);

#endif
