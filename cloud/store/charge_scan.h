/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process after process with its samples, for the tables `charge` and `charge_damage` of SQL: which
 * ones a query needs (charge_plan.c), and reading them (charge_scan.c). A process whose samples
 * cannot be read is one step with a sentence instead of samples; the next one follows as if nothing
 * had been.
 */
#ifndef SWAPSTACK_STORE_CHARGE_SCAN_H
#define SWAPSTACK_STORE_CHARGE_SCAN_H

#include "base/err.h"
#include "store/sample_source.h"

/* What limits the processes; each has one value, in this order. */
enum charge_limit {
    CHARGE_PROCESS,      /* id = */
    CHARGE_PROCESS_FROM, /* id >= (also for >: SQLite looks again) */
    CHARGE_PROCESS_TO,   /* id <= */
    CHARGE_BATTERY,
    CHARGE_STATION,
    CHARGE_FROM, /* those that may have samples from this date on … */
    CHARGE_TO,   /* … and up to this one */
    CHARGE_LIMITS
};
/* In a plan: a bit per limit, and this one: columns of charging_process are wanted. */
#define CHARGE_WITH_PROCESS (1 << CHARGE_LIMITS)

/* Where a virtual table has the columns that limit; -1: it has none. */
struct charge_columns {
    int process, bid, station, date;
    int number; /* of the sample within its process */
    uint64_t
        of_process_bits; /* columns that need charging_process, as sqlite3_index_info.colUsed */
};

/* xBestIndex: chooses the limits, the costs and whether the order is right already. */
void charge_plan(sqlite3_index_info *info, const struct charge_columns *columns);

struct charge_scan {
    sqlite3 *db;
    int plan;
    bool empty_too;          /* stop at processes without samples as well */
    sqlite3_stmt *processes; /* owned, as those of `source`; NULL: one process, told by its id */
    struct sample_source source;
    int64_t process; /* the one at hand */
    bool end;
    struct charge_samples samples;
    struct err damage; /* code 0: the samples are whole */
};

/* Begins (again) with the values of the plan's limits, lowest bit first, and steps to the first
 * process. ERR_STORAGE: the database is none of ours, or SQLite failed. */
int charge_scan_begin(struct charge_scan *scan, sqlite3 *db, int plan, sqlite3_value **values,
                      struct err *err);
/* To the next process with samples or damage (`empty_too`: any); `end` is set behind the last. */
int charge_scan_next(struct charge_scan *scan, struct err *err);
void charge_scan_free(struct charge_scan *scan);

/* Columns of charging_process of the process at hand; only with CHARGE_WITH_PROCESS. */
enum charge_process_column {
    CHARGE_PROCESS_ID,
    CHARGE_PROCESS_BID,
    CHARGE_PROCESS_STATION,
    CHARGE_PROCESS_SLOT,
    CHARGE_PROCESS_START,
    CHARGE_PROCESS_END,
};
sqlite3_value *charge_scan_column(const struct charge_scan *scan,
                                  enum charge_process_column column);

/* Makes the tables known to a connection. SQLite's code. */
int charge_table_add(sqlite3 *db);
int charge_damage_add(sqlite3 *db);

/* What both of them are to SQLite, and their xConnect and xDisconnect; the module's own pointer is
 * the declaration of its columns, a text. */
struct charge_table {
    sqlite3_vtab base; /* first: SQLite's own part */
    sqlite3 *db;
};
int charge_table_connect(sqlite3 *db, void *columns, int count, const char *const *words,
                         sqlite3_vtab **to, char **message);
int charge_table_disconnect(sqlite3_vtab *table);

/* For xFilter: hands the sentence to SQLite, and the code that belongs to it. */
int charge_table_fail(sqlite3_vtab *table, const struct err *err);

#endif
