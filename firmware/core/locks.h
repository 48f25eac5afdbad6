/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batteries that are not to be given out (SET_CONFIG keys locked.1 … locked.16, each an array of
 * serials). A locked battery is never selected, wished for by name it is refused as Unauthorized,
 * and one that is returned is accepted, charged as any other and kept, even when nothing else can
 * be given for it.
 */
#ifndef SWAPSTACK_CORE_LOCKS_H
#define SWAPSTACK_CORE_LOCKS_H

#include <stdbool.h>

#define LOCKS_LISTS     16
#define LOCKS_LIST_SIZE 256 /* a value has fewer bytes than that as JSON, so it fits */

struct locks {
    char lists[LOCKS_LISTS][LOCKS_LIST_SIZE]; /* serials one after the other, each with its NUL;
                                                 an empty one ends them */
};

bool locks_has(const struct locks *locks, const char *bid);

/* As settings_set (core/limits.h), for these keys. */
int locks_set(struct locks *locks, const char *key, const char *value, const char **why);

#endif
