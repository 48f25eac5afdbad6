/* SPDX-License-Identifier: Apache-2.0 */
#include "logs/merge.h"

#include <stdlib.h>

void logs_merge_free(struct logs_merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        merge->inputs[i].source.free(merge->inputs[i].source.self);
    free(merge->inputs);
    *merge = LOGS_MERGE_INIT;
}

int logs_merge_add(struct logs_merge *merge, const struct logs_source *source, struct err *err)
{
    if (merge->count == merge->capacity) {
        size_t capacity = merge->capacity ? 2 * merge->capacity : 8;
        struct logs_merge_input *inputs = realloc(merge->inputs, capacity * sizeof *inputs);
        if (inputs == NULL) {
            source->free(source->self);
            return err_set(err, ERR_NOMEM, "out of memory");
        }
        merge->inputs = inputs;
        merge->capacity = capacity;
    }
    merge->inputs[merge->count++] = (struct logs_merge_input){.source = *source};
    return 0;
}

/* Fills the heads that are empty. */
static int fill(struct logs_merge *merge, struct err *err)
{
    for (size_t i = 0; i < merge->count; i++) {
        struct logs_merge_input *input = &merge->inputs[i];
        if (input->has_head || input->failed)
            continue;
        int code = input->source.next(input->source.self, &input->head, err);
        input->has_head = code > 0;
        input->failed = code < 0;
        if (code < 0)
            return code;
    }
    return 0;
}

int logs_merge_next(struct logs_merge *merge, struct logs_entry *entry, struct err *err)
{
    if (merge->has_last)
        merge->inputs[merge->last].has_head = false;
    merge->has_last = false;
    int code = fill(merge, err);
    if (code < 0)
        return code;
    const struct logs_merge_input *earliest = NULL;
    for (size_t i = 0; i < merge->count; i++) {
        const struct logs_merge_input *input = &merge->inputs[i];
        if (input->has_head && (earliest == NULL || input->head.time_us < earliest->head.time_us))
            earliest = input;
    }
    if (earliest == NULL)
        return 0;
    merge->last = (size_t)(earliest - merge->inputs);
    merge->has_last = true;
    *entry = earliest->head;
    return 1;
}

void logs_merge_notes(const struct logs_merge *merge, FILE *to)
{
    for (size_t i = 0; i < merge->count; i++)
        merge->inputs[i].source.note(merge->inputs[i].source.self, to);
}
