/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swapstack.so: `.load ./swapstack` in the sqlite3 shell (or any host that loads extensions) gives
 * its connection the tables and functions of extension.h. It uses the host's SQLite through the
 * pointer that the host gives, which the other files know by store/sqlite_api.h; nothing else of it
 * is seen from outside. It only reads, whatever the connection may do.
 */
#include "extension/extension.h"
#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT1

/* Table-valued use of constraints (sqlite3_vtab_collation) came with 3.22, innocuous tables with
 * 3.31. */
#define LEAST_SQLITE 3031000

/* SQLite finds it by the file's name. */
__attribute__((visibility("default"))) int sqlite3_swapstack_init(sqlite3 *db, char **message,
                                                                  const sqlite3_api_routines *api);

int sqlite3_swapstack_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    if (sqlite3_libversion_number() < LEAST_SQLITE) {
        *message = sqlite3_mprintf("swapstack needs SQLite 3.31 or newer, this is %s",
                                   sqlite3_libversion());
        return SQLITE_ERROR;
    }
    return extension_add(db);
}
