/* SPDX-License-Identifier: Apache-2.0 */
#include "store/battery_day.h"

#include <stdio.h>

int battery_day_load(struct store *store, const char *bid, const char *station_id, int64_t day_us,
                     struct battery_day_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT readings, last_at, temp_min, temp_max, temp_spread_max, temp_s, temp_sum, "
        "temp_spread_sum, temp_high_s, temp_low_s, cell_min, cell_max, cell_spread_max, cell_s, "
        "cell_spread_sum, cell_spread_high_s FROM battery_day "
        "WHERE bid = ?1 AND day = ?2 AND station_id = ?3",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_integer(select, 2, day_us);
    store_bind_text(select, 3, station_id);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct battery_day_row){.day_us = day_us,
                                    .readings = store_column_integer(select, 0),
                                    .last_at_us = store_column_integer(select, 1),
                                    .temp_min_c = store_column_real(select, 2),
                                    .temp_max_c = store_column_real(select, 3),
                                    .temp_spread_max_c = store_column_real(select, 4),
                                    .temp_s = store_column_real(select, 5),
                                    .temp_sum = store_column_real(select, 6),
                                    .temp_spread_sum = store_column_real(select, 7),
                                    .temp_high_s = store_column_real(select, 8),
                                    .temp_low_s = store_column_real(select, 9),
                                    .cell_min_v = store_column_real(select, 10),
                                    .cell_max_v = store_column_real(select, 11),
                                    .cell_spread_max_v = store_column_real(select, 12),
                                    .cell_s = store_column_real(select, 13),
                                    .cell_spread_sum = store_column_real(select, 14),
                                    .cell_spread_high_s = store_column_real(select, 15)};
    (void)sqlite3_reset(select);
    (void)snprintf(row->bid, sizeof row->bid, "%s", bid);
    (void)snprintf(row->station_id, sizeof row->station_id, "%s", station_id);
    return 1;
}

int battery_day_save(struct store *store, const struct battery_day_row *row, struct err *err)
{
    sqlite3_stmt *replace = store_prepare(
        store,
        "INSERT OR REPLACE INTO battery_day (bid, day, station_id, readings, last_at, temp_min, "
        "temp_max, temp_spread_max, temp_s, temp_sum, temp_spread_sum, temp_high_s, temp_low_s, "
        "cell_min, cell_max, cell_spread_max, cell_s, cell_spread_sum, cell_spread_high_s) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
        "?19)",
        err);
    if (!replace)
        return ERR_STORAGE;
    const double reals[] = {row->temp_min_c,      row->temp_max_c,        row->temp_spread_max_c,
                            row->temp_s,          row->temp_sum,          row->temp_spread_sum,
                            row->temp_high_s,     row->temp_low_s,        row->cell_min_v,
                            row->cell_max_v,      row->cell_spread_max_v, row->cell_s,
                            row->cell_spread_sum, row->cell_spread_high_s};
    store_bind_text(replace, 1, row->bid);
    store_bind_integer(replace, 2, row->day_us);
    store_bind_text(replace, 3, row->station_id);
    store_bind_integer(replace, 4, row->readings);
    store_bind_integer(replace, 5, row->last_at_us);
    for (int i = 0; i < (int)(sizeof reals / sizeof *reals); i++)
        store_bind_real(replace, 6 + i, reals[i]);
    return store_run(store, replace, err);
}
