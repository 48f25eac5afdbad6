/* SPDX-License-Identifier: Apache-2.0 */
/* The last N entries of a stream, copied. */
#ifndef SWAPSTACK_LOGS_TAIL_H
#define SWAPSTACK_LOGS_TAIL_H

#include "base/err.h"
#include "logs/entry.h"
#include <stddef.h>

struct logs_tail {
    struct logs_entry *entries; /* owned ring; the program's text begins the copy of all three */
    size_t size, count, next;
};
/* ERR_NOMEM. `size` may be 0. Release with logs_tail_free. */
int logs_tail_new(struct logs_tail *tail, size_t size, struct err *err);
void logs_tail_free(struct logs_tail *tail);

int logs_tail_push(struct logs_tail *tail, const struct logs_entry *entry, struct err *err);

/* The oldest kept first: index 0 .. count-1. */
const struct logs_entry *logs_tail_get(const struct logs_tail *tail, size_t index);

#endif
