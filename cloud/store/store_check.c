/* SPDX-License-Identifier: Apache-2.0 */
/* Is this file a database of ours, whole, and of a version that we know? */
#include "store/migrations.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_SIZE 100 /* sqlite.org/fileformat2.html, section 1.3 */

/* quick_check reads the whole file: half a second for this much, too long for a start beyond. A
 * larger database is checked page by page as it is used (SQLITE_CORRUPT), and by restore. */
#define CHECK_MAX_BYTES (256 * INT64_C(1024) * 1024)

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A journal or WAL beside it: the file's own bytes mean nothing until SQLite has rolled the one
 * back or read the other. A power cut during a checkpoint tears the very first page. */
static bool is_unfinished(const char *path)
{
    static const char *const suffixes[] = {"-journal", "-wal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[PATH_MAX];
        struct stat info;
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        if (stat(name, &info) == 0 && info.st_size > 0)
            return true;
    }
    return false;
}

static int refuse_foreign(const char *path, struct err *err)
{
    return err_set(err, ERR_STORAGE, "%s: an SQLite database, but not one of Swapstack's", path);
}

static int refuse_newer(const char *path, uint32_t version, struct err *err)
{
    return err_set(err, ERR_STORAGE,
                   "%s: schema version %" PRIu32 " is newer than this program's %d; "
                   "use the program that wrote it",
                   path, version, MIGRATION_COUNT);
}

int store_check_header(const char *path, bool *exists, struct err *err)
{
    *exists = false;
    SCOPE_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            return 0;
        return err_set_errno(err, ERR_IO, errno, "database %s: cannot be read", path);
    }
    struct stat info;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return err_set(err, ERR_IO, "database %s: not a regular file", path);
    if (info.st_size == 0)
        return 0;
    *exists = true;
    if (is_unfinished(path))
        return 0;
    unsigned char header[HEADER_SIZE];
    if (pread(fd, header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header, "SQLite format 3", 16) != 0)
        return err_set(err, ERR_STORAGE, "%s: not an SQLite database, or damaged; left as it is",
                       path);
    if (big_endian(header + 68) != STORE_APPLICATION_ID)
        return refuse_foreign(path, err);
    uint32_t version = big_endian(header + 60);
    if (version > (uint32_t)MIGRATION_COUNT)
        return refuse_newer(path, version, err);
    return 0;
}

/* The first column of the first row, as integer or text. */
static int ask(sqlite3 *db, const char *sql, int64_t *number, char *text, size_t text_size,
               const char *path, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        if (number)
            *number = sqlite3_column_int64(statement, 0);
        if (text)
            (void)snprintf(text, text_size, "%s", (const char *)sqlite3_column_text(statement, 0));
        code = SQLITE_OK;
    }
    int status = 0;
    if (code != SQLITE_OK)
        status = err_set(err, store_code(code), "database %s: %s", path, sqlite3_errmsg(db));
    (void)sqlite3_finalize(statement);
    return status;
}

int store_check_database(sqlite3 *db, const char *path, bool full, int *version, struct err *err)
{
    int64_t application = 0, number = 0, pages = 0, page_size = 0, tables = 0;
    char verdict[256] = "";
    int status = ask(db, "PRAGMA application_id", &application, NULL, 0, path, err);
    if (status == 0)
        status = ask(db, "PRAGMA user_version", &number, NULL, 0, path, err);
    if (status == 0)
        status = ask(db, "SELECT count(*) FROM sqlite_schema", &tables, NULL, 0, path, err);
    if (status == 0)
        status = ask(db, "PRAGMA page_count", &pages, NULL, 0, path, err);
    if (status == 0)
        status = ask(db, "PRAGMA page_size", &page_size, NULL, 0, path, err);
    if (status < 0)
        return status;
    if (application != STORE_APPLICATION_ID)
        return refuse_foreign(path, err);
    if (number < 0 || number > MIGRATION_COUNT)
        return refuse_newer(path, (uint32_t)number, err);
    if (full || pages * page_size <= CHECK_MAX_BYTES)
        status = ask(db, full ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)", NULL,
                     verdict, sizeof verdict, path, err);
    if (status < 0)
        return status;
    if (verdict[0] && strcmp(verdict, "ok") != 0)
        return err_set(err, ERR_STORAGE,
                       "%s: damaged (%s); left as it is, restore a backup (swapctl restore)", path,
                       verdict);
    *version = (int)number;
    return 0;
}
