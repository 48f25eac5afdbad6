/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what)
{
    (void)printf("simulation: %s\n", what);
    abort();
}

struct store *database_open(void)
{
    struct store *store = NULL;
    struct err err = {0};
    if (store_open(&store, STORE_MEMORY, STORE_WRITE, &err) < 0)
        fail(err.text);
    return store;
}

static int clear(void *self, int columns, char **values, char **names)
{
    char sql[256];
    (void)columns;
    (void)names;
    (void)snprintf(sql, sizeof sql, "DELETE FROM main.\"%s\"", values[0]);
    return sqlite3_exec(self, sql, NULL, NULL, NULL);
}

void database_empty(struct store *store)
{
    sqlite3 *db = store_handle(store);
    if (sqlite3_exec(db, "PRAGMA foreign_keys=OFF; BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db,
                     "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND "
                     "name NOT LIKE 'sqlite_%'",
                     clear, db, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "COMMIT; PRAGMA foreign_keys=ON", NULL, NULL, NULL) != SQLITE_OK)
        fail(sqlite3_errmsg(db));
}
