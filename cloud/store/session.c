/* SPDX-License-Identifier: Apache-2.0 */
#include "store/session.h"

int charging_session_load(struct store *store, const char *station_id, const char *session_id,
                          struct charging_session_row *row, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT session_id, station_id, slot, driver_id, bid, start_time, end_time, "
                      "energy_consumed_kwh, status, reason FROM charging_session "
                      "WHERE station_id = ?1 AND session_id = ?2",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_text(select, 2, session_id);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct charging_session_row){.slot = store_column_integer(select, 2),
                                         .start_time_us = store_column_integer(select, 5),
                                         .end_time_us = store_column_integer(select, 6),
                                         .energy_consumed_kwh = store_column_real(select, 7)};
    store_column_text(select, 0, row->session_id, sizeof row->session_id);
    store_column_text(select, 1, row->station_id, sizeof row->station_id);
    store_column_text(select, 3, row->driver_id, sizeof row->driver_id);
    store_column_text(select, 4, row->bid, sizeof row->bid);
    store_column_text(select, 8, row->status, sizeof row->status);
    store_column_text(select, 9, row->reason, sizeof row->reason);
    (void)sqlite3_reset(select);
    return 1;
}

int charging_session_save(struct store *store, const struct charging_session_row *row,
                          struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO charging_session (session_id, station_id, slot, driver_id, bid, start_time, "
        "end_time, energy_consumed_kwh, status, reason) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
        "ON CONFLICT (station_id, session_id) DO UPDATE SET slot = ?3, driver_id = ?4, bid = ?5, "
        "start_time = ?6, end_time = ?7, energy_consumed_kwh = ?8, status = ?9, reason = ?10",
        err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_text(upsert, 1, row->session_id);
    store_bind_text(upsert, 2, row->station_id);
    store_bind_integer(upsert, 3, row->slot);
    store_bind_text(upsert, 4, row->driver_id);
    store_bind_text(upsert, 5, row->bid);
    store_bind_integer(upsert, 6, row->start_time_us);
    store_bind_integer(upsert, 7, row->end_time_us);
    store_bind_real(upsert, 8, row->energy_consumed_kwh);
    store_bind_text(upsert, 9, row->status);
    store_bind_text(upsert, 10, row->reason);
    return store_run(store, upsert, err);
}

int charging_session_fill_energy(struct store *store, const char *station_id,
                                 const char *session_id, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE charging_session SET energy_consumed_kwh = (SELECT charge_energy_added FROM "
        "charging_process p WHERE p.session_id = ?2 AND p.station_id = ?1 AND p.end_date NOTNULL) "
        "WHERE station_id = ?1 AND session_id = ?2 AND energy_consumed_kwh IS NULL",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, station_id);
    store_bind_text(update, 2, session_id);
    return store_run(store, update, err);
}
