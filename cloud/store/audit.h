/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is what tracking has on record what its event log says, and does it hold together? Comparison of
 * two databases row by row, repair of one from the other, and the invariants, each as one SELECT.
 *
 * Compared are facts. What telemetry says with every sample and nobody logs (level, cycles,
 * position, last seen) is not, nor what is not tracking's (owner of a vehicle, efficiency).
 */
#ifndef SWAPSTACK_STORE_AUDIT_H
#define SWAPSTACK_STORE_AUDIT_H

#include "store/store.h"

/* Calls `tell` with a sentence per difference or violation. */
struct audit_listener {
    void (*tell)(void *self, const char *check, const char *sentence);
    void *self;
};

struct audit_result {
    const char *check;         /* "battery_exchange_task" …, an invariant's name */
    int64_t looked_at, faults; /* items, differences or violations */
};

#define AUDIT_TABLES     10
#define AUDIT_INVARIANTS 7

/* Compares table `index` < AUDIT_TABLES of `kept` with that of `rebuilt`. `repair` NULL, or the
 * writer (in a transaction) of the database that `kept` reads: it gets every row as rebuilt. */
int audit_compare(struct store *kept, struct store *rebuilt, size_t index, struct store *repair,
                  const struct audit_listener *listener, struct audit_result *result,
                  struct err *err);

/* Checks invariant `index` < AUDIT_INVARIANTS. */
int audit_invariant(struct store *store, size_t index, const struct audit_listener *listener,
                    struct audit_result *result, struct err *err);

/* Copies the journals' numbers, which order what stations say, into another database. */
int audit_copy_journals(struct store *from, struct store *to, struct err *err);

/* Foreign keys of the open transaction are looked at only when it is committed. */
int audit_defer_references(struct store *store, struct err *err);

#endif
