/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the SQLite journal, shared by journal_sqlite*.c only. */
#ifndef SWAPSTACK_MONITOR_JOURNAL_SQLITE_H
#define SWAPSTACK_MONITOR_JOURNAL_SQLITE_H

#include "base/strbuf.h"
#include "monitor/journal.h"
#include <sqlite3.h>

#define SQLITE_SEQ_BITS 40 /* 10^12 rows per boot and lane, 8 million boots */

/* Pairs are event, telemetry, in this order (by_lane). */
enum sqlite_statement {
    STATEMENT_APPEND_EVENT,
    STATEMENT_APPEND_TELEMETRY,
    STATEMENT_SUM_EVENT,
    STATEMENT_SUM_TELEMETRY,
    STATEMENT_DELETE_EVENT,
    STATEMENT_DELETE_TELEMETRY,
    STATEMENT_NEXT_EVENT,
    STATEMENT_NEXT_TELEMETRY,
    STATEMENT_BURY_EVENT,
    STATEMENT_BURY_TELEMETRY,
    STATEMENT_BOUND_DEAD,
    STATEMENT_PUT_VALUE,
    STATEMENT_GET_VALUE,
    STATEMENT_PUT_COMMAND,
    STATEMENT_FIND_COMMAND,
    STATEMENT_NEXT_OPEN,
    STATEMENT_PURGE_COMMANDS,
    STATEMENT_COUNT
};

struct journal_sqlite {
    sqlite3 *db;
    char *path, *reserve_path; /* owned */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct strbuf payload; /* of the row read last */
    bool synchronous_full;
    bool is_short;
    int64_t rows[JOURNAL_LANES], telemetry_bytes; /* kept beside the tables: asked at each report */
};

extern const struct journal_ops JOURNAL_SQLITE_OPS;

/* The error of the last call as a sentence; a full or failing disk releases the reserve. */
int sqlite_failed(struct journal_sqlite *store, const char *what, struct err *err);

/* Counts rows and bytes from the tables. */
void sqlite_count(struct journal_sqlite *store);

/* The space reserve: a file of SQLITE_RESERVE_BYTES beside the database, so that the events of what
 * still runs can be stored after the disk is full. */
#define SQLITE_RESERVE_BYTES (INT64_C(2) << 20) /* 1000 events of 2 KiB */
void sqlite_release_reserve(struct journal_sqlite *store);
void sqlite_take_reserve(struct journal_sqlite *store);

void sqlite_release(struct journal_sqlite *store);

#endif
