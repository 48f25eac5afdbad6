/* SPDX-License-Identifier: Apache-2.0 */
/* Comparison and repair: both tables are read in the order of their keys and walked side by side.
 */
#include "store/audit.h"

#include "base/scope.h"
#include "base/strbuf.h"
#include <assert.h>
#include <string.h>

struct table {
    const char *name;
    const char *select; /* keys first, in their order */
    int keys;
    const char *put, *remove; /* parameters: the columns; the keys */
};

/* In the order in which rows may refer to each other. */
static const struct table TABLES[AUDIT_TABLES] = {
    {"vehicle", "SELECT vid FROM vehicle ORDER BY vid", 1,
     "INSERT INTO vehicle (vid) VALUES (?1) ON CONFLICT (vid) DO NOTHING", NULL},
    {"battery",
     "SELECT bid, battery_version, capacity_kwh, soh, where_kind, where_id, slot, where_since, "
     "model FROM battery ORDER BY bid",
     1,
     "INSERT INTO battery (bid, battery_version, capacity_kwh, soh, where_kind, where_id, slot, "
     "where_since, model) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (bid) DO UPDATE "
     "SET "
     "battery_version = ?2, capacity_kwh = ?3, soh = ?4, where_kind = ?5, where_id = ?6, "
     "slot = ?7, where_since = ?8, model = ?9",
     "DELETE FROM battery WHERE bid = ?1"},
    {"battery_version",
     "SELECT bid, since_at, battery_version, source FROM battery_version "
     "ORDER BY bid, since_at, battery_version",
     3,
     "INSERT INTO battery_version (bid, since_at, battery_version, source) "
     "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (bid, battery_version, since_at) "
     "DO UPDATE SET source = ?4",
     "DELETE FROM battery_version WHERE bid = ?1 AND since_at = ?2 AND battery_version = ?3"},
    {"battery_exchange_task",
     "SELECT task_id, bid, station_id, vid, event, event_time, start_time, end_time, comments, "
     "request_id, slot, soc, soh, battery_version, capacity_kwh, remarks "
     "FROM battery_exchange_task ORDER BY task_id",
     1,
     "INSERT OR REPLACE INTO battery_exchange_task (task_id, bid, station_id, vid, event, "
     "event_time, start_time, end_time, comments, request_id, slot, soc, soh, battery_version, "
     "capacity_kwh, remarks) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
     "?15, ?16)",
     "DELETE FROM battery_exchange_task WHERE task_id = ?1"},
    {"swap",
     "SELECT station_id, request_id, vid, user_id, started_at, ended_at, outcome, reason, bid_in, "
     "bid_out, slot_in, slot_out, soc_in, soc_out, batteries, bid_in_2, bid_out_2, slot_in_2, "
     "slot_out_2, soc_in_2, soc_out_2 FROM swap ORDER BY station_id, request_id",
     2,
     "INSERT OR REPLACE INTO swap (station_id, request_id, vid, user_id, started_at, ended_at, "
     "outcome, reason, bid_in, bid_out, slot_in, slot_out, soc_in, soc_out, batteries, bid_in_2, "
     "bid_out_2, slot_in_2, slot_out_2, soc_in_2, soc_out_2) "
     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
     "?19, ?20, ?21)",
     "DELETE FROM swap WHERE station_id = ?1 AND request_id = ?2"},
    {"station_position",
     "SELECT station_id, since_at, latitude, longitude FROM station_position "
     "ORDER BY station_id, since_at",
     2,
     "INSERT OR REPLACE INTO station_position (station_id, since_at, latitude, longitude) "
     "VALUES (?1, ?2, ?3, ?4)",
     "DELETE FROM station_position WHERE station_id = ?1 AND since_at = ?2"},
    {"battery_area",
     "SELECT bid, number, station_id, latitude, longitude, radius_m, set_at, set_by "
     "FROM battery_area ORDER BY bid, number",
     2,
     "INSERT OR REPLACE INTO battery_area (bid, number, station_id, latitude, longitude, radius_m, "
     "set_at, set_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
     "DELETE FROM battery_area WHERE bid = ?1 AND number = ?2"},
    {"swaps_per_day",
     "SELECT station_id, day, swaps, first_at, last_at FROM swaps_per_day ORDER BY station_id, day",
     2,
     "INSERT OR REPLACE INTO swaps_per_day (station_id, day, swaps, first_at, last_at) "
     "VALUES (?1, ?2, ?3, ?4, ?5)",
     "DELETE FROM swaps_per_day WHERE station_id = ?1 AND day = ?2"},
    {"threshold",
     "SELECT kind, ifnull(model, ''), ifnull(station_id, ''), raise_value, clear_value, enabled, "
     "set_at, set_by FROM threshold ORDER BY 1, 2, 3",
     3,
     "INSERT OR REPLACE INTO threshold (kind, model, station_id, raise_value, clear_value, "
     "enabled, "
     "set_at, set_by) VALUES (?1, nullif(?2, ''), nullif(?3, ''), ?4, ?5, ?6, ?7, ?8)",
     "DELETE FROM threshold WHERE kind = ?1 AND ifnull(model, '') = ?2 AND "
     "ifnull(station_id, '') = ?3"},
    {"battery_lock", "SELECT bid, reason, locked_at, locked_by FROM battery_lock ORDER BY bid", 1,
     "INSERT OR REPLACE INTO battery_lock (bid, reason, locked_at, locked_by) "
     "VALUES (?1, ?2, ?3, ?4)",
     "DELETE FROM battery_lock WHERE bid = ?1"},
};

