/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from text to pointer: stations and streams by device. It owns neither keys nor
 * values; a key must live as long as its entry (it normally is a field of the value). Entries are
 * never removed one by one. */
#ifndef SWAPSTACK_STATIONS_INDEX_H
#define SWAPSTACK_STATIONS_INDEX_H

#include <stddef.h>

struct index_entry {
    const char *key; /* NULL: free place */
    void *value;
};

struct index {
    struct index_entry *entries; /* owned */
    size_t places, count;        /* places: a power of two */
};

/* The value of `key`, NULL when there is none. */
void *index_find(const struct index *index, const char *key);
/* Adds a key that is not there yet; 0 or ERR_NOMEM. */
int index_add(struct index *index, const char *key, void *value);
/* Calls `each` with every value, in no particular order. */
void index_each(const struct index *index, void (*each)(void *self, void *value), void *self);
/* Empties and releases the table (not the values). */
void index_free(struct index *index);

#endif
