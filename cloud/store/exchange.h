/* SPDX-License-Identifier: Apache-2.0 */
/*
 * battery_exchange_task: every exchange of a battery. Order of a battery's events: by event_time,
 * Off-Load before On-Load at the same instant, then task_id.
 */
#ifndef SWAPSTACK_STORE_EXCHANGE_H
#define SWAPSTACK_STORE_EXCHANGE_H

#include "store/store.h"
#include <stddef.h>

#define EXCHANGE_ON_LOAD  "On-Load"
#define EXCHANGE_OFF_LOAD "Off-Load"

struct exchange_row {
    char task_id[33];
    char bid[65], station_id[65], vid[65]; /* vid "": not said */
    char event[9];
    int64_t event_time_us, start_time_us, end_time_us;
    char comments[1280];
    char request_id[65];
    int64_t slot;
    double soc, soh;
    char battery_version[65];
    double capacity_kwh;
    char remarks[384];
};

/* 1: the task is on record; 0: it is not. */
int exchange_exists(struct store *store, const char *task_id, struct err *err);
/* Also counts an On-Load in swaps_per_day. */
int exchange_insert(struct store *store, const struct exchange_row *row, struct err *err);
/* Writes start_time, end_time and comments. */
int exchange_update(struct store *store, const struct exchange_row *row, struct err *err);

/* The neighbour of `row` (which need not be on record itself) among the events of the same battery
 * and vehicle: 1, or 0 when there is none. */
int exchange_before(struct store *store, const struct exchange_row *row, struct exchange_row *to,
                    struct err *err);
int exchange_after(struct store *store, const struct exchange_row *row, struct exchange_row *to,
                   struct err *err);

/* The same among all events of the battery, whatever the vehicle. */
int exchange_before_any(struct store *store, const struct exchange_row *row,
                        struct exchange_row *to, struct err *err);
int exchange_after_any(struct store *store, const struct exchange_row *row, struct exchange_row *to,
                       struct err *err);

/* Events of a battery with from <= event_time < to, in order; `*rows` is the caller's to free. */
int exchange_list(struct store *store, const char *bid, int64_t from_us, int64_t to_us,
                  struct exchange_row **rows, size_t *count, struct err *err);
/* On-Loads of a battery with after < event_time <= until. */
int exchange_count_on_loads(struct store *store, const char *bid, int64_t after_us,
                            int64_t until_us, int64_t *count, struct err *err);
/* The newest event of a battery: 1, or 0 when there is none. */
int exchange_newest(struct store *store, const char *bid, struct exchange_row *to, struct err *err);
/* The battery's latest event within one swap, when it is later than *at_us. */
int exchange_latest_of(struct store *store, const char *bid, const char *station_id,
                       const char *request_id, int64_t *at_us, struct err *err);
/* 1: a later event of this battery than `row` says a version. */
int exchange_later_version(struct store *store, const struct exchange_row *row, struct err *err);
/* 1: an event of the battery is marked EXCHANGE_CUSTODY in its comments. */
#define EXCHANGE_CUSTODY "custody: battery "
int exchange_any_custody(struct store *store, const char *bid, struct err *err);
/* 1: an Off-Load of the battery at the station is without its On-Load. */
int exchange_any_failed(struct store *store, const char *bid, const char *station_id,
                        struct err *err);

/* The vehicle of the battery's newest Off-Load into the station until `until_us`. 1, or 0 and
 * `vid` as it was. */
int exchange_vehicle_of_off_load(struct store *store, const char *bid, const char *station_id,
                                 int64_t until_us, char vid[65], struct err *err);

#endif
