/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scope.h"
#include "base/strbuf.h"
#include "console/files.h"
#include "monitor/journal.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 3 /* the monitor may write while we copy */

static const char *const SUFFIXES[] = {"", "-wal"};

static int copy_bytes(int from, int to)
{
    for (;;) {
        ssize_t sent = sendfile(to, from, NULL, 1 << 20);
        if (sent == 0)
            return 0;
        if (sent < 0)
            return errno;
    }
}

static int failed(const char *path, int errnum, struct err *err)
{
    int code = errnum == ENOENT   ? ERR_NOT_FOUND
               : errnum == EACCES ? ERR_PERMISSION
               : errnum == ENOSPC ? ERR_FULL
                                  : ERR_IO;
    return err_set_errno(err, code, errnum, "journal %s", path);
}

static int copy_one(const char *from, const char *to, int64_t *bytes, struct err *err)
{
    struct stat status;
    SCOPE_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return failed(from, errno, err);
    SCOPE_CLOSE int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return failed(to, errno, err);
    if (fstat(in, &status) == 0)
        *bytes += status.st_size;
    int errnum = copy_bytes(in, out);
    return errnum ? failed(from, errnum, err) : 0;
}

/* The database and, when there is one, its write-ahead log: what was committed last is in there. */
static int copy_journal(const char *folder, const char *to, int64_t *bytes, struct err *err)
{
    *bytes = 0;
    for (size_t i = 0; i < 2; i++) {
        SCOPE_STRBUF struct strbuf source = STRBUF_INIT;
        SCOPE_STRBUF struct strbuf target = STRBUF_INIT;
        strbuf_printf(&source, "%s/journal.db%s", folder, SUFFIXES[i]);
        strbuf_printf(&target, "%s/journal.db%s", to, SUFFIXES[i]);
        int code = copy_one(strbuf_text(&source), strbuf_text(&target), bytes, err);
        if (code && (i == 0 || code != ERR_NOT_FOUND))
            return code;
    }
    return 0;
}

static void remove_copy(const char *folder)
{
    static const char *const NAMES[] = {"journal.db", "journal.db-wal", "journal.db-shm"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        SCOPE_STRBUF struct strbuf path = STRBUF_INIT;
        strbuf_printf(&path, "%s/%s", folder, NAMES[i]);
        (void)unlink(strbuf_text(&path));
    }
    (void)rmdir(folder);
}

/* The first column of a statement's only row as text; false: it cannot be read. */
static bool ask_text(sqlite3 *db, const char *sql, char *to, size_t size)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK;
    int code = good ? sqlite3_step(statement) : SQLITE_ERROR;
    const unsigned char *text = code == SQLITE_ROW ? sqlite3_column_text(statement, 0) : NULL;
    (void)snprintf(to, size, "%s", text ? (const char *)text : "");
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool ask_integer(sqlite3 *db, const char *sql, int64_t *to)
{
    char text[32];
    bool good = ask_text(db, sql, text, sizeof text);
    *to = strtoll(text, NULL, 10);
    return good;
}

static int read_copy(sqlite3 *db, bool check, struct files_journal *to)
{
    char verdict[160] = "ok";
    bool good = ask_text(db, "SELECT value FROM value WHERE name = 'id'", to->id, sizeof to->id);
    if (check)
        good = good && ask_text(db, "PRAGMA quick_check(1)", verdict, sizeof verdict);
    const struct {
        const char *sql;
        int64_t *to;
    } QUESTIONS[] = {
        {"SELECT value FROM value WHERE name = 'boot'", &to->boot},
        {"SELECT value FROM value WHERE name = 'dropped'", &to->dropped},
        {"SELECT count(*) FROM dead", &to->dead},
        {"SELECT count(*) FROM event", &to->event_rows},
        {"SELECT count(*) FROM telemetry", &to->telemetry_rows},
        {"SELECT ifnull(sum(length(CAST(payload AS BLOB))), 0) FROM telemetry",
         &to->telemetry_bytes},
        {"SELECT ifnull(min(time_us), 0) FROM"
         " (SELECT time_us FROM event UNION ALL SELECT time_us FROM telemetry)",
         &to->oldest_us},
    };
    for (size_t i = 0; good && i < sizeof QUESTIONS / sizeof *QUESTIONS; i++)
        good = ask_integer(db, QUESTIONS[i].sql, QUESTIONS[i].to);
    to->telemetry_bytes += to->telemetry_rows * JOURNAL_ROW_OVERHEAD;
    return good && strcmp(verdict, "ok") == 0 ? 0 : ERR_INVALID;
}

static int read_once(const char *folder, const char *temporary, bool check,
                     struct files_journal *journal, struct err *err)
{
    SCOPE_STRBUF struct strbuf path = STRBUF_INIT;
    sqlite3 *db = NULL;
    int64_t bytes = 0;
    int code = copy_journal(folder, temporary, &bytes, err);
    if (code)
        return code;
    *journal = (struct files_journal){.file_bytes = bytes};
    strbuf_printf(&path, "%s/journal.db", temporary);
    if (sqlite3_open_v2(strbuf_text(&path), &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        read_copy(db, check, journal))
        code = err_set(err, ERR_INVALID, "journal %s/journal.db cannot be read whole: %s", folder,
                       db ? sqlite3_errmsg(db) : "out of memory");
    (void)sqlite3_close(db);
    return code;
}

int files_read_journal(const char *folder, bool check, struct files_journal *journal,
                       struct err *err)
{
    const char *place = getenv("TMPDIR");
    SCOPE_STRBUF struct strbuf temporary = STRBUF_INIT;
    strbuf_printf(&temporary, "%s/swap-console-XXXXXX", place && place[0] ? place : "/tmp");
    if (strbuf_failed(&temporary))
        return err_set(err, ERR_NOMEM, "out of memory");
    if (!mkdtemp(temporary.text))
        return err_set_errno(err, ERR_IO, errno, "no folder for a copy of the journal: %s",
                             temporary.text);
    int code = ERR_INVALID;
    for (int i = 0; i < TRIES && code == ERR_INVALID; i++)
        code = read_once(folder, temporary.text, check, journal, err);
    remove_copy(temporary.text);
    return code;
}
