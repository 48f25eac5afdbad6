/* SPDX-License-Identifier: Apache-2.0 */
/* The packed samples of a process column by column, for evaluating history. */
#ifndef SWAPSTACK_STORE_SAMPLE_FLAT_H
#define SWAPSTACK_STORE_SAMPLE_FLAT_H

#include "store/chunk.h"
#include "store/store.h"

/* 1; 0 when the process is not packed (`flat` has no samples then). ERR_INVALID, naming the
 * process, when its chunk is damaged. */
int charge_samples_read_flat(struct store *store, int64_t process, struct chunk_flat *flat,
                             struct err *err);

#endif
