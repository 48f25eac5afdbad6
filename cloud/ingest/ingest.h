/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bridge's logic without threads, broker or clock: messages in, rows and answers out. The
 * bridge drives it from its writer thread; the simulation in virtual time.
 *
 * A batch of messages is one transaction: marks and effects are committed together, so that each
 * row of a station's journal has its effect exactly once; answers (acks …) leave only after the
 * COMMIT. When a batch cannot be committed nothing of it happened: every cache is read again and
 * the same batch can be given once more.
 *
 * Times: `plant_us` is the arrival on the plant clock (all times in the database), `mono_us` the
 * pace of the wall (waiting times).
 */
#ifndef SWAPSTACK_INGEST_INGEST_H
#define SWAPSTACK_INGEST_INGEST_H

#include "alerts/channels.h"
#include "base/env.h"
#include "charging/charging.h"
#include "health/day.h"
#include "protocol/message.h"
#include "retention/retention.h"
#include "stations/commands.h"
#include "tracking/tracking.h"

struct store;
struct ingest;

/* What a first message of a station means whose approval is pending (protocol.md). */
enum ingest_unknown { UNKNOWN_ACCEPT, UNKNOWN_HOLD, UNKNOWN_REFUSE };

struct ingest_options {
    const char *prefix; /* of the topics; copied; NULL or "": none */
    enum ingest_unknown unknown;
    int64_t report_interval_us; /* plant; three of them in silence: DISCONNECTED */
    int64_t quarantine_rows;    /* kept at most, the oldest go first */
    size_t quarantine_bytes;    /* kept of each payload */
    struct commands_limits commands;
    /* Where table `threshold` has no row; the raise of low_capacity and frequent_swap is that of
     * `tracking`. */
    struct threshold_default thresholds[THRESHOLD_KINDS];
    struct alert_channels channels;
    struct tracking_limits tracking;
    struct charging_limits charging;
    struct retention_limits retention;
    struct day_limits days;
};

struct ingest_message {
    const char *topic;
    const void *payload;
    size_t length;
    bool retained;
    int64_t plant_us, mono_us; /* arrival */
};

/* Answers, handed over after the commit. The callee copies what it keeps. */
struct ingest_out {
    void *self;
    /* Marks of one boot; with a resend flag set it must not wait. */
    void (*ack)(void *self, const char *device, const struct message_ack *ack);
    void (*register_result)(void *self, const char *device,
                            const struct message_register_result *result);
    /* SET_CONFIG for one station; NULL: nobody carries it. */
    void (*set_config)(void *self, const char *device, const struct message_config *config);
    void (*told)(void *self); /* deliveries of alerts wait in the database */
};

/* `store` (opened for writing), `env` (wall_us, mono_us, plant_us are used) and `out` must outlive
 * the ingest; none is owned. */
int ingest_new(struct ingest **ingest, struct store *store, const struct env *env,
               const struct ingest_options *options, const struct ingest_out *out, struct err *err);
void ingest_free(struct ingest *ingest);

/* Changes all but the prefix while running (SIGHUP). */
void ingest_configure(struct ingest *ingest, const struct ingest_options *options);

/* The link to the broker went or came: while it is away, no station is called silent. */
void ingest_set_link(struct ingest *ingest, bool up);

/* Processes and commits `count` messages (0: only what time brings); then, at most once per second
 * of wall time, takes a step of retention in a transaction of its own. *done says how many were
 * committed (or quarantined): on failure (ERR_FULL, ERR_STORAGE …) give the rest again later.
 * A message that only the database refuses is quarantined by itself; the rest does not suffer. */
int ingest_batch(struct ingest *ingest, const struct ingest_message *messages, size_t count,
                 size_t *done, struct err *err);

/* An operator's decision, in a transaction of its own. */
int ingest_approve(struct ingest *ingest, const char *station_id, const char *approval,
                   const char *actor, struct err *err);

struct exchange_form;
/* Exchange events of an operator or (`import`) of a file, checked by form_check, all in one
 * transaction or, at an error, none. *known: those that were on record already. */
int ingest_add_exchanges(struct ingest *ingest, const struct exchange_form *forms, size_t count,
                         bool import, const char *actor_id, int64_t *added, int64_t *known,
                         struct err *err);

struct battery_order;
/* An operator's order about a battery (tracking/order.h), in a transaction of its own. */
int ingest_obey_order(struct ingest *ingest, const struct battery_order *order, struct err *err);

/* What came of the daily export: raises or clears the alert export_failed. */
int ingest_note_export(struct ingest *ingest, bool failed, const char *text, struct err *err);

/* Closes those of the charging processes that are open and got no sample for `idle_us` (plant
 * clock), in one transaction. */
int ingest_repair_charging(struct ingest *ingest, const int64_t *ids, size_t count, int64_t idle_us,
                           int64_t *closed, struct err *err);

struct cost_change;
struct strbuf;
/* A change of costs (charging/cost_change.h), in a transaction of its own. */
int ingest_change_costs(struct ingest *ingest, const struct cost_change *change,
                        struct strbuf *answer, struct err *err);

struct recalculate_order;
/* Writes figures that differ from what the samples say (charging/recalculate.h), in one
 * transaction. */
int ingest_recalculate_charging(struct ingest *ingest, const struct recalculate_order *order,
                                int64_t *changed, struct err *err);

/* The limits of charging rule 2 that are in use. */
const struct evaluate2_limits *ingest_rule_limits(const struct ingest *ingest);

/* What an operator says of a battery's model (tracking.h) and orders about alerts
 * (alerts/order.h), and what came of deliveries (closed ones are
 * kept for `keep_us`), each in a transaction of its own. */
int ingest_set_model(struct ingest *ingest, const char *bid, const char *model, const char *actor,
                     struct err *err);
struct alert_order;
int ingest_note_deliveries(struct ingest *ingest, const struct delivery_row *rows, size_t count,
                           int64_t keep_us, struct err *err);
int ingest_obey_alerts(struct ingest *ingest, struct alert_order *order, struct err *err);

/* Before a clean stop: writes what is otherwise written every few seconds. */
int ingest_settle(struct ingest *ingest, struct err *err);

/* The steps of ingest_batch, for tests and the simulation. After begin: any number of messages and
 * ticks, then commit, or abort after any error. ingest_message: `refuse` NULL, or the reason for
 * which this message's effect is quarantined (its mark moves on); ERR_INVALID: the database does
 * not take its effect, abort and give the batch again with the message refused. */
int ingest_begin(struct ingest *ingest, struct err *err);
int ingest_message(struct ingest *ingest, const struct ingest_message *message, const char *refuse,
                   struct err *err);
int ingest_tick(struct ingest *ingest, struct err *err);
int ingest_commit(struct ingest *ingest, struct err *err);
void ingest_abort(struct ingest *ingest);

/* Since the start of this process, for the statistics line. */
struct ingest_statistics {
    int64_t messages, samples, batches, quarantined, repeats, gaps, resends, held;
};
void ingest_statistics(const struct ingest *ingest, struct ingest_statistics *to);

#endif
