/* SPDX-License-Identifier: Apache-2.0 */
/* alert_channel and alert_delivery: whom to tell of alerts, and what each still has to be told. */
#ifndef SWAPSTACK_STORE_DELIVERY_H
#define SWAPSTACK_STORE_DELIVERY_H

#include "store/store.h"
#include <stddef.h>

#define DELIVERY_ERROR_SIZE 256

struct channel_row {
    char name[33];
    char kind[9];    /* mqtt, command, webhook */
    char kinds[512]; /* of alerts, with commas between; "": all */
    char url[1025], secret_file[513];
    int64_t set_at_us;
    char set_by[65];
};

/* All of them by name; `*rows` is the caller's to free. */
int channel_list(struct store *store, struct channel_row **rows, size_t *count, struct err *err);
/* 1, or 0 when there is none of that name. */
int channel_load(struct store *store, const char *name, struct channel_row *row, struct err *err);
/* Inserts or replaces. */
int channel_put(struct store *store, const struct channel_row *row, struct err *err);
/* 1: it was there and is gone, what waited for it has failed for `reason`; 0: there was none. */
int channel_remove(struct store *store, const char *name, const char *reason, int64_t wall_us,
                   struct err *err);

struct delivery_row {
    int64_t id, alert_id;
    char event[13]; /* raised, cleared, acknowledged, test */
    char channel[33], kind[65];
    char payload[8192];
    char state[10]; /* waiting, delivered, failed */
    int64_t attempts;
    int64_t created_at_us, next_at_us, closed_at_us; /* wall */
    char last_error[DELIVERY_ERROR_SIZE];
};

/* A waiting one: state, attempts and times of closing are not read. */
int delivery_insert(struct store *store, const struct delivery_row *row, struct err *err);
/* Up to `max` that wait for `channel` and are due at `now_us` (`tests_only`: of these those of a
 * test alert), oldest first. Returns their number.
 */
int delivery_due(struct store *store, const char *channel, bool tests_only, int64_t now_us,
                 struct delivery_row *rows, size_t max, struct err *err);
/* When the channel's next one is due: 1, or 0 when none waits. */
int delivery_next(struct store *store, const char *channel, int64_t *next_at_us, struct err *err);
/* Writes state, attempts, next_at, closed_at and last_error; nothing when it does not wait any
 * more. */
int delivery_save(struct store *store, const struct delivery_row *row, struct err *err);
/* Removes up to `max` that were closed before `before_us`. */
int delivery_forget(struct store *store, int64_t before_us, int64_t max, struct err *err);

#endif
