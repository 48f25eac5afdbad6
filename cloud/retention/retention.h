/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept how long. The samples of a closed process are kept whole for some days after its
 * end, then thinned (thin.h), then dropped; its figures stay for ever, and charge_retention says
 * that they cannot be computed again (store/retention.h: charge_kept_load). Quarantined messages
 * and the rows of event_log that nothing is made of again are removed by age; all other rows of
 * event_log stay, because audit and rebuild make tracking from them.
 *
 * Works in small steps inside the caller's transaction, in plant time: each step leaves a database
 * in which every process is as it was or as it is to be. What has been done stands in the tables,
 * so that a restart goes on where they are. Steps go through all that is old enough (a pass), then
 * rest for PASS_EVERY_US.
 */
#ifndef SWAPSTACK_RETENTION_RETENTION_H
#define SWAPSTACK_RETENTION_RETENTION_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct retention;

struct retention_limits {
    double thin_after_days; /* of a process's end; this and the following: 0 for ever */
    int64_t thin_interval_s;
    double drop_after_days;
    double quarantine_days, event_log_days;
};

/* What was done, or in a preview would be. */
struct retention_done {
    int64_t thinned, dropped; /* processes */
    int64_t samples;          /* removed */
    int64_t damaged;          /* processes that cannot be read, and are left as they are */
    int64_t quarantine, event_log, pages;
};

int retention_new(struct retention **retention, struct store *store,
                  const struct retention_limits *limits, struct err *err);
void retention_free(struct retention *retention);
void retention_set_limits(struct retention *retention, const struct retention_limits *limits);

/* Is there anything to do now? Costs nothing. */
bool retention_is_due(const struct retention *retention, int64_t plant_us);
/* One step, some tens of milliseconds at most; adds to *done. After an error, or when the
 * transaction is undone, retention_forget. */
int retention_step(struct retention *retention, int64_t plant_us, struct retention_done *done,
                   struct err *err);
void retention_forget(struct retention *retention);

/* A whole pass with limits of its own, in transactions of its own. */
int retention_pass(struct store *store, const struct retention_limits *limits, int64_t plant_us,
                   struct retention_done *done, struct err *err);
/* What a whole pass would do. Reads only. */
int retention_preview(struct store *store, const struct retention_limits *limits, int64_t plant_us,
                      struct retention_done *done, struct err *err);

#endif
