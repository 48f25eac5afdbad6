/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts: raised once per (kind, subject) and cleared when the condition ends; runs inside the
 * caller's transaction. A raised or cleared alert is also handed to `out` for MQTT `alert/<kind>`,
 * but only after the commit (alerts_take).
 */
#ifndef SWAPSTACK_ALERTS_ALERTS_H
#define SWAPSTACK_ALERTS_ALERTS_H

#include "base/err.h"
#include "base/strbuf.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct alerts;

struct alert_subject {
    const char *kind;     /* low_capacity, frequent_swap, station_offline, journal_gap … */
    const char *severity; /* info, warning, error, critical */
    const char *bid, *vid, *station_id; /* NULL: not about one */
    int64_t slot;                       /* STORE_NULL */
};

int alerts_new(struct alerts **alerts, struct store *store, struct err *err);
void alerts_free(struct alerts *alerts);

/* Raises unless an alert of the same kind, bid, station and slot is open. */
int alerts_raise(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 double value, double threshold, const char *text, struct err *err);
/* Clears the open one, if any. */
int alerts_clear(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 struct err *err);

/* After the commit: the next message to publish on alert/<kind>; false when there is none.
 * `kind` gets the topic's leaf, `payload` JSON (appended). After a rollback
 * of the whole batch: alerts_forget. */
bool alerts_take(struct alerts *alerts, char kind[65], struct strbuf *payload);
void alerts_forget(struct alerts *alerts);

#endif
