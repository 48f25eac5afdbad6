/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: registration, health, silence. A loss that lasts is a FAULT of the station; a short
 * one (the engine restarts, as commanded) is none.
 */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODULE "engine"

cJSON *watch_packet(struct monitor *monitor, enum ipc_type type)
{
    char id[48];
    (void)snprintf(id, sizeof(id), "monitor-%" PRId64 "-%" PRId64, monitor->journal->boot,
                   ++monitor->last_packet);
    return ipc_begin(type, id);
}

int watch_send(struct monitor *monitor, enum ipc_type type, cJSON *packet, struct err *err)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err own = {0};
    int rc = ipc_encode(packet, &text, &own);
    if (rc == 0)
        rc = monitor->link->engine_send(monitor->link->self, strbuf_text(&text), text.length, &own);
    if (rc < 0) {
        log_warning(MODULE, "%s is not sent: %s", ipc_type_name(type), own.text);
        if (err)
            *err = own;
    }
    return rc;
}

static void set_state(struct monitor *monitor, enum engine_state state)
{
    /* AWAY -> REGISTERING -> REGISTERED; away again from each; registering again from registered.
     */
    monitor->engine.state = state;
    monitor->engine.since_us = now_us(monitor);
}

void watch_register(struct monitor *monitor)
{
    struct engine_side *engine = &monitor->engine;
    engine->again_us = NEVER;
    cJSON *packet = watch_packet(monitor, IPC_REGISTER_REQUEST);
    cJSON_AddStringToObject(packet, "id", monitor->settings->device);
    cJSON_AddStringToObject(packet, "location", monitor->settings->location);
    cJSON_AddNumberToObject(packet, "price_per_kwh", monitor->settings->price_per_kwh);
    cJSON *mark = cJSON_AddObjectToObject(packet, "mark");
    cJSON_AddNumberToObject(mark, "boot", (double)engine->mark_boot);
    cJSON_AddNumberToObject(mark, "seq", (double)engine->mark_seq);
    if (watch_send(monitor, IPC_REGISTER_REQUEST, packet, NULL) < 0)
        engine->again_us = now_us(monitor) + SECOND_US;
}

void monitor_on_engine_connected(struct monitor *monitor)
{
    set_state(monitor, ENGINE_REGISTERING);
    monitor->engine.heard_us = now_us(monitor);
    watch_register(monitor);
}

void monitor_on_engine_lost(struct monitor *monitor, const char *reason)
{
    if (monitor->engine.state == ENGINE_AWAY)
        return;
    log_warning(MODULE, "engine lost: %s", reason);
    set_state(monitor, ENGINE_AWAY);
    monitor->engine.again_us = NEVER;
    monitor->report_asked_us = 0;
}

static void report_loss(struct monitor *monitor, bool active)
{
    struct engine_side *engine = &monitor->engine;
    struct err err = {0};
    struct fault fault = {.code = "EngineLost",
                          .severity = "critical",
                          .info = active ? "the station's engine does not answer; it is in safe "
                                           "mode"
                                         : "",
                          .active = active,
                          .since_plant_us = engine->lost_since_plant_us,
                          .count = engine->lost_count};
    if (fault_record(monitor, &fault, &err) < 0)
        log_error(MODULE, "the fault EngineLost is not recorded: %s", err.text);
    else
        engine->lost_reported = active;
}

void watch_check_health(struct monitor *monitor)
{
    if (monitor->engine.state != ENGINE_REGISTERED)
        return; /* it hears of it when it registers */
    cJSON *packet = watch_packet(monitor, IPC_HEALTH_CHECK_REQUEST);
    cJSON_AddStringToObject(packet, "id", monitor->settings->device);
    cJSON_AddNumberToObject(packet, "timestamp", (double)(wall_now_us(monitor) / SECOND_US));
    cJSON_AddStringToObject(packet, "storage", monitor->was_short ? "short" : "ok");
    (void)watch_send(monitor, IPC_HEALTH_CHECK_REQUEST, packet, NULL);
    monitor->engine.health_us = now_us(monitor) + monitor->settings->health_interval_us;
}

static void take_facts(struct engine_side *engine, const struct ipc_packet *packet)
{
    (void)snprintf(engine->board, sizeof(engine->board), "%.64s", ipc_text(packet, "board"));
    (void)snprintf(engine->fw, sizeof(engine->fw), "%.64s", ipc_text(packet, "fw"));
    (void)snprintf(engine->open_command, sizeof(engine->open_command), "%.47s",
                   ipc_text(packet, "open_command"));
    engine->bays = ipc_integer(packet, "bays");
    if (engine->bays < 0 || engine->bays > MESSAGE_BAYS_MAX)
        engine->bays = 0;
    engine->latitude = ipc_real(packet, "latitude");
    engine->longitude = ipc_real(packet, "longitude");
}

