/* SPDX-License-Identifier: Apache-2.0 */
/* Writing exchange rows and finding their neighbours. */
#include "store/exchange_internal.h"

static void bind_row(sqlite3_stmt *insert, const struct exchange_row *row)
{
    store_bind_text(insert, 1, row->task_id);
    store_bind_text(insert, 2, row->bid);
    store_bind_text(insert, 3, row->station_id);
    store_bind_text(insert, 4, row->vid);
    store_bind_text(insert, 5, row->event);
    store_bind_integer(insert, 6, row->event_time_us);
    store_bind_integer(insert, 7, row->start_time_us);
    store_bind_integer(insert, 8, row->end_time_us);
    store_bind_text(insert, 9, row->comments);
    store_bind_text(insert, 10, row->request_id);
    store_bind_integer(insert, 11, row->slot);
    store_bind_real(insert, 12, row->soc);
    store_bind_real(insert, 13, row->soh);
    store_bind_text(insert, 14, row->battery_version);
    store_bind_real(insert, 15, row->capacity_kwh);
    store_bind_text(insert, 16, row->remarks);
}

/* A battery was put into a vehicle: of a day and station, of the day, of the station. */
static int count_swap(struct store *store, const struct exchange_row *row, struct err *err)
{
    sqlite3_stmt *count = store_prepare(
        store,
        "INSERT INTO swaps_per_day (day, station_id, swaps, first_at, last_at) VALUES "
        "(?1 / 86400000000, ?2, 1, ?1, ?1), (?1 / 86400000000, '', 1, ?1, ?1), "
        "(-1, ?2, 1, ?1, ?1) ON CONFLICT (station_id, day) DO UPDATE SET "
        "swaps = swaps + 1, first_at = min(first_at, ?1), last_at = max(last_at, ?1)",
        err);
    if (!count)
        return ERR_STORAGE;
    store_bind_integer(count, 1, row->event_time_us);
    store_bind_text(count, 2, row->station_id);
    return store_run(store, count, err);
}

int exchange_insert(struct store *store, const struct exchange_row *row, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(store,
                                         "INSERT INTO battery_exchange_task (" EXCHANGE_COLUMNS
                                         ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
                                         "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
                                         err);
    if (!insert)
        return ERR_STORAGE;
    bind_row(insert, row);
    int status = store_run(store, insert, err);
    return status < 0 || row->event[1] != 'n' ? status : count_swap(store, row, err);
}

int exchange_update(struct store *store, const struct exchange_row *row, struct err *err)
{
    sqlite3_stmt *update = store_prepare(store,
                                         "UPDATE battery_exchange_task SET start_time = ?2, "
                                         "end_time = ?3, comments = ?4 WHERE task_id = ?1",
                                         err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, row->task_id);
    store_bind_integer(update, 2, row->start_time_us);
    store_bind_integer(update, 3, row->end_time_us);
    store_bind_text(update, 4, row->comments);
    return store_run(store, update, err);
}

void exchange_read(sqlite3_stmt *select, struct exchange_row *row)
{
    *row = (struct exchange_row){.event_time_us = store_column_integer(select, 5),
                                 .start_time_us = store_column_integer(select, 6),
                                 .end_time_us = store_column_integer(select, 7),
                                 .slot = store_column_integer(select, 10),
                                 .soc = store_column_real(select, 11),
                                 .soh = store_column_real(select, 12),
                                 .capacity_kwh = store_column_real(select, 14)};
    store_column_text(select, 0, row->task_id, sizeof row->task_id);
    store_column_text(select, 1, row->bid, sizeof row->bid);
    store_column_text(select, 2, row->station_id, sizeof row->station_id);
    store_column_text(select, 3, row->vid, sizeof row->vid);
    store_column_text(select, 4, row->event, sizeof row->event);
    store_column_text(select, 8, row->comments, sizeof row->comments);
    store_column_text(select, 9, row->request_id, sizeof row->request_id);
    store_column_text(select, 13, row->battery_version, sizeof row->battery_version);
    store_column_text(select, 15, row->remarks, sizeof row->remarks);
}

/* Runs a SELECT of at most one row. `to` may be NULL. */
static int read_one(struct store *store, sqlite3_stmt *select, struct exchange_row *to,
                    struct err *err)
{
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    if (to)
        exchange_read(select, to);
    (void)sqlite3_reset(select);
    return 1;
}

