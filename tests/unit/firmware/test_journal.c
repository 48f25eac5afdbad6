/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: the same cases on SQLite and in memory; then what only one of them can show. */
#include "monitor/journal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <sqlite3.h>

#define ID "0123456789abcdef0123456789abcdef"

struct store {
    bool sqlite;
    char folder[64];
    struct journal_memory *memory;
    struct journal journal;
};

static void open_store(struct store *store)
{
    struct err err = {0};
    bool damaged = false;
    int rc = store->sqlite ? journal_sqlite_open(&store->journal, store->folder, ID, &damaged, &err)
                           : journal_memory_open(&store->journal, store->memory, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
    assert_false(damaged);
}

static void close_store(struct store *store)
{
    store->journal.ops->close(store->journal.self);
    store->journal.ops = NULL;
}

static int setup_sqlite(void **state)
{
    struct store *store = calloc(1, sizeof(*store));
    store->sqlite = true;
    snprintf(store->folder, sizeof(store->folder), "/tmp/swapstack-journal-XXXXXX");
    assert_non_null(mkdtemp(store->folder));
    *state = store;
    open_store(store);
    return 0;
}

static int setup_memory(void **state)
{
    struct store *store = calloc(1, sizeof(*store));
    assert_int_equal(journal_memory_new(&store->memory, ID, NULL), 0);
    *state = store;
    open_store(store);
    return 0;
}

static int teardown(void **state)
{
    struct store *store = *state;
    if (store->journal.ops)
        close_store(store);
    if (store->sqlite) {
        char command[128];
        snprintf(command, sizeof(command), "rm -rf %s", store->folder);
        assert_int_equal(system(command), 0);
    }
    journal_memory_free(store->memory);
    free(store);
    return 0;
}

#define OPS(store)  ((store)->journal.ops)
#define SELF(store) ((store)->journal.self)

static void begin(struct store *store, bool durable)
{
    assert_int_equal(OPS(store)->begin(SELF(store), durable, NULL), 0);
}

static void commit(struct store *store)
{
    assert_int_equal(OPS(store)->commit(SELF(store), NULL), 0);
}

static void append(struct store *store, enum message_lane lane, int64_t boot, int64_t seq,
                   const char *payload)
{
    struct journal_row row = {lane, boot, seq, 1000 * boot + seq, payload, strlen(payload)};
    assert_int_equal(OPS(store)->append(SELF(store), &row, NULL), 0);
}

/* "1.1 1.2 2.1 " */
static void list(struct store *store, enum message_lane lane, char *text, size_t size)
{
    struct journal_row row = {0};
    text[0] = '\0';
    while (OPS(store)->next_row(SELF(store), lane, row.boot, row.seq, &row, NULL) == 0) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%d.%d ", (int)row.boot, (int)row.seq);
    }
}

