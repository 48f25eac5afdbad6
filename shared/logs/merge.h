/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sources as one, by time. Each source keeps its own order, even where a clock was set back
 * within it; entries of one time come in the order in which the sources were added.
 */
#ifndef SWAPSTACK_LOGS_MERGE_H
#define SWAPSTACK_LOGS_MERGE_H

#include "logs/source.h"
#include <stddef.h>

struct logs_merge_input {
    struct logs_source source; /* owned */
    struct logs_entry head;    /* its next entry; texts in the source's buffers */
    bool has_head, failed;
};

struct logs_merge {
    struct logs_merge_input *inputs; /* owned */
    size_t count, capacity;
    size_t last; /* the input whose head was given out; its next is read at the next call */
    bool has_last;
};
#define LOGS_MERGE_INIT ((struct logs_merge){0})
void logs_merge_free(struct logs_merge *merge);

/* Takes the source over. ERR_NOMEM: then it is freed. */
int logs_merge_add(struct logs_merge *merge, const struct logs_source *source, struct err *err);

/* 1: *entry is the earliest of what all have now, its texts hold until the next call; 0: none has
 * any. Negative: one source failed, with a sentence; it is left out from then on, the next call
 * goes on with the others. */
int logs_merge_next(struct logs_merge *merge, struct logs_entry *entry, struct err *err);

/* What the sources have to say at the end. */
void logs_merge_notes(const struct logs_merge *merge, FILE *to);

#endif
