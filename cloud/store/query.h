/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL that a person wrote, on a connection that only reads. Statement after statement; each that
 * yields rows hands its columns, its rows and its end to a listener.
 */
#ifndef SWAPSTACK_STORE_QUERY_H
#define SWAPSTACK_STORE_QUERY_H

#include "store/store.h"
#include <stddef.h>

enum query_kind { QUERY_NULL, QUERY_INTEGER, QUERY_REAL, QUERY_TEXT, QUERY_BLOB };

struct query_value {
    enum query_kind kind;
    int64_t integer;
    double real;
    const char *bytes; /* of a text or blob; valid during the call */
    size_t length;
};

struct query_listener {
    void *self;
    /* A negative return ends the query with that code. */
    int (*columns)(void *self, const char *const *names, size_t count, struct err *err);
    int (*row)(void *self, const struct query_value *values, size_t count, struct err *err);
    int (*end)(void *self, struct err *err);
    /* Every some ten thousand steps of SQLite, also where no row comes: true stops the query. */
    bool (*tick)(void *tick_self);
    void *tick_self;
};

/* 0; 1 when `tick` stopped it; ERR_INVALID with SQLite's words and the place for SQL that is wrong;
 * ERR_PERMISSION for a statement that would write; else as store_error. */
int query_run(struct store *store, const char *sql, const struct query_listener *listener,
              struct err *err);

/* Does the text end with a whole statement (a shell's prompt asks)? */
bool query_is_complete(const char *sql);

#endif
