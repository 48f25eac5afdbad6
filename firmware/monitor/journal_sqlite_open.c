/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the SQLite journal: schema, boot number, damage, reserve. */
#include "monitor/journal_sqlite.h"

#include "base/log.h"
#include "base/scope.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE  "journal"
#define VERSION 1 /* PRAGMA user_version */

static const char SCHEMA[] =
    "CREATE TABLE value(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event(key INTEGER PRIMARY KEY, time_us INTEGER NOT NULL,"
    " payload TEXT NOT NULL) STRICT;"
    "CREATE TABLE telemetry(key INTEGER PRIMARY KEY, time_us INTEGER NOT NULL,"
    " payload TEXT NOT NULL) STRICT;"
    "CREATE TABLE dead(number INTEGER PRIMARY KEY, lane TEXT NOT NULL, key INTEGER NOT NULL,"
    " time_us INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;"
    "CREATE TABLE command(number INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL,"
    " id TEXT NOT NULL, digest TEXT NOT NULL, type INTEGER NOT NULL, outcome TEXT NOT NULL,"
    " reason TEXT NOT NULL, detail TEXT NOT NULL, seen_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX command_identity ON command(identity, number);"
    "CREATE INDEX command_open ON command(number) WHERE outcome IN ('', 'accepted');"
    "PRAGMA user_version = 1;";

#define COMMAND_COLUMNS "number, identity, id, digest, type, outcome, reason, detail, seen_at"

static const char *const SQL[STATEMENT_COUNT] = {
    [STATEMENT_APPEND_EVENT] = "INSERT INTO event VALUES(?1, ?2, ?3)",
    [STATEMENT_APPEND_TELEMETRY] = "INSERT INTO telemetry VALUES(?1, ?2, ?3)",
    [STATEMENT_SUM_EVENT] =
        "SELECT count(*), ifnull(sum(length(CAST(payload AS BLOB))), 0) FROM event"
        " WHERE key BETWEEN ?1 AND ?2",
    [STATEMENT_SUM_TELEMETRY] =
        "SELECT count(*), ifnull(sum(length(CAST(payload AS BLOB))), 0) FROM telemetry"
        " WHERE key BETWEEN ?1 AND ?2",
    [STATEMENT_DELETE_EVENT] = "DELETE FROM event WHERE key BETWEEN ?1 AND ?2",
    [STATEMENT_DELETE_TELEMETRY] = "DELETE FROM telemetry WHERE key BETWEEN ?1 AND ?2",
    [STATEMENT_NEXT_EVENT] =
        "SELECT key, time_us, payload FROM event WHERE key > ?1 ORDER BY key LIMIT 1",
    [STATEMENT_NEXT_TELEMETRY] =
        "SELECT key, time_us, payload FROM telemetry WHERE key > ?1 ORDER BY key LIMIT 1",
    [STATEMENT_BURY_EVENT] = "INSERT INTO dead(lane, key, time_us, payload)"
                             " SELECT ?2, key, time_us, payload FROM event WHERE key = ?1",
    [STATEMENT_BURY_TELEMETRY] = "INSERT INTO dead(lane, key, time_us, payload)"
                                 " SELECT ?2, key, time_us, payload FROM telemetry WHERE key = ?1",
    [STATEMENT_BOUND_DEAD] =
        "DELETE FROM dead WHERE number <= (SELECT max(number) FROM dead) - 1000",
    [STATEMENT_PUT_VALUE] = "INSERT INTO value VALUES(?1, ?2)"
                            " ON CONFLICT(name) DO UPDATE SET value = ?2",
    [STATEMENT_GET_VALUE] = "SELECT value FROM value WHERE name = ?1",
    [STATEMENT_PUT_COMMAND] =
        "INSERT INTO command(" COMMAND_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        " ON CONFLICT(number) DO UPDATE SET outcome = ?6, reason = ?7, detail = ?8",
    [STATEMENT_FIND_COMMAND] = "SELECT " COMMAND_COLUMNS " FROM command WHERE identity = ?1"
                               " ORDER BY number DESC LIMIT 1",
    [STATEMENT_NEXT_OPEN] = "SELECT " COMMAND_COLUMNS " FROM command"
                            " WHERE outcome IN ('', 'accepted') AND number > ?1"
                            " ORDER BY number LIMIT 1",
    [STATEMENT_PURGE_COMMANDS] =
        "DELETE FROM command WHERE seen_at < ?1 AND outcome NOT IN ('', 'accepted')"
        " AND number <= (SELECT max(number) FROM command) - ?2",
};

