/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal in SQLite (WAL): changes and reads. Opening, schema and the space reserve are in
 * journal_sqlite_open.c.
 *
 * A row's key is boot * 2^40 + seq, one ascending integer, so that appending writes at the end of
 * the table and a lane's order is the key's. A durable commit runs with synchronous=FULL (the WAL
 * is synced), others with NORMAL (synced at the next durable commit or checkpoint).
 */
#include "monitor/journal_sqlite.h"

#include "base/log.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define MODULE "journal"

int sqlite_failed(struct journal_sqlite *store, const char *what, struct err *err)
{
    int code = sqlite3_errcode(store->db);
    bool full = code == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR || code == SQLITE_READONLY;
    if (full && !store->is_short)
        sqlite_release_reserve(store);
    return err_set(err, code == SQLITE_FULL ? ERR_FULL : ERR_STORAGE, "journal %s: %s: %s",
                   store->path, what, sqlite3_errmsg(store->db));
}

static int run(struct journal_sqlite *store, const char *sql, struct err *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_failed(store, sql, err);
    return 0;
}

/* Prepared once, reset at each use. */
static sqlite3_stmt *statement(struct journal_sqlite *store, enum sqlite_statement which)
{
    sqlite3_stmt *stmt = store->statements[which];
    if (stmt) {
        (void)sqlite3_reset(stmt);
        (void)sqlite3_clear_bindings(stmt);
    }
    return stmt;
}

static int finish(struct journal_sqlite *store, sqlite3_stmt *stmt, const char *what,
                  struct err *err)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_DONE || rc == SQLITE_ROW) {
        (void)sqlite3_reset(stmt);
        return 0;
    }
    int code = sqlite_failed(store, what, err);
    (void)sqlite3_reset(stmt);
    return code;
}

static int64_t key_of(int64_t boot, int64_t seq)
{
    return boot << SQLITE_SEQ_BITS | seq;
}

static enum sqlite_statement by_lane(enum sqlite_statement event_one, enum message_lane lane)
{
    return (enum sqlite_statement)((int)event_one + lane_index(lane));
}

/* SQLite fixes how far a commit is synced when the transaction begins. */
static int sqlite_begin(void *self, bool durable, struct err *err)
{
    struct journal_sqlite *store = self;
    int rc = 0;
    if (durable != store->synchronous_full)
        rc = run(store, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err);
    if (rc == 0) {
        store->synchronous_full = durable;
        rc = run(store, "BEGIN IMMEDIATE", err);
    }
    return rc;
}

static void sqlite_rollback(void *self)
{
    struct journal_sqlite *store = self;
    if (!sqlite3_get_autocommit(store->db))
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite_count(store);
}

static int sqlite_commit(void *self, struct err *err)
{
    struct journal_sqlite *store = self;
    int rc = run(store, "COMMIT", err);
    if (rc < 0)
        sqlite_rollback(store);
    return rc;
}

static int sqlite_append(void *self, const struct journal_row *row, struct err *err)
{
    struct journal_sqlite *store = self;
    sqlite3_stmt *stmt = statement(store, by_lane(STATEMENT_APPEND_EVENT, row->lane));
    sqlite3_bind_int64(stmt, 1, key_of(row->boot, row->seq));
    sqlite3_bind_int64(stmt, 2, row->time_us);
    sqlite3_bind_text(stmt, 3, row->payload, (int)row->length, SQLITE_STATIC);
    int rc = finish(store, stmt, "cannot append a row", err);
    if (rc < 0)
        return rc;
    store->rows[lane_index(row->lane)]++;
    if (row->lane == LANE_TELEMETRY)
        store->telemetry_bytes += (int64_t)row->length + JOURNAL_ROW_OVERHEAD;
    return 0;
}

/* Deletes keys from..to and keeps the counts. */
static int delete_keys(struct journal_sqlite *store, enum message_lane lane, int64_t from,
                       int64_t to, struct err *err)
{
    sqlite3_stmt *sum = statement(store, by_lane(STATEMENT_SUM_EVENT, lane));
    sqlite3_bind_int64(sum, 1, from);
    sqlite3_bind_int64(sum, 2, to);
    if (sqlite3_step(sum) != SQLITE_ROW)
        return sqlite_failed(store, "cannot count rows", err);
    int64_t rows = sqlite3_column_int64(sum, 0), bytes = sqlite3_column_int64(sum, 1);
    (void)sqlite3_reset(sum);
    if (rows == 0)
        return 0;
    sqlite3_stmt *stmt = statement(store, by_lane(STATEMENT_DELETE_EVENT, lane));
    sqlite3_bind_int64(stmt, 1, from);
    sqlite3_bind_int64(stmt, 2, to);
    int rc = finish(store, stmt, "cannot delete rows", err);
    if (rc < 0)
        return rc;
    store->rows[lane_index(lane)] -= rows;
    if (lane == LANE_TELEMETRY)
        store->telemetry_bytes -= bytes + rows * JOURNAL_ROW_OVERHEAD;
    return 0;
}