/* An event before or after `row` in the order of events (`to` may be NULL). `sql`, a literal: ?1
 * bid, ?2 vid (may stay unused), ?3 event_time, ?4 1 for On-Load, ?5 task_id. */
static int read_neighbour(struct store *store, const char *sql, const struct exchange_row *row,
                          struct exchange_row *to, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store, sql, err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, row->bid);
    store_bind_text(select, 2, row->vid);
    store_bind_integer(select, 3, row->event_time_us);
    store_bind_integer(select, 4, row->event[1] == 'n');
    store_bind_text(select, 5, row->task_id);
    return read_one(store, select, to, err);
}

int exchange_before(struct store *store, const struct exchange_row *row, struct exchange_row *to,
                    struct err *err)
{
    /* The plain bound on event_time lets the index end the search. */
    return read_neighbour(
        store,
        "SELECT " EXCHANGE_COLUMNS " FROM battery_exchange_task WHERE bid = ?1 AND vid IS ?2 AND "
        "event_time <= ?3 AND (event_time, event = 'On-Load', task_id) < (?3, ?4, ?5) "
        "ORDER BY event_time DESC, event = 'On-Load' DESC, task_id DESC LIMIT 1",
        row, to, err);
}

int exchange_before_any(struct store *store, const struct exchange_row *row,
                        struct exchange_row *to, struct err *err)
{
    return read_neighbour(
        store,
        "SELECT " EXCHANGE_COLUMNS " FROM battery_exchange_task WHERE bid = ?1 AND "
        "event_time <= ?3 AND (event_time, event = 'On-Load', task_id) < (?3, ?4, ?5) "
        "ORDER BY event_time DESC, event = 'On-Load' DESC, task_id DESC LIMIT 1",
        row, to, err);
}

int exchange_after(struct store *store, const struct exchange_row *row, struct exchange_row *to,
                   struct err *err)
{
    return read_neighbour(
        store,
        "SELECT " EXCHANGE_COLUMNS " FROM battery_exchange_task WHERE bid = ?1 AND vid IS ?2 AND "
        "event_time >= ?3 AND (event_time, event = 'On-Load', task_id) > (?3, ?4, ?5) "
        "ORDER BY event_time, event = 'On-Load', task_id LIMIT 1",
        row, to, err);
}

int exchange_after_any(struct store *store, const struct exchange_row *row, struct exchange_row *to,
                       struct err *err)
{
    return read_neighbour(
        store,
        "SELECT " EXCHANGE_COLUMNS " FROM battery_exchange_task WHERE bid = ?1 AND "
        "event_time >= ?3 AND (event_time, event = 'On-Load', task_id) > (?3, ?4, ?5) "
        "ORDER BY event_time, event = 'On-Load', task_id LIMIT 1",
        row, to, err);
}

int exchange_newest(struct store *store, const char *bid, struct exchange_row *to, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT " EXCHANGE_COLUMNS " FROM battery_exchange_task WHERE bid = ?1 "
                      "ORDER BY event_time DESC, event = 'On-Load' DESC, task_id DESC LIMIT 1",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    return read_one(store, select, to, err);
}

int exchange_latest_of(struct store *store, const char *bid, const char *station_id,
                       const char *request_id, int64_t *at_us, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT max(event_time) FROM battery_exchange_task WHERE bid = ?1 AND "
                      "event_time > ?2 AND station_id = ?3 AND request_id = ?4",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_integer(select, 2, *at_us);
    store_bind_text(select, 3, station_id);
    store_bind_text(select, 4, request_id);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    int64_t latest_us = found ? store_column_integer(select, 0) : STORE_NULL;
    if (latest_us != STORE_NULL)
        *at_us = latest_us;
    (void)sqlite3_reset(select);
    return 0;
}

int exchange_later_version(struct store *store, const struct exchange_row *row, struct err *err)
{
    return read_neighbour(
        store,
        "SELECT 1 FROM battery_exchange_task WHERE bid = ?1 AND event_time >= ?3 AND "
        "(event_time, event = 'On-Load', task_id) > (?3, ?4, ?5) AND battery_version NOTNULL "
        "LIMIT 1",
        row, NULL, err);
}
