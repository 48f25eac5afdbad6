/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of the journal in a bundle is whole, whatever its owner does meanwhile. */
#include "shared/folder.h"

#include "export/journal_copy.h"
#include <pthread.h>
#include <unistd.h>

#define ROWS_A_GROUP 10
#define ROWS_KEPT    3000 /* 2 MB: copying takes about as long as a turn of the log */

struct writer {
    sqlite3 *db;
    pthread_mutex_t lock;
    bool stop;
    int64_t groups;
};

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

/* As the monitor holds its journal: exclusive, WAL, with checkpoints often. */
static void open_journal(struct writer *writer)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(sqlite3_open(path, &writer->db), SQLITE_OK);
    run(writer->db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                    "PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=20;"
                    "CREATE TABLE event(key INTEGER PRIMARY KEY, half INTEGER, payload TEXT);"
                    "CREATE INDEX by_half ON event(half, key)");
}

static void fill_journal(struct writer *writer)
{
    run(writer->db, "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                    " WHERE i < 3000) INSERT INTO event(half, payload)"
                    " SELECT 1, hex(randomblob(300)) FROM n; COMMIT");
}

static void *write_groups(void *self)
{
    struct writer *writer = self;
    for (bool stop = false; !stop;) {
        run(writer->db, "BEGIN");
        for (int i = 0; i < ROWS_A_GROUP; i++)
            run(writer->db, "INSERT INTO event(half, payload) VALUES(1, hex(randomblob(300)))");
        run(writer->db, "DELETE FROM event WHERE key <= (SELECT max(key) FROM event) - 3000");
        run(writer->db, "COMMIT");
        (void)usleep(2000); /* a pace at which some copies succeed */
        (void)pthread_mutex_lock(&writer->lock);
        writer->groups++;
        stop = writer->stop;
        (void)pthread_mutex_unlock(&writer->lock);
    }
    return NULL;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return value;
}

/* While groups of rows are written, moved into the database and removed as fast as can be: every
 * copy is sound and holds whole groups only; one that cannot be made says that it is busy. */
static void copies_of_a_busy_journal_are_whole(void **state)
{
    (void)state;
    struct writer writer = {0};
    pthread_t thread;
    int made = 0, busy = 0;
    (void)pthread_mutex_init(&writer.lock, NULL);
    open_journal(&writer);
    fill_journal(&writer);
    assert_int_equal(pthread_create(&thread, NULL, write_groups, &writer), 0);
    for (int i = 0; i < 15; i++) {
        struct journal_copy copy;
        struct err err = {0};
        int code = journal_copy_make(&copy, folder, 1 << 30, &err);
        if (code == 0) {
            made++;
            assert_int_equal(ask(copy.db, "SELECT count(*) FROM pragma_integrity_check"
                                          " WHERE integrity_check <> 'ok'"),
                             0);
            assert_int_equal(ask(copy.db, "SELECT count(*) FROM event"), ROWS_KEPT);
            assert_int_equal(ask(copy.db, "SELECT max(key) FROM event") % ROWS_A_GROUP, 0);
        } else {
            if (code != ERR_BUSY)
                fail_msg("%s", err.text);
            busy++;
        }
        journal_copy_free(&copy);
    }
    (void)pthread_mutex_lock(&writer.lock);
    writer.stop = true;
    (void)pthread_mutex_unlock(&writer.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    struct journal_copy copy; /* quiet now, still locked by its owner */
    struct err err = {0};
    assert_int_equal(journal_copy_make(&copy, folder, 1 << 30, &err), 0);
    assert_int_equal(ask(copy.db, "SELECT max(key) FROM event"),
                     ROWS_KEPT + writer.groups * ROWS_A_GROUP);
    journal_copy_free(&copy);
    (void)sqlite3_close(writer.db);
    print_message("copies made: %d, busy: %d\n", made, busy);
}

static void copy_says_what_is_wrong(void **state)
{
    (void)state;
    struct journal_copy copy;
    struct err err = {0};
    char path[96];
    assert_int_equal(journal_copy_make(&copy, folder, 1 << 20, &err), ERR_NOT_FOUND);
    check_sentence(&err, "journal.db cannot be read: No such file");
    journal_copy_free(&copy);
    struct writer writer = {0};
    open_journal(&writer);
    assert_int_equal(journal_copy_make(&copy, folder, 100, &err), ERR_FULL);
    assert_true(copy.database_bytes + copy.log_bytes > 100);
    journal_copy_free(&copy);
    (void)sqlite3_close(writer.db); /* folds its log in */
    assert_int_equal(journal_copy_make(&copy, folder, 1 << 20, &err), 0);
    assert_int_equal(ask(copy.db, "SELECT count(*) FROM event"), 0);
    journal_copy_free(&copy);
    (void)snprintf(path, sizeof path, "%s/journal.db", folder);
    FILE *file = fopen(path, "r+e");
    for (int i = 0; i < 3000; i++)
        (void)fputc('x', file);
    (void)fclose(file);
    assert_int_equal(journal_copy_make(&copy, folder, 1 << 20, &err), ERR_INVALID);
    check_sentence(&err, "the journal is damaged");
    journal_copy_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(copies_of_a_busy_journal_are_whole),
        IN_FOLDER(copy_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
