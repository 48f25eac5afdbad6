/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "bridge/control.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODULE        "writer"
#define IDLE_MS       1000 /* what time brings (silence, expiry) is looked at so often */
#define STATISTICS_US (60 * CLOCK_US_PER_SECOND)

struct writer {
    struct ring *ring;
    struct ingest *ingest;
    struct writer_options options;
    struct ring_item *items;         /* owned, the batch */
    struct ingest_message *messages; /* owned, the same as the ingest sees them */
    pthread_t thread;
    int failed; /* the code that failed last, 0 none: a cause is logged once */
    int64_t reported_us;
    int64_t closing_us; /* when the ring was first seen closed; 0: it is open */
    struct err lost;    /* why something was not committed at the end */
};

static void pause_ms(int ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L};
    (void)nanosleep(&span, NULL);
}

static void note_failure(struct writer *writer, const struct err *err)
{
    if (writer->failed != err->code)
        log_error(MODULE, "nothing can be stored, trying again: %s", err->text);
    writer->failed = err->code;
}

static void note_success(struct writer *writer)
{
    if (writer->failed != 0)
        log_info(MODULE, "storing again");
    writer->failed = 0;
}

/* True when the bridge is to stop and the failing batch was tried long enough. */
static bool gives_up(struct writer *writer)
{
    if (!ring_is_closed(writer->ring))
        return false;
    int64_t now_us = clock_mono_us();
    if (writer->closing_us == 0)
        writer->closing_us = now_us;
    return now_us - writer->closing_us >= writer->options.give_up_ms * CLOCK_US_PER_MS;
}

/* Commits `count` messages, however long it takes. Negative: given up at stopping. */
static int commit(struct writer *writer, const struct ingest_message *messages, size_t count)
{
    int wait_ms = writer->options.retry_min_ms;
    for (;;) {
        size_t done;
        struct err err = {0};
        int status = ingest_batch(writer->ingest, messages, count, &done, &err);
        messages += done;
        count -= done;
        if (status == 0) {
            note_success(writer);
            return 0;
        }
        note_failure(writer, &err);
        if (gives_up(writer)) {
            if (count > 0)
                writer->lost = err;
            return status;
        }
        pause_ms(wait_ms);
        wait_ms =
            wait_ms * 2 < writer->options.retry_max_ms ? wait_ms * 2 : writer->options.retry_max_ms;
    }
}

static void obey(struct writer *writer, struct control_request *request)
{
    const struct control_call *call = control_request_call(request);
    struct err err = {0};
    int status = 0;
    switch (call->command) {
    case CONTROL_PING:
        break;
    case CONTROL_STATION_APPROVE:
        status = ingest_approve(writer->ingest, call->station, call->approval, call->actor, &err);
        break;
    case CONTROL_EXCHANGE_ADD: {
        struct control_exchanges *asked = call->exchanges;
        status = ingest_add_exchanges(writer->ingest, asked->forms, asked->count, call->import,
                                      call->actor, &asked->added, &asked->known, &err);
        break;
    }
    case CONTROL_BATTERY_ORDER:
        status = ingest_obey_order(writer->ingest, &call->order, &err);
        break;
    case CONTROL_EXPORT_RESULT:
        status = ingest_note_export(writer->ingest, call->failed, call->text, &err);
        break;
    case CONTROL_CHARGING_REPAIR: {
        struct control_processes *asked = call->processes;
        status = ingest_repair_charging(writer->ingest, asked->ids, asked->count, asked->idle_us,
                                        &asked->worked, &err);
        break;
    }
    case CONTROL_COSTS:
        status =
            ingest_change_costs(writer->ingest, call->costs->change, &call->costs->answer, &err);
        break;
    case CONTROL_CHARGING_RECALCULATE:
        status = ingest_recalculate_charging(writer->ingest, &call->processes->order,
                                             &call->processes->worked, &err);
        break;
    case CONTROL_CHARGING_SETTINGS:
        call->processes->limits = *ingest_rule_limits(writer->ingest);
        break;
    case CONTROL_BATTERY_MODEL:
        status = ingest_set_model(writer->ingest, call->bid, call->model, call->actor, &err);
        break;
    case CONTROL_DELIVERIES:
        status = ingest_note_deliveries(writer->ingest, call->deliveries, call->delivery_count,
                                        call->keep_us, &err);
        break;
    case CONTROL_ALERT_ORDER:
        status = ingest_obey_alerts(writer->ingest, call->alert_order, &err);
        break;
    }
    control_answer(request, status, &err);
}

