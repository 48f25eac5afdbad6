/* SPDX-License-Identifier: Apache-2.0 */
#include "store/exchange_stream.h"

#include "store/exchange_internal.h"

/* One statement per index: the narrowest of what the filter names leads, the rest is checked row by
 * row. The order beyond the index's own columns sorts only events of one instant. */
#define SPAN "event_time >= ?1 AND event_time < ?2"
#define REST                                                                                       \
    " AND (?3 IS NULL OR bid = ?3) AND (?4 IS NULL OR vid = ?4)"                                   \
    " AND (?5 IS NULL OR station_id = ?5)"
#define ORDER " ORDER BY event_time, event, task_id"

#define BY_BATTERY " FROM battery_exchange_task WHERE bid = ?3 AND " SPAN REST
#define BY_VEHICLE " FROM battery_exchange_task WHERE vid = ?4 AND " SPAN REST
#define BY_STATION " FROM battery_exchange_task WHERE station_id = ?5 AND " SPAN REST
#define BY_TIME    " FROM battery_exchange_task WHERE " SPAN REST

static const char *const COUNTS[] = {"SELECT count(*)" BY_BATTERY, "SELECT count(*)" BY_VEHICLE,
                                     "SELECT count(*)" BY_STATION, "SELECT count(*)" BY_TIME};
static const char *const ROWS[] = {
    "SELECT " EXCHANGE_COLUMNS BY_BATTERY ORDER, "SELECT " EXCHANGE_COLUMNS BY_VEHICLE ORDER,
    "SELECT " EXCHANGE_COLUMNS BY_STATION ORDER, "SELECT " EXCHANGE_COLUMNS BY_TIME ORDER};

static sqlite3_stmt *prepare(struct store *store, const char *const sql[4],
                             const struct exchange_filter *filter, struct err *err)
{
    int leads = filter->bid ? 0 : filter->vid ? 1 : filter->station_id ? 2 : 3;
    sqlite3_stmt *select = store_prepare(store, sql[leads], err);
    if (!select)
        return NULL;
    store_bind_integer(select, 1, filter->from_us == STORE_NULL ? INT64_MIN + 1 : filter->from_us);
    store_bind_integer(select, 2, filter->to_us == STORE_NULL ? INT64_MAX : filter->to_us);
    store_bind_text(select, 3, filter->bid);
    store_bind_text(select, 4, filter->vid);
    store_bind_text(select, 5, filter->station_id);
    return select;
}

int exchange_stream_count(struct store *store, const struct exchange_filter *filter, int64_t *count,
                          struct err *err)
{
    sqlite3_stmt *select = prepare(store, COUNTS, filter, err);
    if (!select)
        return ERR_STORAGE;
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    *count = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return 0;
}

int exchange_stream(struct store *store, const struct exchange_filter *filter,
                    int (*each)(void *self, const struct exchange_row *row, struct err *err),
                    void *self, struct err *err)
{
    sqlite3_stmt *select = prepare(store, ROWS, filter, err);
    if (!select)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct exchange_row row;
        exchange_read(select, &row);
        status = each(self, &row, err);
        if (status < 0) {
            (void)sqlite3_reset(select);
            return status;
        }
    }
    return status;
}
