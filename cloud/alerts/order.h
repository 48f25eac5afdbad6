/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator orders about alerts: acknowledge some, send a test, set or
 * unset a threshold or a webhook. The same code
 * parses and applies it in the bridge (control socket) and in swapctl when no bridge runs.
 *
 *   {"command":"alert_ack","ids":[N …],"actor":NAME}
 *   {"command":"threshold_set","actor":NAME,"threshold":{kind, model?, station?, raise, clear?,
 *    enabled?}}              clear absent: the kind's usual hysteresis away from raise
 *   {"command":"threshold_unset","actor":NAME,"threshold":{kind, model?, station?}}
 *   {"command":"alert_test","actor":NAME}
 *   {"command":"webhook_set","actor":NAME,"name":N,"url":U,"kinds"?:K,"secret_file"?:F}
 *   {"command":"webhook_unset","actor":NAME,"name":N}
 */
#ifndef SWAPSTACK_ALERTS_ORDER_H
#define SWAPSTACK_ALERTS_ORDER_H

#include "alerts/channels.h"
#include <cjson/cJSON.h>

enum alert_order_kind {
    ALERT_ORDER_ACK,
    ALERT_ORDER_TEST,
    ALERT_ORDER_THRESHOLD_SET,
    ALERT_ORDER_THRESHOLD_UNSET,
    ALERT_ORDER_WEBHOOK_SET,
    ALERT_ORDER_WEBHOOK_UNSET
};

struct alert_order {
    enum alert_order_kind kind;
    char actor[65];
    struct threshold_row threshold;
    struct channel_row webhook;
    int64_t alert_id; /* the answer of alert_test */
    size_t id_count;
    int64_t done, known; /* the answer: changed, and as wanted before */
    int64_t ids[];       /* alerts to acknowledge */
};

/* Is `command` one of them? Then alert_order_parse makes it of the request: `*order` is the
 * caller's to free. Pure. ERR_USAGE with a sentence. */
bool alert_order_is(const char *command);
int alert_order_parse(const cJSON *request, struct alert_order **order, struct err *err);

/* Carries it out inside the caller's transaction: all of it or, at an error, (after a rollback)
 * nothing. `at_us`: now. ERR_NOT_FOUND: no such alert or threshold. */
int alert_order_apply(struct alerts *alerts, struct alert_order *order, int64_t at_us,
                      struct err *err);
/* Adds `done`, `known` and, of a test, `alert` to the answer. */
void alert_order_answer(const struct alert_order *order, cJSON *answer);

#endif
