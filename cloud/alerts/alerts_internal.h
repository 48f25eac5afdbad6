/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of alerts/ share. Nobody else includes this. */
#ifndef SWAPSTACK_ALERTS_ALERTS_INTERNAL_H
#define SWAPSTACK_ALERTS_ALERTS_INTERNAL_H

#include "alerts/channels.h"
#include "store/alert.h"

struct alerts {
    struct store *store;
    /* Channels (channels.c): the table's rows as last read, what the configuration wants of them,
     * and whether deliveries were written since alerts_take_told. */
    struct channel_row *channels; /* owned */
    size_t channel_count;
    bool channels_known;
    struct alert_channels own;
    bool own_known, own_stored;
    bool told;
    int64_t wall_us;
    /* Thresholds: the table's rows as last read, and what holds where none fits. */
    struct threshold_row *rows; /* owned */
    size_t row_count;
    bool rows_known; /* false: to be read again (never read, changed, or rolled back) */
    struct threshold_default defaults[THRESHOLD_KINDS];
    int64_t generation;
};

/* channels.c: writes a delivery of the event (raised, cleared, acknowledged, test) for each channel
 * that wants it. */
int alerts_tell(struct alerts *alerts, const struct alert_row *row, const char *event,
                struct err *err);

#endif
