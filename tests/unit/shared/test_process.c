/* SPDX-License-Identifier: Apache-2.0 */
/* What a process does with the machine: log lines, signals, readiness, state files, random. */
#include "shared/check.h"

#include "base/daemon.h"
#include "base/env.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* What log_write puts on stderr while `write_lines` runs. */
static void capture(void (*write_lines)(void), struct strbuf *to)
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    write_lines();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    (void)close(ends[1]);
    char chunk[8192];
    ssize_t got;
    while ((got = read(ends[0], chunk, sizeof chunk)) > 0)
        strbuf_append(to, chunk, (size_t)got);
    (void)close(ends[0]);
}

static void write_plain(void)
{
    errno = ENOSPC;
    log_info("monitor", "connected broker=%s session=%s", "127.0.0.1:1883", "new");
    assert_int_equal(errno, ENOSPC);
}

static void write_hostile(void)
{
    log_error("bridge", "device=%s",
              "a\n2026-11-21T00:00:00.000Z INFO forged: x\x1b[2J\x7f\xc2\x9b\xc3\xa9");
}

static void write_levels(void)
{
    log_set_level(LOG_LEVEL_WARNING);
    log_info("x", "not seen");
    log_warning("x", "seen");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("x", "seen too");
    log_set_level(LOG_LEVEL_INFO);
}

static void write_long(void)
{
    char text[10000];
    memset(text, '\n', sizeof text);
    text[sizeof text - 1] = '\0';
    log_info("x", "%s", text);
}

static void log_line_has_time_level_module(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    (void)unsetenv("JOURNAL_STREAM");
    capture(write_plain, &out);
    int year, month, day, hour, minute, second, ms, end = 0;
    assert_int_equal(sscanf(strbuf_text(&out), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ INFO monitor: %n",
                            &year, &month, &day, &hour, &minute, &second, &ms, &end),
                     7);
    assert_true(end > 0 && year >= 2020);
    assert_string_equal(strbuf_text(&out) + end, "connected broker=127.0.0.1:1883 session=new\n");
}

static void log_line_under_systemd_has_a_priority(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    (void)setenv("JOURNAL_STREAM", "8:1", 1);
    capture(write_plain, &out);
    (void)unsetenv("JOURNAL_STREAM");
    assert_string_equal(strbuf_text(&out),
                        "<6>monitor: connected broker=127.0.0.1:1883 session=new\n");
}

static void log_line_cannot_be_forged(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    capture(write_hostile, &out);
    const char *text = strbuf_text(&out);
    assert_ptr_equal(strchr(text, '\n'), text + out.length - 1);
    assert_non_null(strstr(text, "device=a\\x0a2026-11-21T00:00:00.000Z INFO forged: "
                                 "x\\x1b[2J\\x7f\\xc2\\x9b\xc3\xa9\n"));
}

static void log_respects_its_level(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    capture(write_levels, &out);
    assert_null(strstr(strbuf_text(&out), "not seen"));
    assert_non_null(strstr(strbuf_text(&out), " WARNING x: seen\n"));
    assert_non_null(strstr(strbuf_text(&out), " DEBUG x: seen too\n"));
}

static void log_line_is_bounded(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    capture(write_long, &out);
    assert_in_range(out.length, 2000, 4096);
    assert_string_equal(strbuf_text(&out) + out.length - 5, " ...\n");
}

static void log_levels_have_names(void **state)
{
    (void)state;
    enum log_level level;
    struct err err = {0};
    assert_int_equal(log_level_parse("Warning", &level, &err), 0);
    assert_int_equal(level, LOG_LEVEL_WARNING);
    assert_string_equal(log_level_name(LOG_LEVEL_ERROR), "ERROR");
    assert_int_equal(log_level_parse("loud", &level, &err), ERR_INVALID);
    check_sentence(&err, "loud is no log level: the levels are debug, info, warning, error");
}

