/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are run: what they say, how they end, and that none is left behind. */
#include "shared/check.h"

#include "base/child.h"
#include "base/clock.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void start(struct child *child, const char *script)
{
    const char *words[] = {"sh", "-c", script, NULL};
    struct err err = {0};
    if (child_start(child, words, -1, -1, &err) != 0)
        fail_msg("%s", err.text);
}

static void nobody_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void output_and_status(void **state)
{
    (void)state;
    struct child child;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT, errors = STRBUF_INIT;
    bool cut = false;
    start(&child, "cat; echo out; echo err >&2; exit 7"); /* stdin is empty */
    assert_int_equal(child_collect(&child, 30000, 100, &out, &errors, &cut, &err), 0);
    assert_int_equal(child_wait(&child, 30000), 7);
    assert_string_equal(strbuf_text(&out), "out\n");
    assert_string_equal(strbuf_text(&errors), "err\n");
    assert_false(cut);
    assert_int_equal(child_wait(&child, 0), -1); /* there is none any more */
    nobody_is_left();
}

/* More than a pipe holds, on both, and only so much is kept. */
static void more_than_is_wanted(void **state)
{
    (void)state;
    struct child child;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf out = STRBUF_INIT;
    bool cut = false;
    start(&child, "head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero >&2");
    assert_int_equal(child_collect(&child, 60000, 1000, &out, NULL, &cut, &err), 0);
    assert_int_equal(child_wait(&child, 30000), 0);
    assert_int_equal(out.length, 1000);
    assert_true(cut);
}

static void no_such_program(void **state)
{
    (void)state;
    struct child child;
    struct err err = {0};
    const char *words[] = {"swapstack-no-such-program", NULL};
    assert_int_equal(child_start(&child, words, -1, -1, &err), ERR_UNAVAILABLE);
    check_sentence(&err, "swapstack-no-such-program cannot be run: No such file");
    assert_int_equal(child_end(&child), -1);
    nobody_is_left();
}

static void one_that_does_not_end(void **state)
{
    (void)state;
    struct child child;
    struct err err = {0};
    int64_t began_us = clock_mono_us();
    start(&child, "exec sleep 600");
    assert_int_equal(child_collect(&child, 50, 100, NULL, NULL, NULL, &err), ERR_TIMEOUT);
    assert_int_equal(child_wait(&child, 50), 128 + SIGKILL);
    start(&child, "exec sleep 600");
    assert_int_equal(child_end(&child), 128 + SIGKILL);
    assert_true(clock_mono_us() - began_us < INT64_C(300000000));
    nobody_is_left();
}

/* Descriptors of ours as its stdin and stdout, as for a transfer over a line. */
static void on_given_descriptors(void **state)
{
    (void)state;
    struct child child;
    struct err err = {0};
    int in[2], out[2];
    char text[16] = "";
    const char *words[] = {"sed", "s/a/b/", NULL};
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], "abc\n", 4), 4);
    (void)close(in[1]);
    assert_int_equal(child_start(&child, words, in[0], out[1], &err), 0);
    assert_int_equal(child.out_fd, -1);
    assert_int_equal(child_collect(&child, 30000, 100, NULL, NULL, NULL, &err), 0);
    assert_int_equal(child_wait(&child, 30000), 0);
    assert_int_equal(read(out[0], text, sizeof text - 1), 4);
    assert_string_equal(text, "bbc\n");
    (void)close(in[0]);
    (void)close(out[0]);
    (void)close(out[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_and_status),    cmocka_unit_test(more_than_is_wanted),
        cmocka_unit_test(no_such_program),      cmocka_unit_test(one_that_does_not_end),
        cmocka_unit_test(on_given_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
