/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scope.h"
#include "base/strbuf.h"
#include "console/files.h"
#include "export/journal_copy.h"
#include "monitor/journal.h"
#include <sqlite3.h>
#include <string.h>

#define COPY_MAX_BYTES (INT64_C(1) << 30) /* the journal is bounded far below */

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

static int read_copy(sqlite3 *db, struct files_journal *to)
{
    bool good = ask_text(db, "SELECT value FROM value WHERE name = 'id'", to->id, sizeof to->id);
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
    return good ? 0 : ERR_INVALID;
}

static void free_copy(struct journal_copy *copy)
{
    journal_copy_free(copy);
}

int files_read_journal(const char *folder, struct files_journal *journal, struct err *err)
{
    SCOPE(free_copy) struct journal_copy copy = {0};
    int code = journal_copy_make(&copy, folder, COPY_MAX_BYTES, err);
    if (code)
        return code;
    *journal = (struct files_journal){.file_bytes = copy.database_bytes + copy.log_bytes};
    if (read_copy(copy.db, journal))
        return err_set(err, ERR_INVALID, "journal %s/journal.db cannot be read whole: %s", folder,
                       sqlite3_errmsg(copy.db));
    return 0;
}
