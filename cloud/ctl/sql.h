/* SPDX-License-Identifier: Apache-2.0 */
/* How `swapctl sql` prints: a table for people, CSV (RFC 4180) or an array of objects. */
#ifndef SWAPSTACK_CTL_SQL_H
#define SWAPSTACK_CTL_SQL_H

#include "store/query.h"
#include <stdio.h>

enum sql_form { SQL_TABLE, SQL_CSV, SQL_JSON };

struct sql_printer {
    FILE *to;
    enum sql_form form;
    /* Of the statement at hand. */
    char **names; /* owned */
    size_t columns;
    int64_t rows;
    /* SQL_TABLE: the first rows are kept to know how wide columns are; later ones follow as they
     * come. */
    char **kept; /* owned cells, row after row */
    size_t kept_rows;
    size_t *widths; /* owned */
    bool *numbers;  /* owned: columns of which only numbers were seen are set to the right */
};

/* query_listener's three; `self` is the printer. */
int sql_print_columns(void *self, const char *const *names, size_t count, struct err *err);
int sql_print_row(void *self, const struct query_value *values, size_t count, struct err *err);
int sql_print_end(void *self, struct err *err);
void sql_printer_free(struct sql_printer *printer);

#endif
