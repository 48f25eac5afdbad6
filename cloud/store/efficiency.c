/* SPDX-License-Identifier: Apache-2.0 */
#include "store/efficiency.h"

#include "store/eventlog.h"
#include <string.h>

#define RANGE_KIND "charging.preferred_range" /* as in the index of the migration "efficiency" */

#define EACH(kind)                                                                                 \
    "SELECT duration_min, end_battery_level, charge_energy_added, start_" kind "_range_km, "       \
    "end_" kind "_range_km FROM charging_process WHERE vid = ?1 AND charge_energy_added > 0 AND "  \
    "end_date NOTNULL AND start_" kind "_range_km NOTNULL AND end_" kind "_range_km NOTNULL"

int efficiency_each(struct store *store, const char *vid, enum range_kind kind,
                    int (*each)(void *self, const struct efficiency_row *row), void *self,
                    struct err *err)
{
    sqlite3_stmt *select = kind == RANGE_IDEAL ? store_prepare(store, EACH("ideal"), err)
                                               : store_prepare(store, EACH("rated"), err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, vid);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct efficiency_row row = {.duration_min = store_column_integer(select, 0),
                                     .end_battery_level = store_column_real(select, 1),
                                     .charge_energy_added = store_column_real(select, 2),
                                     .start_range_km = store_column_real(select, 3),
                                     .end_range_km = store_column_real(select, 4)};
        status = each(self, &row);
        if (status < 0)
            break;
    }
    (void)sqlite3_reset(select);
    return status;
}

int vehicle_set_efficiency(struct store *store, const char *vid, double efficiency, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store, "UPDATE vehicle SET efficiency = ?2 WHERE vid = ?1 AND efficiency IS NOT ?2", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, vid);
    store_bind_real(update, 2, efficiency);
    return store_run(store, update, err);
}

int vehicle_each_charged(struct store *store, int (*each)(void *self, const char *vid), void *self,
                         struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT DISTINCT vid FROM charging_process WHERE charge_energy_added > 0 "
                      "AND vid NOTNULL ORDER BY vid",
                      err);
    if (!select)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        char vid[65];
        store_column_text(select, 0, vid, sizeof vid);
        status = each(self, vid);
        if (status < 0)
            break;
    }
    (void)sqlite3_reset(select);
    return status;
}

int battery_refresh_efficiency(struct store *store, const char *bid, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE battery SET charge_efficiency = (SELECT round(sum(charge_energy_added) / "
        "sum(charge_energy_used), 4) FROM charging_process WHERE bid = ?1 AND end_date NOTNULL AND "
        "charge_energy_added NOTNULL AND charge_energy_used > 0) WHERE bid = ?1",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_text(update, 1, bid);
    return store_run(store, update, err);
}

int range_kind_load(struct store *store, enum range_kind *kind, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT payload FROM event_log WHERE kind = '" RANGE_KIND
                                         "' ORDER BY id DESC LIMIT 1",
                                         err);
    if (!select)
        return ERR_STORAGE;
    int found = store_step(store, select, err);
    char payload[64] = "";
    if (found == 1)
        store_column_text(select, 0, payload, sizeof payload);
    (void)sqlite3_reset(select);
    *kind = strstr(payload, "ideal") ? RANGE_IDEAL : RANGE_RATED;
    return found;
}

int range_kind_save(struct store *store, enum range_kind kind, int64_t at_us, struct err *err)
{
    struct eventlog_row row = {.received_at_us = at_us,
                               .event_time_us = at_us,
                               .actor = "system",
                               .kind = RANGE_KIND,
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = kind == RANGE_IDEAL ? "{\"range\":\"ideal\"}"
                                                              : "{\"range\":\"rated\"}"};
    return eventlog_append(store, &row, err);
}
