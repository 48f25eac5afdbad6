/* SPDX-License-Identifier: Apache-2.0 */
/* `swap-can decode`: frames of any source, written readable, one line per message. */
#ifndef SWAPSTACK_CANTOOL_DECODE_H
#define SWAPSTACK_CANTOOL_DECODE_H

#include "base/err.h"
#include "can/canframe.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct decode;

struct decode_options {
    bool json; /* one JSON object a line */
    bool raw;  /* also the frames that are parts of a transfer */
    FILE *to;  /* not owned */
};

/* Messages are put together per interface. NULL when out of memory; release with decode_free. */
struct decode *decode_new(const struct decode_options *options);
void decode_free(struct decode *decode);
void decode_free_scope(struct decode **decode);

/* Takes one frame and writes what is complete with it. ERR_IO when it cannot be written, ERR_NOMEM,
 * ERR_FULL when the capture names more than 64 interfaces. */
int decode_line(struct decode *decode, const struct candump_line *line, struct err *err);

/* Reads a capture to its end. `origin` names it in sentences. Lines that are none of candump's are
 * reported on `complaints` with their number (the first 20) and passed over; then ERR_INVALID says
 * how many they were. */
int decode_stream(struct decode *decode, FILE *from, const char *origin, FILE *complaints,
                  struct err *err);

/* Listens to an interface until `stop_fd` becomes readable (-1: never) or `seconds` (0: no limit)
 * have passed. */
int decode_interface(struct decode *decode, const char *name, int stop_fd, double seconds,
                     struct err *err);

#endif
