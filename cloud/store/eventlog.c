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
