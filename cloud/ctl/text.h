/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text for a terminal: outside bytes made harmless, widths in columns. Pure. */
#ifndef SWAPSTACK_CTL_TEXT_H
#define SWAPSTACK_CTL_TEXT_H

#include "base/strbuf.h"
#include "store/report.h"
#include <stddef.h>

/* Appends text with control characters, invalid UTF-8 and the C1 range written as \xNN, so that
 * what a station sent cannot drive the reader's terminal. */
void text_append_safe(struct strbuf *to, const char *bytes, size_t length);

/* Terminal columns of UTF-8 text: East Asian wide characters count two. */
size_t text_columns(const char *text);

/* Appends `text` cut to `columns` (with "…" where it was cut) or filled with blanks to it; `right`
 * fills on the left. */
void text_append_cell(struct strbuf *to, const char *text, size_t columns, bool right);

/* A report's value as a person reads it: "2026-11-21T08:15:30Z", "12.5", "yes"; "-" for NULL. */
void text_append_value(struct strbuf *to, const struct report_column *column,
                       const struct report_value *value);

#endif
