/* SPDX-License-Identifier: Apache-2.0 */
/* The versions of store/battery.h. */
#include "store/battery.h"

#include "base/scope.h"
#include <stdlib.h>

int battery_version_list(struct store *store, const char *bid, struct version_row **rows,
                         size_t *count, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT battery_version, since_at, source FROM "
                                         "battery_version WHERE bid = ?1 ORDER BY since_at, rowid",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    SCOPE_FREE struct version_row *list = NULL;
    size_t used = 0, capacity = 0;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            struct version_row *bigger = realloc(list, capacity * sizeof *bigger);
            if (!bigger) {
                (void)sqlite3_reset(select);
                return err_set(err, ERR_NOMEM, "versions of battery %s: out of memory", bid);
            }
            list = bigger;
        }
        struct version_row *row = &list[used++];
        store_column_text(select, 0, row->version, sizeof row->version);
        row->since_us = store_column_integer(select, 1);
        store_column_text(select, 2, row->source, sizeof row->source);
    }
    *count = used;
    *rows = SCOPE_STEAL(list);
    return status;
}

int battery_version_insert(struct store *store, const char *bid, const struct version_row *row,
                           struct err *err)
{
    sqlite3_stmt *insert = store_prepare(store,
                                         "INSERT INTO battery_version (bid, battery_version, "
                                         "since_at, source) VALUES (?1, ?2, ?3, ?4)",
                                         err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, bid);
    store_bind_text(insert, 2, row->version);
    store_bind_integer(insert, 3, row->since_us);
    store_bind_text(insert, 4, row->source);
    return store_run(store, insert, err);
}

int battery_version_clear(struct store *store, const char *bid, struct err *err)
{
    sqlite3_stmt *delete = store_prepare(store, "DELETE FROM battery_version WHERE bid = ?1", err);
    if (!delete)
        return ERR_STORAGE;
    store_bind_text(delete, 1, bid);
    return store_run(store, delete, err);
}
