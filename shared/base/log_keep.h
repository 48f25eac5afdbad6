/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps this process's log in files as well (log_store.h), made durable by a thread of its own, so
 * that no caller of log_write waits for a slow card: an error at once, everything else together so
 * often. A killed process loses nothing, a power loss at most that long.
 *
 * The process has one log, therefore one keeper: like log.h a module with state of its own.
 */
#ifndef SWAPSTACK_BASE_LOG_KEEP_H
#define SWAPSTACK_BASE_LOG_KEEP_H

#include "base/err.h"
#include <stdint.h>
#include <sys/types.h>

struct log_keep_options {
    const char *folder, *program; /* copied */
    int64_t max_bytes;            /* of all files of the program together */
    int64_t sync_us;              /* lines below error become durable within this */
};

/* Begins; ends by itself (atexit) or with log_keep_end. A folder that cannot be used is no error:
 * it is tried again every few seconds, a warning says so, and what was not kept is counted.
 * ERR_NOMEM, ERR_SYSTEM. */
int log_keep_begin(const struct log_keep_options *options, struct err *err);

/* fork(2) for a helper that lives beside this process and perhaps longer. The child keeps no files:
 * it holds neither their lock nor a segment, and its lines go to standard error only. */
pid_t log_keep_fork(void);

/* What was logged is durable, no thread is left. Without a beginning: nothing. */
void log_keep_end(void);

#endif
