/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of a log, as text. Pure.
 *
 *     2026-11-21T08:15:30.123Z INFO monitor: connected broker=127.0.0.1:1883 #5f0c2d11
 *
 * On stderr a line ends with its words. In a log file it is sealed: a blank, '#' and the CRC-32
 * (ISO 3309, as zlib's crc32) of everything before that blank, 8 hex digits. So a reader tells a
 * line that a power loss tore or a bad block garbled from one that was written, line by line, and
 * grep still reads the file.
 */
#ifndef SWAPSTACK_BASE_LOG_LINE_H
#define SWAPSTACK_BASE_LOG_LINE_H

#include "base/log.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX      4096 /* bytes, with seal and newline; a pipe takes that in one piece */
#define LOG_LINE_TEXT_MAX 3072 /* bytes of a caller's words, beyond which they are cut */
#define LOG_LINE_SEAL     11   /* bytes of " #5f0c2d11\n" */

struct log_line {
    int64_t time_us; /* µs since 1970 UTC, of ms resolution */
    enum log_level level;
    const char *module, *text; /* views of the line, not NUL-terminated */
    size_t module_length, text_length;
};

/* Writes the line without seal and newline; returns its bytes, at most LOG_LINE_MAX -
 * LOG_LINE_SEAL. Control characters and bytes that are no UTF-8 become \xNN in `module` and `text`;
 * a text that does not fit is cut and ends with " ...". */
size_t log_line_format(char to[LOG_LINE_MAX], int64_t time_us, enum log_level level,
                       const char *module, const char *text);

/* The caller's words alone in the same way (a journal knows time and level): at most `size`. */
size_t log_line_escape(char *to, size_t size, const char *text);

/* Appends seal and newline to a line of log_line_format; returns the new length. */
size_t log_line_seal(char line[LOG_LINE_MAX], size_t length);

/* Reads one sealed line without its newline; the seal is no part of the text. False: torn, garbled,
 * or no log line at all. */
bool log_line_parse(const char *line, size_t length, struct log_line *to);

#endif
