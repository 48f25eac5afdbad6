/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean …?": of the words offered, the one nearest to a mistyped one (edits of one
 * character: insert, remove, replace, swap of neighbours).
 */
#ifndef SWAPSTACK_BASE_NEAREST_H
#define SWAPSTACK_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* what was typed */
    const char *best; /* nearest so far, NULL: none */
    size_t edits;     /* distance of `best` */
};

/* Starts a search; `word` must live as long. */
struct nearest nearest_to(const char *word);
void nearest_offer(struct nearest *nearest, const char *candidate);
/* The nearest candidate, or NULL when none is near enough to be what was meant (more than a third
 * of the word's letters differ). */
const char *nearest_word(const struct nearest *nearest);

#endif
