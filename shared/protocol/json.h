/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259) for bytes that come from outside: checked whole before cJSON sees them,
 * because cJSON accepts bad UTF-8, duplicate keys, bytes behind the end and deep nesting.
 */
#ifndef SWAPSTACK_PROTOCOL_JSON_H
#define SWAPSTACK_PROTOCOL_JSON_H

#include "base/err.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include <cjson/cJSON.h>

#define JSON_MAX_BYTES    (256u * 1024u)
#define JSON_MAX_NESTING  16 /* arrays and objects inside each other; the outermost counts */
#define JSON_NUMBER_BYTES 60 /* longest number; cJSON would cut one of 64 and more */

#define SCOPE_JSON SCOPE(json_free_scope)

/* Is this one JSON text: at most JSON_MAX_BYTES, UTF-8 without surrogates and overlong forms, no
 * U+0000, finite numbers, nesting within the limit, nothing but white space around it?
 * ERR_INVALID with a sentence that names the byte (counted from 0). Pure, no allocation. */
int json_check(const void *bytes, size_t length, struct err *err);

/* json_check, no key twice in any object, and the tree. Release with cJSON_Delete. */
int json_parse(const void *bytes, size_t length, cJSON **root, struct err *err);
void json_free_scope(cJSON **root); /* for SCOPE_JSON */

/* The same with another limit, for documents that an operator hands in. */
int json_check_within(const void *bytes, size_t length, size_t max_bytes, struct err *err);
int json_parse_within(const void *bytes, size_t length, size_t max_bytes, cJSON **root,
                      struct err *err);

/* Writers: append to `to` in the one form that this project writes (no spaces). The text must be
 * UTF-8; the number finite, written in the fewest of 15 or 17 digits that read back the same. A raw
 * value (cJSON_IsRaw) is appended as it is. */
void json_write_text(struct strbuf *to, const char *text);
void json_write_number(struct strbuf *to, double number);
void json_write_value(struct strbuf *to, const cJSON *value);

#endif
