/* SPDX-License-Identifier: Apache-2.0 */
#include "store/alert.h"

#define COLUMNS                                                                                    \
    "id, kind, severity, bid, vid, station_id, slot, raised_at, cleared_at, acknowledged_at, "     \
    "acknowledged_by, value, threshold, text"

/* 1 and the row, or what the step said. */
static int read_one(struct store *store, sqlite3_stmt *select, struct alert_row *row,
                    struct err *err)
{
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct alert_row){.id = store_column_integer(select, 0),
                              .slot = store_column_integer(select, 6),
                              .raised_at_us = store_column_integer(select, 7),
                              .cleared_at_us = store_column_integer(select, 8),
                              .acknowledged_at_us = store_column_integer(select, 9),
                              .value = store_column_real(select, 11),
                              .threshold = store_column_real(select, 12)};
    store_column_text(select, 1, row->kind, sizeof row->kind);
    store_column_text(select, 2, row->severity, sizeof row->severity);
    store_column_text(select, 3, row->bid, sizeof row->bid);
    store_column_text(select, 4, row->vid, sizeof row->vid);
    store_column_text(select, 5, row->station_id, sizeof row->station_id);
    store_column_text(select, 10, row->acknowledged_by, sizeof row->acknowledged_by);
    store_column_text(select, 13, row->text, sizeof row->text);
    (void)sqlite3_reset(select);
    return 1;
}

int alert_find_open(struct store *store, const char *kind, const char *bid, const char *station_id,
                    int64_t slot, struct alert_row *row, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT " COLUMNS " FROM alert WHERE kind = ?1 AND bid IS ?2 AND "
                      "station_id IS ?3 AND slot IS ?4 AND cleared_at IS NULL",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, kind);
    store_bind_text(select, 2, bid);
    store_bind_text(select, 3, station_id);
    store_bind_integer(select, 4, slot);
    return read_one(store, select, row, err);
}

int alert_load(struct store *store, int64_t id, struct alert_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store, "SELECT " COLUMNS " FROM alert WHERE id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    return read_one(store, select, row, err);
}

int alert_insert(struct store *store, struct alert_row *row, struct err *err)
{
    sqlite3_stmt *insert =
        store_prepare(store,
                      "INSERT INTO alert (kind, severity, bid, vid, station_id, slot, raised_at, "
                      "value, threshold, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                      err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, row->kind);
    store_bind_text(insert, 2, row->severity);
    store_bind_text(insert, 3, row->bid);
    store_bind_text(insert, 4, row->vid);
    store_bind_text(insert, 5, row->station_id);
    store_bind_integer(insert, 6, row->slot);
    store_bind_integer(insert, 7, row->raised_at_us);
    store_bind_real(insert, 8, row->value);
    store_bind_real(insert, 9, row->threshold);
    store_bind_text(insert, 10, row->text);
    int status = store_run(store, insert, err);
    if (status == 0)
        row->id = sqlite3_last_insert_rowid(store_handle(store));
    return status;
}

int alert_set_cleared(struct store *store, int64_t id, int64_t at_us, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE alert SET cleared_at = ?2 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_integer(update, 2, at_us);
    return store_run(store, update, err);
}

int alert_set_acknowledged(struct store *store, int64_t id, int64_t at_us, const char *by,
                           struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store, "UPDATE alert SET acknowledged_at = ?2, acknowledged_by = ?3 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_integer(update, 2, at_us);
    store_bind_text(update, 3, by);
    return store_run(store, update, err);
}
