/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite for the sources that are compiled twice: into our programs, which link it (SQLITE_CORE),
 * and into swapstack.so, which uses whatever SQLite its host runs (the pointer is set in
 * cloud/extension/main.c). Included by .c files, never beside other meanings of the same calls.
 */
#ifndef SWAPSTACK_STORE_SQLITE_API_H
#define SWAPSTACK_STORE_SQLITE_API_H

#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT3

#endif
