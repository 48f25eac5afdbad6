/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retention.h"

#include "store/chunk.h"

#include <string.h>

/* As event_log_passing is written, so that SQLite takes that index. */
#define PASSING "kind IN ('STATUS', 'REGISTER', 'COMMAND_RESULT')"

static enum charge_kept kept_of(const char *text)
{
    return !text || strcmp(text, "all") == 0 ? CHARGE_KEPT_ALL
           : strcmp(text, "thinned") == 0    ? CHARGE_KEPT_THINNED
                                             : CHARGE_KEPT_NONE;
}

int charge_kept_load(struct store *store, int64_t process, enum charge_kept *kept, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store, "SELECT kept FROM charge_retention WHERE process = ?1", err);
    *kept = CHARGE_KEPT_ALL;
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, process);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *kept = kept_of((const char *)sqlite3_column_text(select, 0));
    (void)sqlite3_reset(select);
    return 0;
}

int retention_next_process(struct store *store, int64_t after_us, int64_t after_id,
                           int64_t before_us, struct retention_process *row, struct err *err)
{
    sqlite3_stmt *select = store_prepare(
        store,
        "SELECT p.id, p.end_date, r.kept, coalesce(c.samples, h.samples, 0), r.samples "
        "FROM charging_process p LEFT JOIN charge_retention r ON r.process = p.id "
        "LEFT JOIN charge_chunk c ON c.process = p.id LEFT JOIN charge_head h ON h.process = p.id "
        "WHERE p.end_date IS NOT NULL AND (p.end_date, p.id) > (?1, ?2) AND p.end_date < ?3 "
        "ORDER BY p.end_date, p.id LIMIT 1",
        err);
    if (!select)
        return ERR_STORAGE;
    (void)sqlite3_bind_int64(select, 1, after_us);
    (void)sqlite3_bind_int64(select, 2, after_id);
    (void)sqlite3_bind_int64(select, 3, before_us);
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *row = (struct retention_process){
        .id = sqlite3_column_int64(select, 0),
        .end_date_us = sqlite3_column_int64(select, 1),
        .kept = kept_of((const char *)sqlite3_column_text(select, 2)),
        .samples = sqlite3_column_int64(select, 3),
        .looked_at = sqlite3_column_type(select, 2) != SQLITE_NULL &&
                     sqlite3_column_int64(select, 3) == sqlite3_column_int64(select, 4),
    };
    (void)sqlite3_reset(select);
    return 1;
}

static int keep_account(struct store *store, const struct retention_process *process, size_t count,
                        int64_t interval_s, int64_t at_us, struct err *err)
{
    sqlite3_stmt *upsert = store_prepare(
        store,
        "INSERT INTO charge_retention (process, kept, interval_s, samples_before, samples, "
        "reduced_at) VALUES (?1, iif(?4 = ?3, 'all', iif(?4 > 0, 'thinned', 'none')), ?2, ?3, ?4, "
        "?5) "
        /* A process that was reduced, resumed and looked at again is reduced for good. */
        "ON CONFLICT (process) DO UPDATE SET kept = CASE WHEN ?4 = 0 THEN 'none' WHEN kept <> "
        "'all' "
        "THEN 'thinned' ELSE excluded.kept END, samples_before = samples_before + ?3 - samples, "
        "samples = ?4, interval_s = coalesce(?2, interval_s), reduced_at = ?5",
        err);
    if (!upsert)
        return ERR_STORAGE;
    store_bind_integer(upsert, 1, process->id);
    store_bind_integer(upsert, 2, interval_s);
    store_bind_integer(upsert, 3, process->samples);
    store_bind_integer(upsert, 4, (int64_t)count);
    store_bind_integer(upsert, 5, at_us);
    return store_run(store, upsert, err);
}

int retention_reduce(struct store *store, const struct retention_process *process,
                     const struct charge_sample *samples, size_t count, int64_t interval_s,
                     int64_t at_us, struct err *err)
{
    int status = 0;
    if ((int64_t)count != process->samples)
        status = charge_repack(store, process->id, samples, count, err);
    return status < 0 ? status : keep_account(store, process, count, interval_s, at_us, err);
}

/* Runs a DELETE whose values are a time and a number of rows. */
static int trim(struct store *store, sqlite3_stmt *statement, int64_t before_us, int64_t most,
                int64_t *removed, struct err *err)
{
    *removed = 0;
    if (!statement)
        return ERR_STORAGE;
    store_bind_integer(statement, 1, before_us);
    store_bind_integer(statement, 2, most);
    int status = store_run(store, statement, err);
    if (status == 0)
        *removed = sqlite3_changes64(store_handle(store));
    return status;
}

