/* SPDX-License-Identifier: Apache-2.0 */
/* battery_lock and fleet_config. */
#ifndef SWAPSTACK_STORE_FLEET_H
#define SWAPSTACK_STORE_FLEET_H

#include "store/store.h"
#include <stddef.h>

struct battery_lock_row {
    char reason[200];
    int64_t locked_at_us;
    char locked_by[65];
};
/* 1, or 0 when the battery is not locked. `row` may be NULL. */
int battery_lock_load(struct store *store, const char *bid, struct battery_lock_row *row,
                      struct err *err);
int battery_lock_insert(struct store *store, const char *bid, const struct battery_lock_row *row,
                        struct err *err);
int battery_lock_remove(struct store *store, const char *bid, struct err *err);

struct fleet_item {
    char key[65];
    int64_t version;
    char value[256]; /* JSON */
};
#define FLEET_ITEMS_MAX 32
/* In order of key; beyond the maximum none are read. */
int fleet_list(struct store *store, struct fleet_item items[FLEET_ITEMS_MAX], size_t *count,
               struct err *err);
/* Gives a key a value with a version above all that it had, also above those of a database that was
 * put back from a backup since: at least `at_us` in seconds. */
int fleet_set(struct store *store, const char *key, const char *value, int64_t at_us,
              struct err *err);

#endif
