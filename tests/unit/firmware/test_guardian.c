/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's guardian: outputs fall however the engine ends, and only then. An "engine" here is a
 * child process with drivers that tell a pipe when they are made safe. */
#include "shared/folder.h"

#include "base/file.h"
#include "base/log.h"
#include "base/log_keep.h"
#include "base/scope.h"
#include "engine/guardian.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int told[2]; /* what the engine's and the guardian's process tell the test */

static void tell(char what)
{
    if (write(told[1], &what, 1) != 1)
        _exit(99);
}

static void make_safe(void *self)
{
    tell(*(const char *)self);
}

static const struct driver_ops GUARDED = {.name = "guarded", .make_safe = make_safe};
static const struct driver_ops PLAIN = {.name = "plain"};
static char first[] = "1", second[] = "2";

static struct plants plants_of(const struct driver_ops *one, const struct driver_ops *two)
{
    return (struct plants){.count = 2,
                           .list = {{.ops = one, .self = first}, {.ops = two, .self = second}}};
}

/* The next byte told, 0 at the end (all processes are gone); waits a minute at most. */
static char hear(void)
{
    struct pollfd fd = {told[0], POLLIN, 0};
    char what = 0;
    assert_int_equal(poll(&fd, 1, 60000), 1);
    return read(told[0], &what, 1) == 1 ? what : 0;
}

static bool silent(void)
{
    struct pollfd fd = {told[0], POLLIN, 0};
    return poll(&fd, 1, 0) == 0;
}

/* An engine that started its guardian, says so with '.', and goes on with `live`. */
static pid_t start_engine(const struct plants *plants, void (*live)(struct guardian *))
{
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    pid_t engine = fork();
    assert_true(engine >= 0);
    if (engine == 0) {
        struct guardian guardian;
        (void)close(told[0]);
        if (guardian_start(&guardian, plants, NULL) != 0)
            _exit(98);
        tell('.');
        live(&guardian);
        _exit(0);
    }
    (void)close(told[1]);
    assert_int_equal(hear(), '.');
    return engine;
}

static int status_of(pid_t engine)
{
    int status = 0;
    assert_int_equal(waitpid(engine, &status, 0), engine);
    (void)close(told[0]);
    return status;
}

static void wait_for_death(struct guardian *guardian)
{
    (void)guardian;
    for (;;)
        pause();
}

static void test_a_killed_engine(void **state)
{
    (void)state;
    struct plants plants = plants_of(&GUARDED, &GUARDED);
    pid_t engine = start_engine(&plants, wait_for_death);
    assert_true(silent()); /* nothing moves while it lives */
    assert_int_equal(kill(engine, SIGKILL), 0);
    assert_int_equal(hear(), '1');
    assert_int_equal(hear(), '2');
    assert_int_equal(hear(), 0); /* and the guardian ends */
    assert_true(WIFSIGNALED(status_of(engine)));
}

static void crash(struct guardian *guardian)
{
    (void)guardian;
    (void)signal(SIGABRT, SIG_DFL);
    abort();
}

static void test_a_crashed_engine(void **state)
{
    (void)state;
    struct plants plants = plants_of(&PLAIN, &GUARDED);
    pid_t engine = start_engine(&plants, crash);
    assert_int_equal(hear(), '2');
    assert_int_equal(hear(), 0);
    assert_int_equal(WTERMSIG(status_of(engine)), SIGABRT);
}

/* The end that is awaited: when guardian_end returns, the lines are free. */
static void end(struct guardian *guardian)
{
    if (guardian->pid == 0 || !guardian_is_well(guardian))
        _exit(97);
    pid_t pid = guardian->pid;
    guardian_end(guardian);
    tell(kill(pid, 0) == 0 ? 'x' : 'e');
    guardian_end(guardian);
}

