/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of JSON over bytes. Depth is bounded before each descent, so the recursion is too. */
#include "protocol/json.h"

#include "base/utf8.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    const unsigned char *bytes;
    size_t length, at;
    struct err *err;
};

static bool scan_value(struct scan *scan, int depth);

/* The byte at the cursor; -1 at the end. */
static int peek(const struct scan *scan)
{
    return scan->at < scan->length ? scan->bytes[scan->at] : -1;
}

static bool refuse(struct scan *scan, const char *what)
{
    int byte = peek(scan);
    if (byte < 0)
        (void)err_set(scan->err, ERR_INVALID, "byte %zu: the text ends, expected %s", scan->at,
                      what);
    else if (byte >= 0x21 && byte <= 0x7e)
        (void)err_set(scan->err, ERR_INVALID, "byte %zu: found '%c', expected %s", scan->at, byte,
                      what);
    else
        (void)err_set(scan->err, ERR_INVALID, "byte %zu: found byte 0x%02x, expected %s", scan->at,
                      (unsigned)byte, what);
    return false;
}

static void skip_space(struct scan *scan)
{
    for (; scan->at < scan->length; scan->at++) {
        unsigned char byte = scan->bytes[scan->at];
        if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t')
            return;
    }
}

static bool scan_word(struct scan *scan, const char *word)
{
    size_t length = strlen(word);
    if (scan->length - scan->at < length || memcmp(scan->bytes + scan->at, word, length) != 0)
        return refuse(scan, word);
    scan->at += length;
    return true;
}

static bool scan_digits(struct scan *scan)
{
    size_t from = scan->at;
    while (peek(scan) >= '0' && peek(scan) <= '9')
        scan->at++;
    return scan->at > from || refuse(scan, "a digit");
}

