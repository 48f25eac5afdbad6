/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daily export: one CSV file for each day (UTC) of exchanges, exchanges-2026-11-21.csv with the
 * events of that day, made when the day is over and the time of day has come. The folder is the
 * only memory: what was missed while no bridge ran is made up, starting behind the newest file.
 *
 * Stations that were offline tell of a day late, and a stay ends on a later day than it began: the
 * files of a few days before are made again with each new one. Older ones stay as they are
 * (`swapctl export exchanges --from --to` gives any day as it is known now).
 */
#ifndef SWAPSTACK_TRACKING_DAILY_H
#define SWAPSTACK_TRACKING_DAILY_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct store;

#define DAILY_KEEP_MAX 3660

struct daily_options {
    const char *directory; /* must exist */
    int64_t minute;        /* of the day, UTC, 0..1439: when the day before is exported */
    int64_t keep;          /* newest files that stay, 1..DAILY_KEEP_MAX; older ones are removed */
    int64_t again;         /* files before the newest that are made again with it, 0..keep-1 */
    bool (*stop)(void *self); /* asked between files; NULL: never */
    void *self;
};

/* "00:10" as the minute of a day. ERR_CONFIG. */
int daily_parse_time(const char *text, int64_t *minute, struct err *err);

/* The last day (counted from 1970-01-01) whose file should be there at `now_us`. Pure. */
int64_t daily_due(const struct daily_options *options, int64_t now_us);

/* Makes the files that are due and not there, oldest first, and removes those beyond `keep` and
 * what an interrupted export left. Each file appears whole or not at all. Without any file in the
 * folder the last day alone is due. *files: how many were written. ERR_IO, ERR_FULL, ERR_STORAGE
 * with the file's name; what was written until then stays. `store`: a reader of its own. */
int daily_run(struct store *store, const struct daily_options *options, int64_t now_us,
              int64_t *files, struct err *err);

#endif
