/* SPDX-License-Identifier: Apache-2.0 */
/* Construction, and the transaction around a batch. */
#include "ingest/ingest.h"

#include "base/log.h"
#include "ingest/ingest_internal.h"
#include "store/counter.h"
#include "store/quarantine.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_EVERY_US CLOCK_US_PER_SECOND

static const char *const COUNTER_NAMES[COUNTER_COUNT] = {
    "messages.total", "samples.total", "quarantine.total", "quarantine.dropped",
    "repeats.total",  "gaps.total",    "resends.total",    "held.total",
};

static int64_t mono_now(const struct ingest *ingest)
{
    return ingest->env->mono_us(ingest->env->self);
}

static int64_t plant_now(const struct ingest *ingest)
{
    return ingest->env->plant_us(ingest->env->self);
}

static void set_alerts(struct ingest *ingest)
{
    alerts_set_channels(ingest->alerts, &ingest->options.channels);
    for (int i = 0; i < THRESHOLD_KINDS; i++)
        alerts_set_default(ingest->alerts, (enum threshold_kind)i, &ingest->options.thresholds[i]);
}

static int make_parts(struct ingest *ingest, struct err *err)
{
    struct store *store = ingest->store;
    const struct ingest_options *options = &ingest->options;
    int64_t mono_us = mono_now(ingest);
    int status = alerts_new(&ingest->alerts, store, err);
    if (status == 0)
        set_alerts(ingest);
    if (status == 0)
        status = tracking_new(&ingest->tracking, store, ingest->alerts, &options->tracking, err);
    if (status == 0)
        status = charging_new(&ingest->charging, store, ingest->alerts, &options->charging, err);
    if (status == 0)
        status = days_new(&ingest->days, store, &options->days, err);
    if (status == 0)
        status = registry_new(&ingest->registry, store, mono_us, plant_now(ingest), err);
    if (status == 0)
        status = commands_new(&ingest->commands, store, &options->commands, mono_us, err);
    if (status == 0)
        status = streams_new(&ingest->streams, store, err);
    if (status == 0)
        status = fleet_load(&ingest->fleet, store, err);
    if (status == 0)
        status = retention_new(&ingest->retention, store, &options->retention, err);
    return status;
}

int ingest_new(struct ingest **ingest, struct store *store, const struct env *env,
               const struct ingest_options *options, const struct ingest_out *out, struct err *err)
{
    struct ingest *made = calloc(1, sizeof *made);
    *ingest = NULL;
    if (!made)
        return err_set(err, ERR_NOMEM, "ingest: out of memory");
    made->store = store;
    made->env = env;
    made->out = out;
    made->options = *options;
    made->link_up = true;
    (void)snprintf(made->prefix, sizeof made->prefix, "%s", options->prefix ? options->prefix : "");
    made->options.prefix = made->prefix;
    made->ticked_mono_us = made->retained_mono_us = mono_now(made) - TICK_EVERY_US;
    int status = make_parts(made, err);
    if (status < 0) {
        ingest_free(made);
        return status;
    }
    *ingest = made;
    return 0;
}

void ingest_free(struct ingest *ingest)
{
    if (!ingest)
        return;
    retention_free(ingest->retention);
    streams_free(ingest->streams);
    commands_free(ingest->commands);
    registry_free(ingest->registry);
    days_free(ingest->days);
    charging_free(ingest->charging);
    tracking_free(ingest->tracking);
    alerts_free(ingest->alerts);
    free(ingest->answers);
    free(ingest);
}

void ingest_configure(struct ingest *ingest, const struct ingest_options *options)
{
    ingest->options = *options;
    ingest->options.prefix = ingest->prefix;
    set_alerts(ingest); /* before tracking passes its own on */
    tracking_set_limits(ingest->tracking, &options->tracking);
    charging_set_limits(ingest->charging, &options->charging);
    days_set_limits(ingest->days, &options->days);
    commands_set_limits(ingest->commands, &options->commands);
    retention_set_limits(ingest->retention, &options->retention);
}

struct connection ingest_connection(const struct ingest *ingest)
{
    return (struct connection){.registry = ingest->registry,
                               .alerts = ingest->alerts,
                               .report_interval_us = ingest->options.report_interval_us};
}

void ingest_set_link(struct ingest *ingest, bool up)
{
    ingest->link_up = up;
    struct connection connection = ingest_connection(ingest);
    if (up)
        connection_reset(&connection, mono_now(ingest), plant_now(ingest));
}

