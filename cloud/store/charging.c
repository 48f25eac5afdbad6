/* SPDX-License-Identifier: Apache-2.0 */
#include "store/charging.h"

int charging_process_insert(struct store *store, struct charging_process_row *row, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO charging_process (bid, station_id, slot, session_id, vid, latitude, "
        "longitude, start_date, start_soc, start_battery_level) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, row->bid);
    store_bind_text(insert, 2, row->station_id);
    store_bind_integer(insert, 3, row->slot);
    store_bind_text(insert, 4, row->session_id);
    store_bind_text(insert, 5, row->vid);
    store_bind_real(insert, 6, row->latitude);
    store_bind_real(insert, 7, row->longitude);
    store_bind_integer(insert, 8, row->start_date_us);
    store_bind_real(insert, 9, row->start_battery_level);
    int status = store_run(store, insert, err);
    if (status == 0)
        row->id = sqlite3_last_insert_rowid(store_handle(store));
    return status;
}

#define PROCESS_COLUMNS                                                                            \
    "id, bid, station_id, session_id, vid, slot, latitude, longitude, start_date, end_date, "      \
    "start_battery_level, end_reason, ifnull(cost_source = 'manual', 0) "

static void read_process(sqlite3_stmt *select, struct charging_process_row *row)
{
    *row = (struct charging_process_row){.id = store_column_integer(select, 0),
                                         .slot = store_column_integer(select, 5),
                                         .latitude = store_column_real(select, 6),
                                         .longitude = store_column_real(select, 7),
                                         .start_date_us = store_column_integer(select, 8),
                                         .end_date_us = store_column_integer(select, 9),
                                         .start_battery_level = store_column_real(select, 10)};
    store_column_text(select, 1, row->bid, sizeof row->bid);
    store_column_text(select, 2, row->station_id, sizeof row->station_id);
    store_column_text(select, 3, row->session_id, sizeof row->session_id);
    store_column_text(select, 4, row->vid, sizeof row->vid);
    store_column_text(select, 11, row->end_reason, sizeof row->end_reason);
    row->billed_by_hand = sqlite3_column_int(select, 12) != 0;
}

int charging_process_each_open(struct store *store, const char *station_id,
                               int (*each)(void *self, const struct charging_process_row *row),
                               void *self, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT " PROCESS_COLUMNS "FROM charging_process WHERE "
                                         "station_id = ?1 AND end_date IS NULL ORDER BY id",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct charging_process_row row;
        read_process(select, &row);
        int stop = each(self, &row);
        if (stop < 0) {
            (void)sqlite3_reset(select);
            return err_set(err, stop, "open charging processes of %s: %s", station_id,
                           err_text(stop));
        }
    }
    return status;
}

/* No run is longer: bounds how far back of a battery's processes are looked at. */
#define LONGEST_RUN_US "2592000000000" /* 30 days */

int charging_process_list_near(struct store *store, const char *bid, const char *station_id,
                               int64_t slot, int64_t from_us, int64_t to_us,
                               struct charging_process_row *rows, size_t size, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT " PROCESS_COLUMNS "FROM charging_process WHERE bid IS ?1 AND station_id = ?2 AND "
        "slot = ?3 AND session_id IS NULL AND start_date BETWEEN ?4 - " LONGEST_RUN_US " AND ?5 "
        "AND ifnull(end_date, ?5) >= ?4 ORDER BY start_date LIMIT ?6",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_text(select, 2, station_id);
    store_bind_integer(select, 3, slot);
    store_bind_integer(select, 4, from_us);
    store_bind_integer(select, 5, to_us);
    store_bind_integer(select, 6, (int64_t)size);
    int status, count = 0;
    while ((status = store_step(store, select, err)) == 1)
        read_process(select, &rows[count++]);
    return status < 0 ? status : count;
}

int charging_process_newest_date(struct store *store, const char *station_id, int64_t slot,
                                 int64_t *date_us, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT ifnull(end_date, start_date) FROM charging_process WHERE station_id "
                      "= ?1 AND slot = ?2 ORDER BY start_date DESC LIMIT 1",
                      err);
    *date_us = STORE_NULL;
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, slot);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *date_us = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 0;
}

int charging_process_is_other(struct store *store, const char *station_id, int64_t slot,
                              const char *bid, int64_t from_us, int64_t to_us, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT 1 FROM charging_process WHERE station_id = ?1 AND slot = ?2 AND bid IS NOT ?3 AND "
        "start_date BETWEEN ?4 AND ?5 LIMIT 1",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, slot);
    store_bind_text(select, 3, bid);
    store_bind_integer(select, 4, from_us);
    store_bind_integer(select, 5, to_us);
    int found = store_step(store, select, err);
    if (found == 1)
        (void)sqlite3_reset(select);
    return found;
}

/* Runs a statement that has the process as its only value. */
static int run_for(struct store *store, sqlite3_stmt *statement, int64_t id, struct err *err)
{
    if (!statement)
        return ERR_STORAGE;
    store_bind_integer(statement, 1, id);
    return store_run(store, statement, err);
}

int charging_process_remove(struct store *store, int64_t id, struct err *err)
{
    int status =
        run_for(store, store_prepare(store, "DELETE FROM charging_bill WHERE process_id = ?1", err),
                id, err);
    if (status == 0)
        status = run_for(
            store,
            store_prepare(store, "DELETE FROM charging_evaluation WHERE process_id = ?1", err), id,
            err);
    return status < 0
               ? status
               : run_for(store,
                         store_prepare(store, "DELETE FROM charging_process WHERE id = ?1", err),
                         id, err);
}