static void signals_arrive(void **state)
{
    (void)state;
    struct err err = {0};
    sigset_t before;
    (void)sigprocmask(SIG_SETMASK, NULL, &before);
    SCOPE_CLOSE int fd = daemon_signals(&err);
    assert_true(fd >= 0);
    assert_int_equal(daemon_next_signal(fd), 0);
    assert_int_equal(raise(SIGHUP), 0);
    assert_int_equal(raise(SIGTERM), 0);
    int first = daemon_next_signal(fd), second = daemon_next_signal(fd);
    assert_true((first == SIGHUP && second == SIGTERM) || (first == SIGTERM && second == SIGHUP));
    assert_int_equal(daemon_next_signal(fd), 0);

    log_set_level(LOG_LEVEL_INFO);
    (void)raise(SIGUSR1);
    assert_int_equal(log_get_level(), LOG_LEVEL_DEBUG);
    (void)raise(SIGUSR1); /* no further than that */
    assert_int_equal(log_get_level(), LOG_LEVEL_DEBUG);
    (void)raise(SIGUSR2);
    (void)raise(SIGUSR2);
    assert_int_equal(log_get_level(), LOG_LEVEL_WARNING);
    log_set_level(LOG_LEVEL_INFO);

    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1); /* no SIGPIPE */
    assert_int_equal(errno, EPIPE);
    (void)close(ends[1]);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static void manager_is_told(void **state)
{
    (void)state;
    char directory[] = "/tmp/swapstack-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", directory);
    SCOPE_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    (void)unsetenv("NOTIFY_SOCKET");
    daemon_notify("READY=1"); /* nobody there: nothing happens */
    (void)setenv("NOTIFY_SOCKET", address.sun_path, 1);
    daemon_notify("READY=1");
    (void)unsetenv("NOTIFY_SOCKET");
    char text[32] = "";
    assert_int_equal(recv(fd, text, sizeof text, MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    (void)unlink(address.sun_path);
    (void)rmdir(directory);
}

static int count_files(const char *directory)
{
    int count = 0;
    DIR *opened = opendir(directory);
    assert_non_null(opened);
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    (void)closedir(opened);
    return count;
}

static void state_is_saved_and_loaded(void **state)
{
    (void)state;
    char directory[] = "/tmp/swapstack-test-XXXXXX", file[64];
    assert_non_null(mkdtemp(directory));
    struct env_real real = {.clock = CLOCK_REAL, .directory = directory};
    struct env env;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf loaded = STRBUF_INIT;
    env_real_init(&env, &real);
    assert_int_equal(env.state_load(env.self, "intent", &loaded, &err), ERR_NOT_FOUND);
    assert_int_equal(env.state_save(env.self, "intent", "a\0b", 3, &err), 0);
    assert_int_equal(env.state_load(env.self, "intent", &loaded, &err), 0);
    assert_int_equal(loaded.length, 3);
    assert_memory_equal(loaded.text, "a\0b", 3);

    char big[20000];
    memset(big, 'x', sizeof big);
    assert_int_equal(env.state_save(env.self, "intent", big, sizeof big, &err), 0);
    assert_int_equal(env.state_load(env.self, "intent", &loaded, &err), 0); /* appended */
    assert_int_equal(loaded.length, 3 + sizeof big);
    assert_int_equal(env.state_save(env.self, "intent", "", 0, &err), 0);
    strbuf_clear(&loaded);
    assert_int_equal(env.state_load(env.self, "intent", &loaded, &err), 0);
    assert_int_equal(loaded.length, 0);
    assert_int_equal(count_files(directory), 1); /* no temporary file is left */

    assert_int_equal(env.state_save(env.self, "../intent", "x", 1, &err), ERR_STORAGE);
    assert_int_equal(env.state_load(env.self, "a/b", &loaded, &err), ERR_IO);
    (void)snprintf(file, sizeof file, "%s/intent", directory);
    (void)unlink(file);
    (void)rmdir(directory);
    assert_int_equal(env.state_save(env.self, "intent", "x", 1, &err), ERR_STORAGE);
    check_sentence(&err, "cannot be opened: No such file or directory");
}

static void failed_save_leaves_the_old_state(void **state)
{
    (void)state;
    char directory[] = "/tmp/swapstack-test-XXXXXX", file[64], obstacle[64];
    assert_non_null(mkdtemp(directory));
    struct env_real real = {.clock = CLOCK_REAL, .directory = directory};
    struct env env;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf loaded = STRBUF_INIT;
    env_real_init(&env, &real);
    assert_int_equal(env.state_save(env.self, "intent", "old", 3, &err), 0);
    (void)snprintf(obstacle, sizeof obstacle, "%s/.intent.new", directory);
    assert_int_equal(mkdir(obstacle, 0700), 0); /* stands where the new bytes would be written */
    assert_int_equal(env.state_save(env.self, "intent", "new", 3, &err), ERR_STORAGE);
    check_sentence(&err, "intent cannot be saved: Is a directory");
    assert_int_equal(env.state_load(env.self, "intent", &loaded, &err), 0);
    assert_string_equal(strbuf_text(&loaded), "old");
    (void)rmdir(obstacle);
    (void)snprintf(file, sizeof file, "%s/intent", directory);
    (void)unlink(file);
    (void)rmdir(directory);
}

static void env_has_clocks_and_random(void **state)
{
    (void)state;
    struct env_real real = {
        .clock = {.origin_wall_us = clock_wall_us(), .origin_plant_us = 1000, .speed = 1}};
    struct env env;
    env_real_init(&env, &real);
    assert_in_range(env.plant_us(env.self), 1000, 60 * 1000000);
    assert_true(env.wall_us(env.self) >= real.clock.origin_wall_us);
    assert_true(env.mono_us(env.self) > 0);
    unsigned char a[64] = {0}, b[64] = {0};
    env.random_bytes(env.self, a, sizeof a);
    env.random_bytes(env.self, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_line_has_time_level_module),
        cmocka_unit_test(log_line_under_systemd_has_a_priority),
        cmocka_unit_test(log_line_cannot_be_forged),
        cmocka_unit_test(log_respects_its_level),
        cmocka_unit_test(log_line_is_bounded),
        cmocka_unit_test(log_levels_have_names),
        cmocka_unit_test(signals_arrive),
        cmocka_unit_test(manager_is_told),
        cmocka_unit_test(state_is_saved_and_loaded),
        cmocka_unit_test(failed_save_leaves_the_old_state),
        cmocka_unit_test(env_has_clocks_and_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