static bool scan_number(struct scan *scan)
{
    size_t from = scan->at;
    if (peek(scan) == '-')
        scan->at++;
    if (peek(scan) == '0')
        scan->at++;
    else if (!scan_digits(scan))
        return false;
    if (peek(scan) == '.') {
        scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    bool exponent = peek(scan) == 'e' || peek(scan) == 'E';
    if (exponent) {
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-')
            scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    size_t length = scan->at - from;
    char text[JSON_NUMBER_BYTES + 1];
    if (length >= sizeof text) {
        (void)err_set(scan->err, ERR_INVALID, "byte %zu: a number of %zu characters, at most %d",
                      from, length, JSON_NUMBER_BYTES);
        return false;
    }
    if (!exponent) /* so few digits alone are always finite */
        return true;
    memcpy(text, scan->bytes + from, length);
    text[length] = '\0';
    if (isfinite(strtod(text, NULL)))
        return true;
    (void)err_set(scan->err, ERR_INVALID, "byte %zu: the number %s is not finite", from, text);
    return false;
}

/* Reads \uXXXX (the cursor stands on the backslash) into *unit. */
static bool scan_unit(struct scan *scan, unsigned *unit)
{
    *unit = 0;
    if (!scan_word(scan, "\\u"))
        return false;
    for (int i = 0; i < 4; i++, scan->at++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        int byte = peek(scan);
        const char *digit = byte > 0 ? strchr(digits, byte) : NULL;
        if (digit == NULL)
            return refuse(scan, "four hexadecimal digits");
        unsigned value = (unsigned)(digit - digits);
        *unit = *unit * 16 + (value < 16 ? value : value - 6);
    }
    return true;
}

static bool scan_escape(struct scan *scan)
{
    size_t from = scan->at;
    int kind = scan->at + 1 < scan->length ? scan->bytes[scan->at + 1] : -1;
    if (kind > 0 && strchr("\"\\/bfnrt", kind) != NULL) {
        scan->at += 2;
        return true;
    }
    if (kind != 'u') {
        scan->at++;
        return refuse(scan, "an escape: one of \" \\ / b f n r t u");
    }
    unsigned unit, low = 0;
    if (!scan_unit(scan, &unit))
        return false;
    const char *wrong = NULL;
    if (unit == 0)
        wrong = "U+0000 is not allowed in a text";
    else if (unit >= 0xdc00 && unit <= 0xdfff)
        wrong = "a low surrogate without its high one";
    else if (unit >= 0xd800 && unit <= 0xdbff &&
             (peek(scan) != '\\' || !scan_unit(scan, &low) || low < 0xdc00 || low > 0xdfff))
        wrong = "a high surrogate without its low one";
    if (wrong != NULL)
        (void)err_set(scan->err, ERR_INVALID, "byte %zu: %s", from, wrong);
    return wrong == NULL;
}

static bool scan_string(struct scan *scan)
{
    if (!scan_word(scan, "\""))
        return false;
    for (;;) {
        int byte = peek(scan);
        while (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') { /* nearly all */
            scan->at++;
            byte = peek(scan);
        }
        if (byte == '"') {
            scan->at++;
            return true;
        }
        if (byte < 0x20) /* a control character, or the end */
            return refuse(scan, "a character of a string");
        if (byte == '\\') {
            if (!scan_escape(scan))
                return false;
            continue;
        }
        size_t length = utf8_length(scan->bytes + scan->at, scan->length - scan->at);
        if (length == 0)
            return refuse(scan, "UTF-8");
        scan->at += length;
    }
}

/* An array, or an object when `close` is '}'; the cursor stands on the opening bracket. */
static bool scan_container(struct scan *scan, int close, int depth)
{
    if (depth > JSON_MAX_NESTING) {
        (void)err_set(scan->err, ERR_INVALID, "byte %zu: nesting is deeper than %d", scan->at,
                      JSON_MAX_NESTING);
        return false;
    }
    scan->at++;
    skip_space(scan);
    if (peek(scan) == close) {
        scan->at++;
        return true;
    }
    for (;;) {
        skip_space(scan);
        if (close == '}') {
            if (peek(scan) != '"')
                return refuse(scan, "a key in quotation marks");
            if (!scan_string(scan))
                return false;
            skip_space(scan);
            if (!scan_word(scan, ":"))
                return false;
        }
        if (!scan_value(scan, depth))
            return false;
        skip_space(scan);
        if (peek(scan) == close) {
            scan->at++;
            return true;
        }
        if (peek(scan) != ',')
            return refuse(scan, close == '}' ? "',' or '}'" : "',' or ']'");
        scan->at++;
    }
}

/* `depth` containers are open around the value. */
static bool scan_value(struct scan *scan, int depth)
{
    skip_space(scan);
    switch (peek(scan)) {
    case '{':
        return scan_container(scan, '}', depth + 1);
    case '[':
        return scan_container(scan, ']', depth + 1);
    case '"':
        return scan_string(scan);
    case 't':
        return scan_word(scan, "true");
    case 'f':
        return scan_word(scan, "false");
    case 'n':
        return scan_word(scan, "null");
    default:
        if (peek(scan) == '-' || (peek(scan) >= '0' && peek(scan) <= '9'))
            return scan_number(scan);
        return refuse(scan, "a JSON value");
    }
}

int json_check(const void *bytes, size_t length, struct err *err)
{
    return json_check_within(bytes, length, JSON_MAX_BYTES, err);
}

int json_check_within(const void *bytes, size_t length, size_t max_bytes, struct err *err)
{
    if (length > max_bytes)
        return err_set(err, ERR_INVALID, "%zu bytes: at most %zu are accepted", length, max_bytes);
    struct scan scan = {.bytes = bytes, .length = length, .err = err};
    if (!scan_value(&scan, 0))
        return ERR_INVALID;
    skip_space(&scan);
    if (scan.at < scan.length) {
        (void)refuse(&scan, "nothing behind the message");
        return ERR_INVALID;
    }
    return 0;
}
