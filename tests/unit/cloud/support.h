/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the cloud half share: cmocka, a temporary folder per test, a look into the
 * database. Header only: each test is one program. */
#ifndef SWAPSTACK_TEST_CLOUD_SUPPORT_H
#define SWAPSTACK_TEST_CLOUD_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "store/store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUPPORT __attribute__((unused)) static

/* A folder for the test alone, gone after it. */
struct workdir {
    char path[256];
    char db[300];
};

SUPPORT int workdir_make(void **state)
{
    struct workdir *dir = calloc(1, sizeof *dir);
    const char *base = getenv("TMPDIR");
    if (!dir)
        return -1;
    (void)snprintf(dir->path, sizeof dir->path, "%s/swapstack-test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(dir->path))
        return -1;
    (void)snprintf(dir->db, sizeof dir->db, "%s/swapstack.db", dir->path);
    *state = dir;
    return 0;
}

SUPPORT int workdir_remove(void **state)
{
    struct workdir *dir = *state;
    DIR *listing = opendir(dir->path);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char name[600];
        (void)snprintf(name, sizeof name, "%s/%s", dir->path, entry->d_name);
        if (entry->d_name[0] != '.')
            (void)unlink(name);
    }
    if (listing)
        (void)closedir(listing);
    (void)rmdir(dir->path);
    free(dir);
    return 0;
}

#define workdir_test(function)                                                                     \
    cmocka_unit_test_setup_teardown(function, workdir_make, workdir_remove)

SUPPORT struct store *must_open(const char *path, enum store_mode mode)
{
    struct store *store = NULL;
    struct err err = {0};
    if (store_open(&store, path, mode, &err) < 0)
        fail_msg("%s", err.text);
    return store;
}

SUPPORT void must_execute(struct store *store, const char *sql)
{
    if (sqlite3_exec(store_handle(store), sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_handle(store)));
}

/* First column of the first row; a query without rows fails the test. */
SUPPORT void query_text(struct store *store, const char *sql, char *to, size_t size)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store_handle(store), sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_handle(store)));
    const unsigned char *text = sqlite3_column_text(statement, 0);
    (void)snprintf(to, size, "%s", text ? (const char *)text : "NULL");
    (void)sqlite3_finalize(statement);
}

SUPPORT int64_t query_integer(struct store *store, const char *sql)
{
    char text[64];
    query_text(store, sql, text, sizeof text);
    return strtoll(text, NULL, 10);
}

SUPPORT void assert_query_text(struct store *store, const char *sql, const char *expected)
{
    char text[4096];
    query_text(store, sql, text, sizeof text);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: got \"%s\", expected \"%s\"", sql, text, expected);
}

SUPPORT void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

#endif
