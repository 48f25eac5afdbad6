/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that outlive a restart: messages.total, samples.total, quarantine.total … */
#ifndef SWAPSTACK_STORE_COUNTER_H
#define SWAPSTACK_STORE_COUNTER_H

#include "store/store.h"

/* Adds to a counter, which begins at 0. */
int counter_add(struct store *store, const char *name, int64_t delta, struct err *err);
/* 0 for a counter that was never written. */
int counter_get(struct store *store, const char *name, int64_t *value, struct err *err);

#endif
