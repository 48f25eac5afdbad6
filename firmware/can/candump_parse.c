/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of candump as frames. */
#include "can/canframe.h"

#include <string.h>
#include <time.h>

/* What is left of the line. */
struct cursor {
    const char *at, *end;
};

static char peek(const struct cursor *cursor)
{
    return cursor->at < cursor->end ? *cursor->at : '\0';
}

static void skip_blanks(struct cursor *cursor)
{
    while (peek(cursor) == ' ' || peek(cursor) == '\t')
        cursor->at++;
}

/* The word at the cursor, which moves behind it. */
static struct cursor take_word(struct cursor *cursor)
{
    skip_blanks(cursor);
    struct cursor word = {cursor->at, cursor->at};
    while (cursor->at < cursor->end && *cursor->at != ' ' && *cursor->at != '\t')
        cursor->at++;
    word.end = cursor->at;
    return word;
}

static size_t left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Reads `count` decimal digits exactly. */
static bool take_number(struct cursor *cursor, int count, int64_t *value)
{
    *value = 0;
    for (; count > 0; count--, cursor->at++) {
        char c = peek(cursor);
        if (c < '0' || c > '9')
            return false;
        *value = *value * 10 + (c - '0');
    }
    return true;
}

static bool take_char(struct cursor *cursor, char wanted)
{
    if (peek(cursor) != wanted)
        return false;
    cursor->at++;
    return true;
}

/* Digits up to the dot and one to six behind it, as µs. */
static bool take_seconds(struct cursor *cursor, int64_t *us)
{
    int64_t seconds = 0, fraction = 0, one;
    int digits = 0;
    for (; take_number(cursor, 1, &one); digits++)
        if (digits < 12)
            seconds = seconds * 10 + one;
    if (digits == 0 || digits > 12 || !take_char(cursor, '.'))
        return false;
    for (digits = 0; digits < 6 && take_number(cursor, 1, &one); digits++)
        fraction = fraction * 10 + one;
    if (digits == 0)
        return false;
    for (; digits < 6; digits++)
        fraction *= 10;
    while (peek(cursor) >= '0' && peek(cursor) <= '9') /* finer than we count */
        cursor->at++;
    *us = seconds * 1000000 + fraction;
    return true;
}

/* (seconds.fraction) or (YYYY-MM-DD hh:mm:ss.fraction); the cursor stands on the parenthesis. */
static bool take_time(struct cursor *cursor, int64_t *at_us)
{
    cursor->at++;
    int64_t year, month, day, hour, minute, us, offset_s = 0;
    struct cursor start = *cursor;
    if (take_number(cursor, 4, &year) && take_char(cursor, '-')) {
        if (!take_number(cursor, 2, &month) || !take_char(cursor, '-') ||
            !take_number(cursor, 2, &day) || !take_char(cursor, ' ') ||
            !take_number(cursor, 2, &hour) || !take_char(cursor, ':') ||
            !take_number(cursor, 2, &minute) || !take_char(cursor, ':'))
            return false;
        struct tm tm = {.tm_year = (int)year - 1900,
                        .tm_mon = (int)month - 1,
                        .tm_mday = (int)day,
                        .tm_hour = (int)hour,
                        .tm_min = (int)minute};
        if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
            minute > 59)
            return false;
        offset_s = (int64_t)timegm(&tm);
    } else {
        *cursor = start;
    }
    if (!take_seconds(cursor, &us) || !take_char(cursor, ')'))
        return false;
    *at_us = offset_s * 1000000 + us;
    return true;
}

/* An identifier of three or eight hexadecimal digits. Error frames carry bit 29. */
static int read_identifier(struct cursor word, struct canframe *frame, struct err *err)
{
    size_t digits = left(&word);
    uint32_t id = 0;
    for (const char *at = word.at; at < word.end; at++) {
        if (digit(*at) < 0 || (digits != 3 && digits != 8))
            return err_set(err, ERR_INVALID,
                           "identifier '%.*s': three hexadecimal digits (11 bits) or eight "
                           "(29 bits) are expected",
                           (int)(digits < 40 ? digits : 40), word.at);
        id = id << 4 | (uint32_t)digit(*at);
    }
    if (digits == 0)
        return err_set(err, ERR_INVALID, "the identifier is missing");
    frame->extended = digits == 8;
    if (digits == 8 && (id & UINT32_C(0x20000000)) && id < UINT32_C(0x40000000)) {
        frame->error = true;
        frame->extended = false;
        id &= CANFRAME_ID_MAX;
    }
    if (id > (digits == 8 ? CANFRAME_ID_MAX : UINT32_C(0x7FF)))
        return err_set(err, ERR_INVALID, "identifier %.*s is above %s", (int)digits, word.at,
                       digits == 8 ? "1FFFFFFF" : "7FF");
    frame->id = id;
    return 0;
}

