/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One alert as an HTTP POST, over libcurl. Blocks for as long as the time-out says; belongs to the
 * courier's thread, never to the writer.
 */
#ifndef SWAPSTACK_BRIDGE_WEBHOOK_H
#define SWAPSTACK_BRIDGE_WEBHOOK_H

#include "alerts/delivery.h"
#include <stdatomic.h>

struct webhook;

/* `stop`: becomes true when a request under way is to be given up. */
int webhook_new(struct webhook **webhook, const atomic_bool *stop, struct err *err);
void webhook_free(struct webhook *webhook);

/* POSTs the row's payload to the channel's URL, signed when it has a secret file (read each time,
 * so that a new secret needs no restart). 2xx is delivered; a network error, 408, 429 and 5xx mean
 * that the subscriber is down, anything else that it refuses this alert; then err says why. */
enum delivery_outcome webhook_deliver(struct webhook *webhook, const struct channel_row *channel,
                                      const struct delivery_row *row, int timeout_ms,
                                      struct err *err);

#endif
