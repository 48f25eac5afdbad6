/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/reader/lines.h"

#include <string.h>

#define ETX 0x03

void reader_lines_reset(struct reader_lines *lines)
{
    lines->length = 0;
    lines->bad = false;
}

static void end_line(struct reader_lines *lines, int64_t now_us)
{
    bool token = !lines->bad && lines->length > 0;
    lines->line[lines->length] = '\0';
    if (token) {
        bool same = lines->number > 0 && strcmp(lines->line, lines->token) == 0 &&
                    now_us - lines->read_us < READER_REST_US;
        memcpy(lines->token, lines->line, lines->length + 1);
        lines->read_us = now_us;
        lines->number += !same;
    }
    reader_lines_reset(lines);
}

void reader_lines_feed(struct reader_lines *lines, const void *bytes, size_t length, int64_t now_us)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = at[i];
        if (c == '\r' || c == '\n' || c == ETX)
            end_line(lines, now_us);
        else if (c < ' ')
            continue;
        else if (c == ' ' || c > '~' || lines->length == sizeof lines->line - 1)
            lines->bad = true;
        else
            lines->line[lines->length++] = (char)c;
    }
}
