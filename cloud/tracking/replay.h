/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracking made again from event_log: every row, in the order in which it was written, through the
 * same code that the bridge runs, on another database (normally in memory). What telemetry said
 * stands in the log as derived facts, so that no telemetry is needed.
 */
#ifndef SWAPSTACK_TRACKING_REPLAY_H
#define SWAPSTACK_TRACKING_REPLAY_H

#include "base/err.h"
#include <stdint.h>

struct store;

/* Replays the whole log of `from` into `to`, a new database opened for writing. *rows: how many
 * rows of the log tracking takes notice of. ERR_INVALID names the row that it cannot read. */
int tracking_replay(struct store *from, struct store *to, int64_t *rows, struct err *err);

#endif
