/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, migrating and closing the database. */
#include "store/charge_scan.h"
#include "store/migrations.h"
#include "store/store_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000

static int execute(sqlite3 *db, const char *path, const char *sql, struct err *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return err_set(err, store_code(sqlite3_extended_errcode(db)), "database %s: %s", path,
                       sqlite3_errmsg(db));
    return 0;
}

/* What every connection needs; none of it writes. */
static int configure_connection(struct store *store, struct err *err)
{
    (void)sqlite3_extended_result_codes(store->db, 1);
    (void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    return execute(store->db, store->path,
                   "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF",
                   err);
}

/* The mark of ours goes in before WAL, so that the file itself (not only its WAL) carries it from
 * its first byte on: store_check_header relies on that. */
static int create(struct store *store, struct err *err)
{
    char sql[96];
    /* Before the first page: the file can give back what retention frees, page by page. In one
     * transaction with the mark: the power may fail between two. */
    (void)snprintf(sql, sizeof sql,
                   "BEGIN; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA application_id=%d; COMMIT",
                   STORE_APPLICATION_ID);
    return execute(store->db, store->path, sql, err);
}

/* FULL: a commit survives a power cut; WAL makes that one fsync per batch. */
static int configure_writer(struct store *store, struct err *err)
{
    return execute(store->db, store->path,
                   "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; "
                   "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864",
                   err);
}

static int migrate(struct store *store, int version, struct err *err)
{
    for (int next = version; next < MIGRATION_COUNT; next++) {
        char mark[64];
        (void)snprintf(mark, sizeof mark, "PRAGMA user_version=%d", next + 1);
        int status = execute(store->db, store->path, "BEGIN IMMEDIATE", err);
        if (status == 0)
            status = execute(store->db, store->path, MIGRATIONS[next], err);
        if (status == 0)
            status = execute(store->db, store->path, mark, err);
        if (status == 0)
            status = execute(store->db, store->path, "COMMIT", err);
        if (status < 0) {
            (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
            return err_prefix(err, "migration to schema version %d: ", next + 1);
        }
    }
    return 0;
}

/* The tables of SQL that are no tables of the file (charge_table.c, charge_damage.c). */
static int add_tables(struct store *store, struct err *err)
{
    int code = charge_table_add(store->db);
    if (code == SQLITE_OK)
        code = charge_damage_add(store->db);
    return code == SQLITE_OK ? 0 : store_error(store, "the table charge", err);
}

static int open_connection(struct store *store, int flags, struct err *err)
{
    int code = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        int status = configure_connection(store, err);
        return status < 0 ? status : add_tables(store, err);
    }
    return err_set(err, code == SQLITE_CANTOPEN ? ERR_IO : store_code(code),
                   "database %s: cannot be opened: %s", store->path,
                   store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
}

/* A file that the power failed on while it was being made is there and has bytes, and SQLite rolls
 * it back to no page at all: nobody's database yet. */
static int has_pages(struct store *store, bool *pages, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA page_count", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *pages = sqlite3_column_int64(statement, 0) > 0;
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0
                              : err_set(err, store_code(code), "database %s: %s", store->path,
                                        sqlite3_errmsg(store->db));
}

/* Checks what is there before anything is written; a refused database must stay as it is, so not
 * even its WAL is folded in at closing. */
static int check(struct store *store, int *version, struct err *err)
{
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int status = store_check_database(store->db, store->path, false, version, err);
    if (status == 0)
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return status;
}

static int open_writer(struct store *store, struct err *err)
{
    bool memory = strcmp(store->path, STORE_MEMORY) == 0, exists = false;
    int version = 0, status = 0;
    if (!memory) {
        store->lock_fd = store_lock_take(store->path, err);
        if (store->lock_fd < 0)
            return store->lock_fd;
        status = store_check_header(store->path, &exists, err);
    }
    if (status == 0)
        status = open_connection(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (status == 0 && exists)
        status = has_pages(store, &exists, err);
    if (status == 0)
        status = exists ? check(store, &version, err) : create(store, err);
    if (status == 0)
        status = configure_writer(store, err);
    if (status == 0)
        status = migrate(store, version, err);
    return status;
}

static int open_reader(struct store *store, struct err *err)
{
    bool exists = true;
    int version = 0, status = 0;
    if (store->mode == STORE_READ)
        status = store_check_header(store->path, &exists, err);
    if (status < 0)
        return status;
    if (!exists)
        return err_set(err, ERR_NOT_FOUND, "database %s: does not exist; swap-bridge creates it",
                       store->path);
    status = open_connection(store, SQLITE_OPEN_READONLY, err);
    if (status == 0)
        status = check(store, &version, err);
    if (status == 0 && version < MIGRATION_COUNT)
        status = err_set(err, ERR_STORAGE,
                         "database %s: schema version %d, this program reads %d; start swap-bridge "
                         "once to bring it up to date",
                         store->path, version, MIGRATION_COUNT);
    return status;
}

int store_open(struct store **store, const char *path, enum store_mode mode, struct err *err)
{
    *store = NULL;
    SCOPE(store_close_scope) struct store *opened = calloc(1, sizeof *opened);
    if (!opened)
        return err_set(err, ERR_NOMEM, "database %s: out of memory", path);
    opened->lock_fd = -1;
    opened->mode = mode;
    opened->path = strdup(path);
    if (!opened->path)
        return err_set(err, ERR_NOMEM, "database %s: out of memory", path);
    int status = mode == STORE_WRITE ? open_writer(opened, err) : open_reader(opened, err);
    if (status < 0)
        return status;
    *store = SCOPE_STEAL(opened);
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_forget_statements(store);
    store_db_close_scope(&store->db);
    if (store->lock_fd >= 0)
        (void)close(store->lock_fd);
    free(store->path);
    free(store);
}

void store_close_scope(struct store **store)
{
    store_close(*store);
}

void store_db_close_scope(sqlite3 **db)
{
    int code = sqlite3_close(*db);
    assert(code == SQLITE_OK); /* else a statement outlives its connection */
    (void)code;
    *db = NULL;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

sqlite3 *store_handle(struct store *store)
{
    return store->db;
}
