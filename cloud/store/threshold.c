/* SPDX-License-Identifier: Apache-2.0 */
#include "store/threshold.h"

#include "base/scope.h"

static struct threshold_row read_row(sqlite3_stmt *select)
{
    struct threshold_row row = {.raise = store_column_real(select, 3),
                                .clear = store_column_real(select, 4),
                                .enabled = store_column_integer(select, 5) != 0,
                                .set_at_us = store_column_integer(select, 6)};
    store_column_text(select, 0, row.kind, sizeof row.kind);
    store_column_text(select, 1, row.model, sizeof row.model);
    store_column_text(select, 2, row.station_id, sizeof row.station_id);
    store_column_text(select, 7, row.set_by, sizeof row.set_by);
    return row;
}

int threshold_list(struct store *store, struct threshold_row **rows, size_t *count, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT kind, model, station_id, raise_value, clear_value, enabled, set_at, "
                      "set_by FROM threshold ORDER BY kind, ifnull(model, ''), "
                      "ifnull(station_id, '')",
                      err);
    SCOPE_FREE struct threshold_row *list = NULL;
    size_t size = 0;
    int found;
    *count = 0;
    if (!select)
        return ERR_STORAGE;
    while ((found = store_step(store, select, err)) == 1) {
        if (*count == size) {
            size = size ? size * 2 : 16;
            struct threshold_row *grown = realloc(list, size * sizeof *grown);
            if (!grown) {
                (void)sqlite3_reset(select);
                return err_set(err, ERR_NOMEM, "thresholds: out of memory");
            }
            list = grown;
        }
        list[(*count)++] = read_row(select);
    }
    if (found == 0)
        *rows = SCOPE_STEAL(list);
    return found;
}

int threshold_put(struct store *store, const struct threshold_row *row, struct err *err)
{
    sqlite3_stmt *put = store_prepare(
        store,
        "INSERT INTO threshold (kind, model, station_id, raise_value, clear_value, enabled, "
        "set_at, set_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
        "ON CONFLICT (kind, ifnull(model, ''), ifnull(station_id, '')) DO UPDATE SET "
        "raise_value = ?4, clear_value = ?5, enabled = ?6, set_at = ?7, set_by = ?8",
        err);
    if (!put)
        return ERR_STORAGE;
    store_bind_text(put, 1, row->kind);
    store_bind_text(put, 2, row->model);
    store_bind_text(put, 3, row->station_id);
    store_bind_real(put, 4, row->raise);
    store_bind_real(put, 5, row->clear);
    store_bind_integer(put, 6, row->enabled);
    store_bind_integer(put, 7, row->set_at_us);
    store_bind_text(put, 8, row->set_by);
    return store_run(store, put, err);
}

int threshold_remove(struct store *store, const char *kind, const char *model,
                     const char *station_id, struct err *err)
{
    sqlite3_stmt *remove =
        store_prepare(store,
                      "DELETE FROM threshold WHERE kind = ?1 AND ifnull(model, '') = "
                      "ifnull(?2, '') AND ifnull(station_id, '') = ifnull(?3, '')",
                      err);
    if (!remove)
        return ERR_STORAGE;
    store_bind_text(remove, 1, kind);
    store_bind_text(remove, 2, model);
    store_bind_text(remove, 3, station_id);
    int status = store_run(store, remove, err);
    return status < 0 ? status : sqlite3_changes(store_handle(store)) > 0;
}
