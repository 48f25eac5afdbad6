/* SPDX-License-Identifier: Apache-2.0 */
#include "store/station.h"

#define COLUMNS                                                                                    \
    "station_id, location, latitude, longitude, price_per_kwh, status, approval, first_seen_at, "  \
    "last_connection_time, disconnect_reason, own_topic, mode, gate, board, fw, bays, journal, "   \
    "boot, up_ms, state_time, conn, conn_boot, journal_depth, journal_oldest, journal_dropped, "   \
    "journal_dead, meter_import_wh, config "

static void bind_row(sqlite3_stmt *statement, const struct station_row *row)
{
    int i = 0;
    store_bind_text(statement, ++i, row->station_id);
    store_bind_text(statement, ++i, row->location);
    store_bind_real(statement, ++i, row->latitude);
    store_bind_real(statement, ++i, row->longitude);
    store_bind_integer(statement, ++i, row->price_per_kwh);
    store_bind_text(statement, ++i, row->status);
    store_bind_text(statement, ++i, row->approval);
    store_bind_integer(statement, ++i, row->first_seen_at);
    store_bind_integer(statement, ++i, row->last_connection_time);
    store_bind_text(statement, ++i, row->disconnect_reason);
    store_bind_integer(statement, ++i, row->own_topic);
    store_bind_text(statement, ++i, row->mode);
    store_bind_text(statement, ++i, row->gate);
    store_bind_text(statement, ++i, row->board);
    store_bind_text(statement, ++i, row->fw);
    store_bind_integer(statement, ++i, row->bays);
    store_bind_text(statement, ++i, row->journal);
    store_bind_integer(statement, ++i, row->boot);
    store_bind_integer(statement, ++i, row->up_ms);
    store_bind_integer(statement, ++i, row->state_time);
    store_bind_integer(statement, ++i, row->conn);
    store_bind_integer(statement, ++i, row->conn_boot);
    store_bind_integer(statement, ++i, row->journal_depth);
    store_bind_integer(statement, ++i, row->journal_oldest);
    store_bind_integer(statement, ++i, row->journal_dropped);
    store_bind_integer(statement, ++i, row->journal_dead);
    store_bind_real(statement, ++i, row->meter_import_wh);
    store_bind_text(statement, ++i, row->config);
}

int station_save(struct store *store, const struct station_row *row, struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO station (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
        "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28) "
        "ON CONFLICT (station_id) DO UPDATE SET location = ?2, latitude = ?3, longitude = ?4, "
        "price_per_kwh = ?5, status = ?6, approval = ?7, first_seen_at = ?8, "
        "last_connection_time = ?9, disconnect_reason = ?10, own_topic = ?11, mode = ?12, "
        "gate = ?13, board = ?14, fw = ?15, bays = ?16, journal = ?17, boot = ?18, up_ms = ?19, "
        "state_time = ?20, conn = ?21, conn_boot = ?22, journal_depth = ?23, "
        "journal_oldest = ?24, journal_dropped = ?25, journal_dead = ?26, meter_import_wh = ?27, "
        "config = ?28",
        err);
    if (!upsert)
        return ERR_STORAGE;
    bind_row(upsert, row);
    return store_run(store, upsert, err);
}

static void read_row(sqlite3_stmt *select, struct station_row *row)
{
    *row = (struct station_row){.latitude = store_column_real(select, 2),
                                .longitude = store_column_real(select, 3),
                                .price_per_kwh = store_column_integer(select, 4),
                                .first_seen_at = store_column_integer(select, 7),
                                .last_connection_time = store_column_integer(select, 8),
                                .own_topic = store_column_integer(select, 10) == 1,
                                .bays = store_column_integer(select, 15),
                                .boot = store_column_integer(select, 17),
                                .up_ms = store_column_integer(select, 18),
                                .state_time = store_column_integer(select, 19),
                                .conn = store_column_integer(select, 20),
                                .conn_boot = store_column_integer(select, 21),
                                .journal_depth = store_column_integer(select, 22),
                                .journal_oldest = store_column_integer(select, 23),
                                .journal_dropped = store_column_integer(select, 24),
                                .journal_dead = store_column_integer(select, 25),
                                .meter_import_wh = store_column_real(select, 26)};
    store_column_text(select, 0, row->station_id, sizeof row->station_id);
    store_column_text(select, 1, row->location, sizeof row->location);
    store_column_text(select, 5, row->status, sizeof row->status);
    store_column_text(select, 6, row->approval, sizeof row->approval);
    store_column_text(select, 9, row->disconnect_reason, sizeof row->disconnect_reason);
    store_column_text(select, 11, row->mode, sizeof row->mode);
    store_column_text(select, 12, row->gate, sizeof row->gate);
    store_column_text(select, 13, row->board, sizeof row->board);
    store_column_text(select, 14, row->fw, sizeof row->fw);
    store_column_text(select, 16, row->journal, sizeof row->journal);
}

int station_list(struct store *store, int (*each)(void *self, const struct station_row *row),
                 void *self, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT " COLUMNS "FROM station ORDER BY station_id", err);
    if (!select)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct station_row row;
        read_row(select, &row);
        const unsigned char *config = sqlite3_column_text(select, 27);
        row.config = config ? sqlite3_mprintf("%s", config) : NULL;
        int stop = each(self, &row);
        sqlite3_free(row.config);
        if (stop < 0) {
            (void)sqlite3_reset(select);
            return err_set(err, stop, "reading the stations: %s", err_text(stop));
        }
    }
    return status;
}

int station_set_zone(struct store *store, const char *station_id, const char *zone, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE station SET zone = ?2 WHERE station_id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, station_id);
    store_bind_text(update, 2, zone);
    int status = store_run(store, update, err);
    return status < 0 ? status : sqlite3_changes(store_handle(store)) > 0;
}

int station_set_approval(struct store *store, const char *station_id, const char *approval,
                         int64_t at_us, bool *created, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE station SET approval = ?2 WHERE station_id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, station_id);
    store_bind_text(update, 2, approval);
    int status = store_run(store, update, err);
    bool known = sqlite3_changes(store_handle(store)) > 0;
    if (created)
        *created = !known;
    if (status < 0 || known)
        return status;
    sqlite3_stmt *insert =
        store_prepare(store,
                      "INSERT INTO station (station_id, approval, first_seen_at, status, "
                      "disconnect_reason) VALUES (?1, ?2, ?3, 'DISCONNECTED', 'never connected')",
                      err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, station_id);
    store_bind_text(insert, 2, approval);
    store_bind_integer(insert, 3, at_us);
    return store_run(store, insert, err);
}
