/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/live_changes.h"

#include <stdlib.h>
#include <string.h>

struct thing {
    char *name, *state; /* owned; name is "kind/key" */
    bool noted;         /* in this look */
};

/* A few hundred things at most (the newest rows of five tables): looked through one by one. */
struct live_changes {
    struct thing *things; /* owned */
    size_t count, capacity;
};

struct live_changes *live_changes_new(void)
{
    return calloc(1, sizeof(struct live_changes));
}

static void thing_free(struct thing *thing)
{
    free(thing->name);
    free(thing->state);
}

void live_changes_free(struct live_changes *changes)
{
    if (!changes)
        return;
    for (size_t i = 0; i < changes->count; i++)
        thing_free(&changes->things[i]);
    free(changes->things);
    free(changes);
}

static char *join(const char *kind, const char *key)
{
    size_t size = strlen(kind) + 1 + strlen(key) + 1;
    char *name = malloc(size);
    if (name) {
        memcpy(name, kind, strlen(kind) + 1);
        name[strlen(kind)] = '/';
        memcpy(name + strlen(kind) + 1, key, strlen(key) + 1);
    }
    return name;
}

static struct thing *add(struct live_changes *changes)
{
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity ? changes->capacity * 2 : 64;
        struct thing *things = realloc(changes->things, capacity * sizeof *things);
        if (!things)
            return NULL;
        changes->things = things;
        changes->capacity = capacity;
    }
    struct thing *thing = &changes->things[changes->count++];
    *thing = (struct thing){0};
    return thing;
}

static struct thing *find(struct live_changes *changes, const char *name)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (strcmp(changes->things[i].name, name) == 0)
            return &changes->things[i];
    }
    return NULL;
}

int live_changes_note(struct live_changes *changes, const char *kind, const char *key,
                      const char *state, struct err *err)
{
    char *name = join(kind, key);
    char *copy = strdup(state);
    struct thing *thing = name ? find(changes, name) : NULL;
    bool known = thing != NULL;
    if (name && copy && !known)
        thing = add(changes);
    if (!name || !copy || !thing) {
        free(name);
        free(copy);
        return err_set(err, ERR_NOMEM, "no memory for the events of the live view");
    }
    bool changed = !known || strcmp(thing->state, copy) != 0;
    thing_free(thing);
    *thing = (struct thing){name, copy, true};
    return changed;
}

void live_changes_end(struct live_changes *changes)
{
    size_t kept = 0;
    for (size_t i = 0; i < changes->count; i++) {
        struct thing thing = changes->things[i];
        if (!thing.noted) {
            thing_free(&thing);
            continue;
        }
        thing.noted = false;
        changes->things[kept++] = thing;
    }
    changes->count = kept;
}
