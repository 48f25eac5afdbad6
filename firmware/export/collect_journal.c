/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's journal: counted, and as a database without secrets when it is small enough. */
#include "base/file.h"
#include "base/scope.h"
#include "export/collect.h"
#include "export/journal_copy.h"
#include "export/secrets.h"
#include "protocol/json.h"
#include <inttypes.h>
#include <string.h>

#define COPY_MAX (INT64_C(256) << 20) /* of a temporary copy; more is only named */

#define NAME_DATABASE   "journal/journal.db"
#define NAME_STATISTICS "journal/statistics.json"

/* One JSON array of what the statement's rows say, an object each. */
static void append_rows(sqlite3 *db, const char *name, const char *sql, struct strbuf *to)
{
    sqlite3_stmt *stmt = NULL;
    strbuf_printf(to, ",\n \"%s\":[", name);
    bool is_first = true;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        for (; sqlite3_step(stmt) == SQLITE_ROW; is_first = false) {
            strbuf_append_text(to, is_first ? "{" : ",{");
            for (int i = 0; i < sqlite3_column_count(stmt); i++) {
                strbuf_printf(to, "%s\"%s\":", i ? "," : "", sqlite3_column_name(stmt, i));
                if (sqlite3_column_type(stmt, i) == SQLITE_TEXT)
                    json_write_text(to, (const char *)sqlite3_column_text(stmt, i));
                else if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
                    strbuf_append_text(to, "null");
                else
                    strbuf_printf(to, "%" PRId64, (int64_t)sqlite3_column_int64(stmt, i));
            }
            strbuf_append_char(to, '}');
        }
    }
    (void)sqlite3_finalize(stmt);
    strbuf_append_char(to, ']');
}

/* Times in µs since 1970, as everywhere in the journal. */
static void append_statistics(const struct journal_copy *copy, struct strbuf *to)
{
    static const char lane[] = "SELECT count(*) AS rows, ifnull(sum(length(payload)), 0) AS bytes,"
                               " min(time_us) AS oldest_us, max(time_us) AS newest_us FROM ";
    char sql[256];
    strbuf_printf(to, "{\"database_bytes\":%" PRId64 ",\"log_bytes\":%" PRId64,
                  copy->database_bytes, copy->log_bytes);
    static const char *const lanes[] = {"event", "telemetry", "dead"};
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++) {
        (void)snprintf(sql, sizeof sql, "%s%s", lane, lanes[i]);
        append_rows(copy->db, lanes[i], sql, to);
    }
    append_rows(copy->db, "commands",
                "SELECT outcome, count(*) AS count, max(seen_at) AS newest_us FROM command"
                " GROUP BY outcome ORDER BY outcome",
                to);
    append_rows(copy->db, "values", "SELECT name, length(value) AS bytes FROM value ORDER BY name",
                to);
    strbuf_append_text(to, "}\n");
}

/* SQL function scrub(text): the bundle is its user data, for the count. */
static void sql_scrub(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct bundle *bundle = sqlite3_user_data(context);
    SCOPE_STRBUF struct strbuf clean = STRBUF_INIT;
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    bundle->secrets += secrets_scrub_json((const char *)sqlite3_value_text(values[0]),
                                          (size_t)sqlite3_value_bytes(values[0]), &clean);
    if (strbuf_failed(&clean))
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text(context, strbuf_text(&clean), (int)clean.length, SQLITE_TRANSIENT);
}

static void sql_is_secret(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *name = (const char *)sqlite3_value_text(values[0]);
    (void)count;
    sqlite3_result_int(context, name && secrets_is_name(name, strlen(name)));
}

/* VACUUM leaves nothing of what was replaced in free pages. */
static int remove_secrets(struct bundle *bundle, sqlite3 *db)
{
    int code = sqlite3_create_function(db, "scrub", 1, SQLITE_UTF8, bundle, sql_scrub, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_function(db, "is_secret", 1, SQLITE_UTF8, NULL, sql_is_secret, NULL,
                                       NULL);
    if (code != SQLITE_OK)
        return code;
    code = sqlite3_exec(db,
                        "UPDATE event SET payload = scrub(payload);"
                        "UPDATE telemetry SET payload = scrub(payload);"
                        "UPDATE dead SET payload = scrub(payload);"
                        "UPDATE command SET detail = scrub(detail);"
                        /* A value has a name of its own, which may say that it is a secret. */
                        "UPDATE value SET value = '" SECRETS_REMOVED "' WHERE is_secret(name)"
                        /* Pages of the authorisation list: short tokens can be guessed from their
                         * hashes, and what they are hashed with is in this file. */
                        " OR name LIKE 'auth._.%';"
                        "UPDATE value SET value = scrub(value)",
                        NULL, NULL, NULL);
    return code != SQLITE_OK ? code : sqlite3_exec(db, "VACUUM", NULL, NULL, NULL);
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = INT64_MAX; /* what cannot be asked is too large */
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return value;
}

/* Only after the secrets are out is the copy read. */
static int add_database(struct bundle *bundle, struct journal_copy *copy, struct err *err)
{
    char why[128];
    int64_t quarter = bundle->max_bytes / 4;
    int64_t bytes = ask(copy->db, "SELECT (page_count - freelist_count) * page_size FROM"
                                  " pragma_page_count, pragma_freelist_count, pragma_page_size");
    if (bytes > quarter) {
        (void)snprintf(why, sizeof why,
                       "%" PRId64 " bytes, more than a quarter of the bundle: see statistics.json",
                       bytes);
        bundle_miss(bundle, NAME_DATABASE, why);
        return 0;
    }
    int code = remove_secrets(bundle, copy->db);
    if (code != SQLITE_OK) {
        (void)snprintf(why, sizeof why, "its secrets could not be taken out: %s",
                       sqlite3_errstr(code));
        bundle_miss(bundle, NAME_DATABASE, why);
        return 0;
    }
    SCOPE_FREE char *path = NULL;
    if (asprintf(&path, "%s/journal.db", copy->folder) < 0)
        return err_set(err, ERR_NOMEM, "out of memory");
    (void)sqlite3_close(copy->db);
    copy->db = NULL;
    return collect_file(bundle, NAME_DATABASE, path, 2 * (size_t)quarter, NULL, err);
}

int collect_journal(struct bundle *bundle, const struct collect_places *places, struct err *err)
{
    SCOPE(journal_copy_free) struct journal_copy copy = {0};
    SCOPE_STRBUF struct strbuf statistics = STRBUF_INIT;
    struct err why = {0};
    if (journal_copy_make(&copy, places->monitor_state, COPY_MAX, &why) < 0) {
        bundle_miss(bundle, "journal", why.text);
        return 0;
    }
    append_statistics(&copy, &statistics);
    int code = collect_text(bundle, NAME_STATISTICS, &statistics, NULL, false, err);
    return code < 0 ? code : add_database(bundle, &copy, err);
}
