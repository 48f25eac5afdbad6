/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling subscribers of alerts: what an attempt means for a delivery, when the next one is due,
 * whom an alert is for. Pure; bridge/courier.h does the talking.
 *
 * A delivery waits until the subscriber has it, or until it is older than the policy's age; then it
 * has failed, and the reason of its last attempt is kept. Between attempts the wait doubles, with
 * jitter, so that a subscriber that comes back is not met by all at once.
 */
#ifndef SWAPSTACK_ALERTS_DELIVERY_H
#define SWAPSTACK_ALERTS_DELIVERY_H

#include "base/strbuf.h"
#include "store/delivery.h"

struct delivery_policy {
    int64_t retry_min_us, retry_max_us; /* the first wait, and the longest */
    int64_t give_up_us;                 /* since it was created */
    int64_t keep_us;                    /* closed ones are kept so long */
};

enum delivery_outcome {
    DELIVERY_DONE,    /* the subscriber has it */
    DELIVERY_REFUSED, /* it does not want this one; the next may go better */
    DELIVERY_DOWN,    /* it cannot be reached: nor could the next be told */
};

/* The wait after the `attempts`th failure (from 1): half of min · 2^(attempts-1), at most half of
 * max, and as much again by chance (`random`: any number, evenly drawn). */
int64_t delivery_backoff_us(const struct delivery_policy *policy, int64_t attempts,
                            uint32_t random);

/* An attempt has ended at `now_us` (wall): what the row is now. `reason`: why not, of a failure. */
void delivery_settle(const struct delivery_policy *policy, struct delivery_row *row,
                     enum delivery_outcome outcome, const char *reason, int64_t now_us,
                     uint32_t random);

/* Is an alert of `kind` for a channel that wants `kinds` ("": all)? */
bool delivery_is_wanted(const char *kinds, const char *kind);

/* A webhook as an operator names it: name 1 to 32 of a-z0-9_- and neither mqtt nor command, an http
 * or https URL, kinds of a-z_ with commas. ERR_USAGE with a sentence. */
int channel_check(const struct channel_row *row, struct err *err);

/* What is signed of a webhook's request: "<seconds>.<body>"; the header's value is
 * "sha256=<64 hex digits>" of HMAC-SHA256 with the secret (docs/alerts.md shows how to verify). */
int delivery_sign(const char *secret, int64_t unix_s, const char *body, struct strbuf *header,
                  struct err *err);

#endif
