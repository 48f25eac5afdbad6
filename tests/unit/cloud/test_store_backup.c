/* SPDX-License-Identifier: Apache-2.0 */
/* Online backup beside a working writer, and restoring from one. */
#include "store/eventlog.h"
#include "store/store.h"

#include "cloud/support.h"
#include <fcntl.h>

static void append(struct store *store, int64_t count)
{
    struct err err = {0};
    struct eventlog_row row = {
        .actor = "station", .kind = "TEST", .payload = "{\"some\":\"thing\"}"};
    assert_int_equal(store_begin(store, &err), 0);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(eventlog_append(store, &row, &err), 0);
    assert_int_equal(store_commit(store, &err), 0);
}

static void name_in(const struct workdir *dir, const char *leaf, char name[400])
{
    (void)snprintf(name, 400, "%s/%s", dir->path, leaf);
}

/* A writer that commits between any two steps of the copy. */
struct writer {
    struct store *store;
    int calls, last, all;
};

static void write_meanwhile(void *self, int done_pages, int all_pages)
{
    struct writer *writer = self;
    writer->calls++;
    assert_true(done_pages > writer->last);
    writer->last = done_pages;
    writer->all = all_pages;
    append(writer->store, 10);
}

static void backup_is_one_moment_of_a_busy_database(void **state)
{
    struct workdir *dir = *state;
    char backup[400];
    name_in(dir, "backup.db", backup);
    struct store *store = must_open(dir->db, STORE_WRITE);
    append(store, 60000);
    struct store *reader = must_open(dir->db, STORE_READ);
    struct writer writer = {.store = store};
    struct err err = {0};
    if (store_backup(reader, backup, write_meanwhile, &writer, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(writer.calls > 1);
    assert_int_equal(writer.last, writer.all);
    assert_true(query_integer(store, "SELECT count(*) FROM event_log") > 60000);
    struct store *copy = must_open(backup, STORE_READ);
    assert_int_equal(query_integer(copy, "SELECT count(*) FROM event_log"), 60000);
    store_close(copy);
    /* An existing backup is never overwritten. */
    assert_int_equal(store_backup(reader, backup, NULL, NULL, &err), ERR_EXISTS);
    store_close(reader);
    store_close(store);
}

static void restore_brings_the_old_state_back(void **state)
{
    struct workdir *dir = *state;
    char backup[400];
    name_in(dir, "backup.db", backup);
    struct store *store = must_open(dir->db, STORE_WRITE);
    append(store, 5);
    struct err err = {0};
    assert_int_equal(store_backup(store, backup, NULL, NULL, &err), 0);
    append(store, 7);
    assert_int_equal(store_restore(dir->db, backup, &err), ERR_BUSY);
    assert_contains(err.text, "cloud_test_store_backup");
    store_close(store);
    if (store_restore(dir->db, backup, &err) < 0)
        fail_msg("%s", err.text);
    store = must_open(dir->db, STORE_WRITE);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM event_log"), 5);
    append(store, 1);
    store_close(store);
    /* The backup can be used again, and for a database that is not there (any more). */
    assert_int_equal(unlink(dir->db), 0);
    assert_int_equal(store_restore(dir->db, backup, &err), 0);
    store = must_open(dir->db, STORE_READ);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM event_log"), 5);
    store_close(store);
}

static void damaged_backup_replaces_nothing(void **state)
{
    struct workdir *dir = *state;
    char backup[400];
    name_in(dir, "backup.db", backup);
    struct store *store = must_open(dir->db, STORE_WRITE);
    append(store, 2000);
    struct err err = {0};
    assert_int_equal(store_backup(store, backup, NULL, NULL, &err), 0);
    store_close(store);
    int fd = open(backup, O_WRONLY);
    char garbage[4096];
    memset(garbage, 0x5A, sizeof garbage);
    assert_int_equal(pwrite(fd, garbage, sizeof garbage, 4096 * 5), (int)sizeof garbage);
    (void)close(fd);
    assert_int_equal(store_restore(dir->db, backup, &err), ERR_STORAGE);
    assert_int_equal(unlink(backup), 0);
    assert_int_equal(store_restore(dir->db, backup, &err), ERR_NOT_FOUND);
    store = must_open(dir->db, STORE_READ);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM event_log"), 2000);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(backup_is_one_moment_of_a_busy_database),
        workdir_test(restore_brings_the_old_state_back),
        workdir_test(damaged_backup_replaces_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
