/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of one closed process by its age. Nobody but cloud/retention includes this. */
#ifndef SWAPSTACK_RETENTION_PROCESS_H
#define SWAPSTACK_RETENTION_PROCESS_H

#include "retention/retention.h"
#include "store/retention.h"

/* Processes that ended before this are to be looked at; INT64_MIN: none. */
int64_t retention_horizon(const struct retention_limits *limits, int64_t plant_us);
/* The time so many days ago; INT64_MIN for 0. */
int64_t retention_before(double days, int64_t plant_us);

/* Keeps, thins or drops its samples; `write` false: only adds to *done. 1 when they were touched
 * (or are too damaged for it), 0 when they stay. */
int retention_treat(struct store *store, const struct retention_limits *limits,
                    const struct retention_process *process, int64_t plant_us, bool write,
                    struct retention_done *done, struct err *err);

#endif
