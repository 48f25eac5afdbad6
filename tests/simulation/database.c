/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what)
{
    (void)printf("simulation: %s\n", what);
    abort();
}

static void copy(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE ||
        sqlite3_backup_finish(backup) != SQLITE_OK)
        fail(sqlite3_errmsg(to));
}

void database_open(struct database *database)
{
    struct err err = {0};
    if (store_open(&database->store, STORE_MEMORY, STORE_WRITE, &err) < 0)
        fail(err.text);
    if (sqlite3_open(":memory:", &database->empty) != SQLITE_OK)
        fail("out of memory");
    copy(store_handle(database->store), database->empty);
}

void database_empty(const struct database *database)
{
    copy(database->empty, store_handle(database->store));
}

void database_close(struct database *database)
{
    store_close(database->store);
    (void)sqlite3_close(database->empty);
}
