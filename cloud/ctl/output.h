/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports on stdout: an aligned table for people, an array of objects for programs. JSON names are
 * the column names, times RFC 3339 with microseconds, money decimal numbers, NULL null; payload
 * bytes that are no UTF-8 become \xNN text.
 */
#ifndef SWAPSTACK_CTL_OUTPUT_H
#define SWAPSTACK_CTL_OUTPUT_H

#include "store/report.h"
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Columns of the terminal behind `file`, 0 when it is none (nothing is cut then). */
size_t output_width(FILE *file);

/* A table collects its rows, to know how wide its columns are. */
struct output_table {
    const struct report *report;
    char ***rows; /* owned cells, only of columns with a title */
    size_t count, capacity;
};

/* report_row; `self` is the table. */
int output_collect(void *self, const struct report *report, const struct report_value *values,
                   struct err *err);
/* Prints heading and rows; the last column is cut at `width` (0: not). Nothing collected: the
 * heading alone. */
void output_print_table(const struct output_table *table, FILE *to, size_t width);
void output_table_free(struct output_table *table);
void output_table_free_scope(struct output_table *table);

/* One row as "name: value" lines, all columns. */
void output_print_details(const struct report *report, const struct report_value *values, FILE *to);

/* One row as a JSON object (owned by the caller); NULL when out of memory. */
cJSON *output_object(const struct report *report, const struct report_value *values);

/* An array of objects written as they come; begin, any number of items, end. */
struct output_array {
    FILE *to;
    bool any;
};
void output_array_begin(struct output_array *array, FILE *to);
/* Takes the object over. ERR_NOMEM when it is NULL, ERR_IO when it cannot be written. */
int output_array_add(struct output_array *array, cJSON *object, struct err *err);
void output_array_end(struct output_array *array);
/* report_row; `self` is the array. */
int output_array_row(void *self, const struct report *report, const struct report_value *values,
                     struct err *err);

/* CSV: the names of the columns; then report_row, a line a row, `self` is the FILE. NULL is empty,
 * times are RFC 3339 with microseconds, money decimal. */
void output_csv_head(const struct report *report, FILE *to);
int output_csv_row(void *self, const struct report *report, const struct report_value *values,
                   struct err *err);

#endif