static int sqlite_acknowledge(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                              struct err *err)
{
    int64_t most = (INT64_C(1) << SQLITE_SEQ_BITS) - 1;
    return delete_keys(self, lane, key_of(boot, 0), key_of(boot, seq < most ? seq : most), err);
}

static int sqlite_remove(void *self, enum message_lane lane, int64_t boot, int64_t seq, bool dead,
                         struct err *err)
{
    struct journal_sqlite *store = self;
    int rc = 0;
    if (dead) {
        sqlite3_stmt *stmt = statement(store, by_lane(STATEMENT_BURY_EVENT, lane));
        sqlite3_bind_int64(stmt, 1, key_of(boot, seq));
        sqlite3_bind_text(stmt, 2, message_lane_name(lane), -1, SQLITE_STATIC);
        rc = finish(store, stmt, "cannot set a row aside", err);
        if (rc == 0)
            rc = finish(store, statement(store, STATEMENT_BOUND_DEAD), "cannot bound dead rows",
                        err);
    }
    return rc < 0 ? rc : delete_keys(store, lane, key_of(boot, seq), key_of(boot, seq), err);
}

static int sqlite_put_value(void *self, const char *name, const char *value, struct err *err)
{
    sqlite3_stmt *stmt = statement(self, STATEMENT_PUT_VALUE);
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
    return finish(self, stmt, "cannot store a value", err);
}

static int sqlite_put_command(void *self, struct journal_command *command, struct err *err)
{
    struct journal_sqlite *store = self;
    sqlite3_stmt *stmt = statement(store, STATEMENT_PUT_COMMAND);
    if (command->number > 0)
        sqlite3_bind_int64(stmt, 1, command->number);
    sqlite3_bind_text(stmt, 2, command->identity, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 3, command->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, command->digest, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 5, command->type);
    sqlite3_bind_text(stmt, 6, command->outcome, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 7, command->reason, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 8, command->detail, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 9, command->seen_wall_us);
    int rc = finish(store, stmt, "cannot store a command", err);
    if (rc == 0 && command->number == 0)
        command->number = sqlite3_last_insert_rowid(store->db);
    return rc;
}

static int sqlite_purge_commands(void *self, int64_t before_wall_us, int64_t keep, struct err *err)
{
    sqlite3_stmt *stmt = statement(self, STATEMENT_PURGE_COMMANDS);
    sqlite3_bind_int64(stmt, 1, before_wall_us);
    sqlite3_bind_int64(stmt, 2, keep);
    return finish(self, stmt, "cannot forget old commands", err);
}

static int sqlite_next_row(void *self, enum message_lane lane, int64_t boot, int64_t seq,
                           struct journal_row *row, struct err *err)
{
    struct journal_sqlite *store = self;
    sqlite3_stmt *stmt = statement(store, by_lane(STATEMENT_NEXT_EVENT, lane));
    sqlite3_bind_int64(stmt, 1, key_of(boot, seq));
    int rc = sqlite3_step(stmt), code = 0;
    if (rc == SQLITE_ROW) {
        int64_t key = sqlite3_column_int64(stmt, 0);
        /* Copied, so that no read stays open: it would keep the WAL from starting over. */
        strbuf_clear(&store->payload);
        strbuf_append(&store->payload, sqlite3_column_text(stmt, 2),
                      (size_t)sqlite3_column_bytes(stmt, 2));
        *row = (struct journal_row){.lane = lane,
                                    .boot = key >> SQLITE_SEQ_BITS,
                                    .seq = key & ((INT64_C(1) << SQLITE_SEQ_BITS) - 1),
                                    .time_us = sqlite3_column_int64(stmt, 1),
                                    .payload = strbuf_text(&store->payload),
                                    .length = store->payload.length};
        if (strbuf_failed(&store->payload))
            code = err_set(err, ERR_NOMEM, "journal: out of memory");
    } else if (rc == SQLITE_DONE) {
        code = err_set(err, ERR_NOT_FOUND, "journal: no more rows");
    } else {
        code = sqlite_failed(store, "cannot read a row", err);
    }
    (void)sqlite3_reset(stmt);
    return code;
}

