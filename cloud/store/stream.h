/* SPDX-License-Identifier: Apache-2.0 */
/* journal, stream, clock_offset: where each station's journals stand. */
#ifndef SWAPSTACK_STORE_STREAM_H
#define SWAPSTACK_STORE_STREAM_H

#include "store/store.h"
#include <stddef.h>

/* Number of a journal in the order in which the device's journals were first seen (1, 2 …);
 * 0 when it is not known. */
int journal_find(struct store *store, const char *device, const char *journal, int64_t *number,
                 struct err *err);
/* Gives the next number to a journal that is not known yet. */
int journal_add(struct store *store, const char *device, const char *journal, int64_t seen_at_us,
                int64_t *number, struct err *err);

/* Mark and gap count of one lane of a boot; 0 and 0 when nothing of it was ever accepted. `lane`
 * is "event" or "telemetry". */
int stream_load(struct store *store, const char *device, const char *journal, int64_t boot,
                const char *lane, int64_t *seq, int64_t *gap_rows, struct err *err);
int stream_save(struct store *store, const char *device, const char *journal, int64_t boot,
                const char *lane, int64_t seq, int64_t gap_rows, struct err *err);

struct stream_marks {
    int64_t boot, event, telemetry; /* marks; 0 when that lane has none */
};
/* The newest `max` boots of a journal, newest first; returns how many or a negative error. */
int stream_list_marks(struct store *store, const char *device, const char *journal,
                      struct stream_marks *to, size_t max, struct err *err);

/* UTC minus `up` of a boot, µs; STORE_NULL when none was learned. */
int clock_offset_load(struct store *store, const char *device, const char *journal, int64_t boot,
                      int64_t *offset_us, struct err *err);
int clock_offset_save(struct store *store, const char *device, const char *journal, int64_t boot,
                      int64_t offset_us, struct err *err);

#endif
