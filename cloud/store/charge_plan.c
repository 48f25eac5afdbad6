/* SPDX-License-Identifier: Apache-2.0 */
/* Which constraints of a query limit the processes that must be read, and what that costs. */
#include "store/charge_scan.h"
#include "store/sqlite_api.h"

#include <string.h>

/* A database of a station network after a year or two, for the planner only: what matters is the
 * order of the ways. */
#define PROCESSES           1e6
#define SAMPLES_PER_PROCESS 300.0
#define SEEK                20.0 /* of a process, in units of a row */

static const double share[CHARGE_LIMITS] = {
    [CHARGE_PROCESS] = 1 / PROCESSES,
    [CHARGE_PROCESS_FROM] = 0.3,
    [CHARGE_PROCESS_TO] = 0.3,
    [CHARGE_BATTERY] = 0.0005,
    [CHARGE_STATION] = 0.005,
    [CHARGE_FROM] = 0.2,
    [CHARGE_TO] = 0.2,
};

static int limit_of_order(unsigned char op, int equal, int from, int to)
{
    switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return equal;
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_GE:
        return from;
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
        return to;
    default:
        return -1;
    }
}

/* The limit that a constraint sets, or -1. */
static int limit_of(sqlite3_index_info *info, int at, const struct charge_columns *columns)
{
    int column = info->aConstraint[at].iColumn;
    unsigned char op = info->aConstraint[at].op;
    if (!info->aConstraint[at].usable || column < 0)
        return -1;
    if (column == columns->process)
        return limit_of_order(op, CHARGE_PROCESS, CHARGE_PROCESS_FROM, CHARGE_PROCESS_TO);
    if (column == columns->date) /* date = x is not worth a limit of its own */
        return limit_of_order(op, -1, CHARGE_FROM, CHARGE_TO);
    /* The columns of charging_process compare byte by byte. */
    if (op != SQLITE_INDEX_CONSTRAINT_EQ || strcmp(sqlite3_vtab_collation(info, at), "BINARY") != 0)
        return -1;
    return column == columns->bid       ? CHARGE_BATTERY
           : column == columns->station ? CHARGE_STATION
                                        : -1;
}

/* Processes come by id, the samples of each by number. */
static bool is_ordered(const sqlite3_index_info *info, const struct charge_columns *columns,
                       bool one_process)
{
    int expected = one_process ? columns->number : columns->process;
    for (int i = 0; i < info->nOrderBy; i++) {
        if (info->aOrderBy[i].desc || info->aOrderBy[i].iColumn != expected)
            return false;
        expected = expected == columns->process ? columns->number : -1;
    }
    return info->nOrderBy > 0;
}

void charge_plan(sqlite3_index_info *info, const struct charge_columns *columns)
{
    int chosen[CHARGE_LIMITS], plan = 0, argument = 0;
    for (int i = 0; i < info->nConstraint; i++) {
        int limit = limit_of(info, i, columns);
        if (limit < 0 || plan & (1 << limit))
            continue;
        plan |= 1 << limit;
        chosen[limit] = i;
    }
    double rows = PROCESSES * SAMPLES_PER_PROCESS, processes = PROCESSES;
    for (int limit = 0; limit < CHARGE_LIMITS; limit++)
        if (plan & (1 << limit)) {
            info->aConstraintUsage[chosen[limit]].argvIndex = ++argument;
            processes *= share[limit];
            rows *= share[limit];
        }
    if (processes < 1)
        rows = SAMPLES_PER_PROCESS;
    info->estimatedRows = (sqlite3_int64)rows;
    info->estimatedCost = rows + SEEK * (processes < 1 ? 1 : processes);
    info->orderByConsumed = is_ordered(info, columns, plan & (1 << CHARGE_PROCESS));
    info->idxNum = plan | (info->colUsed & columns->of_process_bits ? CHARGE_WITH_PROCESS : 0);
}