static int sqlite_get_value(void *self, const char *name, char *value, size_t size, struct err *err)
{
    struct journal_sqlite *store = self;
    sqlite3_stmt *stmt = statement(store, STATEMENT_GET_VALUE);
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    value[0] = '\0';
    int rc = sqlite3_step(stmt), code = 0;
    if (rc == SQLITE_ROW) {
        size_t length = (size_t)sqlite3_column_bytes(stmt, 0);
        if (length >= size)
            code = err_set(err, ERR_INVALID, "journal: value %s is too long", name);
        else
            memcpy(value, sqlite3_column_text(stmt, 0), length + 1);
    } else if (rc != SQLITE_DONE) {
        code = sqlite_failed(store, "cannot read a value", err);
    }
    (void)sqlite3_reset(stmt);
    return code;
}

static void copy_column(sqlite3_stmt *stmt, int column, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);
    (void)snprintf(to, size, "%s", text ? (const char *)text : "");
}

static int read_command(struct journal_sqlite *store, sqlite3_stmt *stmt,
                        struct journal_command *command, struct err *err)
{
    int rc = sqlite3_step(stmt), code = 0;
    if (rc == SQLITE_ROW) {
        *command = (struct journal_command){.number = sqlite3_column_int64(stmt, 0),
                                            .type = sqlite3_column_int64(stmt, 4),
                                            .seen_wall_us = sqlite3_column_int64(stmt, 8)};
        copy_column(stmt, 1, command->identity, sizeof(command->identity));
        copy_column(stmt, 2, command->id, sizeof(command->id));
        copy_column(stmt, 3, command->digest, sizeof(command->digest));
        copy_column(stmt, 5, command->outcome, sizeof(command->outcome));
        copy_column(stmt, 6, command->reason, sizeof(command->reason));
        copy_column(stmt, 7, command->detail, sizeof(command->detail));
    } else if (rc == SQLITE_DONE) {
        code = err_set(err, ERR_NOT_FOUND, "journal: no such command");
    } else {
        code = sqlite_failed(store, "cannot read a command", err);
    }
    (void)sqlite3_reset(stmt);
    return code;
}

static int sqlite_find_command(void *self, const char *identity, struct journal_command *command,
                               struct err *err)
{
    sqlite3_stmt *stmt = statement(self, STATEMENT_FIND_COMMAND);
    sqlite3_bind_text(stmt, 1, identity, -1, SQLITE_STATIC);
    return read_command(self, stmt, command, err);
}

static int sqlite_next_open(void *self, int64_t number, struct journal_command *command,
                            struct err *err)
{
    sqlite3_stmt *stmt = statement(self, STATEMENT_NEXT_OPEN);
    sqlite3_bind_int64(stmt, 1, number);
    return read_command(self, stmt, command, err);
}

static void sqlite_totals(void *self, struct journal_totals *totals)
{
    struct journal_sqlite *store = self;
    *totals = (struct journal_totals){.telemetry_bytes = store->telemetry_bytes,
                                      .oldest_us = MESSAGE_ABSENT};
    for (int i = 0; i < JOURNAL_LANES; i++) {
        struct journal_row row;
        totals->rows[i] = store->rows[i];
        if (sqlite_next_row(store, i == 0 ? LANE_EVENT : LANE_TELEMETRY, 0, 0, &row, NULL) == 0 &&
            (totals->oldest_us == MESSAGE_ABSENT || row.time_us < totals->oldest_us))
            totals->oldest_us = row.time_us;
    }
}

static bool sqlite_is_short(void *self)
{
    const struct journal_sqlite *store = self;
    return store->is_short;
}

/* The reserve itself, released, is no space: were it taken back at once, the next write would fail
 * again. So there must be as much beside it. */
static void sqlite_recover(void *self)
{
    struct journal_sqlite *store = self;
    struct statvfs disk;
    if (store->is_short && statvfs(store->path, &disk) == 0 &&
        (int64_t)(disk.f_bavail * disk.f_frsize) < 2 * SQLITE_RESERVE_BYTES)
        return;
    sqlite_take_reserve(store);
}

static void sqlite_close(void *self)
{
    struct journal_sqlite *store = self;
    if (!sqlite3_get_autocommit(store->db) && run(store, "COMMIT", NULL) < 0)
        log_error(MODULE, "the last group is lost: %s", sqlite3_errmsg(store->db));
    sqlite_release(store);
}

const struct journal_ops JOURNAL_SQLITE_OPS = {
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .append = sqlite_append,
    .acknowledge = sqlite_acknowledge,
    .remove = sqlite_remove,
    .put_value = sqlite_put_value,
    .put_command = sqlite_put_command,
    .purge_commands = sqlite_purge_commands,
    .next_row = sqlite_next_row,
    .get_value = sqlite_get_value,
    .find_command = sqlite_find_command,
    .next_open_command = sqlite_next_open,
    .totals = sqlite_totals,
    .is_short = sqlite_is_short,
    .recover = sqlite_recover,
    .close = sqlite_close,
};
