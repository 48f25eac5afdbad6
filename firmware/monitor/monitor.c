/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's life: one boot of its journal. */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "monitor"

static int load_number(struct monitor *monitor, const char *name, int64_t *number, struct err *err)
{
    char text[32];
    int rc =
        monitor->journal->ops->get_value(monitor->journal->self, name, text, sizeof(text), err);
    *number = rc == 0 ? strtoll(text, NULL, 10) : 0;
    return rc;
}

static int load_engine_mark(struct monitor *monitor, struct err *err)
{
    char text[64], *end = NULL;
    int rc = monitor->journal->ops->get_value(monitor->journal->self, "engine_mark", text,
                                              sizeof(text), err);
    if (rc < 0 || text[0] == '\0')
        return rc;
    monitor->engine.mark_boot = strtoll(text, &end, 10);
    if (*end == '.')
        monitor->engine.mark_seq = strtoll(end + 1, NULL, 10);
    return 0;
}

/* The newest command that is open: all up to it are of an earlier boot. */
static int find_last_command(struct monitor *monitor, struct err *err)
{
    struct journal_command command = {0};
    for (;;) {
        int rc = monitor->journal->ops->next_open_command(monitor->journal->self,
                                                          monitor->last_number, &command, err);
        if (rc == ERR_NOT_FOUND)
            return 0;
        if (rc < 0)
            return rc;
        monitor->last_number = command.number;
    }
}

static int load(struct monitor *monitor, struct err *err)
{
    int rc = load_number(monitor, "dropped", &monitor->counts.dropped_rows, err);
    if (rc == 0)
        rc = load_number(monitor, "dead", &monitor->counts.dead_rows, err);
    if (rc == 0)
        rc = load_engine_mark(monitor, err);
    if (rc == 0)
        rc = configure_load(monitor, err);
    if (rc == 0)
        rc = authlist_load(&monitor->authlist, monitor->journal, err);
    if (rc == 0)
        rc = find_last_command(monitor, err);
    return rc;
}

static int make_topics(struct monitor *monitor, struct err *err)
{
    const struct settings *settings = monitor->settings;
    int rc = topic_format(monitor->info_topic, settings->prefix, TOPIC_INFO,
                          settings->own_topic ? settings->device : NULL, err);
    if (rc == 0)
        rc = topic_format(monitor->control_topics[0], settings->prefix, TOPIC_CONTROL, NULL, err);
    if (rc == 0)
        rc = topic_format(monitor->control_topics[1], settings->prefix, TOPIC_CONTROL,
                          settings->device, err);
    return rc;
}

static void set_clocks(struct monitor *monitor)
{
    int64_t now = now_us(monitor);
    monitor->boot_mono_us = now;
    monitor->purge_us = now + PURGE_US;
    monitor->recover_us = monitor->sweep_us = monitor->owed_us = NEVER;
    monitor->offline_until_us = NEVER;
    monitor->report_us = now + ENGINE_GRACE_US; /* the first one comes with the engine's status */
    monitor->engine.since_us = now;
    monitor->engine.again_us = NEVER;
    monitor->engine.latitude = monitor->engine.longitude = (double)NAN;
    monitor->settle_us = now + START_SETTLE_US;
}

static void report_damage(struct monitor *monitor)
{
    struct err err = {0};
    struct fault fault = {.code = "JournalDamaged",
                          .severity = "error",
                          .info = "the journal was damaged and set aside; what it held is not sent",
                          .active = true,
                          .since_plant_us = plant_now_us(monitor),
                          .count = 1};
    if (fault_record(monitor, &fault, &err) < 0)
        log_error(MODULE, "%s", err.text);
}

int monitor_new(struct monitor **monitor, const struct monitor_options *options, struct err *err)
{
    struct monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return err_set(err, ERR_NOMEM, "out of memory");
    made->settings = options->settings;
    made->env = options->env;
    made->link = options->link;
    made->journal = options->journal;
    outbox_init(&made->outbox, options->journal->boot);
    set_clocks(made);
    int rc = make_topics(made, err);
    if (rc == 0)
        rc = load(made, err);
    if (rc == 0)
        rc = broker_set_will(made, err);
    if (rc < 0) {
        monitor_free(made);
        return rc;
    }
    log_info(MODULE, "journal id=%s boot=%" PRId64, made->journal->id, made->journal->boot);
    made->restart_number = made->settle_number = made->last_number;
    outcome_close_restarts(made);
    if (options->journal_damaged)
        report_damage(made);
    *monitor = made;
    return 0;
}

void monitor_shutdown(struct monitor *monitor, const char *reason)
{
    record_close_group(monitor);
    if (monitor->connected) {
        send_pump(monitor);
        broker_say_status(monitor, false, reason);
    }
    monitor->connected = false;
    outbox_lost(&monitor->outbox);
}

void monitor_free(struct monitor *monitor)
{
    if (!monitor)
        return;
    if (monitor->has_snapshot)
        message_free(&monitor->snapshot);
    authlist_free(&monitor->authlist);
    free(monitor);
}

const char *monitor_control_topic(const struct monitor *monitor, int index)
{
    return monitor->control_topics[index];
}

void monitor_counts(const struct monitor *monitor, struct monitor_counts *counts)
{
    *counts = monitor->counts;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t monitor_tick(struct monitor *monitor)
{
    watch_tick(monitor);
    broker_tick(monitor);
    report_tick(monitor);
    record_tick(monitor);
    owed_tick(monitor);
    send_tick(monitor);
    goodbye_tick(monitor);
    int64_t next = earlier(watch_deadline(monitor), broker_deadline(monitor));
    next = earlier(next, report_deadline(monitor));
    next = earlier(next, record_deadline(monitor));
    next = earlier(next, monitor->owed_us);
    next = earlier(next, outbox_deadline(&monitor->outbox));
    if (monitor->goodbye.kind != GOODBYE_NONE)
        next = earlier(next, monitor->goodbye.deadline_us);
    return next;
}
