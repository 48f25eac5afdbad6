/* SPDX-License-Identifier: Apache-2.0 */
#include "store/delivery.h"

int delivery_insert(struct store *store, const struct delivery_row *row, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO alert_delivery (alert_id, event, channel, kind, payload, created_at, next_at) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, row->alert_id);
    store_bind_text(insert, 2, row->event);
    store_bind_text(insert, 3, row->channel);
    store_bind_text(insert, 4, row->kind);
    store_bind_text(insert, 5, row->payload);
    store_bind_integer(insert, 6, row->created_at_us);
    store_bind_integer(insert, 7, row->next_at_us);
    return store_run(store, insert, err);
}

static void read_row(sqlite3_stmt *select, struct delivery_row *row)
{
    *row = (struct delivery_row){.id = store_column_integer(select, 0),
                                 .alert_id = store_column_integer(select, 1),
                                 .attempts = store_column_integer(select, 6),
                                 .created_at_us = store_column_integer(select, 7),
                                 .next_at_us = store_column_integer(select, 8),
                                 .closed_at_us = STORE_NULL,
                                 .state = "waiting"};
    store_column_text(select, 2, row->event, sizeof row->event);
    store_column_text(select, 3, row->channel, sizeof row->channel);
    store_column_text(select, 4, row->kind, sizeof row->kind);
    store_column_text(select, 5, row->payload, sizeof row->payload);
    store_column_text(select, 9, row->last_error, sizeof row->last_error);
}

int delivery_due(struct store *store, const char *channel, bool tests_only, int64_t now_us,
                 struct delivery_row *rows, size_t max, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT id, alert_id, event, channel, kind, payload, attempts, created_at, "
                      "next_at, last_error FROM alert_delivery WHERE state = 'waiting' AND "
                      "channel = ?1 AND next_at <= ?2 AND (NOT ?4 OR event = 'test') "
                      "ORDER BY id LIMIT ?3",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, channel);
    store_bind_integer(select, 2, now_us);
    store_bind_integer(select, 3, (int64_t)max);
    store_bind_integer(select, 4, tests_only);
    int found, count = 0;
    while ((found = store_step(store, select, err)) == 1 && (size_t)count < max)
        read_row(select, &rows[count++]);
    (void)sqlite3_reset(select);
    return found < 0 ? found : count;
}

int delivery_next(struct store *store, const char *channel, int64_t *next_at_us, struct err *err)
{
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT min(next_at) FROM alert_delivery WHERE "
                                         "state = 'waiting' AND channel = ?1",
                                         err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, channel);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *next_at_us = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return *next_at_us != STORE_NULL;
}

int delivery_save(struct store *store, const struct delivery_row *row, struct err *err)
{
    sqlite3_stmt *update = store_prepare(
        store,
        "UPDATE alert_delivery SET state = ?2, attempts = ?3, next_at = ?4, closed_at = ?5, "
        "last_error = ?6 WHERE id = ?1 AND state = 'waiting'",
        err);
    if (!update)
        return ERR_STORAGE;
    store_bind_integer(update, 1, row->id);
    store_bind_text(update, 2, row->state);
    store_bind_integer(update, 3, row->attempts);
    store_bind_integer(update, 4, row->next_at_us);
    store_bind_integer(update, 5, row->closed_at_us);
    store_bind_text(update, 6, row->last_error);
    return store_run(store, update, err);
}

int delivery_forget(struct store *store, int64_t before_us, int64_t max, struct err *err)
{
    sqlite3_stmt *remove =
        store_prepare(store,
                      "DELETE FROM alert_delivery WHERE id IN (SELECT id FROM alert_delivery WHERE "
                      "state <> 'waiting' AND closed_at < ?1 ORDER BY closed_at LIMIT ?2)",
                      err);
    if (!remove)
        return ERR_STORAGE;
    store_bind_integer(remove, 1, before_us);
    store_bind_integer(remove, 2, max);
    return store_run(store, remove, err);
}
