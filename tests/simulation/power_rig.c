/* SPDX-License-Identifier: Apache-2.0 */
#include "power_rig.h"

#include "cmocka_first.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const SUFFIXES[] = {"", "-wal", "-journal"};

void power_rig_begin(struct power_rig *rig, uint64_t seed, const char *name)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(rig->directory, sizeof rig->directory, "%s/swapstack-power-XXXXXX",
                   base ? base : "/tmp");
    if (!mkdtemp(rig->directory))
        fail_msg("%s: cannot be made", rig->directory);
    (void)snprintf(rig->database, sizeof rig->database, "%s/%s", rig->directory, name);
    rig->vfs = crash_vfs_new(seed);
}

void power_rig_end(struct power_rig *rig)
{
    crash_vfs_free(rig->vfs);
    DIR *listing = opendir(rig->directory);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char name[600];
        (void)snprintf(name, sizeof name, "%s/%s", rig->directory, entry->d_name);
        if (entry->d_name[0] != '.')
            (void)unlink(name);
    }
    if (listing)
        (void)closedir(listing);
    (void)rmdir(rig->directory);
}

static void mirror_content(sqlite3_file *from, const char *name)
{
    sqlite3_int64 size = 0;
    if (from->pMethods->xFileSize(from, &size) != SQLITE_OK)
        fail_msg("%s: has no size", name);
    unsigned char *bytes = malloc(size > 0 ? (size_t)size : 1);
    FILE *to = fopen(name, "wb");
    if (!bytes || !to)
        fail_msg("%s: cannot be mirrored", name);
    if (size > 0 && (from->pMethods->xRead(from, bytes, (int)size, 0) != SQLITE_OK ||
                     fwrite(bytes, 1, (size_t)size, to) != (size_t)size))
        fail_msg("%s: cannot be mirrored", name);
    (void)fclose(to);
    free(bytes);
}

void power_rig_mirror(const struct power_rig *rig)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("crash");
    assert(vfs);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    assert(file);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof SUFFIXES[0]; i++) {
        char name[310];
        (void)snprintf(name, sizeof name, "%s%s", rig->database, SUFFIXES[i]);
        (void)unlink(name);
        if (vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
            continue; /* it is not there */
        mirror_content(file, name);
        (void)file->pMethods->xClose(file);
    }
    free(file);
}

uint64_t power_rig_seeds(uint64_t fallback)
{
    const char *text = getenv("SWAPSTACK_POWER_LOSS_SEEDS");
    unsigned long long asked = text ? strtoull(text, NULL, 10) : 0;
    return asked > 0 ? asked : fallback;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s (%d)", sql, sqlite3_errmsg(db), sqlite3_extended_errcode(db));
    return statement;
}

void power_rig_dump_rows(sqlite3 *db, const char *label, const char *sql, struct strbuf *to)
{
    sqlite3_stmt *rows = prepare(db, sql);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        strbuf_printf(to, "%s", label);
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const unsigned char *text = sqlite3_column_text(rows, i);
            strbuf_printf(to, "|%s", text ? (const char *)text : "NULL");
        }
        strbuf_printf(to, "\n");
    }
    if (sqlite3_finalize(rows) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

void power_rig_dump(sqlite3 *db, const char *except, struct strbuf *to)
{
    sqlite3_stmt *tables =
        prepare(db, "SELECT name, wr FROM pragma_table_list WHERE schema = 'main'"
                    " AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
    while (sqlite3_step(tables) == SQLITE_ROW) {
        char quoted[100], sql[200];
        const char *name = (const char *)sqlite3_column_text(tables, 0);
        (void)snprintf(quoted, sizeof quoted, ",%s,", name);
        /* A table without rowid lies in the order of its key. */
        (void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"%s", name,
                       sqlite3_column_int(tables, 1) ? "" : " ORDER BY rowid");
        if (!strstr(except, quoted))
            power_rig_dump_rows(db, name, sql, to);
    }
    (void)sqlite3_finalize(tables);
    assert(!strbuf_failed(to));
}

int64_t power_rig_ask(sqlite3 *db, const char *sql)
{
    return power_rig_ask_about(db, sql, 0, 0);
}

int64_t power_rig_ask_about(sqlite3 *db, const char *sql, int64_t first, int64_t second)
{
    sqlite3_stmt *statement = prepare(db, sql);
    int values = sqlite3_bind_parameter_count(statement);
    if (values >= 1)
        (void)sqlite3_bind_int64(statement, 1, first);
    if (values >= 2)
        (void)sqlite3_bind_int64(statement, 2, second);
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

void power_rig_check_whole(sqlite3 *db, const char *when)
{
    sqlite3_stmt *statement = prepare(db, "PRAGMA integrity_check");
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: integrity_check: %s", when, sqlite3_errmsg(db));
    const char *verdict = (const char *)sqlite3_column_text(statement, 0);
    if (strcmp(verdict, "ok") != 0)
        fail_msg("%s: integrity_check: %s", when, verdict);
    (void)sqlite3_finalize(statement);
    statement = prepare(db, "PRAGMA foreign_key_check");
    if (sqlite3_step(statement) != SQLITE_DONE)
        fail_msg("%s: foreign_key_check: %s", when,
                 (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
}
