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
        {"log",                                                                                    \
         "folder",                                                                                 \
         CONFIG_TEXT,                                                                              \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "Folder in which the log is kept in files too (read them with swap-log); one program of " \
         "a name per folder. Empty: LogsDirectory= of the service manager, without one no files; " \
         "none: no files."},                                                                       \
        {"log",                                                                                    \
         "max_bytes",                                                                              \
         CONFIG_INTEGER,                                                                           \
         "8388608",                                                                                \
         65536,                                                                                    \
         1e12,                                                                                     \
         NULL,                                                                                     \
         "Bytes of all log files of this program; beyond, the oldest eighth is removed."},         \
        {"log",                                                                                    \
         "sync_s",                                                                                 \
         CONFIG_REAL,                                                                              \
         "5",                                                                                      \
         0.05,                                                                                     \
         3600,                                                                                     \
         NULL,                                                                                     \
         "Lines below error are made durable together so often, in s: what a power loss can take " \
         "of the log files, against wear of the storage. Errors are made durable at once."},       \
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

/* Keeps the log of `program` in files as [log] says (log_keep.h), until the process ends. A folder
 * that cannot be used is only warned of. ERR_NOMEM, ERR_SYSTEM. */
int daemon_keep_log(const struct config *config, const char *program, struct err *err);

/* Blocks SIGTERM, SIGINT and SIGHUP (call before any thread starts), ignores SIGPIPE, installs
 * SIGUSR1/2 (log.h) and returns a signalfd for the first three; negative with a sentence. */
int daemon_signals(struct err *err);
/* Reads one pending signal number from it, 0 when there is none. */
int daemon_next_signal(int fd);

/* Tells a service manager (NOTIFY_SOCKET, sd_notify protocol) e.g. "READY=1"; no manager: nothing.
 */
void daemon_notify(const char *state);

#endif
