/* SPDX-License-Identifier: Apache-2.0 */
#include "logs/tail.h"

#include <stdlib.h>
#include <string.h>

int logs_tail_new(struct logs_tail *tail, size_t size, struct err *err)
{
    *tail = (struct logs_tail){.entries = calloc(size + 1, sizeof *tail->entries), .size = size};
    return tail->entries ? 0 : err_set(err, ERR_NOMEM, "no memory for %zu entries", size);
}

/* Casts away const: the block was made by this file and given out as read-only. */
static void release(struct logs_entry *entry)
{
    union {
        const char *from;
        char *to;
    } block = {.from = entry->program};
    free(block.to);
    *entry = (struct logs_entry){0};
}

void logs_tail_free(struct logs_tail *tail)
{
    for (size_t i = 0; i < tail->count; i++)
        release(&tail->entries[i]);
    free(tail->entries);
    *tail = (struct logs_tail){0};
}

int logs_tail_push(struct logs_tail *tail, const struct logs_entry *entry, struct err *err)
{
    if (tail->size == 0)
        return 0;
    size_t program = strlen(entry->program) + 1, module = strlen(entry->module) + 1;
    size_t text = strlen(entry->text) + 1;
    char *block = malloc(program + module + text);
    if (block == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    memcpy(block, entry->program, program);
    memcpy(block + program, entry->module, module);
    memcpy(block + program + module, entry->text, text);
    struct logs_entry *place = &tail->entries[tail->next];
    release(place);
    *place = (struct logs_entry){.time_us = entry->time_us,
                                 .level = entry->level,
                                 .program = block,
                                 .module = block + program,
                                 .text = block + program + module};
    tail->next = (tail->next + 1) % tail->size;
    if (tail->count < tail->size)
        tail->count++;
    return 0;
}

const struct logs_entry *logs_tail_get(const struct logs_tail *tail, size_t index)
{
    size_t first = tail->count < tail->size ? 0 : tail->next;
    return &tail->entries[(first + index) % tail->size];
}