_Static_assert(JOURNAL_DEAD_MAX == 1000, "the statement above says the same");

static int run(struct journal_sqlite *store, const char *sql, struct err *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_failed(store, "cannot be opened", err);
    return 0;
}

static int64_t ask_integer(struct journal_sqlite *store, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return value;
}

void sqlite_count(struct journal_sqlite *store)
{
    store->rows[0] = ask_integer(store, "SELECT count(*) FROM event");
    store->rows[1] = ask_integer(store, "SELECT count(*) FROM telemetry");
    store->telemetry_bytes =
        ask_integer(store, "SELECT ifnull(sum(length(CAST(payload AS BLOB))), 0) FROM telemetry") +
        store->rows[1] * JOURNAL_ROW_OVERHEAD;
}

/* The reserve -----------------------------------------------------------------------------------
 */

void sqlite_release_reserve(struct journal_sqlite *store)
{
    store->is_short = true;
    (void)unlink(store->reserve_path);
    log_error(MODULE, "StorageFault: %s; the reserve is used for the events of what still runs",
              sqlite3_errmsg(store->db));
}

void sqlite_take_reserve(struct journal_sqlite *store)
{
    SCOPE_CLOSE int fd = open(store->reserve_path, O_CREAT | O_RDWR | O_CLOEXEC, 0640);
    int rc = fd < 0 ? errno : posix_fallocate(fd, 0, SQLITE_RESERVE_BYTES);
    bool taken = rc == 0;
    if (!taken)
        (void)unlink(store->reserve_path); /* half a reserve only takes space */
    if (store->is_short && taken)
        log_info(MODULE, "storage has space again");
    if (!store->is_short && !taken)
        log_error(MODULE, "StorageFault: no space for the reserve %s: %s", store->reserve_path,
                  strerror(rc));
    store->is_short = !taken;
}

/* Opening ---------------------------------------------------------------------------------------
 */

void sqlite_release(struct journal_sqlite *store)
{
    if (!store)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]);
    (void)sqlite3_close(store->db);
    strbuf_free(&store->payload);
    free(store->path);
    free(store->reserve_path);
    free(store);
}

static void release_scope(struct journal_sqlite **store)
{
    sqlite_release(*store);
}

/* EXCLUSIVE keeps other processes out for as long as we run, and needs no shared memory file. */
static int open_file(struct journal_sqlite *store, struct err *err)
{
    if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK)
        return sqlite_failed(store, "cannot be opened", err);
    (void)sqlite3_extended_result_codes(store->db, 0);
    int rc = run(store,
                 "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                 "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-512; PRAGMA temp_store=MEMORY;"
                 "PRAGMA journal_size_limit=4194304; BEGIN IMMEDIATE; COMMIT",
                 err);
    if (rc < 0 && sqlite3_errcode(store->db) == SQLITE_BUSY)
        return err_set(err, ERR_BUSY, "journal %s: another monitor uses it", store->path);
    return rc;
}

static int open_schema(struct journal_sqlite *store, const char *new_id, struct err *err)
{
    int64_t version = ask_integer(store, "PRAGMA user_version");
    if (version > VERSION)
        return err_set(err, ERR_CONFIG,
                       "journal %s: format %" PRId64
                       " is newer than this program knows (%d); it is left as it is",
                       store->path, version, VERSION);
    if (version == VERSION)
        return 0;
    char id[128];
    (void)snprintf(id, sizeof(id), "INSERT INTO value VALUES('id', '%s');", new_id);
    int rc = run(store, "PRAGMA synchronous=FULL; BEGIN IMMEDIATE", err);
    if (rc == 0)
        rc = run(store, SCHEMA, err);
    if (rc == 0)
        rc = run(store, id, err);
    if (rc == 0)
        rc = run(store, "COMMIT; PRAGMA synchronous=NORMAL", err);
    return rc;
}

