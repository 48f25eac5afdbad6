/* SPDX-License-Identifier: Apache-2.0 */
#include "stations/index.h"

#include "base/err.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PLACES 64

/* FNV-1a, 64 bits (RFC draft-eastlake-fnv, public domain constants). */
static uint64_t hash(const char *key)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (const char *c = key; *c; c++)
        value = (value ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return value;
}

static struct index_entry *place_of(const struct index *index, const char *key)
{
    size_t mask = index->places - 1, place = (size_t)hash(key) & mask;
    while (index->entries[place].key && strcmp(index->entries[place].key, key) != 0)
        place = (place + 1) & mask;
    return &index->entries[place];
}

void *index_find(const struct index *index, const char *key)
{
    return index->places ? place_of(index, key)->value : NULL;
}

static int grow(struct index *index)
{
    struct index bigger = {.places = index->places ? index->places * 2 : FIRST_PLACES,
                           .count = index->count};
    bigger.entries = calloc(bigger.places, sizeof *bigger.entries);
    if (!bigger.entries)
        return ERR_NOMEM;
    for (size_t i = 0; i < index->places; i++)
        if (index->entries[i].key)
            *place_of(&bigger, index->entries[i].key) = index->entries[i];
    free(index->entries);
    *index = bigger;
    return 0;
}

int index_add(struct index *index, const char *key, void *value)
{
    assert(value);
    if (index->count * 2 >= index->places && grow(index) < 0)
        return ERR_NOMEM;
    struct index_entry *entry = place_of(index, key);
    assert(!entry->key);
    *entry = (struct index_entry){.key = key, .value = value};
    index->count++;
    return 0;
}

void index_each(const struct index *index, void (*each)(void *self, void *value), void *self)
{
    for (size_t i = 0; i < index->places; i++)
        if (index->entries[i].key)
            each(self, index->entries[i].value);
}

void index_free(struct index *index)
{
    free(index->entries);
    *index = (struct index){0};
}
