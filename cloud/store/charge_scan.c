/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the processes that a plan leaves. */
#include "store/charge_scan.h"

#include "base/strbuf.h"
#include "store/sqlite_api.h"

/* What each limit says of charging_process. Closing writes the dates of the first and the last
 * sample; an open process has not been told its end, and a late sample may lie before its start. */
static const char *const conditions[CHARGE_LIMITS] = {
    [CHARGE_PROCESS] = " AND id = ?1",
    [CHARGE_PROCESS_FROM] = " AND id >= ?2",
    [CHARGE_PROCESS_TO] = " AND id <= ?3",
    [CHARGE_BATTERY] = " AND bid = ?4",
    [CHARGE_STATION] = " AND station_id = ?5",
    [CHARGE_FROM] = " AND (end_date >= ?6 OR end_date IS NULL)",
    [CHARGE_TO] = " AND (start_date <= ?7 OR end_date IS NULL)",
};

static int prepare(struct charge_scan *scan, const char *sql, sqlite3_stmt **statement,
                   struct err *err)
{
    if (*statement)
        return 0;
    if (sqlite3_prepare_v2(scan->db, sql, -1, statement, NULL) == SQLITE_OK)
        return 0;
    return err_set(err, ERR_STORAGE,
                   "the table charge needs a database of Swapstack, brought up to date by "
                   "swap-bridge: %s",
                   sqlite3_errmsg(scan->db));
}

static int prepare_processes(struct charge_scan *scan, struct err *err)
{
    SCOPE_STRBUF struct strbuf sql = STRBUF_INIT;
    strbuf_append_text(&sql, "SELECT id, bid, station_id, slot, start_date, end_date "
                             "FROM charging_process WHERE 1");
    for (int limit = 0; limit < CHARGE_LIMITS; limit++)
        if (scan->plan & (1 << limit))
            strbuf_append_text(&sql, conditions[limit]);
    strbuf_append_text(&sql, " ORDER BY id");
    if (strbuf_failed(&sql))
        return err_set(err, ERR_NOMEM, "the table charge: out of memory");
    return prepare(scan, strbuf_text(&sql), &scan->processes, err);
}

/* One process by its id, and nothing of charging_process: one seek. */
static bool is_single(int plan)
{
    return plan == 1 << CHARGE_PROCESS;
}

static void release_samples(struct charge_scan *scan)
{
    charge_samples_free(&scan->samples);
    scan->damage = (struct err){0};
}

/* The samples of the process at hand; damage is no failure. */
static int read_samples(struct charge_scan *scan, struct err *err)
{
    struct err why = {0};
    release_samples(scan);
    int status = sample_source_read(&scan->source, scan->process, &scan->samples, &why);
    if (status == 0)
        return 0;
    charge_samples_free(&scan->samples);
    if (status != ERR_INVALID)
        return err_set(err, status, "%s", why.text);
    scan->damage = why;
    return 0;
}

int charge_scan_next(struct charge_scan *scan, struct err *err)
{
    for (;;) {
        int code = scan->processes ? sqlite3_step(scan->processes) : SQLITE_DONE;
        if (code != SQLITE_ROW) {
            release_samples(scan);
            scan->end = true;
            if (code == SQLITE_DONE)
                return 0;
            return err_set(err, ERR_STORAGE, "charging_process: %s", sqlite3_errmsg(scan->db));
        }
        scan->process = sqlite3_column_int64(scan->processes, CHARGE_PROCESS_ID);
        int status = read_samples(scan, err);
        if (status < 0 || scan->samples.count > 0 || scan->damage.code != 0 || scan->empty_too)
            return status;
    }
}

int charge_scan_begin(struct charge_scan *scan, sqlite3 *db, int plan, sqlite3_value **values,
                      struct err *err)
{
    int at = 0;
    scan->db = db;
    scan->plan = plan; /* a cursor keeps its plan: statements that are there are the right ones */
    scan->end = false;
    release_samples(scan);
    int status = prepare(scan, SAMPLE_CHUNK, &scan->source.chunk, err);
    if (status == 0)
        status = prepare(scan, SAMPLE_HEAD, &scan->source.head, err);
    if (status == 0)
        status = prepare(scan, SAMPLE_LINK, &scan->source.link, err);
    if (status == 0 && is_single(plan)) {
        scan->process = sqlite3_value_int64(values[0]);
        status = read_samples(scan, err);
        scan->end = scan->samples.count == 0 && scan->damage.code == 0;
        return status;
    }
    if (status == 0)
        status = prepare_processes(scan, err);
    if (status < 0)
        return status;
    (void)sqlite3_reset(scan->processes);
    for (int limit = 0; limit < CHARGE_LIMITS; limit++)
        if (plan & (1 << limit))
            (void)sqlite3_bind_value(scan->processes, limit + 1, values[at++]);
    return charge_scan_next(scan, err);
}

void charge_scan_free(struct charge_scan *scan)
{
    release_samples(scan);
    (void)sqlite3_finalize(scan->processes);
    (void)sqlite3_finalize(scan->source.chunk);
    (void)sqlite3_finalize(scan->source.head);
    (void)sqlite3_finalize(scan->source.link);
}

sqlite3_value *charge_scan_column(const struct charge_scan *scan, enum charge_process_column column)
{
    return sqlite3_column_value(scan->processes, (int)column);
}

int charge_table_fail(sqlite3_vtab *table, const struct err *err)
{
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("%s", err->text);
    return err->code == ERR_NOMEM ? SQLITE_NOMEM : SQLITE_ERROR;
}
