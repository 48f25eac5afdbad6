/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that the bridge has acknowledged and that are still in the journal, because their deletion
 * could not be stored (a full disk): deleted again some time later. What lies below the place that
 * the outbox sends from was acknowledged, whichever acknowledgement said so.
 */
#include "monitor/state.h"

#include "base/log.h"

void sweep_later(struct monitor *monitor)
{
    if (monitor->sweep_us == NEVER)
        monitor->sweep_us = now_us(monitor) + RECOVER_US;
}

static int sweep_lane(struct monitor *monitor, enum message_lane which, struct err *err)
{
    const struct journal *journal = monitor->journal;
    const struct outbox_lane *lane = &monitor->outbox.lanes[lane_index(which)];
    struct journal_row row = {.boot = 0};
    int64_t boot = 0, seq = 0; /* looked at so far */
    for (;;) {
        int rc = journal->ops->next_row(journal->self, which, boot, seq, &row, err);
        if (rc == ERR_NOT_FOUND || (rc == 0 && (row.boot > lane->boot ||
                                                (row.boot == lane->boot && row.seq > lane->mark))))
            return 0;
        int64_t mark = row.boot < lane->boot ? INT64_MAX : lane->mark;
        if (rc == 0)
            rc = record_group(monitor, err);
        if (rc == 0)
            rc = journal->ops->acknowledge(journal->self, which, row.boot, mark, err);
        if (rc < 0)
            return rc;
        boot = row.boot < lane->boot ? row.boot + 1 : row.boot;
        seq = row.boot < lane->boot ? 0 : mark;
    }
}

void sweep_tick(struct monitor *monitor)
{
    struct err err = {0};
    if (now_us(monitor) < monitor->sweep_us)
        return;
    monitor->sweep_us = NEVER;
    int rc = sweep_lane(monitor, LANE_EVENT, &err);
    if (rc == 0)
        rc = sweep_lane(monitor, LANE_TELEMETRY, &err);
    if (rc == 0)
        record_close_group(monitor); /* it comes back here if that fails */
    if (rc < 0) {
        log_warning("journal", "acknowledged rows stay in the journal: %s", err.text);
        sweep_later(monitor);
    }
}
