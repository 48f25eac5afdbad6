/* SPDX-License-Identifier: Apache-2.0 */
#include "store/battery.h"

int battery_load(struct store *store, const char *bid, struct battery_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT bid, battery_version, capacity_kwh, soh, soc, cycles, last_seen_at, where_kind, "
        "where_id, slot, where_since, where_journal, where_boot, where_up_ms, where_source, "
        "latitude, longitude, model FROM battery WHERE bid = ?1",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct battery_row){.capacity_kwh = store_column_real(select, 2),
                                .soh = store_column_real(select, 3),
                                .soc = store_column_real(select, 4),
                                .cycles = store_column_integer(select, 5),
                                .last_seen_at_us = store_column_integer(select, 6),
                                .slot = store_column_integer(select, 9),
                                .where_since_us = store_column_integer(select, 10),
                                .where_boot = store_column_integer(select, 12),
                                .where_up_ms = store_column_integer(select, 13),
                                .latitude = store_column_real(select, 15),
                                .longitude = store_column_real(select, 16)};
    store_column_text(select, 0, row->bid, sizeof row->bid);
    store_column_text(select, 1, row->battery_version, sizeof row->battery_version);
    store_column_text(select, 7, row->where_kind, sizeof row->where_kind);
    store_column_text(select, 8, row->where_id, sizeof row->where_id);
    store_column_text(select, 11, row->where_journal, sizeof row->where_journal);
    store_column_text(select, 14, row->where_source, sizeof row->where_source);
    store_column_text(select, 17, row->model, sizeof row->model);
    (void)sqlite3_reset(select);
    return 1;
}

int battery_insert(struct store *store, const char *bid, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(store, "INSERT INTO battery (bid) VALUES (?1)", err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, bid);
    return store_run(store, insert, err);
}

int battery_save(struct store *store, const struct battery_row *row, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE battery SET battery_version = ?2, capacity_kwh = ?3, soh = ?4, soc = ?5, "
        "cycles = ?6, last_seen_at = ?7, where_kind = ?8, where_id = ?9, slot = ?10, "
        "where_since = ?11, where_journal = ?12, where_boot = ?13, where_up_ms = ?14, "
        "where_source = ?15, latitude = ?16, longitude = ?17, model = ?18 WHERE bid = ?1",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, row->bid);
    store_bind_text(update, 2, row->battery_version);
    store_bind_real(update, 3, row->capacity_kwh);
    store_bind_real(update, 4, row->soh);
    store_bind_real(update, 5, row->soc);
    store_bind_integer(update, 6, row->cycles);
    store_bind_integer(update, 7, row->last_seen_at_us);
    store_bind_text(update, 8, row->where_kind);
    store_bind_text(update, 9, row->where_id);
    store_bind_integer(update, 10, row->slot);
    store_bind_integer(update, 11, row->where_since_us);
    store_bind_text(update, 12, row->where_journal);
    store_bind_integer(update, 13, row->where_boot);
    store_bind_integer(update, 14, row->where_up_ms);
    store_bind_text(update, 15, row->where_source);
    store_bind_real(update, 16, row->latitude);
    store_bind_real(update, 17, row->longitude);
    store_bind_text(update, 18, row->model);
    return store_run(store, update, err);
}

int battery_in_bay(struct store *store, const char *station_id, int64_t slot, const char *except,
                   const char *after, char bid[65], struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT bid FROM battery WHERE where_kind = 'bay' AND where_id = ?1 AND slot = ?2 AND "
        "bid IS NOT ?3 AND bid > coalesce(?4, '') ORDER BY bid LIMIT 1",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, slot);
    store_bind_text(select, 3, except);
    store_bind_text(select, 4, after);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    store_column_text(select, 0, bid, 65);
    (void)sqlite3_reset(select);
    return 1;
}

#define NEWEST(column)                                                                             \
    "(SELECT " column " FROM battery_exchange_task WHERE bid = ?1 AND " column " NOTNULL "         \
    "ORDER BY event_time DESC, event = 'On-Load' DESC, task_id DESC LIMIT 1)"

int battery_event_facts(struct store *store, const char *bid, struct battery_facts *facts,
                        struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT " NEWEST("capacity_kwh") ", " NEWEST("soh") ", " NEWEST("soc"), err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    facts->capacity_kwh = store_column_real(select, 0);
    facts->soh = store_column_real(select, 1);
    facts->soc = store_column_real(select, 2);
    (void)sqlite3_reset(select);
    return 0;
}

int vehicle_ensure(struct store *store, const char *vid, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store, "INSERT INTO vehicle (vid) VALUES (?1) ON CONFLICT (vid) DO NOTHING", err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, vid);
    return store_run(store, insert, err);
}
