/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tariff.h"

#define COLUMNS                                                                                    \
    "id, station_id, geofence_id, billing_type, cost_per_unit, session_fee, valid_from, "          \
    "valid_until "

static int insert_window(struct store *store, int64_t tariff, size_t number,
                         const struct tariff_window_row *window, struct err *err)
{
    sqlite3_stmt *insert =
        store_prepare(store, "INSERT INTO tariff_window VALUES (?1, ?2, ?3, ?4, ?5, ?6)", err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, tariff);
    store_bind_integer(insert, 2, (int64_t)number);
    store_bind_integer(insert, 3, window->days);
    store_bind_integer(insert, 4, window->from_minute);
    store_bind_integer(insert, 5, window->to_minute);
    store_bind_integer(insert, 6, window->price);
    return store_run(store, insert, err);
}

int tariff_insert(struct store *store, struct tariff_row *row, struct err *err)
{
    sqlite3_stmt *insert =
        store_prepare(store,
                      "INSERT INTO tariff (station_id, geofence_id, billing_type, cost_per_unit, "
                      "session_fee, valid_from, valid_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                      err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, row->station_id);
    store_bind_integer(insert, 2, row->geofence_id);
    store_bind_text(insert, 3, row->billing_type);
    store_bind_integer(insert, 4, row->cost_per_unit);
    store_bind_integer(insert, 5, row->session_fee);
    store_bind_integer(insert, 6, row->valid_from_us);
    store_bind_integer(insert, 7, row->valid_until_us);
    int status = store_run(store, insert, err);
    if (status == 0)
        row->id = sqlite3_last_insert_rowid(store_handle(store));
    for (size_t i = 0; i < row->window_count && status == 0; i++)
        status = insert_window(store, row->id, i + 1, &row->windows[i], err);
    return status;
}

static int load_windows(struct store *store, struct tariff_row *row, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT days, from_minute, to_minute, cost_per_unit FROM tariff_window "
                      "WHERE tariff_id = ?1 ORDER BY number",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, row->id);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        if (row->window_count == TARIFF_WINDOWS_MAX) {
            (void)sqlite3_reset(select);
            return err_set(err, ERR_STORAGE, "tariff %lld has more than %d windows",
                           (long long)row->id, TARIFF_WINDOWS_MAX);
        }
        row->windows[row->window_count++] = (struct tariff_window_row){
            .days = store_column_integer(select, 0),
            .from_minute = store_column_integer(select, 1),
            .to_minute = store_column_integer(select, 2),
            .price = store_column_integer(select, 3),
        };
    }
    return status;
}

/* The row that the statement yields, with its windows: 1 or 0. */
static int read_one(struct store *store, sqlite3_stmt *select, struct tariff_row *row,
                    struct err *err)
{
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct tariff_row){.id = store_column_integer(select, 0),
                               .geofence_id = store_column_integer(select, 2),
                               .cost_per_unit = store_column_integer(select, 4),
                               .session_fee = store_column_integer(select, 5),
                               .valid_from_us = store_column_integer(select, 6),
                               .valid_until_us = store_column_integer(select, 7)};
    store_column_text(select, 1, row->station_id, sizeof row->station_id);
    store_column_text(select, 3, row->billing_type, sizeof row->billing_type);
    (void)sqlite3_reset(select);
    int status = load_windows(store, row, err);
    return status < 0 ? status : 1;
}

int tariff_load(struct store *store, int64_t id, struct tariff_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store, "SELECT " COLUMNS "FROM tariff WHERE id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    return read_one(store, select, row, err);
}

int tariff_set_end(struct store *store, int64_t id, int64_t valid_until_us, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE tariff SET valid_until = ?2 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_integer(update, 2, valid_until_us);
    return store_run(store, update, err);
}

int tariff_find(struct store *store, const char *station_id, int64_t geofence_id, int64_t at_us,
                struct tariff_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT " COLUMNS "FROM tariff WHERE (station_id = ?1 OR station_id IS NULL) AND "
        "(geofence_id = ?2 OR geofence_id IS NULL) AND valid_from <= ?3 AND "
        "(valid_until IS NULL OR valid_until > ?3) ORDER BY station_id IS NULL, "
        "geofence_id IS NULL, valid_from DESC, id DESC LIMIT 1",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, geofence_id);
    store_bind_integer(select, 3, at_us);
    return read_one(store, select, row, err);
}

int free_supercharging_set(struct store *store, const char *vid, bool free, int64_t at_us,
                           struct err *err)
{
    sqlite3_stmt *change =
        free ? store_prepare(store,
                             "INSERT INTO free_supercharging VALUES (?1, ?2) "
                             "ON CONFLICT (vid) DO NOTHING",
                             err)
             : store_prepare(store, "DELETE FROM free_supercharging WHERE vid = ?1", err);
    if (!change)
        return ERR_STORAGE;
    store_bind_text(change, 1, vid);
    if (free)
        store_bind_integer(change, 2, at_us);
    return store_run(store, change, err);
}

int free_supercharging_has(struct store *store, const char *vid, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT 1 FROM free_supercharging WHERE vid = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, vid);
    int found = store_step(store, select, err);
    (void)sqlite3_reset(select);
    return found;
}
