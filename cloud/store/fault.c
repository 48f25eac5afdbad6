/* SPDX-License-Identifier: Apache-2.0 */
#include "store/fault.h"

static void bind_identity(sqlite3_stmt *statement, const struct fault_row *row)
{
    store_bind_text(statement, 1, row->station_id);
    store_bind_text(statement, 2, row->code);
    store_bind_integer(statement, 3, row->slot);
}

static int insert(struct store *store, const struct fault_row *row, struct err *err)
{
    sqlite3_stmt *statement = store_prepare(
        store,
        "INSERT INTO fault (station_id, code, slot, severity, failure_info, raised_at, count) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ifnull(?7, 1))",
        err);
    if (!statement)
        return ERR_STORAGE;
    bind_identity(statement, row);
    store_bind_text(statement, 4, row->severity);
    store_bind_text(statement, 5, row->failure_info);
    store_bind_integer(statement, 6, row->raised_at);
    store_bind_integer(statement, 7, row->count);
    return store_run(store, statement, err);
}

int fault_raise(struct store *store, const struct fault_row *row, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store,
                      "UPDATE fault SET severity = ?4, failure_info = coalesce(?5, failure_info), "
                      "count = max(count + (?6 IS NULL), ifnull(?6, 0)) "
                      "WHERE cleared_at IS NULL AND station_id = ?1 AND code = ?2 AND slot IS ?3",
                      err);
    if (!update)
        return ERR_STORAGE;
    bind_identity(update, row);
    store_bind_text(update, 4, row->severity);
    store_bind_text(update, 5, row->failure_info);
    store_bind_integer(update, 6, row->count);
    int status = store_run(store, update, err);
    if (status < 0 || sqlite3_changes(store_handle(store)) > 0)
        return status;
    return insert(store, row, err);
}

int fault_clear(struct store *store, const struct fault_row *row, int64_t cleared_at_us,
                struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store,
                      "UPDATE fault SET cleared_at = ?4, count = max(count, ifnull(?5, 0)) "
                      "WHERE cleared_at IS NULL AND station_id = ?1 AND code = ?2 AND slot IS ?3",
                      err);
    if (!update)
        return ERR_STORAGE;
    bind_identity(update, row);
    store_bind_integer(update, 4, cleared_at_us);
    store_bind_integer(update, 5, row->count);
    return store_run(store, update, err);
}

int fault_count_severe(struct store *store, const char *station_id, int64_t slot, int64_t *count,
                       struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT count(*) FROM fault WHERE cleared_at IS NULL AND station_id = ?1 AND slot IS ?2 "
        "AND severity IN ('error', 'critical')",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, slot);
    int status = store_step(store, select, err);
    if (status == 1)
        *count = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return status < 0 ? status : 0;
}
