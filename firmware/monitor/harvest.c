/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's events into the journal, exactly once: the row and the engine's new mark are stored
 * together, and only then the engine is told that it may forget. What is at or below the mark was
 * stored before; a gap cannot be and is asked for again.
 */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MODULE "engine"

static bool is_kind(int64_t kind)
{
    return kind == MESSAGE_SWAP_EVENT || kind == MESSAGE_FAULT || kind == MESSAGE_CHARGE_SESSION;
}

static int put_mark(struct monitor *monitor, int64_t boot, int64_t seq, struct err *err)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%" PRId64 ".%" PRId64, boot, seq);
    return monitor->journal->ops->put_value(monitor->journal->self, "engine_mark", text, err);
}

/* Does this session event end a START_CHARGE or STOP_CHARGE? NULL: no, it is still open. */
static const char *session_outcome(int64_t type, const char *status)
{
    bool over = strcmp(status, "completed") == 0 || strcmp(status, "cancelled") == 0 ||
                strcmp(status, "failed") == 0;
    if (type == MESSAGE_STOP_CHARGE)
        return over ? "done" : NULL;
    if (strcmp(status, "in_progress") == 0 || strcmp(status, "completed") == 0)
        return "done";
    return over ? "failed" : NULL;
}

/* Evidence for session commands: what the session then did. */
static int close_session_commands(struct monitor *monitor,
                                  const struct message_charge_session *event, struct err *err)
{
    struct journal_command command;
    char bay[MESSAGE_NAME_SIZE];
    (void)snprintf(bay, sizeof(bay), "bay:%" PRId64, event->bay);
    for (int64_t number = 0;; number = command.number) {
        int rc =
            monitor->journal->ops->next_open_command(monitor->journal->self, number, &command, err);
        if (rc == ERR_NOT_FOUND)
            return 0;
        if (rc < 0)
            return rc;
        bool mine = command.type == MESSAGE_START_CHARGE || command.type == MESSAGE_STOP_CHARGE;
        bool same = strcmp(command.detail, event->session) == 0 || strcmp(command.detail, bay) == 0;
        const char *outcome = mine && same ? session_outcome(command.type, event->status) : NULL;
        if (!outcome)
            continue;
        rc = outcome_join(monitor, &command, outcome, event->reason, err);
        if (rc < 0)
            return rc;
    }
}

static int join_event(struct monitor *monitor, const struct ipc_packet *packet, struct err *err)
{
    struct message message;
    int64_t kind = ipc_integer(packet, "kind"), age_ms = ipc_integer(packet, "age_ms");
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(packet->json, "data");
    if (!is_kind(kind))
        return err_set(err, ERR_INVALID, "kind %" PRId64 " is no event", kind);
    int rc = message_from_data(kind, data, &message, err);
    if (rc == 0) {
        envelope_fill(monitor, &message);
        envelope_date(monitor, &message, ipc_integer(packet, "time"),
                      age_ms > 0 ? age_ms * 1000 : 0);
        rc = record_message(monitor, &message, LANE_EVENT, err);
    }
    if (rc == 0 && kind == MESSAGE_CHARGE_SESSION)
        rc = close_session_commands(monitor, &message.data.charge_session, err);
    message_free(&message);
    return rc;
}

static int join_completion(struct monitor *monitor, const struct ipc_packet *packet,
                           struct err *err)
{
    struct journal_command command;
    int rc = outcome_find(monitor, ipc_text(packet, "command"), &command, err);
    if (rc == ERR_NOT_FOUND) {
        log_warning(MODULE, "the end of a command that is not open command=%s outcome=%s",
                    ipc_text(packet, "command"), ipc_text(packet, "outcome"));
        return 0;
    }
    return rc < 0 ? rc
                  : outcome_join(monitor, &command, ipc_text(packet, "outcome"),
                                 ipc_text(packet, "reason"), err);
}

/* One attempt: row, command and mark in one group. */
static int store(struct monitor *monitor, const struct ipc_packet *packet, int64_t boot,
                 int64_t seq, struct err *err)
{
    int rc = record_begin(monitor, err);
    if (rc < 0)
        return rc;
    rc = packet->type == IPC_EVENT ? join_event(monitor, packet, err)
                                   : join_completion(monitor, packet, err);
    if (rc == ERR_INVALID) { /* its mark moves on, or the engine would send it for ever */
        monitor->counts.dead_rows++;
        log_error(MODULE,
                  "an event cannot be sent and is left out boot=%" PRId64 " seq=%" PRId64 ": %s",
                  boot, seq, err->text);
        rc = 0;
    }
    if (rc == 0)
        rc = put_mark(monitor, boot, seq, err);
    if (rc == 0)
        return record_commit(monitor, err);
    record_rollback(monitor);
    return rc;
}

static void acknowledge(struct monitor *monitor)
{
    cJSON *packet = watch_packet(monitor, IPC_EVENT_ACK);
    cJSON_AddNumberToObject(packet, "boot", (double)monitor->engine.mark_boot);
    cJSON_AddNumberToObject(packet, "seq", (double)monitor->engine.mark_seq);
    (void)watch_send(monitor, IPC_EVENT_ACK, packet, NULL);
}

static bool is_marked(const struct engine_side *engine, int64_t boot, int64_t seq)
{
    return boot < engine->mark_boot || (boot == engine->mark_boot && seq <= engine->mark_seq);
}

/* The event that the engine sent before this one is not stored: it is to send from our mark again,
 * and then its oldest one comes without any before it. */
static bool is_one_missing(const struct engine_side *engine, const struct ipc_packet *packet)
{
    int64_t boot = ipc_integer(packet, "prev_boot"), seq = ipc_integer(packet, "prev_seq");
    if (boot == MESSAGE_ABSENT || seq == MESSAGE_ABSENT) {
        boot = ipc_integer(packet, "boot");
        seq = ipc_integer(packet, "seq") - 1;
    }
    return seq > 0 && !is_marked(engine, boot, seq);
}

void harvest_event(struct monitor *monitor, const struct ipc_packet *packet)
{
    struct engine_side *engine = &monitor->engine;
    int64_t boot = ipc_integer(packet, "boot"), seq = ipc_integer(packet, "seq");
    struct err err = {0};
    if (is_marked(engine, boot, seq)) {
        monitor->counts.engine_repeats++;
        acknowledge(monitor);
        return;
    }
    /* One before it was not stored, or is being asked for: taking this one would lose that one. */
    if (engine->again_us != NEVER)
        return;
    if (is_one_missing(engine, packet)) {
        engine->again_us = now_us(monitor) + SECOND_US;
        log_warning(MODULE,
                    "events are missing before boot=%" PRId64 " seq=%" PRId64 ", asked for again",
                    boot, seq);
        return;
    }
    int rc = store(monitor, packet, boot, seq, &err);
    if (rc == ERR_FULL || rc == ERR_STORAGE) /* once more, on the reserve */
        rc = store(monitor, packet, boot, seq, &err);
    if (rc < 0) {
        log_error(MODULE, "an event is not stored, the engine keeps it: %s", err.text);
        engine->again_us = now_us(monitor) + 10 * SECOND_US;
        return;
    }
    engine->mark_boot = boot;
    engine->mark_seq = seq;
    monitor->counts.engine_events++;
    acknowledge(monitor);
    send_pump(monitor);
}
