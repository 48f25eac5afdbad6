/* SPDX-License-Identifier: Apache-2.0 */
/* Is it UTF-8? As Unicode, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef SWAPSTACK_BASE_UTF8_H
#define SWAPSTACK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at `at`, which has `left` >= 1 bytes; 0 when it is none. */
size_t utf8_length(const unsigned char *at, size_t left);
/* Is the whole text well formed? */
bool utf8_is_valid(const char *text);

#endif
