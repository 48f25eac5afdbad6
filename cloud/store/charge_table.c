/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table `charge` of SQL: the samples of one process as rows, whether they are open or packed.
 *
 *     SELECT … FROM charge WHERE process = 7 ORDER BY date, number
 *
 * An eponymous virtual table that is read only. It must be told the process: a query without one
 * is refused by SQLite ("no query solution"), because it would unpack everything that there is.
 */
#include "base/scope.h"
#include "store/sample.h"
#include "store/store_internal.h"

#include <math.h>
#include <stdlib.h>

#define COLUMNS                                                                                    \
    "CREATE TABLE charge (process INTEGER, number INTEGER, date INTEGER, battery_level REAL, "     \
    "charge_energy_added REAL, charger_power REAL, charger_actual_current REAL, "                  \
    "charger_voltage REAL, charger_phases INTEGER, ideal_battery_range_km REAL, "                  \
    "rated_battery_range_km REAL, outside_temp REAL, fast_charger_type TEXT, meter_wh REAL)"
enum { COLUMN_PROCESS, COLUMN_NUMBER };

struct charge_table {
    sqlite3_vtab base; /* first: SQLite's own part */
    struct store *store;
};

struct charge_cursor {
    sqlite3_vtab_cursor base; /* first: SQLite's own part */
    int64_t process;
    struct charge_samples samples;
    size_t at;
};

static int table_connect(sqlite3 *db, void *store, int count, const char *const *words,
                         sqlite3_vtab **to, char **message)
{
    (void)count;
    (void)words;
    (void)message;
    int code = sqlite3_declare_vtab(db, COLUMNS);
    struct charge_table *table = code == SQLITE_OK ? calloc(1, sizeof *table) : NULL;
    if (!table)
        return code == SQLITE_OK ? SQLITE_NOMEM : code;
    table->store = store;
    *to = &table->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

/* The one way to read: by the process. */
static int table_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != COLUMN_PROCESS ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->estimatedCost = 1000;
        info->estimatedRows = 1000;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
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
    charge_samples_free(&cursor_of(base)->samples);
    free(base);
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int count,
                         sqlite3_value **values)
{
    struct charge_cursor *cursor = cursor_of(base);
    struct charge_table *table = (struct charge_table *)base->pVtab;
    struct err err = {0};
    (void)plan;
    (void)text;
    charge_samples_free(&cursor->samples);
    cursor->at = 0;
    if (count < 1 || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return SQLITE_OK;
    cursor->process = sqlite3_value_int64(values[0]);
    if (charge_samples_read(table->store, cursor->process, &cursor->samples, &err) == 0)
        return SQLITE_OK;
    charge_samples_free(&cursor->samples);
    sqlite3_free(base->pVtab->zErrMsg);
    base->pVtab->zErrMsg = sqlite3_mprintf("%s", err.text);
    return err.code == ERR_INVALID ? SQLITE_CORRUPT_VTAB : SQLITE_ERROR;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    cursor_of(base)->at++;
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->at >= cursor_of(base)->samples.count;
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

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *to, int column)
{
    const struct charge_cursor *cursor = cursor_of(base);
    const struct charge_sample *sample = &cursor->samples.list[cursor->at];
    const double reals[] = {[3] = sample->battery_level,
                            [4] = sample->charge_energy_added,
                            [5] = sample->charger_power,
                            [6] = sample->charger_actual_current,
                            [7] = sample->charger_voltage,
                            [9] = sample->ideal_battery_range_km,
                            [10] = sample->rated_battery_range_km,
                            [11] = sample->outside_temp,
                            [13] = sample->meter_wh};
    const int64_t integers[] = {cursor->process, (int64_t)cursor->at + 1,
                                sample->date_us, [8] = sample->charger_phases};
    if (column <= 2 || column == 8)
        give_integer(to, integers[column]);
    else if (column == 12)
        sqlite3_result_text(to, sample->fast_charger_type, -1, SQLITE_TRANSIENT); /* NULL: NULL */
    else
        give_real(to, reals[column]);
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *id)
{
    *id = (sqlite3_int64)cursor_of(base)->at + 1;
    return SQLITE_OK;
}

static const sqlite3_module charge_module = {
    .xConnect = table_connect, /* no xCreate: the table is there by its name alone */
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int store_add_charge_table(struct store *store, struct err *err)
{
    int code = sqlite3_create_module_v2(store->db, "charge", &charge_module, store, NULL);
    return code == SQLITE_OK ? 0 : store_error(store, "the table charge", err);
}
