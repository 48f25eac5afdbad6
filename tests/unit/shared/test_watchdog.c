/* SPDX-License-Identifier: Apache-2.0 */
/* Pings of the service manager's watchdog, received at a socket of its kind. */
#include "base/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void who_is_watched(void **state)
{
    (void)state;
    assert_int_equal(watchdog_of("3000000", NULL, 7).period_us, 1500000);
    assert_int_equal(watchdog_of("3000000", "7", 7).period_us, 1500000);
    assert_int_equal(watchdog_of("3000000", "8", 7).period_us, 0);
    assert_int_equal(watchdog_of("3000000", "", 7).period_us, 0);
    assert_int_equal(watchdog_of(NULL, NULL, 7).period_us, 0);
    assert_int_equal(watchdog_of("", NULL, 7).period_us, 0);
    assert_int_equal(watchdog_of("3s", NULL, 7).period_us, 0);
    assert_int_equal(watchdog_of("-3", NULL, 7).period_us, 0);
    assert_int_equal(watchdog_of("99999999999999999999", NULL, 7).period_us, 0);
}

static int listen_at(char *path, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(path, size, "/tmp/swapstack-watchdog-%d", (int)getpid());
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int pings(int fd)
{
    char text[64];
    int count = 0;
    for (ssize_t got; (got = recv(fd, text, sizeof text, 0)) > 0; count++)
        assert_memory_equal(text, "WATCHDOG=1", (size_t)got);
    return count;
}

static void pinged_at_half_the_interval(void **state)
{
    char path[64];
    int fd = listen_at(path, sizeof path);
    (void)state;
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    struct watchdog watchdog = watchdog_of("2000000", NULL, 1);
    assert_int_equal(watchdog_tick(&watchdog, 5000000), 6000000);
    assert_int_equal(pings(fd), 1);
    assert_int_equal(watchdog_tick(&watchdog, 5999999), 6000000);
    assert_int_equal(pings(fd), 0);
    assert_int_equal(watchdog_tick(&watchdog, 6000000), 7000000);
    assert_int_equal(watchdog_tick(&watchdog, 9500000),
                     10500000); /* late once: not twice as often */
    assert_int_equal(pings(fd), 2);
    struct watchdog none = watchdog_of(NULL, NULL, 1);
    assert_true(watchdog_tick(&none, 5000000) == INT64_MAX);
    assert_int_equal(pings(fd), 0);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_watched),
        cmocka_unit_test(pinged_at_half_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
