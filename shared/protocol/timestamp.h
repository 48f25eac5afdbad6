/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times of messages (design/protocol.md, Envelope): written as RFC 3339 UTC with milliseconds;
 * accepted: RFC 3339 with any offset, YYYY-M-D, "YYYY-M-D hh:mm:ss" (no zone = UTC; fraction
 * allowed), epoch milliseconds. Years 1970 to 9999.
 */
#ifndef SWAPSTACK_PROTOCOL_TIMESTAMP_H
#define SWAPSTACK_PROTOCOL_TIMESTAMP_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum timestamp_precision {
    TIMESTAMP_ABSENT, /* no time was given */
    TIMESTAMP_DATE,   /* a bare date: us is its midnight UTC */
    TIMESTAMP_EXACT,  /* seconds or better */
};

struct timestamp {
    int64_t us; /* µs since 1970 UTC */
    enum timestamp_precision precision;
};

/* Reads `length` bytes of text. ERR_INVALID with a sentence that names the accepted forms. */
int timestamp_parse(const char *text, size_t length, struct timestamp *to, struct err *err);
/* An integer time: epoch milliseconds, 0 .. 253402300799999. */
int timestamp_from_ms(double ms, struct timestamp *to, struct err *err);

#define TIMESTAMP_TEXT_SIZE 32
/* "2026-11-21T08:15:30.123Z" / with microseconds "….123456Z". Truncates towards the past. */
void timestamp_format(int64_t us, char to[TIMESTAMP_TEXT_SIZE]);
void timestamp_format_us(int64_t us, char to[TIMESTAMP_TEXT_SIZE]);

#endif
