/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table `charge` of SQL: samples as rows, open or packed, of every process or of those that a
 * query limits.
 *
 *     SELECT … FROM charge WHERE process = 7                      one seek
 *     SELECT … FROM charge WHERE bid = 'B-1' AND date >= time_us('2026-11-21')
 *
 * An eponymous virtual table that is read only. Equality of process, bid and station_id and ranges
 * of process and date choose the processes that are read; SQLite looks at every row again. Rows
 * come by process and, within it, in order of arrival (`number`, from 1).
 *
 * A process whose samples are damaged is one row in their place: `damaged` has the sentence, the
 * columns of the sample are NULL, so that sums, means and count(number) are those of what can be
 * read. Every other row has NULL there. No query fails because of it; one with conditions on a
 * sample's columns leaves the row out, as any NULL: `charge_damage` (charge_damage.c) tells which
 * processes are missing.
 */
#include "store/charge_scan.h"
#include "store/sqlite_api.h"

#include <math.h>
#include <stdlib.h>

enum {
    COLUMN_PROCESS,
    COLUMN_NUMBER,
    COLUMN_DATE,
    COLUMN_PHASES = 8,
    COLUMN_TYPE = 12,
    COLUMN_BID = 14,
    COLUMN_STATION,
    COLUMN_SLOT,
    COLUMN_DAMAGED,
};
static char declaration[] = /* not const: it goes through a void pointer */
    "CREATE TABLE charge (process INTEGER, number INTEGER, date INTEGER, battery_level REAL, "
    "charge_energy_added REAL, charger_power REAL, charger_actual_current REAL, "
    "charger_voltage REAL, charger_phases INTEGER, ideal_battery_range_km REAL, "
    "rated_battery_range_km REAL, outside_temp REAL, fast_charger_type TEXT, meter_wh REAL, "
    "bid TEXT, station_id TEXT, slot INTEGER, damaged TEXT)";

static const struct charge_columns columns = {
    .process = COLUMN_PROCESS,
    .bid = COLUMN_BID,
    .station = COLUMN_STATION,
    .date = COLUMN_DATE,
    .number = COLUMN_NUMBER,
    .of_process_bits = 1 << COLUMN_BID | 1 << COLUMN_STATION | 1 << COLUMN_SLOT,
};

struct charge_cursor {
    sqlite3_vtab_cursor base; /* first: SQLite's own part */
    struct charge_scan scan;
    size_t at; /* sample of the process at hand */
};

int charge_table_connect(sqlite3 *db, void *columns_text, int count, const char *const *words,
                         sqlite3_vtab **to, char **message)
{
    (void)count;
    (void)words;
    (void)message;
    int code = sqlite3_declare_vtab(db, columns_text);
    if (code == SQLITE_OK) /* it shows what the tables show: views may use it */
        code = sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    struct charge_table *table = code == SQLITE_OK ? calloc(1, sizeof *table) : NULL;
    if (!table)
        return code == SQLITE_OK ? SQLITE_NOMEM : code;
    table->db = db;
    *to = &table->base;
    return SQLITE_OK;
}

int charge_table_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int table_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    charge_plan(info, &columns);
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **to)
{
    (void)table;
    struct charge_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    *to = &cursor->base;
    return SQLITE_OK;
}

static struct charge_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
    return (struct charge_cursor *)base;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    charge_scan_free(&cursor_of(base)->scan);
    free(base);
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int count,
                         sqlite3_value **values)
{
    struct charge_cursor *cursor = cursor_of(base);
    struct charge_table *table = (struct charge_table *)base->pVtab;
    struct err err = {0};
    (void)text;
    (void)count;
    cursor->at = 0;
    return charge_scan_begin(&cursor->scan, table->db, plan, values, &err) < 0
               ? charge_table_fail(base->pVtab, &err)
               : SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct charge_cursor *cursor = cursor_of(base);
    struct err err = {0};
    if (++cursor->at < cursor->scan.samples.count)
        return SQLITE_OK;
    cursor->at = 0;
    return charge_scan_next(&cursor->scan, &err) < 0 ? charge_table_fail(base->pVtab, &err)
                                                     : SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->scan.end;
}

static void give_real(sqlite3_context *to, double value)
{
    if (isnan(value))
        sqlite3_result_null(to);
    else
        sqlite3_result_double(to, value);
}

static void give_integer(sqlite3_context *to, int64_t value)
{
    if (value == STORE_NULL)
        sqlite3_result_null(to);
    else
        sqlite3_result_int64(to, value);
}

static void give_sample(const struct charge_sample *sample, sqlite3_context *to, int column)
{
    const double reals[] = {[3] = sample->battery_level,
                            [4] = sample->charge_energy_added,
                            [5] = sample->charger_power,
                            [6] = sample->charger_actual_current,
                            [7] = sample->charger_voltage,
                            [9] = sample->ideal_battery_range_km,
                            [10] = sample->rated_battery_range_km,
                            [11] = sample->outside_temp,
                            [13] = sample->meter_wh};
    if (column == COLUMN_DATE)
        give_integer(to, sample->date_us);
    else if (column == COLUMN_PHASES)
        give_integer(to, sample->charger_phases);
    else if (column == COLUMN_TYPE)
        sqlite3_result_text(to, sample->fast_charger_type, -1, SQLITE_TRANSIENT); /* NULL: NULL */
    else
        give_real(to, reals[column]);
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *to, int column)
{
    static const enum charge_process_column of_process[] = {
        CHARGE_PROCESS_BID, CHARGE_PROCESS_STATION, CHARGE_PROCESS_SLOT};
    const struct charge_cursor *cursor = cursor_of(base);
    const struct charge_scan *scan = &cursor->scan;
    bool damaged = scan->damage.code != 0;
    if (column == COLUMN_PROCESS)
        sqlite3_result_int64(to, scan->process);
    else if (column >= COLUMN_BID && column <= COLUMN_SLOT)
        sqlite3_result_value(to, charge_scan_column(scan, of_process[column - COLUMN_BID]));
    else if (column == COLUMN_DAMAGED && damaged)
        sqlite3_result_text(to, scan->damage.text, -1, SQLITE_TRANSIENT);
    else if (column == COLUMN_DAMAGED || damaged)
        sqlite3_result_null(to);
    else if (column == COLUMN_NUMBER)
        sqlite3_result_int64(to, (sqlite3_int64)cursor->at + 1);
    else
        give_sample(&scan->samples.list[cursor->at], to, column);
    return SQLITE_OK;
}

/* Its own for every row, as `OR` over several columns needs it: up to 2^24 samples a process. */
static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
    const struct charge_cursor *cursor = cursor_of(base);
    *id = (sqlite3_int64)((uint64_t)cursor->scan.process << 24 | cursor->at);
    return SQLITE_OK;
}

static const sqlite3_module charge_module = {
    .xConnect = charge_table_connect, /* no xCreate: the table is there by its name alone */
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

int charge_table_add(sqlite3 *db)
{
    return sqlite3_create_module_v2(db, "charge", &charge_module, declaration, NULL);
}
