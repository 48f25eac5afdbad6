/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every daemon does the same way: log level and plant clock from its configuration, signals
 * as a file descriptor, readiness.
 */
#ifndef SWAPSTACK_BASE_DAEMON_H
#define SWAPSTACK_BASE_DAEMON_H

#include "base/clock.h"
#include "base/config.h"

/* For inclusion in a program's key table. */
#define DAEMON_CONFIG_KEYS                                                                         \
    {"log",                                                                                        \
     "level",                                                                                      \
     CONFIG_CHOICE,                                                                                \
     "info",                                                                                       \
     0,                                                                                            \
     0,                                                                                            \
     "debug|info|warning|error",                                                                   \
     "Lowest level that is logged. SIGHUP reads it again from the file; SIGUSR1 and SIGUSR2 make " \
     "a running process more and less talkative."},                                                \
        {"clock",                                                                                  \
         "origin_wall",                                                                            \
         CONFIG_INTEGER,                                                                           \
         "0",                                                                                      \
         0,                                                                                        \
         9e15,                                                                                     \
         NULL,                                                                                     \
         "Simulation only: wall time (µs since 1970) at which the plant clock stood at "          \
         "origin_plant. All processes of a run share the three values."},                          \
        {"clock",                                                                                  \
         "origin_plant",                                                                           \
         CONFIG_INTEGER,                                                                           \
         "0",                                                                                      \
         0,                                                                                        \
         9e15,                                                                                     \
         NULL,                                                                                     \
         "Simulation only: plant time (µs since 1970) at origin_wall."},                           \
    {                                                                                              \
        "clock", "speed", CONFIG_REAL, "1", 0.01, 10000, NULL,                                     \
            "Simulation only: plant seconds per wall second."                                      \
    }

/* Sets the log level and fills `clock` from those keys. ERR_CONFIG when the speed is not 1 and no
 * origin says from when on. */
int daemon_configure(const struct config *config, struct clock *clock, struct err *err);

/* Blocks SIGTERM, SIGINT and SIGHUP (call before any thread starts), ignores SIGPIPE, installs
 * SIGUSR1/2 (log.h) and returns a signalfd for the first three; negative with a sentence. */
int daemon_signals(struct err *err);
/* Reads one pending signal number from it, 0 when there is none. */
int daemon_next_signal(int fd);

/* Tells a service manager (NOTIFY_SOCKET, sd_notify protocol) e.g. "READY=1"; no manager: nothing.
 */
void daemon_notify(const char *state);

#endif
