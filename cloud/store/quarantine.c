/* SPDX-License-Identifier: Apache-2.0 */
#include "store/quarantine.h"

int quarantine_add(struct store *store, int64_t received_at_us, const char *topic,
                   const char *reason, const void *payload, size_t length, size_t max_bytes,
                   struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO quarantine (received_at, topic, reason, payload) VALUES (?1, ?2, ?3, ?4)",
        err);
    if (!insert)
        return ERR_STORAGE;
    if (length > max_bytes)
        length = max_bytes;
    store_bind_integer(insert, 1, received_at_us);
    store_bind_text(insert, 2, topic && topic[0] ? topic : "?");
    store_bind_text(insert, 3, reason && reason[0] ? reason : "?");
    /* A NULL pointer would bind NULL; an empty payload is an empty blob. */
    if (sqlite3_bind_blob64(insert, 4, length ? payload : "", length, SQLITE_TRANSIENT) !=
        SQLITE_OK)
        return store_error(store, "quarantine", err);
    return store_run(store, insert, err);
}

int quarantine_trim(struct store *store, int64_t max_rows, int64_t *dropped, struct err *err)
{
    /* Ids only grow (the newest row is never removed), so that the bound needs no count. */
    sqlite3_stmt *trim = store_prepare(
        store, "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?1", err);
    if (!trim)
        return ERR_STORAGE;
    store_bind_integer(trim, 1, max_rows);
    int status = store_run(store, trim, err);
    *dropped = status == 0 ? sqlite3_changes64(store_handle(store)) : 0;
    return status;
}
