/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts: raised once per (kind, subject) and cleared when the condition ends; runs inside the
 * caller's transaction, and writes what subscribers are to be told (alerts/channels.h) with it.
 */
#ifndef SWAPSTACK_ALERTS_ALERTS_H
#define SWAPSTACK_ALERTS_ALERTS_H

#include "alerts/threshold.h"
#include "base/strbuf.h"

struct alerts;

struct alert_subject {
    const char *kind;     /* low_capacity, frequent_swap, station_offline, journal_gap … */
    const char *severity; /* info, warning, error, critical */
    const char *bid, *vid, *station_id; /* NULL: not about one */
    int64_t slot;                       /* STORE_NULL */
};

int alerts_new(struct alerts **alerts, struct store *store, struct err *err);
void alerts_free(struct alerts *alerts);
struct store *alerts_store(const struct alerts *alerts);

/* Raises unless an alert of the same kind, bid, station and slot is open. */
int alerts_raise(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 double value, double threshold, const char *text, struct err *err);
/* Clears the open one, if any. */
int alerts_clear(struct alerts *alerts, const struct alert_subject *subject, int64_t at_us,
                 struct err *err);

/* 1: an alert of this kind, bid, station and slot is open; 0: none is. */
int alerts_is_open(struct alerts *alerts, const struct alert_subject *subject, struct err *err);

/* What a value means: raises, leaves or clears the subject's alert by hysteresis against `limits`
 * (alerts_limits). `text` is that of an alert raised now. *open: how it stands after. */
int alerts_judge(struct alerts *alerts, const struct alert_subject *subject,
                 enum threshold_kind kind, const struct threshold_limits *limits, double value,
                 int64_t at_us, const char *text, bool *open, struct err *err);

/* Somebody (`by`) has taken notice. Told to subscribers, written to event_log. *known: it was
 * acknowledged before, and stays so. ERR_NOT_FOUND: no alert has that id. */
int alerts_acknowledge(struct alerts *alerts, int64_t id, const char *by, int64_t at_us,
                       bool *known, struct err *err);

/* limits.c. What holds for a battery of `model` ("": not known) at `station_id` ("": none): the
 * most specific row of table `threshold`, else the default. Cheap: rows are kept in memory. */
int alerts_limits(struct alerts *alerts, enum threshold_kind kind, const char *model,
                  const char *station_id, struct threshold_limits *to, struct err *err);
/* Another number than before: limits may have changed, what was kept of them must be asked again.
 */
int64_t alerts_generation(const struct alerts *alerts);
/* Something else by which limits are chosen (a battery's model) has changed. */
void alerts_renew(struct alerts *alerts);
void alerts_set_default(struct alerts *alerts, enum threshold_kind kind,
                        const struct threshold_default *to);
struct threshold_default alerts_default(const struct alerts *alerts, enum threshold_kind kind);
/* The row must have passed threshold_check. Removing: 1 it was there, 0 there was none. */
int alerts_put_threshold(struct alerts *alerts, const struct threshold_row *row, struct err *err);
int alerts_remove_threshold(struct alerts *alerts, const char *kind, const char *model,
                            const char *station_id, struct err *err);

/* True once after deliveries were written (alerts/channels.h): after the commit, whoever makes them
 * is to be woken. After a rollback of the whole batch: alerts_forget. */
bool alerts_take_told(struct alerts *alerts);
void alerts_forget(struct alerts *alerts);

#endif
