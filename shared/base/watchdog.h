/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pings for the service manager's watchdog (sd_watchdog_enabled(3): WATCHDOG_USEC, WATCHDOG_PID):
 * a daemon's loop calls watchdog_tick when it has done its round, so that one that hangs is killed
 * and started again. Pings go out at half the interval, and only from the loop itself.
 */
#ifndef SWAPSTACK_BASE_WATCHDOG_H
#define SWAPSTACK_BASE_WATCHDOG_H

#include <stdint.h>

struct watchdog {
    int64_t period_us; /* half of what the manager waits; 0: nobody watches */
    int64_t due_us;    /* next ping */
};

/* `usec` and `pid` are the two variables' texts (NULL: not set), `self` is this process's id; a
 * text that is no number above 0, or another process's id: nobody watches. */
struct watchdog watchdog_of(const char *usec, const char *pid, int64_t self);
/* The same from the environment. */
struct watchdog watchdog_from_environment(void);

/* Pings when it is due at monotonic time `now_us`. Returns when it wants to be called next;
 * INT64_MAX: never. */
int64_t watchdog_tick(struct watchdog *watchdog, int64_t now_us);

#endif
