/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the console writes: plain lines of at most SCREEN_COLUMNS columns, for a terminal that knows
 * nothing. What comes from outside (packs, brokers, files) cannot move its cursor: everything that
 * is no printable ASCII is shown as '?'.
 */
#ifndef SWAPSTACK_CONSOLE_SCREEN_H
#define SWAPSTACK_CONSOLE_SCREEN_H

#include "base/strbuf.h"
#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>

#define SCREEN_COLUMNS 79 /* the last column of 80 stays free: some terminals wrap there */

/* Breaks each line of the text at blanks so that none is longer; what follows is indented by
 * `indent` columns. Pure. */
void screen_wrap(struct strbuf *to, const char *text, size_t indent);

/* Writes lines, wrapped; the text ends with a newline. */
void screen_print(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with another indentation of what is wrapped (screen_print: 4). */
void screen_print_indented(FILE *to, size_t indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A span as people write it: "42 s", "7 min 05 s", "3 h 10 min", "12 d 4 h". */
#define SCREEN_SPAN_SIZE 32
void screen_span(int64_t seconds, char text[SCREEN_SPAN_SIZE]);
/* An age of a reading: "120 ms", "4.2 s", a span, "never" (NAN). */
void screen_age(double age_ms, char text[SCREEN_SPAN_SIZE]);

/* A number with so many decimals, "-" when it is not known (NAN). */
#define SCREEN_REAL_SIZE 24
void screen_real(double value, int decimals, char text[SCREEN_REAL_SIZE]);

/* Members of an answer's data: "" and NAN, false when they are not there. */
const char *screen_text(const cJSON *object, const char *name);
double screen_number(const cJSON *object, const char *name);
bool screen_flag(const cJSON *object, const char *name);

#endif
