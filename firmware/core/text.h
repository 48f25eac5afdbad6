/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts in fixed arrays. */
#ifndef SWAPSTACK_CORE_TEXT_H
#define SWAPSTACK_CORE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Copies as much as fits, always terminated. `to` may be the same as `from`. */
static inline void text_copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);
    memmove(to, from, length);
    to[length] = '\0';
}

/* For arrays (not pointers). */
#define TEXT_SET(array, from) text_copy((array), sizeof(array), (from))

static inline bool text_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

#endif
