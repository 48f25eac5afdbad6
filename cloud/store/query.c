/* SPDX-License-Identifier: Apache-2.0 */
#include "store/query.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_PER_TICK 20000
#define SHOWN          40 /* bytes of the statement from the error on */

struct query {
    struct store *store;
    const struct query_listener *listener;
    bool stopped;
};

static int on_progress(void *self)
{
    struct query *query = self;
    if (!query->stopped)
        query->stopped = query->listener->tick && query->listener->tick(query->listener->tick_self);
    return query->stopped;
}

static void finalize_scope(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

/* A person's mistake is named with its place; what else fails is the store's. */
static int fail(struct query *query, const char *sql, struct err *err)
{
    sqlite3 *db = store_handle(query->store);
    int code = sqlite3_errcode(db) & 0xff, offset = sqlite3_error_offset(db);
    if (query->stopped)
        return 1;
    if (code != SQLITE_ERROR && code != SQLITE_RANGE && code != SQLITE_TOOBIG &&
        code != SQLITE_AUTH && code != SQLITE_MISMATCH)
        return store_error(query->store, "SQL", err);
    if (offset < 0 || (size_t)offset >= strlen(sql))
        return err_set(err, ERR_INVALID, "SQL: %s", sqlite3_errmsg(db));
    return err_set(err, ERR_INVALID, "SQL: %s (at: %.*s)", sqlite3_errmsg(db), SHOWN, sql + offset);
}

static void read_values(sqlite3_stmt *statement, struct query_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int column = (int)i;
        values[i] = (struct query_value){.kind = QUERY_NULL};
        switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            values[i].kind = QUERY_INTEGER;
            values[i].integer = sqlite3_column_int64(statement, column);
            break;
        case SQLITE_FLOAT:
            values[i].kind = QUERY_REAL;
            values[i].real = sqlite3_column_double(statement, column);
            break;
        case SQLITE_TEXT:
            values[i].kind = QUERY_TEXT;
            values[i].bytes = (const char *)sqlite3_column_text(statement, column);
            break;
        case SQLITE_BLOB:
            values[i].kind = QUERY_BLOB;
            values[i].bytes = sqlite3_column_blob(statement, column);
            break;
        default:
            break;
        }
        if (values[i].bytes)
            values[i].length = (size_t)sqlite3_column_bytes(statement, column);
        else
            values[i].bytes = ""; /* no blob of no bytes, nor memory that is short */
    }
}

/* Rows of one statement. */
static int step_rows(struct query *query, sqlite3_stmt *statement, const char *sql, struct err *err)
{
    const struct query_listener *listener = query->listener;
    size_t count = (size_t)sqlite3_column_count(statement);
    SCOPE_FREE struct query_value *values = calloc(count + 1, sizeof *values);
    SCOPE_FREE const char **names = calloc(count + 1, sizeof *names);
    if (!values || !names)
        return err_set(err, ERR_NOMEM, "SQL: no memory for a row");
    for (size_t i = 0; i < count; i++)
        names[i] = sqlite3_column_name(statement, (int)i);
    int rc = count > 0 ? listener->columns(listener->self, names, count, err) : 0;
    while (rc == 0) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_DONE)
            break;
        if (code != SQLITE_ROW)
            rc = fail(query, sql, err);
        if (rc == 0) {
            read_values(statement, values, count);
            rc = listener->row(listener->self, values, count, err);
        }
    }
    /* Also after an interruption: what was shown is brought to its end. */
    if (count > 0 && rc >= 0) {
        int ended = listener->end(listener->self, err);
        rc = ended < 0 ? ended : rc;
    }
    return rc;
}

/* The first statement of *sql, which moves behind it. */
static int run_one(struct query *query, const char **sql, struct err *err)
{
    SCOPE(finalize_scope) sqlite3_stmt *statement = NULL;
    const char *start = *sql;
    if (sqlite3_prepare_v2(store_handle(query->store), start, -1, &statement, sql) != SQLITE_OK)
        return fail(query, start, err);
    if (!statement) /* blanks and comments */
        return 0;
    if (!sqlite3_stmt_readonly(statement))
        return err_set(err, ERR_PERMISSION,
                       "SQL: this statement writes, and here is only read: %.60s",
                       sqlite3_sql(statement));
    return step_rows(query, statement, start, err);
}

int query_run(struct store *store, const char *sql, const struct query_listener *listener,
              struct err *err)
{
    struct query query = {.store = store, .listener = listener};
    int rc = 0;
    sqlite3_progress_handler(store_handle(store), STEPS_PER_TICK, on_progress, &query);
    while (rc == 0 && *sql)
        rc = run_one(&query, &sql, err);
    sqlite3_progress_handler(store_handle(store), 0, NULL, NULL);
    return rc;
}

bool query_is_complete(const char *sql)
{
    return sqlite3_complete(sql) != 0;
}
