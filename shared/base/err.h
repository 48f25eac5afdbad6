/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: a negative code from one table, and the sentence that a person will read.
 *
 * A function that can fail returns 0 or one of these codes and, when the caller gave it a
 * struct err, leaves a sentence there: what is wrong, where, and what would be right.
 * The caller owns the struct (normally on its stack); passing NULL is allowed everywhere.
 */
#ifndef SWAPSTACK_BASE_ERR_H
#define SWAPSTACK_BASE_ERR_H

#include <stddef.h>
#include <sysexits.h>

/* name, code, what it means, exit status of a program that ends because of it (sysexits.h) */
#define ERR_TABLE(X)                                                                               \
    X(ERR_USAGE, -1, "wrong arguments", EX_USAGE)                                                  \
    X(ERR_CONFIG, -2, "wrong configuration", EX_CONFIG)                                            \
    X(ERR_INVALID, -3, "invalid data", EX_DATAERR)                                                 \
    X(ERR_NOT_FOUND, -4, "not found", EX_NOINPUT)                                                  \
    X(ERR_EXISTS, -5, "exists already", EX_DATAERR)                                                \
    X(ERR_IO, -6, "input or output failed", EX_IOERR)                                              \
    X(ERR_STORAGE, -7, "storage failed", EX_CANTCREAT)                                             \
    X(ERR_NOMEM, -8, "out of memory", EX_OSERR)                                                    \
    X(ERR_SYSTEM, -9, "the operating system refused", EX_OSERR)                                    \
    X(ERR_UNAVAILABLE, -10, "a service is not available", EX_UNAVAILABLE)                          \
    X(ERR_TIMEOUT, -11, "no answer in time", EX_TEMPFAIL)                                          \
    X(ERR_BUSY, -12, "busy, try again", EX_TEMPFAIL)                                               \
    X(ERR_PERMISSION, -13, "not permitted", EX_NOPERM)                                             \
    X(ERR_PROTOCOL, -14, "the peer broke the protocol", EX_PROTOCOL)                               \
    X(ERR_FULL, -15, "no space left", EX_CANTCREAT)                                                \
    X(ERR_REFUSED, -16, "refused", EX_UNAVAILABLE)

#define ERR_AS_ENUM(name, code, text, exit_code) name = code,
enum err_code { ERR_OK = 0, ERR_TABLE(ERR_AS_ENUM) };
#undef ERR_AS_ENUM

struct err {
    int code;       /* 0 or one of enum err_code */
    char text[512]; /* UTF-8 sentence without a final newline, cut at the size */
};

/* Stores code and a printf-style sentence in `err` (may be NULL). Returns `code`. */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts context ("journal FILE: ") before the sentence already there. Returns err->code
 * (ERR_INVALID when `err` is NULL or holds no code). */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As err_set, with ": " and the text of `errnum` (an errno value) behind the sentence. */
int err_set_errno(struct err *err, int code, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The table's name ("ERR_IO"), short text and exit status of a code; for a code that is not in
 * the table "ERR_UNKNOWN", "unknown error" and EX_SOFTWARE. 0 gives "ERR_OK", "ok" and EX_OK. */
const char *err_name(int code);
const char *err_text(int code);
int err_exit_code(int code);

#endif
