/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: prepared once, kept; binding and reading with the project's absent values. */
#include "store/store_internal.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SLOTS 128 /* a power of two */

static size_t slot_of(const struct store *store, const char *sql)
{
    size_t mask = store->statement_slots - 1;
    /* Fibonacci hashing: literals lie close together, their low bits tell little. */
    size_t slot = (size_t)(((uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (store->statements[slot].sql && store->statements[slot].sql != sql)
        slot = (slot + 1) & mask;
    return slot;
}

static int grow(struct store *store, struct err *err)
{
    if (store->statement_count * 2 < store->statement_slots)
        return 0;
    struct store_statement *old = store->statements;
    size_t old_slots = store->statement_slots;
    size_t slots = old_slots ? old_slots * 2 : FIRST_SLOTS;
    struct store_statement *bigger = calloc(slots, sizeof *bigger);
    if (!bigger)
        return err_set(err, ERR_NOMEM, "database %s: out of memory", store->path);
    store->statements = bigger;
    store->statement_slots = slots;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].sql)
            bigger[slot_of(store, old[i].sql)] = old[i];
    free(old);
    return 0;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql, struct err *err)
{
    if (grow(store, err) < 0)
        return NULL;
    struct store_statement *entry = &store->statements[slot_of(store, sql)];
    if (entry->sql) {
        (void)sqlite3_reset(entry->statement);
        (void)sqlite3_clear_bindings(entry->statement);
        return entry->statement;
    }
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        (void)store_error(store, sql, err);
        return NULL;
    }
    *entry = (struct store_statement){.sql = sql, .statement = statement};
    store->statement_count++;
    return statement;
}

void store_forget_statements(struct store *store)
{
    for (size_t i = 0; i < store->statement_slots; i++)
        (void)sqlite3_finalize(store->statements[i].statement);
    free(store->statements);
    store->statements = NULL;
    store->statement_slots = store->statement_count = 0;
}

int store_step(struct store *store, sqlite3_stmt *statement, struct err *err)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    int status = code == SQLITE_DONE ? 0 : store_error(store, sqlite3_sql(statement), err);
    /* Done or failed: an open statement would hold its read snapshot and keep the WAL growing. */
    (void)sqlite3_reset(statement);
    return status;
}

int store_run(struct store *store, sqlite3_stmt *statement, struct err *err)
{
    int status = store_step(store, statement, err);
    assert(status <= 0); /* a statement that yields rows belongs to store_step */
    if (status > 0)
        (void)sqlite3_reset(statement);
    return status > 0 ? 0 : status;
}

int store_code(int sqlite_code)
{
    switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return ERR_INVALID;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    default:
        return ERR_STORAGE;
    }
}

int store_error(struct store *store, const char *doing, struct err *err)
{
    int code = store_code(sqlite3_extended_errcode(store->db));
    /* A full disk can show as a failed write or fsync. */
    if (code == ERR_STORAGE && sqlite3_system_errno(store->db) == ENOSPC)
        code = ERR_FULL;
    return err_set(err, code, "database %s: %s (at: %.120s)", store->path,
                   sqlite3_errmsg(store->db), doing);
}

void store_bind_integer(sqlite3_stmt *statement, int index, int64_t value)
{
    int code = value == STORE_NULL ? sqlite3_bind_null(statement, index)
                                   : sqlite3_bind_int64(statement, index, value);
    assert(code == SQLITE_OK);
    (void)code;
}

void store_bind_real(sqlite3_stmt *statement, int index, double value)
{
    int code = isnan(value) ? sqlite3_bind_null(statement, index)
                            : sqlite3_bind_double(statement, index, value);
    assert(code == SQLITE_OK);
    (void)code;
}

void store_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    /* Out of memory here leaves NULL bound; the step then fails or SQLite reports SQLITE_NOMEM. */
    int code = text && text[0] ? sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT)
                               : sqlite3_bind_null(statement, index);
    assert(code == SQLITE_OK || code == SQLITE_NOMEM);
    (void)code;
}

int64_t store_column_integer(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return STORE_NULL;
    return sqlite3_column_int64(statement, column);
}

double store_column_real(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return NAN;
    return sqlite3_column_double(statement, column);
}

void store_column_text(sqlite3_stmt *statement, int column, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    (void)snprintf(to, size, "%s", text ? (const char *)text : "");
}
