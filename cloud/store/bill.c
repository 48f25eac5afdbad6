/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bill.h"

#define SELECT                                                                                     \
    "SELECT p.id, p.station_id, p.session_id, p.vid, s.zone, p.geofence_id, p.latitude, "          \
    "p.longitude, p.start_date, p.end_date, p.charge_energy_added, p.charge_energy_used, "         \
    "p.duration_min, p.rule_version, s.price_per_kwh, p.cost, p.cost_source, b.basis, "            \
    "b.tariff_id FROM charging_process p LEFT JOIN station s ON s.station_id = p.station_id "      \
    "LEFT JOIN charging_bill b ON b.process_id = p.id "

static void read_row(sqlite3_stmt *select, struct bill_row *row)
{
    *row = (struct bill_row){.process = store_column_integer(select, 0),
                             .geofence_id = store_column_integer(select, 5),
                             .latitude = store_column_real(select, 6),
                             .longitude = store_column_real(select, 7),
                             .start_date_us = store_column_integer(select, 8),
                             .end_date_us = store_column_integer(select, 9),
                             .charge_energy_added = store_column_real(select, 10),
                             .charge_energy_used = store_column_real(select, 11),
                             .duration_min = store_column_integer(select, 12),
                             .rule_version = store_column_integer(select, 13),
                             .price_per_kwh = store_column_integer(select, 14),
                             .cost = store_column_integer(select, 15),
                             .tariff_id = store_column_integer(select, 18)};
    store_column_text(select, 1, row->station_id, sizeof row->station_id);
    store_column_text(select, 2, row->session_id, sizeof row->session_id);
    store_column_text(select, 3, row->vid, sizeof row->vid);
    store_column_text(select, 4, row->zone, sizeof row->zone);
    store_column_text(select, 16, row->cost_source, sizeof row->cost_source);
    store_column_text(select, 17, row->basis, sizeof row->basis);
}

int bill_load(struct store *store, int64_t process, struct bill_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store, SELECT "WHERE p.id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found == 1)
        read_row(select, row);
    (void)sqlite3_reset(select);
    return found;
}

int bill_each(struct store *store, const struct bill_filter *filter,
              int (*each)(void *self, const struct bill_row *row), void *self, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        SELECT "WHERE p.id > ?1 AND p.end_date IS NOT NULL AND (p.cost IS NULL OR "
               "p.cost_source = 'tariff') AND (?2 IS NULL OR p.station_id = ?2) AND "
               "(?3 IS NULL OR p.start_date >= ?3) AND (?4 IS NULL OR p.start_date < ?4) "
               "ORDER BY p.id LIMIT ?5",
        err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, filter->after);
    store_bind_text(select, 2, filter->station_id);
    store_bind_integer(select, 3, filter->from_us);
    store_bind_integer(select, 4, filter->to_us);
    store_bind_integer(select, 5, filter->limit);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct bill_row row;
        read_row(select, &row);
        status = each(self, &row);
        if (status < 0)
            break;
    }
    (void)sqlite3_reset(select);
    return status;
}

static int save_cost(struct store *store, const struct bill_row *row, const struct bill *bill,
                     struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store, "UPDATE charging_process SET cost = ?2, cost_source = ?3 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, row->process);
    store_bind_integer(update, 2, bill->cost);
    store_bind_text(update, 3, bill->source);
    return store_run(store, update, err);
}

static int save_basis(struct store *store, const struct bill_row *row, const struct bill *bill,
                      struct err *err)
{
    if (!bill->basis[0]) {
        sqlite3_stmt *delete =
            store_prepare(store, "DELETE FROM charging_bill WHERE process_id = ?1", err);
        if (!delete)
            return ERR_STORAGE;
        store_bind_integer(delete, 1, row->process);
        return store_run(store, delete, err);
    }
    sqlite3_stmt *upsert =
        store_prepare(store,
                      "INSERT INTO charging_bill VALUES (?1, ?2, ?3, ?4) ON CONFLICT (process_id) "
                      "DO UPDATE SET basis = ?2, tariff_id = ?3, billed_at = ?4",
                      err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_integer(upsert, 1, row->process);
    store_bind_text(upsert, 2, bill->basis);
    store_bind_integer(upsert, 3, bill->tariff_id);
    store_bind_integer(upsert, 4, bill->at_us);
    return store_run(store, upsert, err);
}

static int save_total(struct store *store, const struct bill_row *row, const struct bill *bill,
                      struct err *err)
{
    sqlite3_stmt *update = store_prepare(store,
                                         "UPDATE charging_session SET total_cost = ?3 WHERE "
                                         "station_id = ?1 AND session_id = ?2",
                                         err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, row->station_id);
    store_bind_text(update, 2, row->session_id);
    store_bind_integer(update, 3, bill->cost);
    return store_run(store, update, err);
}

int bill_save(struct store *store, const struct bill_row *row, const struct bill *bill,
              struct err *err)
{
    int status = save_cost(store, row, bill, err);
    if (status == 0)
        status = save_basis(store, row, bill, err);
    if (status == 0 && row->session_id[0])
        status = save_total(store, row, bill, err);
    return status;
}
