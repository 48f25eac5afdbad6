/* SPDX-License-Identifier: Apache-2.0 */
#include "store/recalculation.h"

#define COLUMNS                                                                                    \
    "id, start_date, end_date, start_battery_level, end_battery_level, charge_energy_added, "      \
    "charge_energy_used, start_ideal_range_km, end_ideal_range_km, start_rated_range_km, "         \
    "end_rated_range_km, outside_temp_avg, duration_min, rule_version, end_reason "
#define SELECTED                                                                                   \
    "FROM charging_process WHERE end_date IS NOT NULL AND id > ?1 AND (?2 IS NULL OR station_id "  \
    "= "                                                                                           \
    "?2) AND (?3 IS NULL OR bid = ?3) AND (?4 IS NULL OR start_date >= ?4) AND (?5 IS NULL OR "    \
    "start_date < ?5) "

static void read_row(sqlite3_stmt *select, struct recalculation_row *row)
{
    *row =
        (struct recalculation_row){.id = store_column_integer(select, 0),
                                   .figures = {.start_date_us = store_column_integer(select, 1),
                                               .end_date_us = store_column_integer(select, 2),
                                               .start_battery_level = store_column_real(select, 3),
                                               .end_battery_level = store_column_real(select, 4),
                                               .charge_energy_added = store_column_real(select, 5),
                                               .charge_energy_used = store_column_real(select, 6),
                                               .start_ideal_range_km = store_column_real(select, 7),
                                               .end_ideal_range_km = store_column_real(select, 8),
                                               .start_rated_range_km = store_column_real(select, 9),
                                               .end_rated_range_km = store_column_real(select, 10),
                                               .outside_temp_avg = store_column_real(select, 11),
                                               .duration_min = store_column_integer(select, 12),
                                               .rule_version = store_column_integer(select, 13)}};
    store_column_text(select, 14, row->end_reason, sizeof row->end_reason);
}

static void bind_filter(sqlite3_stmt *select, const struct recalculation_filter *filter,
                        int64_t after)
{
    store_bind_integer(select, 1, after);
    store_bind_text(select, 2, filter->station);
    store_bind_text(select, 3, filter->bid);
    store_bind_integer(select, 4, filter->from_us);
    store_bind_integer(select, 5, filter->to_us);
}

int recalculation_page(struct store *store, const struct recalculation_filter *filter,
                       int64_t after, struct recalculation_row *rows, size_t size, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT " COLUMNS SELECTED "ORDER BY id LIMIT ?6", err);
    if (!select)
        return ERR_STORAGE;
    bind_filter(select, filter, after);
    store_bind_integer(select, 6, (int64_t)size);
    int status, count = 0;
    while ((status = store_step(store, select, err)) == 1)
        read_row(select, &rows[count++]);
    return status < 0 ? status : count;
}

int recalculation_count(struct store *store, const struct recalculation_filter *filter,
                        int64_t after, int64_t *count, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store, "SELECT count(*) " SELECTED, err);
    if (!select)
        return ERR_STORAGE;
    bind_filter(select, filter, after);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    *count = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 0;
}

int recalculation_load(struct store *store, int64_t id, struct recalculation_row *row,
                       struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT " COLUMNS "FROM charging_process WHERE id = ?1 AND end_date IS NOT NULL",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    read_row(select, row);
    (void)sqlite3_reset(select);
    return 1;
}

int recalculation_position_load(struct store *store, const char *selection,
                                struct recalculation_position *position, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT position, looked_at, changed, begun_at, "
                                         "updated_at FROM charging_recalculation WHERE "
                                         "selection = ?1",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, selection);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *position = (struct recalculation_position){.after_id = store_column_integer(select, 0),
                                                .looked_at = store_column_integer(select, 1),
                                                .changed = store_column_integer(select, 2),
                                                .begun_at_us = store_column_integer(select, 3),
                                                .updated_at_us = store_column_integer(select, 4)};
    (void)sqlite3_reset(select);
    return 1;
}

int recalculation_position_save(struct store *store, const char *selection,
                                const struct recalculation_position *position, struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO charging_recalculation (selection, position, looked_at, changed, begun_at, "
        "updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (selection) DO UPDATE SET "
        "position = ?2, looked_at = ?3, changed = ?4, updated_at = ?6",
        err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_text(upsert, 1, selection);
    store_bind_integer(upsert, 2, position->after_id);
    store_bind_integer(upsert, 3, position->looked_at);
    store_bind_integer(upsert, 4, position->changed);
    store_bind_integer(upsert, 5, position->begun_at_us);
    store_bind_integer(upsert, 6, position->updated_at_us);
    return store_run(store, upsert, err);
}

int recalculation_position_remove(struct store *store, const char *selection, struct err *err)
{
    sqlite3_stmt *remove =
        store_prepare(store, "DELETE FROM charging_recalculation WHERE selection = ?1", err);
    if (!remove)
        return ERR_STORAGE;
    store_bind_text(remove, 1, selection);
    return store_run(store, remove, err);
}