int retention_trim_quarantine(struct store *store, int64_t before_us, int64_t most,
                              int64_t *removed, struct err *err)
{
    /* In the order of arrival; the newest stays, so that ids only grow (store/quarantine.c). */
    return trim(store,
                store_prepare(store,
                              "DELETE FROM quarantine WHERE received_at < ?1 AND id IN (SELECT id "
                              "FROM quarantine ORDER BY id LIMIT ?2) AND id < (SELECT max(id) FROM "
                              "quarantine)",
                              err),
                before_us, most, removed, err);
}

int retention_trim_event_log(struct store *store, int64_t before_us, int64_t most, int64_t *removed,
                             struct err *err)
{
    return trim(
        store,
        store_prepare(store,
                      "DELETE FROM event_log WHERE id IN (SELECT id FROM event_log WHERE " PASSING
                      " AND received_at < ?1 ORDER BY received_at LIMIT ?2) "
                      "AND id < (SELECT max(id) FROM event_log)",
                      err),
        before_us, most, removed, err);
}

int retention_count_old(struct store *store, int64_t quarantine_before_us,
                        int64_t event_log_before_us, int64_t *quarantine, int64_t *event_log,
                        struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT (SELECT count(*) FROM quarantine WHERE received_at < ?1), "
                      "(SELECT count(*) FROM event_log WHERE " PASSING " AND received_at < ?2)",
                      err);
    if (!select)
        return ERR_STORAGE;
    store_bind_integer(select, 1, quarantine_before_us);
    store_bind_integer(select, 2, event_log_before_us);
    int found = store_step(store, select, err);
    if (found < 0)
        return found;
    *quarantine = sqlite3_column_int64(select, 0);
    *event_log = sqlite3_column_int64(select, 1);
    (void)sqlite3_reset(select);
    return 0;
}

/* The number that a pragma without arguments gives. */
static int read_number(struct store *store, sqlite3_stmt *pragma, int64_t *number, struct err *err)
{
    if (!pragma)
        return ERR_STORAGE;
    int found = store_step(store, pragma, err);
    if (found == 1) {
        *number = sqlite3_column_int64(pragma, 0);
        (void)sqlite3_reset(pragma);
    }
    return found < 0 ? found : 0;
}

int retention_release_pages(struct store *store, int64_t spare, int64_t most, int64_t *released,
                            struct err *err)
{
    int64_t before = 0, after = 0, mode = 0;
    char sql[64];
    *released = 0;
    int status =
        read_number(store, store_prepare(store, "PRAGMA freelist_count", err), &before, err);
    if (status == 0)
        status = read_number(store, store_prepare(store, "PRAGMA auto_vacuum", err), &mode, err);
    if (status < 0 || mode == 0 || before <= spare)
        return status;
    /* The count is no parameter; this is done now and then. */
    (void)snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%lld)",
                   (long long)(before - spare < most ? before - spare : most));
    if (sqlite3_exec(store_handle(store), sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_error(store, sql, err);
    status = read_number(store, store_prepare(store, "PRAGMA freelist_count", err), &after, err);
    *released = before - after;
    return status;
}

int retention_state_load(struct store *store, struct retention_state *state, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(store,
                      "SELECT thin_after_days, thin_interval_s, drop_after_days, quarantine_days, "
                      "event_log_days, pass_began_at, pass_ended_at FROM retention_state",
                      err);
    if (!select)
        return ERR_STORAGE;
    int found = store_step(store, select, err);
    if (found <= 0)
        return found;
    *state = (struct retention_state){.thin_after_days = sqlite3_column_double(select, 0),
                                      .thin_interval_s = sqlite3_column_int64(select, 1),
                                      .drop_after_days = sqlite3_column_double(select, 2),
                                      .quarantine_days = sqlite3_column_double(select, 3),
                                      .event_log_days = sqlite3_column_double(select, 4),
                                      .pass_began_at_us = store_column_integer(select, 5),
                                      .pass_ended_at_us = store_column_integer(select, 6)};
    (void)sqlite3_reset(select);
    return 1;
}

int retention_state_save(struct store *store, const struct retention_state *state, struct err *err)
{
    sqlite3_stmt *insert = store_prepare(
        store, "INSERT OR REPLACE INTO retention_state VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        err);
    if (!insert)
        return ERR_STORAGE;
    store_bind_real(insert, 1, state->thin_after_days);
    store_bind_integer(insert, 2, state->thin_interval_s);
    store_bind_real(insert, 3, state->drop_after_days);
    store_bind_real(insert, 4, state->quarantine_days);
    store_bind_real(insert, 5, state->event_log_days);
    store_bind_integer(insert, 6, state->pass_began_at_us);
    store_bind_integer(insert, 7, state->pass_ended_at_us);
    return store_run(store, insert, err);
}