/* The items in order: runs of messages as batches, everything else between them. */
static void process(struct writer *writer, size_t count)
{
    size_t run = 0;
    for (size_t i = 0; i < count; i++) {
        const struct ring_item *item = &writer->items[i];
        if (item->kind == RING_MESSAGE) {
            writer->messages[run++] = (struct ingest_message){.topic = item->topic,
                                                              .payload = item->payload,
                                                              .length = item->length,
                                                              .retained = item->retained,
                                                              .plant_us = item->plant_us,
                                                              .mono_us = item->mono_us};
            continue;
        }
        if (run > 0)
            (void)commit(writer, writer->messages, run);
        run = 0;
        if (item->kind == RING_LINK)
            ingest_set_link(writer->ingest, item->up);
        else if (item->kind == RING_CONFIGURE)
            ingest_configure(writer->ingest, item->request);
        else
            obey(writer, item->request);
    }
    /* Also without a message: what time brings. */
    (void)commit(writer, writer->messages, run);
    for (size_t i = 0; i < count; i++)
        ring_item_release(&writer->items[i]);
}

static void report(struct writer *writer)
{
    int64_t now_us = clock_mono_us();
    if (now_us - writer->reported_us < STATISTICS_US)
        return;
    writer->reported_us = now_us;
    struct ingest_statistics s;
    ingest_statistics(writer->ingest, &s);
    log_info(MODULE,
             "messages=%" PRId64 " samples=%" PRId64 " batches=%" PRId64 " quarantined=%" PRId64
             " repeats=%" PRId64 " gaps=%" PRId64 " resends=%" PRId64 " held=%" PRId64
             " waiting=%zu",
             s.messages, s.samples, s.batches, s.quarantined, s.repeats, s.gaps, s.resends, s.held,
             ring_count(writer->ring));
}

static void *run(void *argument)
{
    struct writer *writer = argument;
    const struct writer_options *options = &writer->options;
    writer->reported_us = clock_mono_us();
    for (;;) {
        bool closed = ring_is_closed(writer->ring);
        size_t count = ring_take(writer->ring, writer->items, options->batch_messages, IDLE_MS,
                                 options->batch_ms);
        if (count == 0 && closed)
            break;
        process(writer, count);
        report(writer);
    }
    struct err err = {0};
    if (writer->lost.code == 0 && ingest_settle(writer->ingest, &err) < 0)
        writer->lost = err;
    return NULL;
}

static void release(struct writer *writer)
{
    free(writer->items);
    free(writer->messages);
    free(writer);
}

int writer_start(struct writer **writer, struct ring *ring, struct ingest *ingest,
                 const struct writer_options *options, struct err *err)
{
    struct writer *made = calloc(1, sizeof *made);
    if (made) {
        made->items = calloc(options->batch_messages, sizeof *made->items);
        made->messages = calloc(options->batch_messages, sizeof *made->messages);
    }
    if (!made || !made->items || !made->messages) {
        if (made)
            release(made);
        return err_set(err, ERR_NOMEM, "writer: out of memory");
    }
    made->ring = ring;
    made->ingest = ingest;
    made->options = *options;
    int code = pthread_create(&made->thread, NULL, run, made);
    if (code != 0) {
        release(made);
        return err_set_errno(err, ERR_SYSTEM, code, "writer: no thread");
    }
    *writer = made;
    return 0;
}

int writer_stop(struct writer *writer, struct err *err)
{
    ring_close(writer->ring);
    (void)pthread_join(writer->thread, NULL);
    struct err lost = writer->lost;
    release(writer);
    if (lost.code < 0 && err)
        *err = lost;
    return lost.code;
}
