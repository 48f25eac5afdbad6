/* SPDX-License-Identifier: Apache-2.0 */
/* The database file: creation, refusal of what is not ours, lock, transactions, statements. */
#include "base/scope.h"
#include "store/eventlog.h"
#include "store/migrations.h"
#include "store/store.h"

#include "cloud/support.h"
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void creates_all_tables_and_views(void **state)
{
    struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    assert_int_equal(query_integer(store, "PRAGMA user_version"), MIGRATION_COUNT);
    assert_int_equal(query_integer(store, "PRAGMA foreign_keys"), 1);
    assert_int_equal(query_integer(store, "PRAGMA synchronous"), 2);
    assert_int_equal(query_integer(store, "PRAGMA auto_vacuum"), 2); /* incremental */
    /* A view for every table, and each can be read. */
    assert_int_equal(query_integer(store, "SELECT count(*) FROM sqlite_schema t WHERE type='table' "
                                          "AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE "
                                          "v.type='view' AND v.name = 'v_' || t.name)"),
                     0);
    /* The views have the tables' columns, in order. */
    assert_int_equal(
        query_integer(store, "SELECT count(*) FROM sqlite_schema t, pragma_table_info(t.name) c "
                             "LEFT JOIN pragma_table_info('v_' || t.name) w ON w.cid = c.cid "
                             "WHERE t.type='table' AND w.name IS NOT c.name"),
        0);
    store_close(store);
    struct store *reader = must_open(dir->db, STORE_READ);
    assert_int_equal(query_integer(reader, "SELECT count(*) FROM v_station"), 0);
    store_close(reader);
}

static void views_show_times_and_money(void **state)
{
    struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    must_execute(store, "INSERT INTO station (station_id, first_seen_at, price_per_kwh) "
                        "VALUES ('1231', 1763706930123999, -12345)");
    assert_query_text(store, "SELECT first_seen_at FROM v_station", "2025-11-21T06:35:30.123Z");
    assert_query_text(store, "SELECT price_per_kwh FROM v_station", "-1.2345");
    assert_query_text(store, "SELECT ifnull(last_connection_time, 'none') FROM v_station", "none");
    store_close(store);
}

/* Bytes of the file, to show that a refusal changed none of them. */
static struct strbuf slurp(const char *path)
{
    struct strbuf bytes = STRBUF_INIT;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        strbuf_append(&bytes, chunk, n);
    (void)fclose(file);
    return bytes;
}

static void assert_refused_untouched(const char *path, const char *word)
{
    struct strbuf before = slurp(path);
    for (int mode = STORE_WRITE; mode <= STORE_READ; mode++) {
        struct store *store = NULL;
        struct err err = {0};
        assert_int_equal(store_open(&store, path, (enum store_mode)mode, &err), ERR_STORAGE);
        assert_null(store);
        assert_contains(err.text, word);
        assert_contains(err.text, path);
    }
    struct strbuf after = slurp(path);
    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.text, after.text, before.length);
    strbuf_free(&before);
    strbuf_free(&after);
}

static void patch(const char *path, long offset, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, length, offset), length);
    (void)close(fd);
}

static void refuses_foreign_newer_and_damaged(void **state)
{
    struct workdir *dir = *state;
    FILE *file = fopen(dir->db, "w");
    for (int i = 0; i < 100; i++)
        (void)fputs("this is a diary, not a database\n", file);
    (void)fclose(file);
    assert_refused_untouched(dir->db, "not an SQLite database");

    assert_int_equal(unlink(dir->db), 0);
    sqlite3 *foreign = NULL;
    assert_int_equal(sqlite3_open(dir->db, &foreign), SQLITE_OK);
    assert_int_equal(sqlite3_exec(foreign, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(foreign), SQLITE_OK);
    assert_refused_untouched(dir->db, "not one of Swapstack's");

    assert_int_equal(unlink(dir->db), 0);
    store_close(must_open(dir->db, STORE_WRITE));
    unsigned char newer[4] = {0, 0, 0, 99};
    patch(dir->db, 60, newer, sizeof newer);
    assert_refused_untouched(dir->db, "newer");
    unsigned char same[4] = {0, 0, 0, (unsigned char)MIGRATION_COUNT};
    patch(dir->db, 60, same, sizeof same);
    store_close(must_open(dir->db, STORE_WRITE));

    /* A page in the middle overwritten; then the file cut short. */
    char garbage[4096];
    memset(garbage, 0xA5, sizeof garbage);
    patch(dir->db, 4096 * 3, garbage, sizeof garbage);
    assert_refused_untouched(dir->db, "damaged");
    struct stat info;
    assert_int_equal(stat(dir->db, &info), 0);
    assert_int_equal(truncate(dir->db, info.st_size / 2), 0);
    assert_refused_untouched(dir->db, dir->db);
    assert_int_equal(truncate(dir->db, 50), 0);
    assert_refused_untouched(dir->db, "damaged");
}

static void reader_wants_an_existing_database(void **state)
{
    struct workdir *dir = *state;
    struct store *store = NULL;
    struct err err = {0};
    assert_int_equal(store_open(&store, dir->db, STORE_READ, &err), ERR_NOT_FOUND);
    assert_int_not_equal(access(dir->db, F_OK), 0);
}

static void second_writer_hears_who_holds_the_lock(void **state)
{
    struct workdir *dir = *state;
    struct store *writer = must_open(dir->db, STORE_WRITE), *second = NULL;
    struct err err = {0};
    assert_int_equal(store_open(&second, dir->db, STORE_WRITE, &err), ERR_BUSY);
    char pid[32];
    (void)snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    assert_contains(err.text, pid);
    assert_contains(err.text, "cloud_test_store");
    struct store *reader = must_open(dir->db, STORE_READ);
    store_close(reader);
    store_close(writer);
    store_close(must_open(dir->db, STORE_WRITE));
}

static void marks_undo_one_message_of_a_batch(void **state)
{
    struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    struct err err = {0};
    assert_int_equal(store_begin(store, &err), 0);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(store_mark(store, &err), 0);
        struct eventlog_row row = {.received_at_us = i,
                                   .event_time_us = i,
                                   .actor = i == 2 ? "nobody" : "station",
                                   .kind = "TEST",
                                   .boot = STORE_NULL,
                                   .seq = i,
                                   .payload = "{}"};
        int status = eventlog_append(store, &row, &err);
        assert_int_equal(status, i == 2 ? ERR_INVALID : 0);
        if (status < 0)
            store_mark_rollback(store);
        else
            assert_int_equal(store_mark_release(store, &err), 0);
    }
    assert_int_equal(store_commit(store, &err), 0);
    assert_query_text(store, "SELECT group_concat(seq) FROM event_log", "1,3");
    assert_int_equal(store_begin(store, &err), 0);
    must_execute(store, "DELETE FROM event_log");
    store_rollback(store);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM event_log"), 2);
    store_close(store);
}

