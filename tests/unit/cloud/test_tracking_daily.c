/* SPDX-License-Identifier: Apache-2.0 */
/* The daily export: when which day is due, what is made up and removed, and that a file is whole or
 * not there. Time is what the test says. */
#include "cloud/tracking_support.h"

#include "base/scope.h"
#include "tracking/daily.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY        (24 * HOUR * SECOND)
#define MIDNIGHT   (NOON - 12 * HOUR * SECOND) /* 2025-11-21T00:00:00Z */
#define DAY_NUMBER (MIDNIGHT / DAY)

struct desk {
    struct yard *yard;
    void *yard_state;
    struct workdir *folder;
    struct daily_options options;
};

static int desk_make(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    (void)yard_make(&desk->yard_state);
    desk->yard = desk->yard_state;
    void *folder;
    if (workdir_make(&folder) < 0)
        return -1;
    desk->folder = folder;
    desk->options = (struct daily_options){
        .directory = desk->folder->path, .minute = 10, .keep = 5, .again = 0};
    *state = desk;
    return 0;
}

/* Names in the folder, in order, each followed by a blank. */
static void list(const struct desk *desk, struct strbuf *to)
{
    struct dirent **entries = NULL;
    int count = scandir(desk->folder->path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.')
            strbuf_printf(to, "%s ", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static int desk_remove(void **state)
{
    struct desk *desk = *state;
    void *folder = desk->folder;
    (void)workdir_remove(&folder);
    (void)yard_remove(&desk->yard_state);
    free(desk);
    return 0;
}

#define desk_test(function) cmocka_unit_test_setup_teardown(function, desk_make, desk_remove)

#define assert_files(desk, names)                                                                  \
    do {                                                                                           \
        SCOPE_STRBUF struct strbuf found = STRBUF_INIT;                                            \
        list(desk, &found);                                                                        \
        assert_string_equal(strbuf_text(&found), names);                                           \
    } while (0)

static int64_t run_at(struct desk *desk, int64_t now_us)
{
    struct err err = {0};
    int64_t files;
    check(daily_run(desk->yard->store, &desk->options, now_us, &files, &err), &err);
    return files;
}

static void touch(const struct desk *desk, const char *name)
{
    char path[320];
    (void)snprintf(path, sizeof path, "%s/%s", desk->folder->path, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static int lines_of(const struct desk *desk, const char *name)
{
    char path[320];
    int lines = 0;
    (void)snprintf(path, sizeof path, "%s/%s", desk->folder->path, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int byte; (byte = getc(file)) != EOF;)
        lines += byte == '\n';
    (void)fclose(file);
    return lines;
}

static void a_day_is_due_when_it_is_over_and_the_time_has_come(void **state)
{
    struct desk *desk = *state;
    const struct daily_options *options = &desk->options;
    assert_int_equal(daily_due(options, MIDNIGHT), DAY_NUMBER - 2);
    assert_int_equal(daily_due(options, MIDNIGHT + 600 * SECOND - 1), DAY_NUMBER - 2);
    assert_int_equal(daily_due(options, MIDNIGHT + 600 * SECOND), DAY_NUMBER - 1);
    assert_int_equal(daily_due(options, MIDNIGHT + DAY), DAY_NUMBER - 1);
}

static void times_of_day_are_read_strictly(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "0:10", "24:00", "12:60", "12:3", "ab:cd", "12:345"};
    int64_t minute = -1;
    assert_int_equal(daily_parse_time("23:59", &minute, NULL), 0);
    assert_int_equal(minute, 23 * 60 + 59);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(daily_parse_time(wrong[i], &minute, NULL), ERR_CONFIG);
}

static void each_day_has_the_exchanges_of_its_day(void **state)
{
    struct desk *desk = *state;
    on_load(desk->yard, "b1", "v1", -13 * HOUR); /* the day before */
    on_load(desk->yard, "b2", "v2", -12 * HOUR); /* midnight is the new day's */
    off_load(desk->yard, "b1", "v1", 0);
    assert_int_equal(run_at(desk, MIDNIGHT + HOUR * SECOND), 1); /* the last day alone */
    assert_files(desk, "exchanges-2025-11-20.csv ");
    assert_int_equal(lines_of(desk, "exchanges-2025-11-20.csv"), 2);
    assert_int_equal(run_at(desk, MIDNIGHT + 5 * HOUR * SECOND), 0); /* once */
    assert_int_equal(run_at(desk, MIDNIGHT + DAY + HOUR * SECOND), 1);
    assert_int_equal(lines_of(desk, "exchanges-2025-11-21.csv"), 3);
}

static void what_was_missed_is_made_up_and_the_oldest_go(void **state)
{
    struct desk *desk = *state;
    touch(desk, "exchanges-2025-11-10.csv");
    touch(desk, "exchanges-2025-11-17.csv");
    touch(desk, "exchanges-2025-11-17.csv.aB3xYz"); /* an export that was killed */
    touch(desk, "exchanges-2025-11-1.csv");         /* not ours, as the rest */
    touch(desk, "exchanges-2025-02-30.csv");
    touch(desk, "notes.txt");
    assert_int_equal(run_at(desk, NOON), 3);
    assert_files(desk, "exchanges-2025-02-30.csv exchanges-2025-11-1.csv exchanges-2025-11-17.csv "
                       "exchanges-2025-11-18.csv exchanges-2025-11-19.csv exchanges-2025-11-20.csv "
                       "notes.txt ");
    /* A year without a bridge: no more files than are kept. */
    assert_int_equal(run_at(desk, NOON + 365 * DAY), 5);
    assert_files(desk, "exchanges-2025-02-30.csv exchanges-2025-11-1.csv exchanges-2026-11-16.csv "
                       "exchanges-2026-11-17.csv exchanges-2026-11-18.csv exchanges-2026-11-19.csv "
                       "exchanges-2026-11-20.csv notes.txt ");
}

static void late_events_are_in_the_files_that_are_made_again(void **state)
{
    struct desk *desk = *state;
    desk->options.again = 1;
    assert_int_equal(run_at(desk, MIDNIGHT + HOUR * SECOND), 1);
    assert_int_equal(lines_of(desk, "exchanges-2025-11-20.csv"), 1);
    on_load(desk->yard, "b1", "v1", -13 * HOUR); /* the station was offline */
    assert_int_equal(run_at(desk, MIDNIGHT + 2 * HOUR * SECOND), 0);
    assert_int_equal(run_at(desk, MIDNIGHT + DAY + HOUR * SECOND), 2);
    assert_int_equal(lines_of(desk, "exchanges-2025-11-20.csv"), 2);
}

static void a_failure_says_what_and_is_made_up_later(void **state)
{
    struct desk *desk = *state;
    struct err err = {0};
    int64_t files;
    char folder[320];
    (void)snprintf(folder, sizeof folder, "%s/later", desk->folder->path);
    desk->options.directory = folder;
    assert_int_equal(daily_run(desk->yard->store, &desk->options, NOON, &files, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/later"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(run_at(desk, NOON), 1);
    (void)snprintf(folder, sizeof folder, "%s/later/exchanges-2025-11-20.csv", desk->folder->path);
    assert_int_equal(unlink(folder), 0);
    (void)snprintf(folder, sizeof folder, "%s/later", desk->folder->path);
    assert_int_equal(rmdir(folder), 0);
}

static bool stop_at_once(void *self)
{
    (void)self;
    return true;
}

static void a_stopping_bridge_does_not_wait_for_all_days(void **state)
{
    struct desk *desk = *state;
    touch(desk, "exchanges-2025-11-17.csv");
    desk->options.stop = stop_at_once;
    assert_int_equal(run_at(desk, NOON), 0);
    desk->options.stop = NULL;
    assert_int_equal(run_at(desk, NOON), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        desk_test(a_day_is_due_when_it_is_over_and_the_time_has_come),
        cmocka_unit_test(times_of_day_are_read_strictly),
        desk_test(each_day_has_the_exchanges_of_its_day),
        desk_test(what_was_missed_is_made_up_and_the_oldest_go),
        desk_test(late_events_are_in_the_files_that_are_made_again),
        desk_test(a_failure_says_what_and_is_made_up_later),
        desk_test(a_stopping_bridge_does_not_wait_for_all_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
