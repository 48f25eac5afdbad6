/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom alerts are told: the channels, and the deliveries that are written with each alert. MQTT and
 * the command are the configuration's; webhooks are set by an operator (alerts/order.h). All are
 * rows of alert_channel, so that whoever raises an alert, also without a bridge, knows them.
 */
#ifndef SWAPSTACK_ALERTS_CHANNELS_H
#define SWAPSTACK_ALERTS_CHANNELS_H

#include "alerts/alerts.h"
#include "store/delivery.h"

/* What the bridge's configuration says. */
struct alert_channels {
    bool mqtt, command;
    char command_kinds[512]; /* as channel_row.kinds */
};
/* Taken over with the next alerts_begin. */
void alerts_set_channels(struct alerts *alerts, const struct alert_channels *to);

/* Inside a transaction, before anything else: the wall's time, from which deliveries count, and
 * what alerts_set_channels said. */
int alerts_begin(struct alerts *alerts, int64_t wall_us, struct err *err);

/* A webhook that has passed channel_check; in event_log. Unset: ERR_NOT_FOUND; what waited for it
 * has failed. */
int alerts_set_webhook(struct alerts *alerts, const struct channel_row *row, struct err *err);
int alerts_unset_webhook(struct alerts *alerts, const char *name, const char *by, int64_t at_us,
                         struct err *err);
/* Raises and clears an alert of kind `test` and tells every channel, whatever it wants. */
int alerts_test(struct alerts *alerts, const char *by, int64_t at_us, int64_t *id, struct err *err);

#endif
