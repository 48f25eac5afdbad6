/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the broker: last will, what is said first, going offline by command. */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODULE "monitor"

static void fill_status(struct message *message, bool online, int64_t conn, int64_t boot,
                        const char *reason)
{
    struct message_status *status = &message->data.status;
    status->online = online;
    status->conn = conn;
    status->boot = boot;
    (void)snprintf(status->reason, sizeof(status->reason), "%s", reason);
}

/* The will of the next connection. It has no time: nobody knows when it will be spoken. */
int broker_set_will(struct monitor *monitor, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct message message;
    envelope_init(monitor, &message, MESSAGE_STATUS);
    message.time = (struct timestamp){.precision = TIMESTAMP_ABSENT};
    message.up_ms = MESSAGE_ABSENT;
    message.clock = CLOCK_QUALITY_ABSENT;
    fill_status(&message, false, monitor->conn + 1, monitor->journal->boot, "connection lost");
    int rc = message_encode(&message, &text, err);
    if (rc == 0)
        rc = monitor->link->set_will(monitor->link->self, monitor->info_topic, strbuf_text(&text),
                                     text.length, err);
    return rc;
}

void broker_say_status(struct monitor *monitor, bool online, const char *reason)
{
    struct message message;
    envelope_init(monitor, &message, MESSAGE_STATUS);
    fill_status(&message, online, monitor->conn, monitor->journal->boot, reason);
    (void)send_now(monitor, &message);
}

void broker_register(struct monitor *monitor)
{
    const struct engine_side *engine = &monitor->engine;
    const struct settings *settings = monitor->settings;
    struct message message;
    envelope_init(monitor, &message, MESSAGE_REGISTER);
    struct message_register *data = &message.data.registration;
    (void)snprintf(data->location, sizeof(data->location), "%s", settings->location);
    data->price_per_kwh = settings->price_per_kwh;
    if (engine->bays > 0)
        data->bays = engine->bays;
    memcpy(data->board, engine->board, sizeof(data->board));
    (void)snprintf(data->fw, sizeof(data->fw), "%s", engine->fw);
    memcpy(data->journal, monitor->journal->id, sizeof(data->journal));
    data->boot = monitor->journal->boot;
    data->latitude = isnan(settings->latitude) ? engine->latitude : settings->latitude;
    data->longitude = isnan(settings->latitude) ? engine->longitude : settings->longitude;
    (void)send_now(monitor, &message);
}

static void close_disconnect(struct monitor *monitor)
{
    if (outcome_close_disconnects(monitor, monitor->offline_command)) {
        monitor->offline_command = 0;
        monitor->offline_until_us = NEVER;
    } else {
        monitor->offline_until_us = now_us(monitor) + CLOSE_AGAIN_US;
    }
}

/* What is current goes ahead of any backlog. */
void monitor_on_broker_ready(struct monitor *monitor)
{
    struct err err = {0};
    if (monitor->offline)
        return; /* it was on its way when we left */
    monitor->conn++;
    monitor->connected = monitor->accepted = true;
    log_info(MODULE, "ready device=%s topic=%s conn=%" PRId64 " boot=%" PRId64,
             monitor->settings->device, monitor->info_topic, monitor->conn, monitor->journal->boot);
    if (broker_set_will(monitor, &err) < 0)
        log_error(MODULE, "no last will for the next connection: %s", err.text);
    broker_say_status(monitor, true, "");
    broker_register(monitor);
    report_live(monitor);
    if (monitor->offline_command != 0)
        close_disconnect(monitor);
    outbox_connected(&monitor->outbox, now_us(monitor));
    send_pump(monitor);
}

void monitor_on_broker_lost(struct monitor *monitor, const char *reason)
{
    if (monitor->connected)
        log_warning(MODULE, "broker lost: %s", reason);
    else
        log_debug(MODULE, "broker not reached: %s", reason);
    monitor->connected = false;
    outbox_lost(&monitor->outbox);
}

void broker_leave(struct monitor *monitor, int64_t seconds, int64_t command)
{
    log_info(MODULE, "going offline, as commanded seconds=%" PRId64, seconds);
    broker_say_status(monitor, false, "disconnect command");
    monitor->connected = false;
    outbox_lost(&monitor->outbox);
    monitor->offline = true;
    monitor->offline_command = command;
    monitor->offline_until_us = seconds > 0 ? now_us(monitor) + seconds * SECOND_US : NEVER;
    monitor->link->go_offline(monitor->link->self);
}

void monitor_reconnect(struct monitor *monitor)
{
    log_info(MODULE, "reconnecting, as a technician asked");
    if (monitor->offline) {
        monitor->offline_until_us = now_us(monitor);
        broker_tick(monitor);
        return;
    }
    if (monitor->connected)
        broker_say_status(monitor, false, "reconnecting, as a technician asked");
    monitor->connected = false;
    outbox_lost(&monitor->outbox);
    monitor->link->go_offline(monitor->link->self);
    monitor->link->go_online(monitor->link->self);
}

int64_t broker_deadline(const struct monitor *monitor)
{
    return monitor->offline_until_us;
}

void broker_tick(struct monitor *monitor)
{
    if (now_us(monitor) < monitor->offline_until_us)
        return;
    monitor->offline_until_us = NEVER;
    if (!monitor->offline) {
        if (monitor->connected && monitor->offline_command != 0)
            close_disconnect(monitor);
        return;
    }
    monitor->offline = false;
    log_info(MODULE, "coming back online");
    monitor->link->go_online(monitor->link->self);
}
