/* SPDX-License-Identifier: Apache-2.0 */
#include "store/counter.h"

int counter_add(struct store *store, const char *name, int64_t delta, struct err *err)
{
    sqlite3_stmt *upsert =
        store_prepare(store,
                      "INSERT INTO counter (name, value) VALUES (?1, ?2) "
                      "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                      err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_text(upsert, 1, name);
    store_bind_integer(upsert, 2, delta);
    return store_run(store, upsert, err);
}

int counter_get(struct store *store, const char *name, int64_t *value, struct err *err)
{
    *value = 0;
    sqlite3_stmt *select = store_prepare(store, "SELECT value FROM counter WHERE name = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, name);
    int status = store_step(store, select, err);
    if (status == 1)
        *value = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return status < 0 ? status : 0;
}