void watch_on_registered(struct monitor *monitor, const struct ipc_packet *packet)
{
    struct engine_side *engine = &monitor->engine;
    if (strcmp(ipc_text(packet, "status"), "accepted") != 0) {
        log_error(MODULE, "the engine refuses the registration: %s", ipc_text(packet, "status"));
        engine->again_us = now_us(monitor) + ENGINE_ANSWER_US;
        return;
    }
    take_facts(engine, packet);
    if (engine->state == ENGINE_REGISTERED)
        return; /* registered again for its events' sake */
    set_state(monitor, ENGINE_REGISTERED);
    log_info(MODULE, "engine registered board=%s bays=%" PRId64 " boot=%" PRId64, engine->board,
             engine->bays, ipc_integer(packet, "boot"));
    watch_check_health(monitor);
    configure_tell_engine(monitor);
    monitor->report_us = now_us(monitor); /* and a status at once */
    if (engine->lost_reported)
        report_loss(monitor, false);
    monitor->settle_us = now_us(monitor) + ENGINE_SETTLE_US;
    monitor->settle_number = monitor->last_number;
    if (monitor->connected)
        broker_register(monitor);
}

void monitor_on_engine_packet(struct monitor *monitor, const void *bytes, size_t length)
{
    struct ipc_packet packet;
    struct err err = {0};
    if (ipc_decode(bytes, length, &packet, &err) < 0) {
        log_error(MODULE, "a packet of the engine is ignored: %s", err.text);
        return;
    }
    monitor->engine.heard_us = now_us(monitor);
    switch (packet.type) {
    case IPC_REGISTER_RESPONSE:
        watch_on_registered(monitor, &packet);
        break;
    case IPC_HEALTH_CHECK_RESPONSE:
        break;
    case IPC_STATUS:
        report_on_status(monitor, &packet);
        break;
    case IPC_EVENT:
    case IPC_CHARGE_COMPLETION:
        harvest_event(monitor, &packet);
        break;
    case IPC_CHARGE_RESPONSE:
    case IPC_SESSION_RESPONSE:
    case IPC_RESERVE_RESPONSE:
        obey_engine_answer(monitor, &packet);
        break;
    case IPC_CONFIG_RESPONSE:
        if (strcmp(ipc_text(&packet, "status"), "accepted") != 0)
            log_warning(MODULE, "the engine refuses configuration: %s",
                        ipc_text(&packet, "reason"));
        break;
    case IPC_TOKEN_PRESENTED:
        local_on_token(monitor, &packet);
        break;
    case IPC_FAULT_NOTIFICATION:
        log_error(MODULE, "the engine says: %s", ipc_text(&packet, "failure_info"));
        break;
    default:
        log_warning(MODULE, "the engine sent a %s, which is ours to send",
                    ipc_type_name(packet.type));
        break;
    }
    ipc_packet_free(&packet);
}

static int64_t loss_deadline(const struct monitor *monitor)
{
    const struct engine_side *engine = &monitor->engine;
    return engine->state == ENGINE_AWAY && !engine->lost_reported
               ? engine->since_us + ENGINE_GRACE_US
               : NEVER;
}

static int64_t silence_deadline(const struct monitor *monitor)
{
    const struct engine_side *engine = &monitor->engine;
    switch (engine->state) {
    case ENGINE_AWAY:
        return NEVER;
    case ENGINE_REGISTERING:
        return engine->since_us + ENGINE_ANSWER_US;
    case ENGINE_REGISTERED:
        return engine->heard_us + monitor->settings->health_timeout_us;
    }
    return NEVER;
}

int64_t watch_deadline(const struct monitor *monitor)
{
    const struct engine_side *engine = &monitor->engine;
    int64_t deadline = loss_deadline(monitor);
    int64_t others[] = {silence_deadline(monitor), engine->again_us,
                        engine->state == ENGINE_REGISTERED ? engine->health_us : NEVER,
                        monitor->settle_number > 0 ? monitor->settle_us : NEVER};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i] < deadline)
            deadline = others[i];
    }
    return deadline;
}

void watch_tick(struct monitor *monitor)
{
    struct engine_side *engine = &monitor->engine;
    int64_t now = now_us(monitor);
    if (now >= silence_deadline(monitor)) {
        monitor_on_engine_lost(monitor, "it does not answer");
        monitor->link->engine_close(monitor->link->self);
        engine->since_us = now - ENGINE_GRACE_US; /* it was given its time */
    }
    if (now >= loss_deadline(monitor)) {
        engine->lost_since_plant_us = plant_now_us(monitor);
        engine->lost_count++;
        report_loss(monitor, true);
        if (!engine->lost_reported)
            engine->since_us = now; /* could not be stored: again after the grace */
    }
    if (engine->state != ENGINE_AWAY && now >= engine->again_us)
        watch_register(monitor);
    if (engine->state == ENGINE_REGISTERED && now >= engine->health_us)
        watch_check_health(monitor);
    if (monitor->settle_number > 0 && now >= monitor->settle_us)
        outcome_settle(monitor);
}
