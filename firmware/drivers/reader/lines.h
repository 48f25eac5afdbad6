/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens out of the bytes of a serial reader or keypad: one per line. A line ends with CR, LF or
 * ETX; other control characters (STX, the bell) are left out. What is longer than a token, or holds
 * a byte that is no printable ASCII, is dropped as a whole: half a token is none.
 *
 * A card that lies on the reader is read again and again: the same token counts once until it was
 * not read for READER_REST_US. Pure.
 */
#ifndef SWAPSTACK_READER_LINES_H
#define SWAPSTACK_READER_LINES_H

#include "core/io.h"
#include <stddef.h>

#define READER_REST_US INT64_C(3000000) /* plant µs */

struct reader_lines {
    char line[IO_ID_SIZE]; /* what came since the last end of a line */
    size_t length;
    bool bad; /* this line is no token */
    char token[IO_ID_SIZE];
    int64_t number;  /* of the newest token, 0: none yet */
    int64_t read_us; /* when it was read last */
};

/* Takes bytes that were read at `now_us`. */
void reader_lines_feed(struct reader_lines *lines, const void *bytes, size_t length,
                       int64_t now_us);
/* The device is gone: a line that had begun will not end. */
void reader_lines_reset(struct reader_lines *lines);

#endif