int charging_process_list_idle(struct store *store, int64_t before_us, int64_t *ids, size_t size,
                               struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT id FROM charging_process LEFT JOIN charge_head ON "
                                         "process = id WHERE end_date IS NULL AND "
                                         "ifnull(touched_at, start_date) < ?1 LIMIT ?2",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, before_us);
    store_bind_integer(select, 2, (int64_t)size);
    int status, count = 0;
    while ((status = store_step(store, select, err)) == 1)
        ids[count++] = store_column_integer(select, 0);
    return status < 0 ? status : count;
}

/* The one row of a statement that is bound. */
static int read_one(struct store *store, sqlite3_stmt *select, struct charging_process_row *row,
                    struct err *err)
{
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    read_process(select, row);
    (void)sqlite3_reset(select);
    return 1;
}

int charging_process_load_row(struct store *store, int64_t id, struct charging_process_row *row,
                              struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT " PROCESS_COLUMNS "FROM charging_process WHERE id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    return read_one(store, select, row, err);
}

int charging_process_find_silent(struct store *store, const char *station_id, int64_t slot,
                                 struct charging_process_row *row, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT " PROCESS_COLUMNS "FROM charging_process WHERE station_id = ?1 AND "
                      "slot = ?2 AND end_reason IN ('gone', 'repaired') ORDER BY id DESC LIMIT 1",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, slot);
    return read_one(store, select, row, err);
}

int charging_process_find_session(struct store *store, const char *station_id,
                                  const char *session_id, struct charging_process_row *row,
                                  struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT " PROCESS_COLUMNS "FROM charging_process WHERE "
                                         "session_id = ?1 AND station_id = ?2",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, session_id);
    store_bind_text(select, 2, station_id);
    return read_one(store, select, row, err);
}

int charging_process_find_spanning(struct store *store, const char *bid, const char *station_id,
                                   int64_t slot, int64_t date_us, int64_t *id, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT id FROM charging_process WHERE bid IS ?1 AND start_date <= ?2 AND "
                      "end_date >= ?2 AND (?1 IS NOT NULL OR (station_id = ?3 AND slot = ?4)) "
                      "ORDER BY start_date DESC LIMIT 1",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_integer(select, 2, date_us);
    store_bind_text(select, 3, station_id);
    store_bind_integer(select, 4, slot);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *id = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 1;
}

int charging_process_close(struct store *store, int64_t id, const struct charging_figures *figures,
                           struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE charging_process SET vid = coalesce(?2, vid), start_date = ?3, end_date = ?4, "
        "start_soc = ?5, start_battery_level = ?5, end_soc = ?6, end_battery_level = ?6, "
        "charge_energy_added = ?7, charge_energy_used = ?8, start_ideal_range_km = ?9, "
        "end_ideal_range_km = ?10, start_rated_range_km = ?11, end_rated_range_km = ?12, "
        "outside_temp_avg = ?13, duration_min = ?14, rule_version = ?15, end_reason = ?16 "
        "WHERE id = ?1",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_text(update, 2, figures->vid);
    store_bind_integer(update, 3, figures->start_date_us);
    store_bind_integer(update, 4, figures->end_date_us);
    store_bind_real(update, 5, figures->start_battery_level);
    store_bind_real(update, 6, figures->end_battery_level);
    store_bind_real(update, 7, figures->charge_energy_added);
    store_bind_real(update, 8, figures->charge_energy_used);
    store_bind_real(update, 9, figures->start_ideal_range_km);
    store_bind_real(update, 10, figures->end_ideal_range_km);
    store_bind_real(update, 11, figures->start_rated_range_km);
    store_bind_real(update, 12, figures->end_rated_range_km);
    store_bind_real(update, 13, figures->outside_temp_avg);
    store_bind_integer(update, 14, figures->duration_min);
    store_bind_integer(update, 15, figures->rule_version);
    store_bind_text(update, 16, figures->end_reason);
    return store_run(store, update, err);
}

int charging_process_close_bare(struct store *store, int64_t id, int64_t end_us,
                                const char *end_reason, struct err *err)
{
    sqlite3_stmt *update = store_prepare(store,
                                         "UPDATE charging_process SET end_date = max(?2, "
                                         "start_date), end_reason = ?3 WHERE id = ?1",
                                         err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_integer(update, 2, end_us);
    store_bind_text(update, 3, end_reason);
    return store_run(store, update, err);
}

int charging_process_set_reason(struct store *store, int64_t id, const char *end_reason,
                                struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE charging_process SET end_reason = ?2 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_text(update, 2, end_reason);
    return store_run(store, update, err);
}

int charging_process_update(struct store *store, int64_t id, int64_t slot, int64_t start_us,
                            struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store, "UPDATE charging_process SET slot = ?2, start_date = ?3 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_integer(update, 2, slot);
    store_bind_integer(update, 3, start_us);
    return store_run(store, update, err);
}

int charging_process_reopen(struct store *store, int64_t id, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE charging_process SET end_date = NULL, end_soc = NULL, end_battery_level = NULL, "
        "charge_energy_added = NULL, charge_energy_used = NULL, end_ideal_range_km = NULL, "
        "end_rated_range_km = NULL, outside_temp_avg = NULL, duration_min = NULL, "
        "rule_version = NULL, end_reason = NULL WHERE id = ?1",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    return store_run(store, update, err);
}
