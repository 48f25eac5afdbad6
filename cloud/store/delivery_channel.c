/* SPDX-License-Identifier: Apache-2.0 */
/* alert_channel. */
#include "store/delivery.h"

#include "base/scope.h"

static void read_row(sqlite3_stmt *select, struct channel_row *row)
{
    *row = (struct channel_row){.set_at_us = store_column_integer(select, 5)};
    store_column_text(select, 0, row->name, sizeof row->name);
    store_column_text(select, 1, row->kind, sizeof row->kind);
    store_column_text(select, 2, row->kinds, sizeof row->kinds);
    store_column_text(select, 3, row->url, sizeof row->url);
    store_column_text(select, 4, row->secret_file, sizeof row->secret_file);
    store_column_text(select, 6, row->set_by, sizeof row->set_by);
}

#define COLUMNS "name, kind, kinds, url, secret_file, set_at, set_by"

int channel_list(struct store *store, struct channel_row **rows, size_t *count, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT " COLUMNS " FROM alert_channel ORDER BY name", err);
    SCOPE_FREE struct channel_row *list = NULL;
    size_t size = 0;
    int found;
    *count = 0;
    if (!select)
        return ERR_STORAGE;
    while ((found = store_step(store, select, err)) == 1) {
        if (*count == size) {
            size = size ? size * 2 : 4;
            struct channel_row *grown = realloc(list, size * sizeof *grown);
            if (!grown) {
                (void)sqlite3_reset(select);
                return err_set(err, ERR_NOMEM, "channels of alerts: out of memory");
            }
            list = grown;
        }
        read_row(select, &list[(*count)++]);
    }
    if (found == 0)
        *rows = SCOPE_STEAL(list);
    return found;
}

int channel_load(struct store *store, const char *name, struct channel_row *row, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT " COLUMNS " FROM alert_channel WHERE name = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, name);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    read_row(select, row);
    (void)sqlite3_reset(select);
    return 1;
}

int channel_put(struct store *store, const struct channel_row *row, struct err *err)
{
    sqlite3_stmt *put = store_prepare(store,
                                      "INSERT OR REPLACE INTO alert_channel (" COLUMNS
                                      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                                      err);
    if (!put)
        return ERR_STORAGE;
    store_bind_text(put, 1, row->name);
    store_bind_text(put, 2, row->kind);
    store_bind_text(put, 3, row->kinds);
    store_bind_text(put, 4, row->url);
    store_bind_text(put, 5, row->secret_file);
    store_bind_integer(put, 6, row->set_at_us);
    store_bind_text(put, 7, row->set_by);
    return store_run(store, put, err);
}

static int fail_waiting(struct store *store, const char *name, const char *reason, int64_t wall_us,
                        struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store,
                      "UPDATE alert_delivery SET state = 'failed', closed_at = ?2, last_error = ?3 "
                      "WHERE state = 'waiting' AND channel = ?1",
                      err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, name);
    store_bind_integer(update, 2, wall_us);
    store_bind_text(update, 3, reason);
    return store_run(store, update, err);
}

int channel_remove(struct store *store, const char *name, const char *reason, int64_t wall_us,
                   struct err *err)
{
    sqlite3_stmt *remove = store_prepare(store, "DELETE FROM alert_channel WHERE name = ?1", err);
    if (!remove)
        return ERR_STORAGE;
    store_bind_text(remove, 1, name);
    int status = store_run(store, remove, err);
    if (status < 0 || sqlite3_changes(store_handle(store)) == 0)
        return status;
    status = fail_waiting(store, name, reason, wall_us, err);
    return status < 0 ? status : 1;
}
