/* SPDX-License-Identifier: Apache-2.0 */
/* What the files store_*.c share. Nobody else includes this. */
#ifndef SWAPSTACK_STORE_STORE_INTERNAL_H
#define SWAPSTACK_STORE_STORE_INTERNAL_H

#include "base/scope.h"
#include "store/store.h"
#include <stddef.h>

/* "SWAP" in the header of every database of ours (bytes 68..71). */
#define STORE_APPLICATION_ID 0x53574150

struct store_statement {
    const char *sql; /* the literal; its address is the key */
    sqlite3_stmt *statement;
};

struct store {
    sqlite3 *db;
    char *path;
    enum store_mode mode;
    int lock_fd; /* -1: no lock held */
    /* Open addressing by the literal's address; size is a power of two, at most half full. */
    struct store_statement *statements;
    size_t statement_slots, statement_count;
};

/* Takes the writer's lock on PATH.lock. Returns its descriptor or ERR_BUSY with a sentence that
 * names the holder's program and process. The lock ends when the descriptor is closed. */
int store_lock_take(const char *path, struct err *err);

/* Judges a database file by its first 100 bytes, without SQLite and without touching it.
 * *exists: the file is there and not empty. ERR_STORAGE: foreign, damaged or newer. */
int store_check_header(const char *path, bool *exists, struct err *err);
/* The same through an open connection (which also sees the WAL): application_id, user_version,
 * readable schema. `full`: PRAGMA integrity_check, else quick_check while the file is small. */
int store_check_database(sqlite3 *db, const char *path, bool full, int *version, struct err *err);

/* Finalizes all cached statements. */
void store_forget_statements(struct store *store);

/* fsync of a file or directory by name; ERR_IO with a sentence. */
int store_sync_path(const char *path, struct err *err);
/* fsync of the directory that holds `path`. */
int store_sync_directory(const char *path, struct err *err);

/* ERR_ code for a SQLite result. */
int store_code(int sqlite_code);

void store_db_close_scope(sqlite3 **db);

#endif
