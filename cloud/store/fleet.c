/* SPDX-License-Identifier: Apache-2.0 */
#include "store/fleet.h"

int battery_lock_load(struct store *store, const char *bid, struct battery_lock_row *row,
                      struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT reason, locked_at, locked_by FROM battery_lock WHERE bid = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    if (row) {
        store_column_text(select, 0, row->reason, sizeof row->reason);
        row->locked_at_us = store_column_integer(select, 1);
        store_column_text(select, 2, row->locked_by, sizeof row->locked_by);
    }
    (void)sqlite3_reset(select);
    return 1;
}

int battery_lock_insert(struct store *store, const char *bid, const struct battery_lock_row *row,
                        struct err *err)
{
    sqlite3_stmt *insert = store_prepare(store,
                                         "INSERT INTO battery_lock (bid, reason, locked_at, "
                                         "locked_by) VALUES (?1, ?2, ?3, ?4)",
                                         err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, bid);
    store_bind_text(insert, 2, row->reason);
    store_bind_integer(insert, 3, row->locked_at_us);
    store_bind_text(insert, 4, row->locked_by);
    return store_run(store, insert, err);
}

int battery_lock_remove(struct store *store, const char *bid, struct err *err)
{
    sqlite3_stmt *delete = store_prepare(store, "DELETE FROM battery_lock WHERE bid = ?1", err);
    if (!delete)
        return ERR_STORAGE;
    store_bind_text(delete, 1, bid);
    return store_run(store, delete, err);
}

int fleet_list(struct store *store, struct fleet_item items[FLEET_ITEMS_MAX], size_t *count,
               struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT key, version, value FROM fleet_config ORDER BY key LIMIT 32", err);
    *count = 0;
    if (!select)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct fleet_item *item = &items[(*count)++];
        store_column_text(select, 0, item->key, sizeof item->key);
        item->version = store_column_integer(select, 1);
        store_column_text(select, 2, item->value, sizeof item->value);
    }
    return status;
}

int fleet_set(struct store *store, const char *key, const char *value, int64_t at_us,
              struct err *err)
{
    sqlite3_stmt *insert = store_prepare(store,
                                         "INSERT INTO fleet_config (key, version, value) "
                                         "VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET "
                                         "version = max(version + 1, ?2), value = ?3",
                                         err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, key);
    store_bind_integer(insert, 2, at_us / 1000000);
    store_bind_text(insert, 3, value);
    return store_run(store, insert, err);
}
