/* SPDX-License-Identifier: Apache-2.0 */
#include "store/where.h"

#include <math.h>

int position_find(struct store *store, const char *station_id, int64_t at_us, bool after,
                  struct position_row *row, struct err *err)
{
    sqlite3_stmt *select =
        after ? store_prepare(store,
                              "SELECT since_at, latitude, longitude FROM station_position WHERE "
                              "station_id = ?1 AND since_at > ?2 ORDER BY since_at LIMIT 1",
                              err)
              : store_prepare(store,
                              "SELECT since_at, latitude, longitude FROM station_position WHERE "
                              "station_id = ?1 AND since_at <= ?2 ORDER BY since_at DESC LIMIT 1",
                              err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, station_id);
    store_bind_integer(select, 2, at_us);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct position_row){.since_us = store_column_integer(select, 0),
                                 .latitude = store_column_real(select, 1),
                                 .longitude = store_column_real(select, 2)};
    (void)sqlite3_reset(select);
    return 1;
}

int position_insert(struct store *store, const char *station_id, const struct position_row *row,
                    struct err *err)
{
    sqlite3_stmt *insert =
        store_prepare(store,
                      "INSERT OR REPLACE INTO station_position (station_id, since_at, latitude, "
                      "longitude) VALUES (?1, ?2, ?3, ?4)",
                      err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, station_id);
    store_bind_integer(insert, 2, row->since_us);
    store_bind_real(insert, 3, row->latitude);
    store_bind_real(insert, 4, row->longitude);
    return store_run(store, insert, err);
}

int position_remove(struct store *store, const char *station_id, int64_t since_us, struct err *err)
{
    sqlite3_stmt *delete = store_prepare(
        store, "DELETE FROM station_position WHERE station_id = ?1 AND since_at = ?2", err);
    if (!delete)
        return ERR_STORAGE;
    store_bind_text(delete, 1, station_id);
    store_bind_integer(delete, 2, since_us);
    return store_run(store, delete, err);
}

int area_load(struct store *store, const char *bid, struct area_limit limits[AREA_LIMITS_MAX],
              size_t *count, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT station_id, latitude, longitude, radius_m FROM "
                                         "battery_area WHERE bid = ?1 ORDER BY number LIMIT 32",
                                         err);
    *count = 0;
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct area_limit *limit = &limits[(*count)++];
        store_column_text(select, 0, limit->station_id, sizeof limit->station_id);
        limit->latitude = store_column_real(select, 1);
        limit->longitude = store_column_real(select, 2);
        limit->radius_m = store_column_real(select, 3);
    }
    return status;
}

static int clear(struct store *store, const char *bid, struct err *err)
{
    sqlite3_stmt *delete = store_prepare(store, "DELETE FROM battery_area WHERE bid = ?1", err);
    if (!delete)
        return ERR_STORAGE;
    store_bind_text(delete, 1, bid);
    return store_run(store, delete, err);
}

int area_save(struct store *store, const char *bid, const struct area_limit *limits, size_t count,
              int64_t set_at_us, const char *set_by, struct err *err)
{
    int status = clear(store, bid, err);
    for (size_t i = 0; i < count && status == 0; i++) {
        sqlite3_stmt *insert =
            store_prepare(store,
                          "INSERT INTO battery_area (bid, number, station_id, latitude, longitude, "
                          "radius_m, set_at, set_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                          err);
        if (!insert)
            return ERR_STORAGE;
        bool circle = limits[i].station_id[0] == '\0';
        store_bind_text(insert, 1, bid);
        store_bind_integer(insert, 2, (int64_t)i + 1);
        store_bind_text(insert, 3, limits[i].station_id);
        store_bind_real(insert, 4, circle ? limits[i].latitude : NAN);
        store_bind_real(insert, 5, circle ? limits[i].longitude : NAN);
        store_bind_real(insert, 6, circle ? limits[i].radius_m : NAN);
        store_bind_integer(insert, 7, set_at_us);
        store_bind_text(insert, 8, set_by);
        status = store_run(store, insert, err);
    }
    return status;
}