/* One side of the walk. */
struct side {
    struct store *store;
    sqlite3_stmt *select;
    int found; /* 1: on a row, 0: at the end */
};

struct walk {
    const struct table *table;
    struct side kept, rebuilt;
    struct store *repair; /* NULL: only looking */
    const struct audit_listener *listener;
    struct audit_result *result;
};

static int advance(struct side *side, struct err *err)
{
    side->found = store_step(side->store, side->select, err);
    return side->found < 0 ? side->found : 0;
}

/* As the ORDER BY of the tables: integers by value, texts by byte; NULL is no key. */
static int compare_column(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
    if (sqlite3_column_type(a, column) == SQLITE_INTEGER) {
        int64_t left = sqlite3_column_int64(a, column), right = sqlite3_column_int64(b, column);
        return left < right ? -1 : left > right;
    }
    const char *left = (const char *)sqlite3_column_text(a, column);
    const char *right = (const char *)sqlite3_column_text(b, column);
    return strcmp(left ? left : "", right ? right : "");
}

static int compare_keys(const struct walk *walk)
{
    if (!walk->kept.found || !walk->rebuilt.found)
        return walk->rebuilt.found - walk->kept.found;
    int order = 0;
    for (int i = 0; i < walk->table->keys && order == 0; i++)
        order = compare_column(walk->kept.select, walk->rebuilt.select, i);
    return order;
}

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
    int type = sqlite3_column_type(a, column);
    if (type != sqlite3_column_type(b, column))
        return false;
    return type == SQLITE_NULL || compare_column(a, b, column) == 0;
}

static const char *shown(sqlite3_stmt *select, int column)
{
    const char *text = (const char *)sqlite3_column_text(select, column);
    return text ? text : "nothing";
}

static void tell(const struct walk *walk, sqlite3_stmt *select, const char *what)
{
    SCOPE_STRBUF struct strbuf sentence = STRBUF_INIT;
    for (int i = 0; i < walk->table->keys; i++)
        strbuf_printf(&sentence, "%s%s", i ? " " : "", shown(select, i));
    strbuf_printf(&sentence, ": %s", what);
    walk->result->faults++;
    walk->listener->tell(walk->listener->self, walk->table->name, strbuf_text(&sentence));
}

