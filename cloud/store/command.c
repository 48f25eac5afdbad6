/* SPDX-License-Identifier: Apache-2.0 */
#include "store/command.h"

#include "base/strbuf.h"

#define COLUMNS                                                                                    \
    "id, message_id, digest, device, type, issued_by, issued_at, outcome, reason, closed_at "

int command_insert(struct store *store, struct command_row *row, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO command (message_id, digest, device, type, payload, issued_by, issued_at, "
        "outcome, reason, closed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, row->message_id);
    store_bind_text(insert, 2, row->digest);
    store_bind_text(insert, 3, row->device);
    store_bind_integer(insert, 4, row->type);
    store_bind_text(insert, 5, row->payload);
    store_bind_text(insert, 6, row->issued_by);
    store_bind_integer(insert, 7, row->issued_at);
    store_bind_text(insert, 8, row->outcome);
    store_bind_text(insert, 9, row->reason);
    store_bind_integer(insert, 10, row->closed_at);
    int status = store_run(store, insert, err);
    if (status == 0)
        row->id = sqlite3_last_insert_rowid(store_handle(store));
    return status;
}

int command_set_outcome(struct store *store, int64_t id, const char *outcome, const char *reason,
                        int64_t closed_at_us, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE command SET outcome = ?2, reason = coalesce(?3, reason), closed_at = ?4 "
        "WHERE id = ?1",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, id);
    store_bind_text(update, 2, outcome);
    store_bind_text(update, 3, reason);
    store_bind_integer(update, 4, closed_at_us);
    return store_run(store, update, err);
}

static void read_row(sqlite3_stmt *select, struct command_row *row)
{
    *row = (struct command_row){.id = store_column_integer(select, 0),
                                .type = store_column_integer(select, 4),
                                .issued_at = store_column_integer(select, 6),
                                .closed_at = store_column_integer(select, 9)};
    store_column_text(select, 1, row->message_id, sizeof row->message_id);
    store_column_text(select, 2, row->digest, sizeof row->digest);
    store_column_text(select, 3, row->device, sizeof row->device);
    store_column_text(select, 5, row->issued_by, sizeof row->issued_by);
    store_column_text(select, 7, row->outcome, sizeof row->outcome);
    store_column_text(select, 8, row->reason, sizeof row->reason);
}

int command_find(struct store *store, const char *device, const char *message_id,
                 const char *digest, struct command_row *row, struct err *err)
{
    bool by_id = message_id && message_id[0];
    sqlite3_stmt *select = by_id ? store_prepare(store,
                                                 "SELECT " COLUMNS "FROM command "
                                                 "WHERE message_id = ?2 AND device IN (?1, '*') "
                                                 "ORDER BY outcome IN ('sent', 'accepted') DESC, "
                                                 "id DESC LIMIT 1",
                                                 err)
                                 : store_prepare(store,
                                                 "SELECT " COLUMNS "FROM command "
                                                 "WHERE digest = ?2 AND device IN (?1, '*') "
                                                 "ORDER BY outcome IN ('sent', 'accepted') DESC, "
                                                 "id DESC LIMIT 1",
                                                 err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, device);
    store_bind_text(select, 2, by_id ? message_id : digest);
    int status = store_step(store, select, err);
    if (status == 1)
        read_row(select, row);
    (void)sqlite3_reset(select);
    return status;
}

int command_payload(struct store *store, int64_t id, struct strbuf *to, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store, "SELECT payload FROM command WHERE id = ?1", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, id);
    int status = store_step(store, select, err);
    if (status == 1)
        strbuf_append_text(to, (const char *)sqlite3_column_text(select, 0));
    (void)sqlite3_reset(select);
    if (status == 0)
        return err_set(err, ERR_NOT_FOUND, "command %lld: does not exist", (long long)id);
    return status < 0 ? status : 0;
}

int command_list_open(struct store *store, int (*each)(void *self, const struct command_row *row),
                      void *self, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT " COLUMNS "FROM command "
                                         "WHERE outcome IN ('sent', 'accepted') ORDER BY id",
                                         err);
    if (!select)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct command_row row;
        read_row(select, &row);
        int stop = each(self, &row);
        if (stop < 0) {
            (void)sqlite3_reset(select);
            return err_set(err, stop, "reading the open commands: %s", err_text(stop));
        }
    }
    return status;
}
