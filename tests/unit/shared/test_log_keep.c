/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a process in real files: many threads, a second process, configuration. */
#include "shared/check.h"

#include "base/config.h"
#include "base/daemon.h"
#include "base/file.h"
#include "base/log.h"
#include "base/log_disk.h"
#include "base/log_keep.h"
#include "base/log_line.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 4
#define LINES   500

/* Takes libc's place in this program, to see when files are made durable. */
static atomic_int syncs;

int fdatasync(int fd)
{
    (void)atomic_fetch_add(&syncs, 1);
    return fsync(fd);
}

struct place {
    char folder[64];
    int saved_stderr;
};

/* The lines go to stderr as well, which nobody wants to read here. */
static int make_place(void **state)
{
    static struct place place;
    (void)snprintf(place.folder, sizeof place.folder, "/tmp/swapstack-test-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    place.saved_stderr = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(dup2(null, STDERR_FILENO) >= 0);
    (void)close(null);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    log_keep_end();
    assert_true(dup2(place->saved_stderr, STDERR_FILENO) >= 0);
    (void)close(place->saved_stderr);
    DIR *folder = opendir(place->folder);
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    (void)rmdir(place->folder);
    return 0;
}

static void read_segment(const struct place *place, const char *name, struct strbuf *to)
{
    char path[160];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/%s", place->folder, name);
    (void)file_read(path, 1 << 24, to, &err);
}

static void begin(const struct place *place, const char *program, int64_t sync_us)
{
    struct err err = {0};
    const struct log_keep_options options = {
        .folder = place->folder, .program = program, .max_bytes = 1 << 22, .sync_us = sync_us};
    assert_int_equal(log_keep_begin(&options, &err), 0);
}

static void *write_many(void *self)
{
    int id = *(const int *)self;
    for (int i = 0; i < LINES; i++) {
        if (i % 100 == 99)
            log_error("thread", "thread=%d number=%d", id, i);
        else
            log_info("thread", "thread=%d number=%d", id, i);
    }
    return NULL;
}

static void threads_write_whole_lines(void **state)
{
    const struct place *place = *state;
    pthread_t threads[THREADS];
    int ids[THREADS], next[THREADS] = {0};
    begin(place, "test-program", 1000);
    for (int i = 0; i < THREADS; i++) {
        ids[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &ids[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    log_keep_end();
    log_info("thread", "nobody keeps this");

    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    read_segment(place, "test-program.00000001.log", &text);
    int64_t last_us = 0;
    int count = 0;
    for (const char *at = strbuf_text(&text); *at;) {
        const char *end = strchr(at, '\n');
        struct log_line line;
        int thread, number;
        assert_non_null(end);
        assert_true(log_line_parse(at, (size_t)(end - at), &line));
        assert_int_equal(sscanf(line.text, "thread=%d number=%d", &thread, &number), 2);
        assert_int_equal(number, next[thread]);
        next[thread]++;
        assert_true(line.time_us >= last_us); /* in the order of their times, across threads */
        last_us = line.time_us;
        count++;
        at = end + 1;
    }
    assert_int_equal(count, THREADS * LINES);
}

static void group_may_read_whatever_the_umask(void **state)
{
    const struct place *place = *state;
    char path[160];
    struct stat status;
    mode_t before = umask(077);
    begin(place, "test-program", 1000);
    log_info("x", "one");
    (void)umask(before);
    (void)snprintf(path, sizeof path, "%s/test-program.00000001.log", place->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void wait_for_syncs(int count)
{
    for (int ms = 0; atomic_load(&syncs) < count; ms++) {
        if (ms > 30000)
            fail_msg("%d syncs, %d were expected", atomic_load(&syncs), count);
        (void)usleep(1000);
    }
}

/* An error becomes durable at once, however long the others may wait. */
static void errors_do_not_wait(void **state)
{
    begin(*state, "test-program", INT64_C(3600000000));
    atomic_store(&syncs, 0);
    log_info("x", "this one waits");
    log_warning("x", "this one, too");
    for (int i = 1; i <= 3; i++) {
        log_error("x", "this one does not");
        wait_for_syncs(i);
    }
    assert_int_equal(atomic_load(&syncs), 3); /* and the others went along */
    log_info("x", "the last one");
    log_keep_end();
    assert_int_equal(atomic_load(&syncs), 4);
}

static void others_go_together(void **state)
{
    begin(*state, "test-program", 20000);
    atomic_store(&syncs, 0);
    for (int i = 0; i < 2000; i++)
        log_info("x", "one of many");
    wait_for_syncs(1);
    log_keep_end();
    assert_in_range(atomic_load(&syncs), 1, 1000);
}

/* The files of a program are one process's; another one works on, and says so in the files once it
 * has them. flock(2) belongs to the open file, so one process can play both. */
static void second_writer_waits(void **state)
{
    const struct place *place = *state;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/test-program.lock", place->folder);
    SCOPE_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    begin(place, "test-program", 1000);
    log_info("x", "one");
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    read_segment(place, "test-program.00000001.log", &text);
    assert_int_equal(text.length, 0);
}

static void folder_that_cannot_be_does_not_stop_anybody(void **state)
{
    (void)state;
    struct err err = {0};
    const struct log_keep_options options = {.folder = "/proc/no/such/folder",
                                             .program = "test-program",
                                             .max_bytes = 1 << 20,
                                             .sync_us = 1000};
    assert_int_equal(log_keep_begin(&options, &err), 0);
    errno = EDOM;
    log_info("x", "one");
    assert_int_equal(errno, EDOM);
    log_keep_end();
}

static const struct config_key KEYS[] = {DAEMON_CONFIG_KEYS};

static void keep_by_configuration(const char *text)
{
    SCOPE(config_free_scope) struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(config_new(&config, KEYS, CHECK_COUNT(KEYS), &err), 0);
    assert_int_equal(config_read_text(config, text, strlen(text), "x.ini", &err), 0);
    assert_int_equal(daemon_keep_log(config, "daemon", &err), 0);
    log_info("x", "a line");
    log_keep_end();
}

static size_t kept_bytes(const struct place *place)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    read_segment(place, "daemon.00000001.log", &text);
    return text.length;
}

static void configuration_says_where(void **state)
{
    const struct place *place = *state;
    char text[128], several[160];
    (void)unsetenv("LOGS_DIRECTORY");
    keep_by_configuration(""); /* nowhere */
    (void)snprintf(several, sizeof several, "%s:/nonexistent", place->folder);
    assert_int_equal(setenv("LOGS_DIRECTORY", several, 1), 0);
    keep_by_configuration("[log]\nfolder = none\n");
    assert_int_equal(kept_bytes(place), 0);
    keep_by_configuration(""); /* the service manager's folder */
    size_t once = kept_bytes(place);
    assert_true(once > 0);
    (void)unsetenv("LOGS_DIRECTORY");
    (void)snprintf(text, sizeof text, "[log]\nfolder = %s\n", place->folder);
    keep_by_configuration(text);
    assert_int_equal(kept_bytes(place), 2 * once);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(threads_write_whole_lines), IN_PLACE(group_may_read_whatever_the_umask),
        IN_PLACE(errors_do_not_wait),        IN_PLACE(others_go_together),
        IN_PLACE(second_writer_waits),       IN_PLACE(folder_that_cannot_be_does_not_stop_anybody),
        IN_PLACE(configuration_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
