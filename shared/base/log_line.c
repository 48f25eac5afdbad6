/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_line.h"

#include "base/utf8.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define TIME_LENGTH 24 /* "2026-11-21T08:15:30.123Z" */
#define SEAL_LENGTH 10 /* " #5f0c2d11" */

static const char CUT[] = " ...";

/* C0, DEL, and C1 in its UTF-8 form (0xC2 0x80..0x9F): what moves a terminal's cursor. */
static size_t control_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    return left > 1 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f ? 2 : 0;
}

/* Copies until the first character that no longer fits; *taken: bytes of `text` copied. Controls,
 * and bytes that are no UTF-8, become \xNN: a line is always text. */
static size_t copy_printable(char *to, size_t size, const char *text, size_t *taken)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0, length = strlen(text), i = 0;
    while (i < length) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t whole = utf8_length(at, length - i), escaped = control_length(at, length - i);
        if (whole == 0)
            escaped = whole = 1;
        if (used + (escaped ? 4 * escaped : whole) > size)
            break;
        for (size_t k = 0; k < escaped; k++) {
            to[used++] = '\\';
            to[used++] = 'x';
            to[used++] = digits[at[k] >> 4];
            to[used++] = digits[at[k] & 15];
        }
        if (escaped == 0) {
            memcpy(to + used, at, whole);
            used += whole;
        }
        i += whole;
    }
    *taken = i;
    return used;
}

size_t log_line_escape(char *to, size_t size, const char *text)
{
    size_t taken, mark = sizeof CUT - 1;
    if (size < mark)
        return 0;
    size_t used = copy_printable(to, size - mark, text, &taken);
    if (text[taken]) {
        memcpy(to + used, CUT, mark);
        used += mark;
    }
    return used;
}

size_t log_line_format(char to[LOG_LINE_MAX], int64_t time_us, enum log_level level,
                       const char *module, const char *text)
{
    struct tm utc;
    size_t taken;
    int64_t ms = time_us / 1000;
    time_t seconds = (time_t)(ms / 1000);
    (void)gmtime_r(&seconds, &utc);
    int front = snprintf(to, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s ", utc.tm_year + 1900,
                         utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                         (int)(ms % 1000), log_level_name(level));
    size_t used = front > 0 && front < 64 ? (size_t)front : 0;
    used += copy_printable(to + used, 128, module, &taken);
    to[used++] = ':';
    to[used++] = ' ';
    return used + log_line_escape(to + used, LOG_LINE_MAX - LOG_LINE_SEAL - used, text);
}

static uint32_t checksum(const char *bytes, size_t length)
{
    return (uint32_t)crc32_z(0, (const Bytef *)bytes, length);
}

size_t log_line_seal(char line[LOG_LINE_MAX], size_t length)
{
    char seal[LOG_LINE_SEAL + 1];
    (void)snprintf(seal, sizeof seal, " #%08x\n", checksum(line, length));
    memcpy(line + length, seal, LOG_LINE_SEAL);
    return length + LOG_LINE_SEAL;
}

/* Takes the seal off. False: there is none, or it does not fit. */
static bool unseal(const char *line, size_t *length)
{
    if (*length < SEAL_LENGTH)
        return false;
    char seal[LOG_LINE_SEAL + 1];
    (void)snprintf(seal, sizeof seal, " #%08x", checksum(line, *length - SEAL_LENGTH));
    if (memcmp(line + *length - SEAL_LENGTH, seal, SEAL_LENGTH) != 0)
        return false;
    *length -= SEAL_LENGTH;
    return true;
}

/* As many digits; -1: something else stands there. */
static int digits(const char *at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = 10 * value + at[i] - '0';
    }
    return value;
}

static bool parse_time(const char *at, int64_t *time_us)
{
    static const char form[TIME_LENGTH + 1] = "dddd-dd-ddTdd:dd:dd.dddZ";
    for (int i = 0; i < TIME_LENGTH; i++) {
        if (form[i] != 'd' && form[i] != at[i])
            return false;
    }
    struct tm utc = {.tm_year = digits(at, 4) - 1900,
                     .tm_mon = digits(at + 5, 2) - 1,
                     .tm_mday = digits(at + 8, 2),
                     .tm_hour = digits(at + 11, 2),
                     .tm_min = digits(at + 14, 2),
                     .tm_sec = digits(at + 17, 2)};
    int ms = digits(at + 20, 3);
    if (utc.tm_year < -1900 || utc.tm_mon < 0 || utc.tm_mon > 11 || utc.tm_mday < 1 ||
        utc.tm_mday > 31 || utc.tm_hour < 0 || utc.tm_hour > 23 || utc.tm_min < 0 ||
        utc.tm_min > 59 || utc.tm_sec < 0 || utc.tm_sec > 60 || ms < 0)
        return false;
    *time_us = (int64_t)timegm(&utc) * 1000000 + (int64_t)ms * 1000;
    return true;
}

static bool parse_level(const char *at, size_t length, enum log_level *level)
{
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
        const char *name = log_level_name((enum log_level)i);
        if (strlen(name) == length && memcmp(name, at, length) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool holds_control(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (control_length((const unsigned char *)line + i, length - i) > 0)
            return true;
    }
    return false;
}

bool log_line_parse(const char *line, size_t length, struct log_line *to)
{
    if (length > LOG_LINE_MAX || !unseal(line, &length))
        return false;
    /* What is written never holds any: a line that does was not written by log_line_format. */
    if (length <= TIME_LENGTH || line[TIME_LENGTH] != ' ' || holds_control(line, length) ||
        !parse_time(line, &to->time_us))
        return false;
    const char *at = line + TIME_LENGTH + 1, *end = line + length;
    const char *blank = memchr(at, ' ', (size_t)(end - at));
    if (blank == NULL || !parse_level(at, (size_t)(blank - at), &to->level))
        return false;
    to->module = blank + 1;
    const char *colon = memmem(to->module, (size_t)(end - to->module), ": ", 2);
    if (colon == NULL || colon == to->module)
        return false;
    to->module_length = (size_t)(colon - to->module);
    to->text = colon + 2;
    to->text_length = (size_t)(end - to->text);
    return true;
}