/* Everything that memory holds of the database, read again. */
static int reload(struct ingest *ingest, struct err *err)
{
    tracking_forget(ingest->tracking);
    charging_forget(ingest->charging);
    alerts_forget(ingest->alerts);
    streams_forget(ingest->streams);
    retention_forget(ingest->retention);
    int status = registry_forget(ingest->registry, mono_now(ingest), plant_now(ingest), err);
    if (status == 0)
        status = commands_forget(ingest->commands, mono_now(ingest), err);
    if (status == 0)
        status = fleet_load(&ingest->fleet, ingest->store, err);
    ingest->stale = status < 0;
    return status;
}

int ingest_begin(struct ingest *ingest, struct err *err)
{
    int status = ingest->stale ? reload(ingest, err) : 0;
    if (status == 0)
        status = store_begin(ingest->store, err);
    if (status < 0)
        return status;
    return alerts_begin(ingest->alerts, ingest->env->wall_us(ingest->env->self), err);
}

void ingest_abort(struct ingest *ingest)
{
    store_rollback(ingest->store);
    days_rolled_back(ingest->days);
    memset(ingest->counters, 0, sizeof ingest->counters);
    ingest->answer_count = 0;
    ingest->ticked_mono_us = mono_now(ingest) - TICK_EVERY_US;
    (void)reload(ingest, NULL); /* a failure is found again, with its sentence, at ingest_begin */
}

int ingest_tick(struct ingest *ingest, struct err *err)
{
    int64_t mono_us = mono_now(ingest), plant_us = plant_now(ingest);
    if (mono_us - ingest->ticked_mono_us < TICK_EVERY_US)
        return 0;
    ingest->ticked_mono_us = mono_us;
    struct connection connection = ingest_connection(ingest);
    int status = commands_tick(ingest->commands, plant_us, mono_us, err);
    if (status == 0 && ingest->link_up)
        status = connection_tick(&connection, mono_us, plant_us, err);
    if (status == 0)
        status = charging_tick(ingest->charging, plant_us, err);
    return status;
}

static int flush_counters(struct ingest *ingest, struct err *err)
{
    int64_t *dropped = &ingest->counters[COUNTER_QUARANTINE_DROPPED];
    int status = 0;
    if (ingest->counters[COUNTER_QUARANTINED] > 0)
        status = quarantine_trim(ingest->store, ingest->options.quarantine_rows, dropped, err);
    for (int i = 0; i < COUNTER_COUNT && status == 0; i++)
        if (ingest->counters[i] != 0)
            status = counter_add(ingest->store, COUNTER_NAMES[i], ingest->counters[i], err);
    return status;
}

static int flush(struct ingest *ingest, bool all, struct err *err)
{
    int status = tracking_flush(ingest->tracking, err);
    if (status == 0)
        status = charging_flush(ingest->charging, err);
    if (status == 0)
        status = days_flush(ingest->days, false, err);
    if (status == 0)
        status = registry_flush(ingest->registry, mono_now(ingest), all, err);
    if (status == 0)
        status = streams_flush(ingest->streams, err);
    return status < 0 ? status : flush_counters(ingest, err);
}

/* Only now may anybody hear of it. */
static void send_answers(struct ingest *ingest)
{
    streams_take_acks(ingest->streams, ingest->out->ack, ingest->out->self);
    ingest_send_answers(ingest);
    if (alerts_take_told(ingest->alerts))
        ingest->out->told(ingest->out->self);
}

int ingest_commit(struct ingest *ingest, struct err *err)
{
    int status = flush(ingest, false, err);
    if (status == 0)
        status = store_commit(ingest->store, err);
    if (status < 0)
        return status;
    days_committed(ingest->days);
    for (int i = 0; i < COUNTER_COUNT; i++)
        ingest->total[i] += ingest->counters[i];
    memset(ingest->counters, 0, sizeof ingest->counters);
    ingest->batches++;
    send_answers(ingest);
    return 0;
}

int ingest_settle(struct ingest *ingest, struct err *err)
{
    int status = ingest_begin(ingest, err);
    if (status == 0)
        status = registry_flush(ingest->registry, mono_now(ingest), true, err);
    if (status == 0)
        status = days_flush(ingest->days, true, err);
    if (status == 0)
        status = ingest_commit(ingest, err);
    if (status < 0)
        ingest_abort(ingest);
    return status;
}

void ingest_statistics(const struct ingest *ingest, struct ingest_statistics *to)
{
    const int64_t *total = ingest->total;
    *to = (struct ingest_statistics){.messages = total[COUNTER_MESSAGES],
                                     .samples = total[COUNTER_SAMPLES],
                                     .batches = ingest->batches,
                                     .quarantined = total[COUNTER_QUARANTINED],
                                     .repeats = total[COUNTER_REPEATS],
                                     .gaps = total[COUNTER_GAPS],
                                     .resends = total[COUNTER_RESENDS],
                                     .held = total[COUNTER_HELD]};
}
