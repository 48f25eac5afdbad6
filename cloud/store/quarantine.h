/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine: what could not be used, with the reason and the raw bytes; bounded. */
#ifndef SWAPSTACK_STORE_QUARANTINE_H
#define SWAPSTACK_STORE_QUARANTINE_H

#include "store/store.h"
#include <stddef.h>

/* Stores at most `max_bytes` of the payload. */
int quarantine_add(struct store *store, int64_t received_at_us, const char *topic,
                   const char *reason, const void *payload, size_t length, size_t max_bytes,
                   struct err *err);

/* Removes the oldest rows beyond `max_rows`; *dropped says how many. */
int quarantine_trim(struct store *store, int64_t max_rows, int64_t *dropped, struct err *err);

#endif
