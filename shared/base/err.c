/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A sentence that had to be cut must not end in half a UTF-8 character. */
static void trim_partial_utf8(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (length - (start - 1) < wanted)
        text[start - 1] = '\0';
}

static void format_into(char *to, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void format_into(char *to, size_t size, const char *format, va_list args)
{
    int wanted = vsnprintf(to, size, format, args);
    if (wanted < 0)
        to[0] = '\0';
    else if ((size_t)wanted >= size)
        trim_partial_utf8(to);
}

int err_set(struct err *err, int code, const char *format, ...)
{
    assert(code < 0);
    if (err == NULL)
        return code;
    /* Through a buffer of its own: an argument may point into err->text. */
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    format_into(text, sizeof text, format, args);
    va_end(args);
    err->code = code;
    memcpy(err->text, text, sizeof text);
    return code;
}

/* Writes `front`, then `back`, into err->text; what does not fit is cut. */
static void store_joined(struct err *err, const char *front, const char *back)
{
    char joined[2 * sizeof err->text];
    (void)snprintf(joined, sizeof joined, "%s%s", front, back);
    if (strlen(joined) >= sizeof err->text) {
        joined[sizeof err->text - 1] = '\0';
        trim_partial_utf8(joined);
    }
    memcpy(err->text, joined, strlen(joined) + 1);
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (err == NULL || err->code == 0)
        return ERR_INVALID;
    char front[sizeof err->text];
    va_list args;
    va_start(args, format);
    format_into(front, sizeof front, format, args);
    va_end(args);
    store_joined(err, front, err->text);
    return err->code;
}

int err_set_errno(struct err *err, int code, int errnum, const char *format, ...)
{
    assert(code < 0);
    if (err == NULL)
        return code;
    char front[sizeof err->text - 96]; /* leaves room for the reason, which matters most */
    va_list args;
    va_start(args, format);
    format_into(front, sizeof front, format, args);
    va_end(args);
    char buffer[96], back[128];
    (void)snprintf(back, sizeof back, ": %s", strerror_r(errnum, buffer, sizeof buffer));
    err->code = code;
    store_joined(err, front, back);
    return code;
}

#define ERR_AS_NAME(name, code, text, exit_code)                                                   \
    case code:                                                                                     \
        return #name;
#define ERR_AS_TEXT(name, code, text, exit_code)                                                   \
    case code:                                                                                     \
        return text;
#define ERR_AS_EXIT(name, code, text, exit_code)                                                   \
    case code:                                                                                     \
        return exit_code;

const char *err_name(int code)
{
    switch (code) {
    case ERR_OK:
        return "ERR_OK";
        ERR_TABLE(ERR_AS_NAME)
    default:
        return "ERR_UNKNOWN";
    }
}

const char *err_text(int code)
{
    switch (code) {
    case ERR_OK:
        return "ok";
        ERR_TABLE(ERR_AS_TEXT)
    default:
        return "unknown error";
    }
}

int err_exit_code(int code)
{
    switch (code) {
    case ERR_OK:
        return EX_OK;
        ERR_TABLE(ERR_AS_EXIT)
    default:
        return EX_SOFTWARE;
    }
}
