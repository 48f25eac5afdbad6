/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs: one line per fact on stderr: time, level, module, words, key=value.
 *
 *     2026-11-21T08:15:30.123Z INFO monitor: connected broker=127.0.0.1:1883 session=new
 *
 * Under systemd (JOURNAL_STREAM is set) the time is left to the journal and the line begins with
 * the syslog priority `<6>`. Control characters in the text are written as `\xNN`, so that outside
 * bytes cannot forge a line. Safe from any thread; a line is one write(2). A second copy can go to
 * a sink: log_keep.h keeps files.
 *
 * The process has one stderr, therefore one logger: this module and log_keep are the only ones with
 * state of their own.
 */
#ifndef SWAPSTACK_BASE_LOG_H
#define SWAPSTACK_BASE_LOG_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* Sets the lowest level that is written. May be called at any time, from any thread. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* "DEBUG", "info", … in any case. ERR_INVALID with a sentence that lists the levels. */
int log_level_parse(const char *text, enum log_level *level, struct err *err);
const char *log_level_name(enum log_level level);

/* SIGUSR1: one level more verbose; SIGUSR2: one level less. Installs both handlers. */
void log_install_signals(void);

/* Takes a copy of each line: time, level, module, words, without newline (log_line.h). Called with
 * the log's lock held: it must not log, and `line` is its own only until it returns. */
typedef void log_sink(void *self, enum log_level level, char *line, size_t length);
/* Sets it; NULL: none. When this returns, the former sink is not called any more. */
void log_set_sink(log_sink *sink, void *self);

/* Around a fork(2): between them no thread is within the sink, so that the child gets no lock that
 * nobody in it would ever release. In the child log_go_on(true) leaves the sink out: what it writes
 * to is the parent's. */
void log_hold(void);
void log_go_on(bool without_sink);

void log_write(enum log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(module, ...)   log_write(LOG_LEVEL_DEBUG, (module), __VA_ARGS__)
#define log_info(module, ...)    log_write(LOG_LEVEL_INFO, (module), __VA_ARGS__)
#define log_warning(module, ...) log_write(LOG_LEVEL_WARNING, (module), __VA_ARGS__)
#define log_error(module, ...)   log_write(LOG_LEVEL_ERROR, (module), __VA_ARGS__)

#endif
