/* SPDX-License-Identifier: Apache-2.0 */
#include "store/geofence.h"

#include <stdlib.h>

#define COLUMNS "id, name, latitude, longitude, radius_m "

static void bind_row(sqlite3_stmt *statement, const struct geofence_row *row)
{
    store_bind_text(statement, 1, row->name);
    store_bind_real(statement, 2, row->latitude);
    store_bind_real(statement, 3, row->longitude);
    store_bind_real(statement, 4, row->radius_m);
}

int geofence_insert(struct store *store, struct geofence_row *row, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(store,
                                         "INSERT INTO geofence (name, latitude, longitude, "
                                         "radius_m) VALUES (?1, ?2, ?3, ?4)",
                                         err);
    if (!insert)
        return ERR_STORAGE;
    bind_row(insert, row);
    int status = store_run(store, insert, err);
    if (status == 0)
        row->id = sqlite3_last_insert_rowid(store_handle(store));
    return status;
}

int geofence_update(struct store *store, const struct geofence_row *row, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store,
                      "UPDATE geofence SET name = ?1, latitude = ?2, longitude = ?3, "
                      "radius_m = ?4 WHERE id = ?5",
                      err);
    if (!update)
        return ERR_STORAGE;
    bind_row(update, row);
    store_bind_integer(update, 5, row->id);
    return store_run(store, update, err);
}

int geofence_set_deleted(struct store *store, int64_t id, int64_t at_us, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE geofence SET deleted_at = ?2 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_integer(update, 2, at_us);
    return store_run(store, update, err);
}

static void read_row(sqlite3_stmt *select, struct geofence_row *row)
{
    *row = (struct geofence_row){.id = store_column_integer(select, 0),
                                 .latitude = store_column_real(select, 2),
                                 .longitude = store_column_real(select, 3),
                                 .radius_m = store_column_real(select, 4)};
    store_column_text(select, 1, row->name, sizeof row->name);
}

int geofence_load(struct store *store, int64_t id, struct geofence_row *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT " COLUMNS "FROM geofence WHERE id = ?1 AND deleted_at IS NULL", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    int found = store_step(store, select, err);
    if (found == 1)
        read_row(select, row);
    (void)sqlite3_reset(select);
    return found;
}

int geofence_list(struct store *store, struct geofence_row **rows, size_t *count, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store, "SELECT " COLUMNS "FROM geofence WHERE deleted_at IS NULL ORDER BY id", err);
    struct geofence_row *list = NULL;
    size_t used = 0, size = 0;
    int status = select ? 0 : ERR_STORAGE;
    while (select && (status = store_step(store, select, err)) == 1) {
        if (used == size) {
            size = size ? size * 2 : 16;
            struct geofence_row *more = realloc(list, size * sizeof *list);
            if (!more) {
                (void)sqlite3_reset(select);
                status = err_set(err, ERR_NOMEM, "geofences: out of memory");
                break;
            }
            list = more;
        }
        read_row(select, &list[used++]);
    }
    if (status < 0) {
        free(list);
        return status;
    }
    *rows = list;
    *count = used;
    return 0;
}

int geofence_link(struct store *store, int64_t process, int64_t geofence, struct err *err)
{
    sqlite3_stmt *update =
        store_prepare(store, "UPDATE charging_process SET geofence_id = ?2 WHERE id = ?1", err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, process);
    store_bind_integer(update, 2, geofence);
    return store_run(store, update, err);
}

int geofence_relink(struct store *store,
                    int64_t (*each)(void *self, double latitude, double longitude), void *self,
                    int64_t *changed, struct err *err)
{
    /* A change of geofence_id moves no row in this scan by rowid. */
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT id, latitude, longitude, geofence_id FROM charging_process "
                      "WHERE latitude IS NOT NULL AND longitude IS NOT NULL ORDER BY id",
                      err);
    if (!select)
        return ERR_STORAGE;
    int status;
    *changed = 0;
    while ((status = store_step(store, select, err)) == 1) {
        int64_t right = each(self, store_column_real(select, 1), store_column_real(select, 2));
        if (right == store_column_integer(select, 3))
            continue;
        status = geofence_link(store, store_column_integer(select, 0), right, err);
        if (status < 0)
            break;
        ++*changed;
    }
    (void)sqlite3_reset(select);
    return status;
}
