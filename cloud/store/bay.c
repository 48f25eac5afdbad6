/* SPDX-License-Identifier: Apache-2.0 */
/* The bays of store/station.h. */
#include "store/station.h"

int bay_save(struct store *store, const char *station_id, const struct bay_row *row,
             struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO bay (station_id, slot, state, door, lock, temp, smoke, fan, charger_online, "
        "bid, soc, charging, session_id, changed_at) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) "
        "ON CONFLICT (station_id, slot) DO UPDATE SET state = ?3, door = ?4, lock = ?5, "
        "temp = ?6, smoke = ?7, fan = ?8, charger_online = ?9, bid = ?10, soc = ?11, "
        "charging = ?12, session_id = ?13, changed_at = ?14",
        err);
    if (!upsert)
        return ERR_STORAGE;
    int i = 0;
    store_bind_text(upsert, ++i, station_id);
    store_bind_integer(upsert, ++i, row->slot);
    store_bind_text(upsert, ++i, row->state);
    store_bind_text(upsert, ++i, row->door);
    store_bind_text(upsert, ++i, row->lock);
    store_bind_real(upsert, ++i, row->temp);
    store_bind_integer(upsert, ++i, row->smoke);
    store_bind_integer(upsert, ++i, row->fan);
    store_bind_integer(upsert, ++i, row->charger_online);
    store_bind_text(upsert, ++i, row->bid);
    store_bind_real(upsert, ++i, row->soc);
    store_bind_integer(upsert, ++i, row->charging);
    store_bind_text(upsert, ++i, row->session_id);
    store_bind_integer(upsert, ++i, row->changed_at);
    return store_run(store, upsert, err);
}

int bay_list(struct store *store, const char *station_id,
             int (*each)(void *self, const struct bay_row *row), void *self, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT slot, state, door, lock, temp, smoke, fan, charger_online, bid, soc, "
                      "charging, session_id, changed_at FROM bay WHERE station_id = ?1 "
                      "ORDER BY slot",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct bay_row row = {.slot = store_column_integer(select, 0),
                              .temp = store_column_real(select, 4),
                              .smoke = store_column_integer(select, 5),
                              .fan = store_column_integer(select, 6),
                              .charger_online = store_column_integer(select, 7),
                              .soc = store_column_real(select, 9),
                              .charging = store_column_integer(select, 10),
                              .changed_at = store_column_integer(select, 12)};
        store_column_text(select, 1, row.state, sizeof row.state);
        store_column_text(select, 2, row.door, sizeof row.door);
        store_column_text(select, 3, row.lock, sizeof row.lock);
        store_column_text(select, 8, row.bid, sizeof row.bid);
        store_column_text(select, 11, row.session_id, sizeof row.session_id);
        int stop = each(self, &row);
        if (stop < 0) {
            (void)sqlite3_reset(select);
            return err_set(err, stop, "reading the bays of %s: %s", station_id, err_text(stop));
        }
    }
    return status;
}