static void assert_rows(struct store *store, enum message_lane lane, const char *expected)
{
    char text[512];
    list(store, lane, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void test_rows(void **state)
{
    struct store *store = *state;
    assert_int_equal(store->journal.boot, 1);
    assert_string_equal(store->journal.id, ID);
    begin(store, true);
    append(store, LANE_EVENT, 1, 1, "{\"a\":\"é\"}");
    append(store, LANE_EVENT, 1, 2, "{}");
    append(store, LANE_TELEMETRY, 1, 1, "{\"t\":1}");
    commit(store);
    begin(store, false);
    append(store, LANE_TELEMETRY, 1, 2, "{\"t\":2}");
    assert_rows(store, LANE_TELEMETRY, "1.1 1.2 "); /* the open group is seen */
    commit(store);

    struct journal_row row;
    assert_int_equal(OPS(store)->next_row(SELF(store), LANE_EVENT, 0, 0, &row, NULL), 0);
    assert_int_equal(row.length, 10);
    assert_memory_equal(row.payload, "{\"a\":\"é\"}", 10);
    assert_int_equal(row.time_us, 1001);
    struct journal_totals totals;
    OPS(store)->totals(SELF(store), &totals);
    assert_int_equal(totals.rows[0], 2);
    assert_int_equal(totals.rows[1], 2);
    assert_int_equal(totals.telemetry_bytes, 2 * (7 + JOURNAL_ROW_OVERHEAD));
    assert_int_equal(totals.oldest_us, 1001);

    begin(store, false);
    OPS(store)->acknowledge(SELF(store), LANE_EVENT, 1, 1, NULL);
    OPS(store)->remove(SELF(store), LANE_TELEMETRY, 1, 1, false, NULL);
    commit(store);
    assert_rows(store, LANE_EVENT, "1.2 ");
    assert_rows(store, LANE_TELEMETRY, "1.2 ");
    OPS(store)->totals(SELF(store), &totals);
    assert_int_equal(totals.telemetry_bytes, 7 + JOURNAL_ROW_OVERHEAD);
    begin(store, true);
    OPS(store)->remove(SELF(store), LANE_EVENT, 1, 2, true, NULL);
    commit(store);
    assert_rows(store, LANE_EVENT, "");
}

static void test_boots(void **state)
{
    struct store *store = *state;
    begin(store, true);
    append(store, LANE_EVENT, 1, 1, "{}");
    append(store, LANE_EVENT, 1, 2, "{}");
    commit(store);
    close_store(store);
    open_store(store);
    assert_int_equal(store->journal.boot, 2);
    begin(store, true);
    append(store, LANE_EVENT, 2, 1, "{}");
    commit(store);
    assert_rows(store, LANE_EVENT, "1.1 1.2 2.1 "); /* rows keep the boot they were written under */
    begin(store, true);
    OPS(store)->acknowledge(SELF(store), LANE_EVENT, 1, INT64_MAX, NULL);
    commit(store);
    assert_rows(store, LANE_EVENT, "2.1 "); /* of that boot only, whatever the mark */
}

static void test_rollback(void **state)
{
    struct store *store = *state;
    begin(store, true);
    append(store, LANE_TELEMETRY, 1, 1, "{}");
    commit(store);
    begin(store, true);
    append(store, LANE_TELEMETRY, 1, 2, "{}");
    OPS(store)->acknowledge(SELF(store), LANE_TELEMETRY, 1, 1, NULL);
    OPS(store)->put_value(SELF(store), "x", "1", NULL);
    OPS(store)->rollback(SELF(store));
    assert_rows(store, LANE_TELEMETRY, "1.1 ");
    char value[8];
    assert_int_equal(OPS(store)->get_value(SELF(store), "x", value, sizeof(value), NULL), 0);
    assert_string_equal(value, "");
    struct journal_totals totals;
    OPS(store)->totals(SELF(store), &totals);
    assert_int_equal(totals.telemetry_bytes, 2 + JOURNAL_ROW_OVERHEAD);
}

static void test_values(void **state)
{
    struct store *store = *state;
    char value[8];
    begin(store, true);
    OPS(store)->put_value(SELF(store), "mark", "1.1", NULL);
    OPS(store)->put_value(SELF(store), "mark", "1.2", NULL);
    commit(store);
    close_store(store);
    open_store(store);
    assert_int_equal(OPS(store)->get_value(SELF(store), "mark", value, sizeof(value), NULL), 0);
    assert_string_equal(value, "1.2");
    assert_int_equal(OPS(store)->get_value(SELF(store), "mark", value, 3, NULL), ERR_INVALID);
}

static int64_t put(struct store *store, const char *identity, const char *outcome, int64_t seen)
{
    struct journal_command command = {.type = 1, .seen_wall_us = seen};
    snprintf(command.identity, sizeof(command.identity), "%s", identity);
    snprintf(command.outcome, sizeof(command.outcome), "%s", outcome);
    begin(store, true);
    assert_int_equal(OPS(store)->put_command(SELF(store), &command, NULL), 0);
    commit(store);
    assert_true(command.number > 0);
    return command.number;
}

static void test_commands(void **state)
{
    struct store *store = *state;
    struct journal_command command;
    int64_t first = put(store, "a", "done", 10);
    int64_t second = put(store, "b", "", 20);
    int64_t third = put(store, "a", "accepted", 30);
    assert_int_equal(OPS(store)->find_command(SELF(store), "a", &command, NULL), 0);
    assert_int_equal(command.number, third); /* the newest of that identity */
    assert_int_equal(OPS(store)->find_command(SELF(store), "c", &command, NULL), ERR_NOT_FOUND);
    assert_int_equal(OPS(store)->next_open_command(SELF(store), 0, &command, NULL), 0);
    assert_int_equal(command.number, second);
    assert_int_equal(OPS(store)->next_open_command(SELF(store), second, &command, NULL), 0);
    assert_int_equal(command.number, third);
    assert_int_equal(OPS(store)->next_open_command(SELF(store), third, &command, NULL),
                     ERR_NOT_FOUND);
    snprintf(command.outcome, sizeof(command.outcome), "failed");
    snprintf(command.reason, sizeof(command.reason), "interrupted");
    begin(store, true);
    assert_int_equal(OPS(store)->put_command(SELF(store), &command, NULL), 0);
    commit(store);
    close_store(store);
    open_store(store);
    assert_int_equal(OPS(store)->find_command(SELF(store), "a", &command, NULL), 0);
    assert_string_equal(command.outcome, "failed");
    assert_string_equal(command.reason, "interrupted");
    assert_int_equal(command.seen_wall_us, 30);

    begin(store, true); /* old and closed goes, open stays, the newest stay whatever their age */
    OPS(store)->purge_commands(SELF(store), 100, 1, NULL);
    commit(store);
    assert_int_equal(OPS(store)->next_open_command(SELF(store), 0, &command, NULL), 0);
    assert_int_equal(command.number, second);
    assert_int_equal(OPS(store)->find_command(SELF(store), "a", &command, NULL), 0);
    assert_int_equal(command.number, third);
    assert_true(put(store, "d", "done", 200) > third); /* numbers are never used twice */
    assert_true(first < second);
}

/* A kill in the middle of an open group: committed rows stay, the group is gone, the boot grows. */
static void test_killed(void **state)
{
    struct store *store = *state;
    if (store->sqlite) {
        close_store(store);
        pid_t child = fork();
        if (child == 0) {
            open_store(store);
            begin(store, false);
            append(store, LANE_TELEMETRY, 2, 1, "{}");
            commit(store);
            begin(store, false);
            append(store, LANE_TELEMETRY, 2, 2, "{}");
            kill(getpid(), SIGKILL);
        }
        waitpid(child, NULL, 0);
    } else {
        close_store(store);
        open_store(store);
        begin(store, false);
        append(store, LANE_TELEMETRY, 2, 1, "{}");
        commit(store);
        begin(store, false);
        append(store, LANE_TELEMETRY, 2, 2, "{}");
        journal_memory_crash(store->memory, false);
    }
    open_store(store);
    assert_int_equal(store->journal.boot, 3);
    assert_rows(store, LANE_TELEMETRY, "2.1 ");
}

static void test_memory_power(void **state)
{
    struct store *store = *state;
    begin(store, true);
    append(store, LANE_EVENT, 1, 1, "{}");
    commit(store);
    begin(store, false);
    append(store, LANE_TELEMETRY, 1, 1, "{}");
    commit(store);
    journal_memory_crash(store->memory, true);
    open_store(store);
    assert_rows(store, LANE_EVENT, "1.1 ");
    assert_rows(store, LANE_TELEMETRY, "");
    begin(store, false);
    append(store, LANE_TELEMETRY, 2, 1, "{}");
    commit(store);
    begin(store, true); /* a durable commit takes along what came before it */
    append(store, LANE_EVENT, 2, 1, "{}");
    commit(store);
    journal_memory_crash(store->memory, true);
    open_store(store);
    assert_rows(store, LANE_TELEMETRY, "2.1 ");
}

static void test_memory_full(void **state)
{
    struct store *store = *state;
    struct journal_row row = {LANE_EVENT, 1, 1, 0, "{}", 2};
    journal_memory_set_full(store->memory, true);
    begin(store, true);
    assert_int_equal(OPS(store)->append(SELF(store), &row, NULL), ERR_FULL);
    OPS(store)->rollback(SELF(store));
    assert_true(OPS(store)->is_short(SELF(store)));
    OPS(store)->recover(SELF(store));
    assert_true(OPS(store)->is_short(SELF(store)));
    journal_memory_set_full(store->memory, false);
    OPS(store)->recover(SELF(store));
    assert_false(OPS(store)->is_short(SELF(store)));
}

static void test_sqlite_one_process(void **state)
{
    struct store *store = *state;
    struct journal other;
    struct err err = {0};
    bool damaged;
    assert_int_equal(journal_sqlite_open(&other, store->folder, ID, &damaged, &err), ERR_BUSY);
    assert_non_null(strstr(err.text, "another"));
}

static void overwrite(const struct store *store, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/journal.db", store->folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
    close(fd);
}

static void test_sqlite_damaged(void **state)
{
    struct store *store = *state;
    struct err err = {0};
    bool damaged = false;
    close_store(store);
    overwrite(store, "this is no database at all");
    assert_int_equal(journal_sqlite_open(&store->journal, store->folder,
                                         "ffffffffffffffffffffffffffffffff", &damaged, &err),
                     0);
    assert_true(damaged);
    assert_int_equal(store->journal.boot, 1);
    assert_string_equal(store->journal.id, "ffffffffffffffffffffffffffffffff");
    char path[128];
    snprintf(path, sizeof(path), "%s/journal.db.damaged-1", store->folder);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_sqlite_newer(void **state)
{
    struct store *store = *state;
    struct err err = {0};
    bool damaged;
    char path[128];
    sqlite3 *db;
    close_store(store);
    snprintf(path, sizeof(path), "%s/journal.db", store->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(journal_sqlite_open(&store->journal, store->folder, ID, &damaged, &err),
                     ERR_CONFIG);
    assert_non_null(strstr(err.text, "newer"));
    store->journal.ops = NULL;
}

static void test_sqlite_dead_rows_are_kept(void **state)
{
    struct store *store = *state;
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *stmt;
    begin(store, true);
    append(store, LANE_EVENT, 1, 7, "{\"dead\":1}");
    OPS(store)->remove(SELF(store), LANE_EVENT, 1, 7, true, NULL);
    commit(store);
    close_store(store);
    snprintf(path, sizeof(path), "%s/journal.db", store->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT lane, payload FROM dead", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "event");
    assert_string_equal((const char *)sqlite3_column_text(stmt, 1), "{\"dead\":1}");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* A file size limit stands for the full disk: the reserve is given up and says so. */
static void test_sqlite_full(void **state)
{
    struct store *store = *state;
    char path[128], payload[4096];
    struct rlimit before, limit;
    snprintf(path, sizeof(path), "%s/journal.reserve", store->folder);
    assert_int_equal(access(path, F_OK), 0);
    assert_false(OPS(store)->is_short(SELF(store)));
    memset(payload, 'x', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = '\0';
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 256 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int rc = 0;
    for (int64_t seq = 1; rc == 0 && seq < 1000; seq++) {
        struct journal_row row = {LANE_EVENT, 1, seq, 0, payload, strlen(payload)};
        rc = OPS(store)->begin(SELF(store), true, NULL);
        if (rc == 0)
            rc = OPS(store)->append(SELF(store), &row, NULL);
        if (rc == 0)
            rc = OPS(store)->commit(SELF(store), NULL);
        else
            OPS(store)->rollback(SELF(store));
    }
    assert_true(rc < 0);
    assert_true(OPS(store)->is_short(SELF(store)));
    assert_int_equal(access(path, F_OK), -1);
    OPS(store)->recover(SELF(store));
    assert_true(OPS(store)->is_short(SELF(store)));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    OPS(store)->recover(SELF(store));
    assert_false(OPS(store)->is_short(SELF(store)));
    struct journal_totals totals; /* nothing half stored */
    OPS(store)->totals(SELF(store), &totals);
    int64_t stored = totals.rows[0];
    close_store(store);
    open_store(store);
    OPS(store)->totals(SELF(store), &totals);
    assert_int_equal(totals.rows[0], stored);
}

#define BOTH(test)                                                                                 \
    cmocka_unit_test_setup_teardown(test, setup_sqlite, teardown),                                 \
        cmocka_unit_test_setup_teardown(test, setup_memory, teardown)
#define SQLITE(test) cmocka_unit_test_setup_teardown(test, setup_sqlite, teardown)
#define MEMORY(test) cmocka_unit_test_setup_teardown(test, setup_memory, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_rows),
        BOTH(test_boots),
        BOTH(test_rollback),
        BOTH(test_values),
        BOTH(test_commands),
        BOTH(test_killed),
        MEMORY(test_memory_power),
        MEMORY(test_memory_full),
        SQLITE(test_sqlite_one_process),
        SQLITE(test_sqlite_damaged),
        SQLITE(test_sqlite_newer),
        SQLITE(test_sqlite_dead_rows_are_kept),
        SQLITE(test_sqlite_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
