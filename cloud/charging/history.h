/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluating stored history: the figures of one process after the other, from its packed samples
 * without a row for each (or from its open ones). The same to the last bit as sample by sample.
 */
#ifndef SWAPSTACK_CHARGING_HISTORY_H
#define SWAPSTACK_CHARGING_HISTORY_H

#include "charging/rules.h"
#include "store/chunk.h"

struct store;

/* Room that is used again for each process; {0} before the first. */
struct history {
    struct chunk_flat flat;
    struct evaluate_sample *samples; /* owned; only where samples must be put in order */
    size_t capacity;
};
void history_free(struct history *history);

/* By rule 1 alone. ERR_INVALID names the process when its samples are damaged. A process without
 * samples gives figures of none. */
int history_evaluate(struct history *history, struct store *store, int64_t process,
                     struct evaluate_result *result, struct err *err);
/* By both. */
int history_evaluate_both(struct history *history, struct store *store, int64_t process,
                          const struct evaluate2_limits *limits, struct rules_result *result,
                          struct err *err);

#endif