static int prepare(struct journal_sqlite *store, struct err *err)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(store->db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return sqlite_failed(store, "cannot be read", err);
    }
    sqlite_count(store);
    return 0;
}

/* The new boot's number is durable before anything is written under it. */
static int begin_boot(struct journal *journal, struct err *err)
{
    char text[JOURNAL_ID_SIZE] = "";
    int rc = journal->ops->get_value(journal->self, "id", text, sizeof(text), err);
    if (rc < 0)
        return rc;
    memcpy(journal->id, text, sizeof(journal->id));
    rc = journal->ops->get_value(journal->self, "boot", text, sizeof(text), err);
    if (rc < 0)
        return rc;
    journal->boot = strtoll(text, NULL, 10) + 1;
    (void)snprintf(text, sizeof(text), "%" PRId64, journal->boot);
    rc = journal->ops->begin(journal->self, true, err);
    if (rc == 0)
        rc = journal->ops->put_value(journal->self, "boot", text, err);
    if (rc == 0)
        return journal->ops->commit(journal->self, err);
    journal->ops->rollback(journal->self);
    return rc;
}

static int open_once(struct journal *journal, const char *directory, const char *new_id,
                     struct err *err)
{
    SCOPE(release_scope) struct journal_sqlite *store = calloc(1, sizeof(*store));
    if (!store || asprintf(&store->path, "%s/journal.db", directory) < 0 ||
        asprintf(&store->reserve_path, "%s/journal.reserve", directory) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    int rc = open_file(store, err);
    if (rc == 0 && ask_integer(store, "PRAGMA user_version") > 0) {
        sqlite3_stmt *check = NULL;
        bool good =
            sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &check, NULL) == SQLITE_OK &&
            sqlite3_step(check) == SQLITE_ROW &&
            strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
        (void)sqlite3_finalize(check);
        if (!good)
            rc = err_set(err, ERR_INVALID, "journal %s: it is damaged", store->path);
    }
    if (rc == 0)
        rc = open_schema(store, new_id, err);
    if (rc == 0)
        rc = prepare(store, err);
    int code = store->db ? sqlite3_errcode(store->db) : SQLITE_OK;
    if (rc < 0 && (code == SQLITE_CORRUPT || code == SQLITE_NOTADB))
        return err_set(err, ERR_INVALID, "journal %s: it is damaged: %s", store->path,
                       sqlite3_errmsg(store->db));
    if (rc < 0)
        return rc;
    sqlite_take_reserve(store);
    struct journal opened = {.ops = &JOURNAL_SQLITE_OPS, .self = store};
    rc = begin_boot(&opened, err);
    if (rc < 0)
        return rc;
    store = NULL; /* the journal owns it now */
    *journal = opened;
    return 0;
}

/* A station must run on: what is damaged is kept for people, under a name that is free. */
static int set_aside(const char *directory, struct err *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int n = 1; n < 1000; n++) {
        SCOPE_FREE char *probe = NULL;
        if (asprintf(&probe, "%s/journal.db.damaged-%d", directory, n) < 0)
            return err_set(err, ERR_NOMEM, "out of memory");
        if (access(probe, F_OK) == 0)
            continue;
        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
            SCOPE_FREE char *from = NULL;
            SCOPE_FREE char *to = NULL;
            if (asprintf(&from, "%s/journal.db%s", directory, suffixes[i]) < 0 ||
                asprintf(&to, "%s%s", probe, suffixes[i]) < 0)
                return err_set(err, ERR_NOMEM, "out of memory");
            if (rename(from, to) < 0 && errno != ENOENT)
                return err_set_errno(err, ERR_STORAGE, errno, "cannot set %s aside", from);
        }
        log_error(MODULE, "the journal was damaged and is kept as %s; a new one begins", probe);
        return 0;
    }
    return err_set(err, ERR_STORAGE, "journal in %s: too many damaged ones", directory);
}

int journal_sqlite_open(struct journal *journal, const char *directory, const char *new_id,
                        bool *damaged, struct err *err)
{
    *damaged = false;
    int rc = open_once(journal, directory, new_id, err);
    if (rc != ERR_INVALID)
        return rc;
    *damaged = true;
    rc = set_aside(directory, err);
    return rc < 0 ? rc : open_once(journal, directory, new_id, err);
}