static void full_disk_is_told_and_undone(void **state)
{
    struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    int64_t pages = query_integer(store, "PRAGMA page_count");
    char limit[64];
    (void)snprintf(limit, sizeof limit, "PRAGMA max_page_count=%lld", (long long)pages + 2);
    (void)query_integer(store, limit);
    struct err err = {0};
    assert_int_equal(store_begin(store, &err), 0);
    struct eventlog_row row = {.actor = "station", .kind = "TEST", .payload = "{}"};
    int status = 0;
    for (int i = 0; i < 10000 && status == 0; i++)
        status = eventlog_append(store, &row, &err);
    assert_int_equal(status, ERR_FULL);
    store_rollback(store);
    assert_false(store_in_transaction(store));
    assert_int_equal(query_integer(store, "SELECT count(*) FROM event_log"), 0);
    (void)query_integer(store, "PRAGMA max_page_count=1000000");
    assert_int_equal(eventlog_append(store, &row, &err), 0);
    store_close(store);
}

static void absent_values_are_null(void **state)
{
    struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    struct err err = {0};
    static const char SQL[] = "SELECT ?1, ?2, ?3, ?4, ?5, ?6";
    sqlite3_stmt *statement = store_prepare(store, SQL, &err);
    assert_non_null(statement);
    store_bind_integer(statement, 1, STORE_NULL);
    store_bind_real(statement, 2, (double)NAN);
    store_bind_text(statement, 3, "");
    store_bind_integer(statement, 4, -7);
    store_bind_real(statement, 5, 2.5);
    store_bind_text(statement, 6, "größe");
    assert_int_equal(store_step(store, statement, &err), 1);
    for (int column = 0; column < 3; column++)
        assert_int_equal(sqlite3_column_type(statement, column), SQLITE_NULL);
    assert_true(store_column_integer(statement, 0) == STORE_NULL);
    assert_true(isnan(store_column_real(statement, 1)));
    char text[16];
    store_column_text(statement, 2, text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(store_column_integer(statement, 3), -7);
    assert_true(store_column_real(statement, 4) == 2.5);
    store_column_text(statement, 5, text, sizeof text);
    assert_string_equal(text, "größe");
    /* Prepared once: the same statement, reset and cleared. */
    assert_ptr_equal(store_prepare(store, SQL, &err), statement);
    assert_int_equal(store_step(store, statement, &err), 1);
    assert_int_equal(sqlite3_column_type(statement, 5), SQLITE_NULL);
    (void)sqlite3_reset(statement);
    store_close(store);
}

/* Does another process find SQLite's shared lock on the file (bytes of sqlite.org/src, os.h)? */
static bool is_locked(const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_start = 0x40000002, .l_len = 510};
        int fd = open(path, O_RDWR | O_CLOEXEC);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Else the next program that closes the database takes the WAL away from under the writer. */
static void a_reader_beside_the_writer_keeps_its_locks(void **state)
{
    struct workdir *dir = *state;
    struct store *writer = must_open(dir->db, STORE_WRITE);
    assert_int_equal(query_integer(writer, "SELECT count(*) FROM station"), 0);
    assert_true(is_locked(dir->db));
    struct store *reader = must_open(dir->db, STORE_READ_BESIDE);
    assert_int_equal(query_integer(reader, "SELECT count(*) FROM station"), 0);
    assert_true(is_locked(dir->db));
    store_close(reader);
    assert_true(is_locked(dir->db));
    store_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(creates_all_tables_and_views),
        workdir_test(a_reader_beside_the_writer_keeps_its_locks),
        workdir_test(views_show_times_and_money),
        workdir_test(refuses_foreign_newer_and_damaged),
        workdir_test(reader_wants_an_existing_database),
        workdir_test(second_writer_hears_who_holds_the_lock),
        workdir_test(marks_undo_one_message_of_a_batch),
        workdir_test(full_disk_is_told_and_undone),
        workdir_test(absent_values_are_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
