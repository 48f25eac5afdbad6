/* SPDX-License-Identifier: Apache-2.0 */
#include "store/eventlog.h"

int eventlog_append(struct store *store, const struct eventlog_row *row, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store,
        "INSERT INTO event_log (received_at, event_time, actor, actor_id, station_id, kind, "
        "journal, boot, lane, seq, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_integer(insert, 1, row->received_at_us);
    store_bind_integer(insert, 2, row->event_time_us);
    store_bind_text(insert, 3, row->actor);
    store_bind_text(insert, 4, row->actor_id);
    store_bind_text(insert, 5, row->station_id);
    store_bind_text(insert, 6, row->kind);
    store_bind_text(insert, 7, row->journal);
    store_bind_integer(insert, 8, row->boot);
    store_bind_text(insert, 9, row->lane);
    store_bind_integer(insert, 10, row->seq);
    store_bind_text(insert, 11, row->payload);
    return store_run(store, insert, err);
}

int eventlog_last_limits(struct store *store, struct strbuf *to, struct err *err)
{
    /* As the partial index event_log_limits is written, which makes it one step. */
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT payload FROM event_log WHERE kind = '" EVENTLOG_LIMITS "' ORDER BY id DESC LIMIT 1",
        err);
    if (!select)
        return ERR_STORAGE;
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    strbuf_append_text(to, (const char *)sqlite3_column_text(select, 0));
    (void)sqlite3_reset(select);
    return strbuf_failed(to) ? err_set(err, ERR_NOMEM, "event_log: out of memory") : 1;
}

int eventlog_each(struct store *store,
                  int (*each)(void *self, int64_t id, const struct eventlog_row *row,
                              struct err *err),
                  void *self, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT id, received_at, event_time, actor, actor_id, station_id, kind, journal, boot, "
        "lane, seq, payload FROM event_log ORDER BY id",
        err);
    if (!select)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(store, select, err)) == 1) {
        struct eventlog_row row = {.received_at_us = sqlite3_column_int64(select, 1),
                                   .event_time_us = sqlite3_column_int64(select, 2),
                                   .actor = (const char *)sqlite3_column_text(select, 3),
                                   .actor_id = (const char *)sqlite3_column_text(select, 4),
                                   .station_id = (const char *)sqlite3_column_text(select, 5),
                                   .kind = (const char *)sqlite3_column_text(select, 6),
                                   .journal = (const char *)sqlite3_column_text(select, 7),
                                   .boot = store_column_integer(select, 8),
                                   .lane = (const char *)sqlite3_column_text(select, 9),
                                   .seq = store_column_integer(select, 10),
                                   .payload = (const char *)sqlite3_column_text(select, 11)};
        status = each(self, sqlite3_column_int64(select, 0), &row, err);
        if (status < 0) {
            (void)sqlite3_reset(select);
            return status;
        }
    }
    return status;
}
