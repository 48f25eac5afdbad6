/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of `alert/<kind>`. */
#ifndef SWAPSTACK_ALERTS_ALERT_JSON_H
#define SWAPSTACK_ALERTS_ALERT_JSON_H

#include "base/strbuf.h"
#include "store/alert.h"

/* Appends {id, kind, severity, bid, vid, station, slot, raised_at, cleared_at, value, threshold,
 * text}; times as RFC 3339 UTC; what is absent is left out, cleared_at only when it is cleared.
 * ERR_NOMEM. */
int alert_json(const struct alert_row *row, struct strbuf *to, struct err *err);

#endif
