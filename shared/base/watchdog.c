/* SPDX-License-Identifier: Apache-2.0 */
#include "base/watchdog.h"

#include "base/daemon.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* The whole text as a number above 0, else 0. */
static int64_t number_of(const char *text)
{
    char *end = NULL;
    errno = 0;
    long long number = text ? strtoll(text, &end, 10) : 0;
    return end && end != text && *end == '\0' && errno == 0 && number > 0 ? number : 0;
}

struct watchdog watchdog_of(const char *usec, const char *pid, int64_t self)
{
    if (pid && number_of(pid) != self) /* meant for the one that started us */
        return (struct watchdog){0};
    return (struct watchdog){.period_us = number_of(usec) / 2};
}

struct watchdog watchdog_from_environment(void)
{
    return watchdog_of(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getpid());
}

int64_t watchdog_tick(struct watchdog *watchdog, int64_t now_us)
{
    if (watchdog->period_us == 0)
        return INT64_MAX;
    if (now_us >= watchdog->due_us) {
        daemon_notify("WATCHDOG=1");
        watchdog->due_us = now_us + watchdog->period_us;
    }
    return watchdog->due_us;
}
