/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests test_power_loss_*.c stand on: a crash_vfs and a folder of the same paths. The
 * databases live in the VFS; their programs also look at files directly (is this a database of
 * ours? is it locked?), so what a power failure left is copied into the folder before each opening.
 */
#ifndef SWAPSTACK_TESTS_POWER_RIG_H
#define SWAPSTACK_TESTS_POWER_RIG_H

#include "base/strbuf.h"
#include "crash_vfs.h"
#include <sqlite3.h>

struct power_rig {
    struct crash_vfs *vfs;
    char directory[256];
    char database[300]; /* path of the one database of the rig */
};

/* An empty disk and an empty folder; the database is called `name` in it. */
void power_rig_begin(struct power_rig *rig, uint64_t seed, const char *name);
/* No connection may be open. The folder is removed. */
void power_rig_end(struct power_rig *rig);

/* Writes the database and its -wal and -journal as the VFS holds them into the folder. */
void power_rig_mirror(const struct power_rig *rig);

/* How many seeds for each failing sync: SWAPSTACK_POWER_LOSS_SEEDS, else `fallback`. */
uint64_t power_rig_seeds(uint64_t fallback);

/* What a query finds as text, a line per row beginning with `label`. */
void power_rig_dump_rows(sqlite3 *db, const char *label, const char *sql, struct strbuf *to);
/* Every row of every table but those in `except` (names between commas, ",a,b,"), by the tables'
 * names and rowids: equal contents, equal text. */
void power_rig_dump(sqlite3 *db, const char *except, struct strbuf *to);
/* First column of the first row as a number; a query that fails ends the test. */
int64_t power_rig_ask(sqlite3 *db, const char *sql);
/* The same with values for ?1 and ?2, as far as the query has them. */
int64_t power_rig_ask_about(sqlite3 *db, const char *sql, int64_t first, int64_t second);
/* integrity_check and foreign_key_check; what they complain of ends the test. */
void power_rig_check_whole(sqlite3 *db, const char *when);

#endif
