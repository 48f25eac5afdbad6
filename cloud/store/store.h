/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite database: opening with migrations, the writer's lock, transactions. All SQL of the
 * project lives in this folder: a subject's statements in store/<subject>.c with row structs in
 * store/<subject>.h. The store knows none of the domain modules.
 *
 * One connection is used by one thread. The writer (bridge, or swapctl when no bridge runs) holds
 * an exclusive lock on FILE.lock for as long as it is open; readers need none.
 */
#ifndef SWAPSTACK_STORE_STORE_H
#define SWAPSTACK_STORE_STORE_H

#include "base/err.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* "Absent" in row structs: integers STORE_NULL, doubles NAN, text NULL or "" (stored as NULL). */
#define STORE_NULL INT64_MIN

struct store; /* connection, prepared statements (made once, kept), lock */

/* A path that keeps everything in memory (tests, simulation): no lock, no WAL, lost at closing. */
#define STORE_MEMORY ":memory:"

enum store_mode {
    STORE_WRITE, /* create, migrate, lock; ERR_BUSY names the process that holds the lock */
    STORE_READ,  /* existing file only; never migrates; WAL reader */
    /* The same in a process that has this database open already. SQLite alone may touch the file
     * then: closing any other descriptor of it drops all POSIX locks of the process, and the next
     * program takes the WAL away from under the writer (sqlite.org/howtocorrupt.html, 2.2). */
    STORE_READ_BESIDE,
};

/* Opens `path`. Sets WAL, foreign_keys, busy time-out; checks application_id, user_version and
 * (STORE_WRITE) runs the numbered migrations, each in one transaction. A database of a newer
 * version or a damaged one is refused (ERR_STORAGE) and left as it is. */
int store_open(struct store **store, const char *path, enum store_mode mode, struct err *err);
void store_close(struct store *store);
void store_close_scope(struct store **store);

const char *store_path(const struct store *store);
sqlite3 *store_handle(struct store *store); /* for store/<subject>.c only */

/* The statement for `sql`, prepared at its first use and kept until close, reset and with cleared
 * bindings. `sql` must be a string literal (compared by address). NULL with *err set on failure.
 * For store/<subject>.c only. */
sqlite3_stmt *store_prepare(struct store *store, const char *sql, struct err *err);
/* Steps a statement that yields no rows. */
int store_run(struct store *store, sqlite3_stmt *statement, struct err *err);
/* One row: 1 there is one, 0 there is none, negative an error. Reset it after reading. */
int store_step(struct store *store, sqlite3_stmt *statement, struct err *err);
/* ERR_FULL, ERR_BUSY, ERR_INVALID (constraint) or ERR_STORAGE, with SQLite's own words. */
int store_error(struct store *store, const char *doing, struct err *err);

/* Binding and reading with the absent values above (1-based bind, 0-based column). */
void store_bind_integer(sqlite3_stmt *statement, int index, int64_t value);
void store_bind_real(sqlite3_stmt *statement, int index, double value);
void store_bind_text(sqlite3_stmt *statement, int index, const char *text); /* copied */
int64_t store_column_integer(sqlite3_stmt *statement, int column);
double store_column_real(sqlite3_stmt *statement, int column);
void store_column_text(sqlite3_stmt *statement, int column, char *to, size_t size);

/* Transactions of the writer. A mark inside one lets a single bad message be undone without
 * losing the batch. */
int store_begin(struct store *store, struct err *err);
/* For readers: what is read until store_rollback is one state of the database. */
int store_begin_reading(struct store *store, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);
/* False also when SQLite has rolled back by itself (disk full …): the batch must be redone. */
bool store_in_transaction(const struct store *store);
int store_mark(struct store *store, struct err *err);
int store_mark_release(struct store *store, struct err *err);
void store_mark_rollback(struct store *store);

/* Online backup into a new file (written beside it, then renamed); `progress` may be NULL. */
int store_backup(struct store *store, const char *to_path,
                 void (*progress)(void *self, int done_pages, int all_pages), void *self,
                 struct err *err);
/* Replaces the database by a backup, after checking it (integrity, version). Needs the lock: with
 * a bridge running ERR_BUSY. */
int store_restore(const char *db_path, const char *backup_path, struct err *err);

#endif
