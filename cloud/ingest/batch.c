/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message, and a batch of them.
 *
 * Caches (current state, marks, tracking, charging) move together with the transaction, and all of
 * them can only be put back by reading the database again. A message whose effect the database
 * refuses in the middle of a batch is therefore not undone by itself: the batch is rolled back,
 * what came before the message is committed again without it, and then the message alone is
 * quarantined while its mark moves on. That costs twice the work, once per such message, and needs
 * no second way of undoing.
 */
#include "base/clock.h"
#include "base/log.h"
#include "ingest/ingest_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int receive(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct ingest_message *raw = arrival->raw;
    if (topic_parse(raw->topic, strlen(raw->topic), ingest->prefix, &arrival->topic,
                    &arrival->bad) < 0)
        return ingest_quarantine(ingest, raw, arrival->bad.text, err);
    if (arrival->quality == MESSAGE_UNREADABLE)
        return ingest_quarantine(ingest, raw, arrival->bad.text, err);
    switch (arrival->topic.kind) {
    case TOPIC_INFO:
        return ingest_receive_info(ingest, arrival, err);
    case TOPIC_CONTROL:
        return ingest_receive_control(ingest, arrival, err);
    case TOPIC_ALERT:
        break;
    }
    return ingest_quarantine(ingest, raw, "the bridge does not listen to this topic", err);
}

/* Arrivals are the time of what has no other (ingest/clockfix.h), and what orders it: each is later
 * than the one before it, by a microsecond if need be. A clock that was set back by more than a
 * second is believed. */
static int64_t distinct_arrival_us(struct ingest *ingest, int64_t arrived_us)
{
    int64_t last_us = ingest->arrived_us;
    if (arrived_us <= last_us && last_us - arrived_us < CLOCK_US_PER_SECOND)
        arrived_us = last_us + 1;
    ingest->arrived_us = arrived_us;
    return arrived_us;
}

int ingest_message(struct ingest *ingest, const struct ingest_message *message, const char *refuse,
                   struct err *err)
{
    ingest->counters[COUNTER_MESSAGES]++;
    /* An empty payload clears a retained message at the broker (`mosquitto_pub -r -n`). */
    if (message->length == 0)
        return 0;
    struct ingest_message raw = *message;
    raw.plant_us = distinct_arrival_us(ingest, message->plant_us);
    struct arrival arrival = {.raw = &raw, .refuse = refuse};
    struct err own = {0};
    int status = message_decode(message->payload, message->length, &arrival.message,
                                &arrival.quality, &arrival.bad);
    /* Short of memory the message is not bad; it must come again. */
    if (status == ERR_NOMEM)
        status = err_set(err, ERR_NOMEM, "%s", arrival.bad.text);
    else
        status = receive(ingest, &arrival, err ? err : &own);
    message_free(&arrival.message);
    return status;
}

/* One transaction over `count` messages. *bad: index of the message that failed. */
static int attempt(struct ingest *ingest, const struct ingest_message *messages, size_t count,
                   const char *refuse, size_t *bad, struct err *err)
{
    *bad = count;
    int status = ingest_begin(ingest, err);
    for (size_t i = 0; i < count && status == 0; i++) {
        status = ingest_message(ingest, &messages[i], refuse, err);
        if (status < 0)
            *bad = i;
    }
    if (status == 0)
        status = ingest_tick(ingest, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}

/* What to try next of a batch in which the database refused something. */
struct plan {
    size_t end;     /* one behind the last message of the next attempt */
    bool alone;     /* that attempt is one message, refused for `reason` */
    size_t refused; /* index of a message that is known to be refused; SIZE_MAX none */
    char reason[600];
};

static void plan_next(struct plan *plan, size_t done, size_t count)
{
    plan->alone = done == plan->refused;
    plan->end = plan->alone ? done + 1 : plan->refused < count ? plan->refused : count;
}

/* The database refused message `bad` of the attempt from `done` on, or, when `bad` is behind its
 * end, something that is only written at the commit: then halves are tried until one message is
 * left that must be the one. */
static void plan_around(struct plan *plan, const struct ingest_message *messages, size_t done,
                        size_t bad, const char *why)
{
    size_t tried = plan->end - done;
    if (bad >= tried && tried > 1) {
        plan->refused = SIZE_MAX;
        plan->end = done + tried / 2;
        plan->alone = false;
        return;
    }
    plan->refused = done + (bad < tried ? bad : 0);
    (void)snprintf(plan->reason, sizeof plan->reason, "the database refuses it: %s", why);
    log_warning("ingest", "refused topic=%s reason=%s", messages[plan->refused].topic,
                plan->reason);
    plan_next(plan, done, plan->refused);
}

int ingest_batch(struct ingest *ingest, const struct ingest_message *messages, size_t count,
                 size_t *done, struct err *err)
{
    struct plan plan = {.refused = SIZE_MAX, .end = count};
    *done = 0;
    do {
        size_t bad;
        struct err failure = {0};
        int status = attempt(ingest, messages + *done, plan.end - *done,
                             plan.alone ? plan.reason : NULL, &bad, &failure);
        if (status == 0) {
            *done = plan.end;
            if (plan.alone)
                plan.refused = SIZE_MAX;
            plan_next(&plan, *done, count);
        } else if (status == ERR_INVALID && !plan.alone && plan.end > *done) {
            plan_around(&plan, messages, *done, bad, failure.text);
        } else {
            if (err)
                *err = failure;
            return status;
        }
    } while (*done < count);
    ingest_retain(ingest);
    return 0;
}
