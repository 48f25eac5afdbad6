/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table `charge_damage` of SQL: a row for each charging process whose samples are damaged, with
 * a sentence (`problem`); none when all is well.
 *
 *     SELECT * FROM charge_damage
 *     SELECT problem FROM charge_damage WHERE process = 7
 *
 * Looked for: what cannot be read at all (check sum, broken links, damaged pages), another number
 * of samples than is on record, samples both packed and open, and samples of a closed process
 * outside of its dates. Everything is read, as a full reading of `charge` reads it; the conditions
 * that limit that one limit this one.
 */
#include "store/charge_scan.h"
#include "store/sqlite_api.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLUMN_PROCESS, COLUMN_BID, COLUMN_STATION, COLUMN_SLOT, COLUMN_START, COLUMN_END, PROBLEM };
static char declaration[] = /* not const: it goes through a void pointer */
    "CREATE TABLE charge_damage (process INTEGER, bid TEXT, station_id TEXT, slot INTEGER, "
    "start_date INTEGER, end_date INTEGER, problem TEXT)";
#define ON_RECORD                                                                                  \
    "SELECT (SELECT samples FROM charge_chunk WHERE process = ?1), "                               \
    "(SELECT samples FROM charge_head WHERE process = ?1)"

/* All but the problem are columns of charging_process, in the same order. */
static const struct charge_columns columns = {
    .process = COLUMN_PROCESS,
    .bid = COLUMN_BID,
    .station = COLUMN_STATION,
    .date = -1,
    .number = -1,
    .of_process_bits = UINT64_MAX,
};

struct damage_cursor {
    sqlite3_vtab_cursor base; /* first: SQLite's own part */
    struct charge_scan scan;
    sqlite3_stmt *on_record; /* owned */
    char problem[sizeof((struct err *)0)->text];
};

static int table_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    charge_plan(info, &columns);
    /* Dates of processes are needed to judge them. */
    info->idxNum |= CHARGE_WITH_PROCESS;
    return SQLITE_OK;
}

static struct damage_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
    return (struct damage_cursor *)base;
}

static int cursor_open(sqlite3_vtab *base, sqlite3_vtab_cursor **to)
{
    const struct charge_table *table = (struct charge_table *)base;
    struct damage_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    cursor->scan.empty_too = true;
    cursor->scan.db = table->db;
    *to = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    charge_scan_free(&cursor_of(base)->scan);
    (void)sqlite3_finalize(cursor_of(base)->on_record);
    free(base);
    return SQLITE_OK;
}

/* The numbers of samples on record, -1: not there. Negative: *err is set. */
static int read_record(struct damage_cursor *cursor, int64_t *packed, int64_t *open,
                       struct err *err)
{
    sqlite3 *db = cursor->scan.db;
    int code = SQLITE_OK;
    if (!cursor->on_record)
        code = sqlite3_prepare_v2(db, ON_RECORD, -1, &cursor->on_record, NULL);
    if (code == SQLITE_OK) {
        (void)sqlite3_bind_int64(cursor->on_record, 1, cursor->scan.process);
        code = sqlite3_step(cursor->on_record);
    }
    if (code == SQLITE_ROW) {
        bool none = sqlite3_column_type(cursor->on_record, 0) == SQLITE_NULL;
        *packed = none ? -1 : sqlite3_column_int64(cursor->on_record, 0);
        none = sqlite3_column_type(cursor->on_record, 1) == SQLITE_NULL;
        *open = none ? -1 : sqlite3_column_int64(cursor->on_record, 1);
    }
    (void)sqlite3_reset(cursor->on_record);
    return code == SQLITE_ROW ? 0 : err_set(err, ERR_STORAGE, "%s", sqlite3_errmsg(db));
}

/* How many samples lie outside of the dates of the closed process. */
static size_t count_outside(const struct charge_scan *scan)
{
    sqlite3_value *end = charge_scan_column(scan, CHARGE_PROCESS_END);
    if (sqlite3_value_type(end) == SQLITE_NULL)
        return 0;
    int64_t start_us = sqlite3_value_int64(charge_scan_column(scan, CHARGE_PROCESS_START));
    int64_t end_us = sqlite3_value_int64(end);
    size_t outside = 0;
    for (size_t i = 0; i < scan->samples.count; i++)
        outside +=
            scan->samples.list[i].date_us < start_us || scan->samples.list[i].date_us > end_us;
    return outside;
}

/* Fills `problem`, "" when there is none. */
static int judge(struct damage_cursor *cursor, struct err *err)
{
    const struct charge_scan *scan = &cursor->scan;
    long long process = scan->process, found = (long long)scan->samples.count;
    size_t outside = count_outside(scan);
    int64_t packed = -1, open = -1;
    int status = read_record(cursor, &packed, &open, err);
    int64_t expected = packed >= 0 ? packed : open >= 0 ? open : 0;
    cursor->problem[0] = '\0';
    if (status < 0)
        return status;
    if (scan->damage.code != 0)
        (void)snprintf(cursor->problem, sizeof cursor->problem, "%s", scan->damage.text);
    else if (packed >= 0 && open >= 0)
        (void)snprintf(cursor->problem, sizeof cursor->problem,
                       "charging process %lld: %lld samples packed and %lld open; only the packed "
                       "ones are shown",
                       process, (long long)packed, (long long)open);
    else if (expected != found)
        (void)snprintf(cursor->problem, sizeof cursor->problem,
                       "charging process %lld: %lld samples, but %lld on record", process, found,
                       (long long)expected);
    else if (outside > 0)
        (void)snprintf(cursor->problem, sizeof cursor->problem,
                       "charging process %lld: %zu samples outside of its start and end", process,
                       outside);
    return 0;
}

/* Goes on from the process at hand to one with a problem. */
static int seek_problem(struct damage_cursor *cursor, struct err *err)
{
    int status = 0;
    while (status == 0 && !cursor->scan.end) {
        status = judge(cursor, err);
        if (status == 0 && cursor->problem[0])
            return 0;
        if (status == 0)
            status = charge_scan_next(&cursor->scan, err);
    }
    return status;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int count,
                         sqlite3_value **values)
{
    struct damage_cursor *cursor = cursor_of(base);
    struct err err = {0};
    (void)text;
    (void)count;
    int status = charge_scan_begin(&cursor->scan, cursor->scan.db, plan, values, &err);
    if (status == 0)
        status = seek_problem(cursor, &err);
    return status < 0 ? charge_table_fail(base->pVtab, &err) : SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct damage_cursor *cursor = cursor_of(base);
    struct err err = {0};
    int status = charge_scan_next(&cursor->scan, &err);
    if (status == 0)
        status = seek_problem(cursor, &err);
    return status < 0 ? charge_table_fail(base->pVtab, &err) : SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->scan.end;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *to, int column)
{
    const struct damage_cursor *cursor = cursor_of(base);
    if (column == PROBLEM)
        sqlite3_result_text(to, cursor->problem, -1, SQLITE_TRANSIENT);
    else
        sqlite3_result_value(to,
                             charge_scan_column(&cursor->scan, (enum charge_process_column)column));
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
    *id = cursor_of(base)->scan.process;
    return SQLITE_OK;
}

static const sqlite3_module damage_module = {
    .xConnect = charge_table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = charge_table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int charge_damage_add(sqlite3 *db)
{
    return sqlite3_create_module_v2(db, "charge_damage", &damage_module, declaration, NULL);
}
