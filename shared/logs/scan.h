/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a segment, from bytes that come in any pieces. Pure. Memory is bounded whatever the
 * bytes are: one line and one piece.
 */
#ifndef SWAPSTACK_LOGS_SCAN_H
#define SWAPSTACK_LOGS_SCAN_H

#include "base/log_line.h"
#include "base/strbuf.h"
#include <stdint.h>

struct logs_scan {
    struct strbuf pending; /* bytes not yet given out begin at `at` */
    size_t at;
    bool skipping;   /* within a line that is too long to be one */
    int64_t damaged; /* lines that were torn or garbled */
};

#define LOGS_SCAN_INIT ((struct logs_scan){0})
void logs_scan_free(struct logs_scan *scan);

void logs_scan_feed(struct logs_scan *scan, const void *bytes, size_t length);

/* The next line that is whole; its views hold until the next call. False: feed more. */
bool logs_scan_next(struct logs_scan *scan, struct log_line *line);

/* No more of this segment comes: what is left is a torn line. */
void logs_scan_end(struct logs_scan *scan);

#endif
