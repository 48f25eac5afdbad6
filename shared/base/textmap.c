/* SPDX-License-Identifier: Apache-2.0 */
#include "base/textmap.h"

#include "base/err.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PLACES 64

/* FNV-1a, 64 bit, with its halves folded together because the low bits choose the place. */
static size_t hash(const char *key)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (; *key; key++)
        value = (value ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return (size_t)(value ^ (value >> 32));
}

/* The place of the key, or the free one where it would go. */
static struct textmap_entry *place_of(const struct textmap *map, const char *key)
{
    size_t mask = map->places - 1, at = hash(key) & mask;
    while (map->entries[at].key && strcmp(map->entries[at].key, key) != 0)
        at = (at + 1) & mask;
    return &map->entries[at];
}

void *textmap_find(const struct textmap *map, const char *key)
{
    return map->places ? place_of(map, key)->value : NULL;
}

static int grow(struct textmap *map)
{
    size_t places = map->places ? map->places * 2 : FIRST_PLACES;
    struct textmap bigger = {calloc(places, sizeof *bigger.entries), places, map->count};
    if (!bigger.entries)
        return ERR_NOMEM;
    for (size_t i = 0; i < map->places; i++)
        if (map->entries[i].key)
            *place_of(&bigger, map->entries[i].key) = map->entries[i];
    free(map->entries);
    *map = bigger;
    return 0;
}

int textmap_add(struct textmap *map, const char *key, void *value)
{
    if ((map->count + 1) * 2 > map->places && grow(map) < 0)
        return ERR_NOMEM;
    struct textmap_entry *place = place_of(map, key);
    assert(!place->key);
    *place = (struct textmap_entry){key, value};
    map->count++;
    return 0;
}

void textmap_each(const struct textmap *map, void (*each)(void *self, void *value), void *self)
{
    for (size_t i = 0; i < map->places; i++)
        if (map->entries[i].key)
            each(self, map->entries[i].value);
}

void textmap_free(struct textmap *map, void (*release)(void *value))
{
    struct textmap old = *map;
    *map = TEXTMAP_INIT;
    for (size_t i = 0; release && i < old.places; i++)
        if (old.entries[i].key)
            release(old.entries[i].value);
    free(old.entries);
}
