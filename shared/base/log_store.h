/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log files of one program: sealed lines (log_line.h) in numbered segments
 *
 *     swap-monitor.00000007.log
 *
 * that are only ever appended to. A segment that is full is left and the next number begun; the
 * oldest go, so that all together never exceed a bound.
 *
 * Invariants: a line is written by one call or not at all for a reader (a partial one has no seal
 * that fits); a line after a torn one begins on a line of its own; what could not be written is
 * counted, and the next line that can be is preceded by one that says how many. Nothing here fails
 * towards the caller: a daemon works on without its log.
 */
#ifndef SWAPSTACK_BASE_LOG_STORE_H
#define SWAPSTACK_BASE_LOG_STORE_H

#include "base/err.h"
#include "base/log.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOG_STORE_SEGMENTS  8     /* of the bound; the newest seven eighths are always there */
#define LOG_STORE_MIN_BYTES 65536 /* of the bound: a segment holds a line of any length */

/* The folder, as the store sees it. Numbers from 1. Results: 0 or more, or a negative errno. */
struct log_disk {
    void *self;
    /* Calls `each` with every segment there is, in any order. */
    int (*list)(void *self, void (*each)(void *to, uint32_t number, int64_t bytes), void *to);
    /* A handle for appending, made when it is not there. *bytes: its size; *torn: its last byte is
     * no newline. */
    int (*open)(void *self, uint32_t number, int64_t *bytes, bool *torn);
    ssize_t (*append)(void *self, int handle, const void *bytes, size_t length);
    /* A second handle of the same segment, closed on its own. */
    int (*share)(void *self, int handle);
    int (*sync)(void *self, int handle); /* its bytes survive a power loss */
    int (*sync_names)(void *self);       /* which segments there are does, too */
    void (*close)(void *self, int handle);
    int (*remove)(void *self, uint32_t number);
    bool (*is_there)(void *self, int handle); /* false: somebody removed the file */
    int64_t (*mono_us)(void *self);
};

struct log_store; /* safe from any thread */

/* `disk` must live as long. `max_bytes`: of all segments together, at least LOG_STORE_MIN_BYTES.
 * Works without a disk that works: segments are opened when a line comes. ERR_NOMEM. Release with
 * log_store_free, after the last call on it has returned. */
int log_store_new(struct log_store **to, const struct log_disk *disk, int64_t max_bytes,
                  struct err *err);
void log_store_free(struct log_store *store);

/* Seals and appends a line of log_line_format; LOG_LINE_SEAL bytes behind it are used. */
void log_store_write(struct log_store *store, char *line, size_t length);

/* Makes durable what was written before; does not hold up writers. Negative errno when it failed.
 */
int log_store_sync(struct log_store *store);

/* Around a fork(2): nothing changes in the store between them, whatever other threads do. */
void log_store_hold(struct log_store *store);
void log_store_go_on(struct log_store *store);

/* Lines that no file has since lines could be written last, and why (errno); 0, 0. */
int64_t log_store_lost(struct log_store *store, int *errnum);

#endif
