/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of `alert/<kind>`. */
#ifndef SWAPSTACK_ALERTS_ALERT_JSON_H
#define SWAPSTACK_ALERTS_ALERT_JSON_H

#include "base/strbuf.h"
#include "store/alert.h"

/* Appends {id, event, kind, severity, bid, vid, station, slot, raised_at, cleared_at,
 * acknowledged_at, acknowledged_by, value, threshold, text}; `event`: what happened to it (raised,
 * cleared, acknowledged); times as RFC 3339 UTC; what is absent is left out. ERR_NOMEM. */
int alert_json(const struct alert_row *row, const char *event, struct strbuf *to, struct err *err);

#endif
