/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from text to pointer (hash table, open addressing). It owns neither keys nor values: a key
 * must live as long as its entry (normally it is a field of the value). Entries are not removed one
 * by one; textmap_free empties the whole.
 */
#ifndef SWAPSTACK_BASE_TEXTMAP_H
#define SWAPSTACK_BASE_TEXTMAP_H

#include <stddef.h>

struct textmap_entry {
    const char *key; /* NULL: free place */
    void *value;
};

struct textmap {
    struct textmap_entry *entries; /* owned; NULL while empty */
    size_t places, count;          /* places: a power of two, at most half of them taken */
};

#define TEXTMAP_INIT ((struct textmap){0})

/* The value of `key`, NULL when there is none. */
void *textmap_find(const struct textmap *map, const char *key);
/* Adds a key that is not there yet (assert). 0 or ERR_NOMEM, then nothing has changed. */
int textmap_add(struct textmap *map, const char *key, void *value);
/* Calls `each` with every value, in no particular order. */
void textmap_each(const struct textmap *map, void (*each)(void *self, void *value), void *self);
/* Releases the table and leaves an empty map; `release` (may be NULL) gets every value. */
void textmap_free(struct textmap *map, void (*release)(void *value));

#endif
