/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stream.h"

int journal_find(struct store *store, const char *device, const char *journal, int64_t *number,
                 struct err *err)
{
    *number = 0;
    sqlite3_stmt *select =
        store_prepare(store, "SELECT number FROM journal WHERE device = ?1 AND journal = ?2", err);
    if (!select)
        return ERR_STORAGE;
    store_bind_text(select, 1, device);
    store_bind_text(select, 2, journal);
    int status = store_step(store, select, err);
    if (status == 1)
        *number = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return status < 0 ? status : 0;
}

int journal_add(struct store *store, const char *device, const char *journal, int64_t seen_at_us,
                int64_t *number, struct err *err)
{
    sqlite3_stmt *insert =
        store_prepare(store,
                      "INSERT INTO journal (device, journal, number, first_seen_at) SELECT ?1, ?2, "
                      "1 + ifnull(max(number), 0), ?3 FROM journal WHERE device = ?1",
                      err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_text(insert, 1, device);
    store_bind_text(insert, 2, journal);
    store_bind_integer(insert, 3, seen_at_us);
    int status = store_run(store, insert, err);
    return status < 0 ? status : journal_find(store, device, journal, number, err);
}

static void bind_boot(sqlite3_stmt *statement, const char *device, const char *journal,
                      int64_t boot)
{
    store_bind_text(statement, 1, device);
    store_bind_text(statement, 2, journal);
    store_bind_integer(statement, 3, boot);
}

int stream_load(struct store *store, const char *device, const char *journal, int64_t boot,
                const char *lane, int64_t *seq, int64_t *gap_rows, struct err *err)
{
    *seq = *gap_rows = 0;
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT seq, gap_rows FROM stream "
                      "WHERE device = ?1 AND journal = ?2 AND boot = ?3 AND lane = ?4",
                      err);
    if (!select)
        return ERR_STORAGE;
    bind_boot(select, device, journal, boot);
    store_bind_text(select, 4, lane);
    int status = store_step(store, select, err);
    if (status == 1) {
        *seq = store_column_integer(select, 0);
        *gap_rows = store_column_integer(select, 1);
    }
    (void)sqlite3_reset(select);
    return status < 0 ? status : 0;
}

int stream_save(struct store *store, const char *device, const char *journal, int64_t boot,
                const char *lane, int64_t seq, int64_t gap_rows, struct err *err)
{
    sqlite3_stmt *upsert =
        store_prepare(store,
                      "INSERT INTO stream (device, journal, boot, lane, seq, gap_rows) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device, journal, boot, lane) "
                      "DO UPDATE SET seq = excluded.seq, gap_rows = excluded.gap_rows",
                      err);
    if (!upsert)
        return ERR_STORAGE;
    bind_boot(upsert, device, journal, boot);
    store_bind_text(upsert, 4, lane);
    store_bind_integer(upsert, 5, seq);
    store_bind_integer(upsert, 6, gap_rows);
    return store_run(store, upsert, err);
}

int stream_list_marks(struct store *store, const char *device, const char *journal,
                      struct stream_marks *to, size_t max, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT boot, max(iif(lane = 'event', seq, 0)), max(iif(lane = 'telemetry', seq, 0)) "
        "FROM stream WHERE device = ?1 AND journal = ?2 GROUP BY boot ORDER BY boot DESC LIMIT ?3",
        err);
    if (!select)
        return ERR_STORAGE;
    bind_boot(select, device, journal, (int64_t)max);
    int count = 0, status;
    while ((status = store_step(store, select, err)) == 1)
        to[count++] = (struct stream_marks){.boot = store_column_integer(select, 0),
                                            .event = store_column_integer(select, 1),
                                            .telemetry = store_column_integer(select, 2)};
    return status < 0 ? status : count;
}

int clock_offset_load(struct store *store, const char *device, const char *journal, int64_t boot,
                      int64_t *offset_us, struct err *err)
{
    *offset_us = STORE_NULL;
    sqlite3_stmt *select = store_prepare(store,
                                         "SELECT offset_us FROM clock_offset "
                                         "WHERE device = ?1 AND journal = ?2 AND boot = ?3",
                                         err);
    if (!select)
        return ERR_STORAGE;
    bind_boot(select, device, journal, boot);
    int status = store_step(store, select, err);
    if (status == 1)
        *offset_us = store_column_integer(select, 0);
    (void)sqlite3_reset(select);
    return status < 0 ? status : 0;
}

int clock_offset_save(struct store *store, const char *device, const char *journal, int64_t boot,
                      int64_t offset_us, struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO clock_offset (device, journal, boot, offset_us) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (device, journal, boot) DO UPDATE SET offset_us = excluded.offset_us",
        err);
    if (!upsert)
        return ERR_STORAGE;
    bind_boot(upsert, device, journal, boot);
    store_bind_integer(upsert, 4, offset_us);
    return store_run(store, upsert, err);
}