/* Data of a log line: hexadecimal digits in pairs, or R and a length. */
static int read_log_data(struct cursor data, struct canframe *frame, struct err *err)
{
    if (peek(&data) == '#')
        return err_set(err, ERR_INVALID, "a CAN FD frame ('##'): only CAN 2.0 frames are known");
    if (peek(&data) == 'R') {
        frame->remote = true;
        data.at++;
        if (left(&data) > 1 || (left(&data) == 1 && (digit(*data.at) < 0 || digit(*data.at) > 8)))
            return err_set(err, ERR_INVALID, "remote request: R and a length of 0 to 8 expected");
        frame->length = left(&data) ? (uint8_t)digit(*data.at) : 0;
        return 0;
    }
    while (left(&data) > 0) {
        if (take_char(&data, '.')) /* candump lets dots stand between bytes */
            continue;
        if (left(&data) < 2 || digit(data.at[0]) < 0 || digit(data.at[1]) < 0)
            return err_set(err, ERR_INVALID, "data byte %d is not two hexadecimal digits: '%.*s'",
                           frame->length + 1, (int)(left(&data) < 8 ? left(&data) : 8), data.at);
        if (frame->length == CANFRAME_DATA_MAX)
            return err_set(err, ERR_INVALID, "more than 8 data bytes");
        frame->data[frame->length++] = (uint8_t)(digit(data.at[0]) << 4 | digit(data.at[1]));
        data.at += 2;
    }
    return 0;
}

/* "[3]" and that many bytes, or "remote request". The rest of the line is the bytes as text. */
static int read_columns(struct cursor rest, struct canframe *frame, struct err *err)
{
    struct cursor word = take_word(&rest);
    while (left(&word) > 0 && *word.at != '[') /* RX or TX and flags of -x */
        word = take_word(&rest);
    if (left(&word) != 3 || word.at[2] != ']' || word.at[1] < '0' || word.at[1] > '8')
        return err_set(err, ERR_INVALID,
                       "after the identifier '#' and data, or a length [0] to [8] is expected");
    frame->length = (uint8_t)(word.at[1] - '0');
    for (int i = 0; i < frame->length; i++) {
        word = take_word(&rest);
        if (i == 0 && left(&word) == 6 && memcmp(word.at, "remote", 6) == 0) {
            frame->remote = true;
            return 0;
        }
        if (left(&word) != 2 || digit(word.at[0]) < 0 || digit(word.at[1]) < 0)
            return err_set(err, ERR_INVALID,
                           "data byte %d of %d is not two hexadecimal digits: '%.*s'", i + 1,
                           frame->length, (int)(left(&word) < 8 ? left(&word) : 8), word.at);
        frame->data[i] = (uint8_t)(digit(word.at[0]) << 4 | digit(word.at[1]));
    }
    word = take_word(&rest);
    frame->remote = frame->length == 0 && left(&word) == 6 && memcmp(word.at, "remote", 6) == 0;
    return 0;
}

/* Printable, because it will be printed, and no frame. */
static bool is_name(struct cursor word)
{
    for (; left(&word) > 0; word.at++)
        if (*word.at <= ' ' || *word.at > '~' || *word.at == '#')
            return false;
    return true;
}

int candump_parse(const char *text, size_t length, struct candump_line *line, struct err *err)
{
    struct cursor cursor = {text, text + length};
    if (length > 0 && text[length - 1] == '\r')
        cursor.end--;
    *line = (struct candump_line){.at_us = CANDUMP_TIME_NONE};
    skip_blanks(&cursor);
    if (left(&cursor) == 0 || peek(&cursor) == '#')
        return 0;
    if (peek(&cursor) == '(' && !take_time(&cursor, &line->at_us))
        return err_set(err, ERR_INVALID,
                       "the time in parentheses is not (seconds.fraction) or "
                       "(YYYY-MM-DD hh:mm:ss.fraction)");
    struct cursor interface = take_word(&cursor), frame = take_word(&cursor);
    if (left(&interface) == 0 || left(&interface) >= sizeof line->interface || !is_name(interface))
        return err_set(err, ERR_INVALID,
                       "the name of the interface (1 to 16 characters) is expected, not '%.*s'",
                       (int)(left(&interface) < 40 ? left(&interface) : 40), interface.at);
    memcpy(line->interface, interface.at, left(&interface));
    if (left(&frame) == 2 && (frame.at[0] == 'R' || frame.at[0] == 'T') && frame.at[1] == 'X') {
        (void)take_word(&cursor); /* -x: direction and two flags stand before the identifier */
        (void)take_word(&cursor);
        frame = take_word(&cursor);
    }
    const char *hash = left(&frame) ? memchr(frame.at, '#', left(&frame)) : NULL;
    struct cursor identifier = {frame.at, hash ? hash : frame.end};
    int code = read_identifier(identifier, &line->frame, err);
    if (code)
        return code;
    code = hash ? read_log_data((struct cursor){hash + 1, frame.end}, &line->frame, err)
                : read_columns(cursor, &line->frame, err);
    return code ? code : 1;
}
