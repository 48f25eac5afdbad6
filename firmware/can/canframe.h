/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CAN 2.0 frame, and its text as can-utils' candump prints and logs it. Everything here is
 * pure; sockets are in socketcan.h.
 */
#ifndef SWAPSTACK_CAN_CANFRAME_H
#define SWAPSTACK_CAN_CANFRAME_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CANFRAME_DATA_MAX 8
#define CANFRAME_ID_MAX   UINT32_C(0x1FFFFFFF)

struct canframe {
    uint32_t id;    /* 11 bits, or 29 when `extended`; the error class when `error` */
    bool extended;  /* 29-bit identifier */
    bool remote;    /* remote request: carries no data */
    bool error;     /* not from the bus: the controller reports an error */
    uint8_t length; /* 0 .. 8 */
    uint8_t data[CANFRAME_DATA_MAX];
};

/* Whether both say the same (bytes behind `length` do not count). */
bool canframe_equal(const struct canframe *a, const struct canframe *b);

#define CANDUMP_INTERFACE_SIZE 17
#define CANDUMP_TIME_NONE      INT64_MIN
#define CANDUMP_LINE_SIZE      80 /* enough for what candump_format writes */

struct candump_line {
    int64_t at_us; /* as the capture counts it, not negative; or CANDUMP_TIME_NONE */
    char interface[CANDUMP_INTERFACE_SIZE];
    struct canframe frame;
};

/* Reads one line of `length` bytes without its newline. Formats of candump (can-utils):
 *
 *     (3256.500000) can0 1826F456#010100        candump -L, with R for remote requests
 *     (3256.500000)  can0  1826F456   [3]  01 01 00      candump -t a, -t z, -t d
 *     (2026-01-31 10:00:00.000000)  can0 …               candump -t A (taken as UTC)
 *       can0  1826F456   [3]  01 01 00                   candump
 *
 * with what -x (RX, TX and flags) and -a (the bytes as text) add. An identifier of eight digits is
 * a 29-bit one.
 * Returns 1 and the line; 0 for a line that holds no frame (blank, or a comment that begins with
 * '#'); ERR_INVALID with a sentence that says what is wrong in it. */
int candump_parse(const char *text, size_t length, struct candump_line *line, struct err *err);

/* Writes the line in the format of candump -L (without newline) to `text` of CANDUMP_LINE_SIZE;
 * a line without time gets (0.000000). */
void candump_format(const struct candump_line *line, char *text);

#endif
