/* SPDX-License-Identifier: Apache-2.0 */
/* A program run as a child process, without a shell; its output as descriptors. It gets no signal
 * mask and no ignored signals of ours. */
#ifndef SWAPSTACK_BASE_CHILD_H
#define SWAPSTACK_BASE_CHILD_H

#include "base/err.h"
#include "base/strbuf.h"
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid;  /* 0: none */
    int out_fd; /* its stdout, non-blocking; -1: closed */
    int err_fd; /* its stderr, likewise */
};
#define CHILD_NONE ((struct child){.out_fd = -1, .err_fd = -1})

/* Finds argv[0] by PATH. `in_fd` and `out_fd` -1: its stdin is /dev/null, its stdout a pipe. Else
 * they are those (a terminal, for a transfer), out_fd of `child` stays -1, and it stays in our
 * process group, as the owner of a terminal must. ERR_UNAVAILABLE: there is no such program;
 * ERR_SYSTEM. */
int child_start(struct child *child, const char *const *argv, int in_fd, int out_fd,
                struct err *err);

/* Appends at most `max_bytes` of what it writes to stdout and stderr (each may be NULL: read and
 * dropped) until both end. ERR_TIMEOUT after `timeout_ms`; beyond the bound the rest is dropped and
 * *cut set (may be NULL). */
int child_collect(struct child *child, int timeout_ms, size_t max_bytes, struct strbuf *out,
                  struct strbuf *errors, bool *cut, struct err *err);

/* Kills it unless it has ended, and waits. Returns its exit status, 128 + signal, or -1: none. */
int child_end(struct child *child);
/* Waits for its end by itself at most so long (then kills it). Same result. */
int child_wait(struct child *child, int timeout_ms);

#endif
