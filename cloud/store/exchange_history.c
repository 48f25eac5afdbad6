/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about a battery's exchanges as a whole. */
#include "store/exchange_internal.h"

#include "base/scope.h"
#include <stdlib.h>

/* 1 when the SELECT has a row. */
static int any(struct store *store, sqlite3_stmt *select, struct err *err)
{
    int found = store_step(store, select, err);
    if (found == 1)
        (void)sqlite3_reset(select);
    return found;
}

int exchange_exists(struct store *store, const char *task_id, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT 1 FROM battery_exchange_task WHERE task_id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, task_id);
    return any(store, select, err);
}

int exchange_list(struct store *store, const char *bid, int64_t from_us, int64_t to_us,
                  struct exchange_row **rows, size_t *count, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT " EXCHANGE_COLUMNS " FROM battery_exchange_task WHERE bid = ?1 AND "
        "event_time >= ?2 AND event_time < ?3 ORDER BY event_time, event = 'On-Load', task_id",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_integer(select, 2, from_us);
    store_bind_integer(select, 3, to_us);
    SCOPE_FREE struct exchange_row *list = NULL;
    size_t used = 0, capacity = 0;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            struct exchange_row *bigger = realloc(list, capacity * sizeof *bigger);
            if (!bigger) {
                (void)sqlite3_reset(select);
                return err_set(err, ERR_NOMEM, "exchanges of battery %s: out of memory", bid);
            }
            list = bigger;
        }
        exchange_read(select, &list[used++]);
    }
    *count = used;
    *rows = SCOPE_STEAL(list);
    return status;
}

int exchange_count_on_loads(struct store *store, const char *bid, int64_t after_us,
                            int64_t until_us, int64_t *count, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT count(*) FROM battery_exchange_task WHERE bid = ?1 AND "
                      "event_time > ?2 AND event_time <= ?3 AND event = 'On-Load'",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_integer(select, 2, after_us);
    store_bind_integer(select, 3, until_us);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    *count = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 0;
}

int exchange_any_failed(struct store *store, const char *bid, const char *station_id,
                        struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT 1 FROM battery_exchange_task WHERE bid = ?1 AND station_id = ?2 AND "
                      "event = 'Off-Load' AND start_time IS NULL LIMIT 1",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_text(select, 2, station_id);
    return any(store, select, err);
}

int exchange_vehicle_of_off_load(struct store *store, const char *bid, const char *station_id,
                                 int64_t until_us, char vid[65], struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT vid FROM battery_exchange_task WHERE bid = ?1 AND station_id = ?2 AND "
        "event = 'Off-Load' AND vid NOTNULL AND event_time <= ?3 ORDER BY event_time DESC, task_id "
        "DESC LIMIT 1",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_text(select, 2, station_id);
    store_bind_integer(select, 3, until_us);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    store_column_text(select, 0, vid, 65);
    (void)sqlite3_reset(select);
    return 1;
}

int exchange_any_custody(struct store *store, const char *bid, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT 1 FROM battery_exchange_task WHERE bid = ?1 AND "
                                         "instr(comments, '" EXCHANGE_CUSTODY "' || ?1) LIMIT 1",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    return any(store, select, err);
}
