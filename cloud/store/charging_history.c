/* SPDX-License-Identifier: Apache-2.0 */
#include "store/charging_history.h"

static void read_row(sqlite3_stmt *select, struct history_row *row)
{
    *row = (struct history_row){.process = store_column_integer(select, 0),
                                .slot = store_column_integer(select, 2),
                                .start_date_us = store_column_integer(select, 6),
                                .end_date_us = store_column_integer(select, 7),
                                .start_battery_level = store_column_real(select, 8),
                                .charge_energy_added = store_column_real(select, 9),
                                .charge_energy_used = store_column_real(select, 10),
                                .cost = store_column_integer(select, 11)};
    store_column_text(select, 1, row->station_id, sizeof row->station_id);
    store_column_text(select, 3, row->bid, sizeof row->bid);
    store_column_text(select, 4, row->vid, sizeof row->vid);
    store_column_text(select, 5, row->zone, sizeof row->zone);
}

int history_each(struct store *store, const struct history_filter *filter,
                 int (*each)(void *self, const struct history_row *row, struct err *err),
                 void *self, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT p.id, p.station_id, p.slot, p.bid, p.vid, s.zone, p.start_date, p.end_date, "
        "p.start_battery_level, p.charge_energy_added, p.charge_energy_used, p.cost "
        "FROM charging_process p LEFT JOIN station s ON s.station_id = p.station_id "
        "WHERE p.end_date NOTNULL AND (?1 IS NULL OR p.station_id = ?1) AND "
        "(?2 IS NULL OR p.bid = ?2) AND (?3 IS NULL OR p.start_date >= ?3) AND "
        "(?4 IS NULL OR p.start_date < ?4) ORDER BY p.id",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, filter->station_id);
    store_bind_text(select, 2, filter->bid);
    store_bind_integer(select, 3, filter->from_us);
    store_bind_integer(select, 4, filter->to_us);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct history_row row;
        read_row(select, &row);
        status = each(self, &row, err);
        if (status < 0)
            break;
    }
    (void)sqlite3_reset(select);
    return status;
}