static void test_an_orderly_end(void **state)
{
    (void)state;
    struct plants plants = plants_of(&GUARDED, &PLAIN);
    pid_t engine = start_engine(&plants, end);
    assert_int_equal(hear(), '1');
    assert_int_equal(hear(), 'e');
    assert_int_equal(hear(), 0);
    assert_int_equal(status_of(engine), 0);
}

static void lose_guardian(struct guardian *guardian)
{
    (void)kill(guardian->pid, SIGKILL);
    while (guardian_is_well(guardian))
        ;
    tell('g');
    guardian_end(guardian);
    tell(guardian_is_well(guardian) ? 'w'
                                    : 'x'); /* an engine that has ended its guardian is well */
}

static void test_a_guardian_that_dies(void **state)
{
    (void)state;
    struct plants plants = plants_of(&GUARDED, &PLAIN);
    pid_t engine = start_engine(&plants, lose_guardian);
    assert_int_equal(hear(), 'g');
    assert_int_equal(hear(), 'w');
    assert_int_equal(hear(), 0);
    assert_int_equal(status_of(engine), 0);
}

static void test_nothing_to_guard(void **state)
{
    (void)state;
    struct plants plants = plants_of(&PLAIN, &PLAIN);
    struct guardian guardian;
    assert_int_equal(guardian_start(&guardian, &plants, NULL), 0);
    assert_int_equal(guardian.pid, 0);
    assert_true(guardian_is_well(&guardian));
    guardian_end(&guardian);
}

/* --- the log's files --- */

static int leave[2]; /* the slow driver is safe when this is closed */

static void make_safe_slowly(void *self)
{
    char what;
    (void)close(leave[1]);
    log_error("slow", "it takes its time");
    tell(*(const char *)self);
    while (read(leave[0], &what, 1) > 0)
        ;
}

static const struct driver_ops SLOW = {.name = "slow", .make_safe = make_safe_slowly};

static void keep_log(void)
{
    const struct log_keep_options options = {
        .folder = folder, .program = "engine", .max_bytes = 1 << 20, .sync_us = 1000};
    assert_int_equal(log_keep_begin(&options, NULL), 0);
}

static bool kept(const char *words)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/engine.00000001.log", folder);
    assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
    return strstr(strbuf_text(&text), words) != NULL;
}

/* What the first engine and its guardian do, in a process of their own. */
static _Noreturn void live_and_keep_log(void)
{
    struct plants plants = plants_of(&SLOW, &PLAIN);
    struct guardian guardian;
    (void)close(told[0]);
    keep_log();
    log_info("engine", "the first one");
    if (guardian_start(&guardian, &plants, NULL) != 0)
        _exit(98);
    (void)close(leave[1]);
    tell('.');
    wait_for_death(&guardian);
    _exit(0);
}

/* An engine was killed and its guardian still works on the outputs: the next engine keeps its log
 * all the same, and what the guardian says (it may, with no lock that died with its parent) stands
 * in no file. */
static void test_the_next_engine_has_the_log(void **state)
{
    (void)state;
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    assert_int_equal(pipe2(leave, O_CLOEXEC), 0);
    pid_t engine = fork();
    if (engine == 0)
        live_and_keep_log();
    (void)close(told[1]);
    (void)close(leave[0]);
    assert_int_equal(hear(), '.');
    assert_int_equal(kill(engine, SIGKILL), 0);
    assert_int_equal(hear(), '1');               /* the guardian is at work */
    assert_true(WIFSIGNALED(status_of(engine))); /* its locks are gone, as before any restart */
    keep_log();
    log_info("engine", "the second one");
    log_keep_end();
    assert_true(kept("the first one"));
    assert_true(kept("the second one"));
    assert_false(kept("it takes its time"));
    (void)close(leave[1]);
    assert_int_equal(hear(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_killed_engine),  cmocka_unit_test(test_a_crashed_engine),
        cmocka_unit_test(test_an_orderly_end),   cmocka_unit_test(test_a_guardian_that_dies),
        cmocka_unit_test(test_nothing_to_guard), IN_FOLDER(test_the_next_engine_has_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
