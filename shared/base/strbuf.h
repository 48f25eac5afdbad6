/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte string, always NUL-terminated. Allocation failure is sticky: later appends do
 * nothing and strbuf_failed() tells, so that a writer checks once at its end.
 */
#ifndef SWAPSTACK_BASE_STRBUF_H
#define SWAPSTACK_BASE_STRBUF_H

#include "base/scope.h"
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *text;      /* owned; NULL until something was appended */
    size_t length;   /* bytes without the NUL */
    size_t capacity; /* bytes allocated */
    bool failed;
};

#define STRBUF_INIT  ((struct strbuf){0})
#define SCOPE_STRBUF SCOPE(strbuf_free)

void strbuf_free(struct strbuf *buf);  /* releases and zeroes; may be used again */
void strbuf_clear(struct strbuf *buf); /* empties, keeps the memory */
void strbuf_append(struct strbuf *buf, const void *bytes, size_t length);
void strbuf_append_text(struct strbuf *buf, const char *text);
void strbuf_append_char(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The text ("" when nothing was appended). Valid until the next call on `buf`. */
const char *strbuf_text(const struct strbuf *buf);
bool strbuf_failed(const struct strbuf *buf);

#endif
