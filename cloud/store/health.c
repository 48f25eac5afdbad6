/* SPDX-License-Identifier: Apache-2.0 */
#include "store/health.h"

#include "base/scope.h"
#include <stdlib.h>

/* Room for one more item of `size` bytes. */
static int make_room(void **list, size_t count, size_t *capacity, size_t size, struct err *err)
{
    if (count < *capacity)
        return 0;
    size_t more = *capacity ? *capacity * 2 : 64;
    void *bigger = realloc(*list, more * size);
    if (!bigger)
        return err_set(err, ERR_NOMEM, "no memory for %zu rows", more);
    *list = bigger;
    *capacity = more;
    return 0;
}

int health_battery_list(struct store *store, const char *bid, struct health_battery_row **rows,
                        size_t *count, struct err *err)
{
    SCOPE_FREE void *list = NULL;
    size_t capacity = 0;
    *count = 0;
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT bid, (SELECT e.capacity_kwh FROM battery_exchange_task e "
                      "WHERE e.bid = b.bid AND e.capacity_kwh > 0 ORDER BY e.event_time LIMIT 1), "
                      "capacity_kwh, soh, cycles FROM battery b WHERE ?1 IS NULL OR bid = ?1 "
                      "ORDER BY bid",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        status = make_room(&list, *count, &capacity, sizeof **rows, err);
        if (status < 0)
            break;
        struct health_battery_row *row = (struct health_battery_row *)list + (*count)++;
        *row = (struct health_battery_row){.first_capacity_kwh = store_column_real(select, 1),
                                           .capacity_kwh = store_column_real(select, 2),
                                           .soh = store_column_real(select, 3),
                                           .cycles = store_column_integer(select, 4)};
        store_column_text(select, 0, row->bid, sizeof row->bid);
    }
    (void)sqlite3_reset(select);
    *rows = status < 0 ? NULL : SCOPE_STEAL(list);
    return status;
}

int health_charge_list(struct store *store, const char *bid, int64_t before_us,
                       struct health_charge_row **rows, size_t *count, struct err *err)
{
    SCOPE_FREE void *list = NULL;
    size_t capacity = 0;
    *count = 0;
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT id, start_date, end_date, start_battery_level, end_battery_level, "
                      "charge_energy_added, charge_energy_used FROM charging_process "
                      "WHERE bid = ?1 AND end_date < ?2 ORDER BY end_date, id",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, bid);
    store_bind_integer(select, 2, before_us);
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        status = make_room(&list, *count, &capacity, sizeof **rows, err);
        if (status < 0)
            break;
        struct health_charge_row *row = (struct health_charge_row *)list + (*count)++;
        *row = (struct health_charge_row){.id = store_column_integer(select, 0),
                                          .start_date_us = store_column_integer(select, 1),
                                          .end_date_us = store_column_integer(select, 2),
                                          .start_battery_level = store_column_real(select, 3),
                                          .end_battery_level = store_column_real(select, 4),
                                          .charge_energy_added = store_column_real(select, 5),
                                          .charge_energy_used = store_column_real(select, 6)};
    }
    (void)sqlite3_reset(select);
    *rows = status < 0 ? NULL : SCOPE_STEAL(list);
    return status;
}
