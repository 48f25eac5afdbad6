/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what)
{
    (void)printf("simulation: %s\n", what);
    abort();
}

/* The script that empties each table, and gives back the pages: a run whose disk is full must not
 * find free ones. The migrations leave no rows of their own. */
static char *compose(sqlite3 *db)
{
    char *script = NULL;
    sqlite3_stmt *tables = NULL;
    if (sqlite3_prepare_v2(db,
                           "SELECT 'BEGIN;'"
                           " || group_concat('DELETE FROM \"' || name || '\";', '')"
                           " || 'COMMIT; PRAGMA incremental_vacuum;'"
                           " FROM (SELECT name FROM sqlite_schema WHERE type = 'table'"
                           " ORDER BY rowid DESC)", /* who refers to a table is younger */
                           -1, &tables, NULL) != SQLITE_OK ||
        sqlite3_step(tables) != SQLITE_ROW ||
        !(script = strdup((const char *)sqlite3_column_text(tables, 0))))
        fail(sqlite3_errmsg(db));
    (void)sqlite3_finalize(tables);
    return script;
}

void database_open(struct database *database)
{
    struct err err = {0};
    if (store_open(&database->store, STORE_MEMORY, STORE_WRITE, &err) < 0)
        fail(err.text);
    if (sqlite3_exec(store_handle(database->store), "PRAGMA auto_vacuum = INCREMENTAL; VACUUM",
                     NULL, NULL, NULL) != SQLITE_OK)
        fail(sqlite3_errmsg(store_handle(database->store)));
    database->script = compose(store_handle(database->store));
}

void database_empty(const struct database *database)
{
    sqlite3 *db = store_handle(database->store);
    if (sqlite3_exec(db, database->script, NULL, NULL, NULL) != SQLITE_OK)
        fail(sqlite3_errmsg(db));
}

void database_close(struct database *database)
{
    store_close(database->store);
    free(database->script);
}