/* Runs `sql` on the writer with the first `count` columns of the row. */
static int apply(const struct walk *walk, const char *sql, sqlite3_stmt *row, int count,
                 struct err *err)
{
    if (!walk->repair || !sql)
        return 0;
    sqlite3_stmt *change = store_prepare(walk->repair, sql, err);
    if (!change)
        return ERR_STORAGE;
    for (int i = 0; i < count; i++)
        (void)sqlite3_bind_value(change, i + 1, sqlite3_column_value(row, i));
    return store_run(walk->repair, change, err);
}

static int compare_rows(const struct walk *walk, struct err *err)
{
    sqlite3_stmt *kept = walk->kept.select, *rebuilt = walk->rebuilt.select;
    int columns = sqlite3_column_count(rebuilt);
    SCOPE_STRBUF struct strbuf what = STRBUF_INIT;
    for (int i = walk->table->keys; i < columns; i++)
        if (!same_value(kept, rebuilt, i))
            strbuf_printf(&what, "%s%s is %s, the log says %s", what.length ? "; " : "",
                          sqlite3_column_name(kept, i), shown(kept, i), shown(rebuilt, i));
    if (what.length == 0)
        return 0;
    tell(walk, kept, strbuf_text(&what));
    return apply(walk, walk->table->put, rebuilt, columns, err);
}

static int walk_on(struct walk *walk, struct err *err)
{
    int order = compare_keys(walk), status = 0;
    walk->result->looked_at++;
    if (order == 0) {
        status = compare_rows(walk, err);
    } else if (order < 0) {
        tell(walk, walk->kept.select, "the log does not say so");
        status = apply(walk, walk->table->remove, walk->kept.select, walk->table->keys, err);
    } else {
        tell(walk, walk->rebuilt.select, "is missing");
        status = apply(walk, walk->table->put, walk->rebuilt.select,
                       sqlite3_column_count(walk->rebuilt.select), err);
    }
    if (status == 0 && order <= 0)
        status = advance(&walk->kept, err);
    return status == 0 && order >= 0 ? advance(&walk->rebuilt, err) : status;
}

int audit_compare(struct store *kept, struct store *rebuilt, size_t index, struct store *repair,
                  const struct audit_listener *listener, struct audit_result *result,
                  struct err *err)
{
    assert(index < AUDIT_TABLES);
    const struct table *table = &TABLES[index];
    *result = (struct audit_result){.check = table->name};
    struct walk walk = {.table = table,
                        .kept = {kept, store_prepare(kept, table->select, err), 0},
                        .rebuilt = {rebuilt, store_prepare(rebuilt, table->select, err), 0},
                        .repair = repair,
                        .listener = listener,
                        .result = result};
    if (!walk.kept.select || !walk.rebuilt.select)
        return ERR_STORAGE;
    int status = advance(&walk.kept, err);
    if (status == 0)
        status = advance(&walk.rebuilt, err);
    while (status == 0 && (walk.kept.found || walk.rebuilt.found))
        status = walk_on(&walk, err);
    (void)sqlite3_reset(walk.kept.select);
    (void)sqlite3_reset(walk.rebuilt.select);
    return status;
}

int audit_copy_journals(struct store *from, struct store *to, struct err *err)
{
    sqlite3_stmt *select =
        store_prepare(from, "SELECT device, journal, number, first_seen_at FROM journal", err);
    sqlite3_stmt *insert = store_prepare(
        to, "INSERT INTO journal (device, journal, number, first_seen_at) VALUES (?1, ?2, ?3, ?4)",
        err);
    if (!select || !insert)
        return ERR_STORAGE;
    int status;
    while ((status = store_step(from, select, err)) == 1) {
        for (int i = 0; i < 4; i++)
            (void)sqlite3_bind_value(insert, i + 1, sqlite3_column_value(select, i));
        status = store_run(to, insert, err);
        if (status < 0) {
            (void)sqlite3_reset(select);
            return status;
        }
    }
    return status;
}

int audit_defer_references(struct store *store, struct err *err)
{
    sqlite3_stmt *pragma = store_prepare(store, "PRAGMA defer_foreign_keys = ON", err);
    return pragma ? store_run(store, pragma, err) : ERR_STORAGE;
}
