/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: judged by commands.c, then recorded, then done. A command that moves something is in
 * the journal (outcome "") before the engine hears of it; what the engine answers is its outcome.
 *
 * Refusal codes where protocol.md leaves the choice: SafetyLock while the engine is away (the
 * station is in safe mode then), Unsupported for type 39 and for an unconfigured reboot.
 */
#include "monitor/state.h"

#include "base/log.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODULE            "command"
#define OFFLINE_DEFAULT_S 600
#define OFFLINE_LONGEST_S 31536000

static void new_command(const struct monitor *monitor, const struct message *message,
                        const struct command_judgement *judgement, struct journal_command *command)
{
    *command =
        (struct journal_command){.type = message->type, .seen_wall_us = wall_now_us(monitor)};
    memcpy(command->identity, judgement->identity, sizeof(command->identity));
    memcpy(command->id, message->id, sizeof(command->id));
    memcpy(command->digest, judgement->digest, sizeof(command->digest));
}

void obey_refuse(struct monitor *monitor, const struct journal_command *command, const char *reason)
{
    monitor->counts.refused++;
    log_info(MODULE, "refused type=%" PRId64 " command=%s reason=%s", command->type,
             command->identity, reason);
    outcome_say(monitor, command, "refused", reason);
}

/* An outcome. When it cannot be stored: of a command that the journal does not know nothing has
 * moved, and nothing may: StorageFault. One that is in the journal as asked may be under way. */
static bool conclude(struct monitor *monitor, struct journal_command *command, const char *outcome,
                     const char *reason)
{
    struct err err = {0};
    if (outcome_record(monitor, command, outcome, reason, &err) == 0) {
        monitor->counts.refused += strcmp(outcome, "refused") == 0;
        return true;
    }
    log_error(MODULE, "an outcome is not stored: %s", err.text);
    if (command->number > 0)
        owed_add(monitor, command->number, outcome, reason);
    else
        obey_refuse(monitor, command, "StorageFault");
    return false;
}

/* Makes the command durable before the engine is asked. */
static bool record_asked(struct monitor *monitor, struct journal_command *command)
{
    struct err err = {0};
    int rc = record_begin(monitor, &err);
    if (rc == 0) {
        rc = monitor->journal->ops->put_command(monitor->journal->self, command, &err);
        if (rc == 0)
            rc = record_commit(monitor, &err);
        else
            record_rollback(monitor);
    }
    if (rc < 0) {
        log_error(MODULE, "a command is not stored: %s", err.text);
        obey_refuse(monitor, command, "StorageFault");
        return false;
    }
    monitor->last_number = command->number;
    return true;
}

/* Refuses; says the reason again. */
static const char *refuse(struct monitor *monitor, struct journal_command *command,
                          const char *reason)
{
    (void)conclude(monitor, command, "refused", reason);
    return reason;
}

const char *obey_ask_engine(struct monitor *monitor, const struct message *message,
                            struct journal_command *command, const char *packet_id)
{
    if (monitor->engine.state != ENGINE_REGISTERED)
        return refuse(monitor, command, "SafetyLock");
    if (monitor->journal->ops->is_short(monitor->journal->self))
        return refuse(monitor, command, "StorageFault");
    if (message->type == MESSAGE_START_CHARGE || message->type == MESSAGE_STOP_CHARGE) {
        const struct message_control *control = &message->data.control;
        if (control->session[0])
            memcpy(command->detail, control->session, sizeof(command->detail));
        else
            (void)snprintf(command->detail, sizeof(command->detail), "bay:%" PRId64, control->bay);
    }
    if (!record_asked(monitor, command))
        return "StorageFault";
    enum ipc_type type;
    cJSON *packet = request_make(monitor, message, command, packet_id, &type);
    if (watch_send(monitor, type, packet, NULL) < 0)
        return refuse(monitor, command, "SafetyLock");
    return NULL;
}

void obey_engine_answer(struct monitor *monitor, const struct ipc_packet *packet)
{
    struct journal_command command;
    struct err err = {0};
    if (outcome_find(monitor, packet->message_id, &command, &err) < 0) {
        log_debug(MODULE, "an answer comes late: %s", err.text);
        return;
    }
    if (strcmp(ipc_text(packet, "status"), "accepted") != 0) {
        const char *reason = ipc_text(packet, "reason");
        (void)conclude(monitor, &command, "refused", reason[0] ? reason : "Busy");
        return;
    }
    /* A reservation is a record: the engine keeps it durably, that is its evidence. */
    bool record = packet->type == IPC_RESERVE_RESPONSE;
    bool recorded = command.outcome[0] != '\0' || conclude(monitor, &command, "accepted", "");
    if (record && recorded)
        (void)conclude(monitor, &command, "done", "");
    else if (record)
        owed_add(monitor, command.number, "done", "");
}

/* What the monitor does itself ------------------------------------------------------------------
 */

static void tell_info(struct monitor *monitor, struct journal_command *command)
{
    if (monitor->connected)
        report_live(monitor);
    (void)conclude(monitor, command, "done", "");
}

static void restart(struct monitor *monitor, const struct message *message,
                    struct journal_command *command)
{
    bool reboot = strcmp(message->data.control.mode, "reboot") == 0;
    if (reboot && !monitor->settings->can_reboot) {
        (void)conclude(monitor, command, "refused", "Unsupported");
        return;
    }
    if (monitor->goodbye.kind != GOODBYE_NONE) {
        (void)conclude(monitor, command, "refused", "Busy");
        return;
    }
    (void)snprintf(command->detail, sizeof(command->detail), "%s", reboot ? "reboot" : "service");
    if (conclude(monitor, command, "accepted", ""))
        goodbye_begin(monitor, reboot ? GOODBYE_REBOOT : GOODBYE_SERVICE, 0, command->number);
}

static void disconnect(struct monitor *monitor, const struct message *message,
                       struct journal_command *command)
{
    double asked = message->data.control.seconds;
    int64_t seconds = isnan(asked) ? OFFLINE_DEFAULT_S : (int64_t)ceil(asked);
    if (seconds > OFFLINE_LONGEST_S)
        seconds = OFFLINE_LONGEST_S;
    if (monitor->goodbye.kind != GOODBYE_NONE) {
        (void)conclude(monitor, command, "refused", "Busy");
        return;
    }
    (void)snprintf(command->detail, sizeof(command->detail), "%" PRId64, seconds);
    if (conclude(monitor, command, "accepted", ""))
        goodbye_begin(monitor, GOODBYE_OFFLINE, seconds, command->number);
}

/* Persisted, so done; the engine hears of it now and at each registration. */
static void set_config(struct monitor *monitor, const struct message_config *config,
                       struct journal_command *command)
{
    struct err err = {0};
    struct message_config before = monitor->config;
    int newer = 0;
    int rc = record_begin(monitor, &err);
    if (rc == 0) {
        rc = configure_take(monitor, config, command != NULL, &newer, &err);
        if (rc == 0 && command)
            rc = outcome_join(monitor, command, "done", newer > 0 ? "" : "not newer", &err);
        if (rc == 0)
            rc = record_commit(monitor, &err);
        else
            record_rollback(monitor);
    }
    if (rc < 0) {
        monitor->config = before;
        log_error(MODULE, "configuration is not taken: %s", err.text);
        if (command) {
            command->outcome[0] = '\0';
            command->number = 0;
            char reason[MESSAGE_TEXT_SIZE];
            (void)snprintf(reason, sizeof(reason), "Malformed: %.200s", err.text);
            obey_refuse(monitor, command, rc == ERR_INVALID ? reason : "StorageFault");
        }
        return;
    }
    if (command)
        monitor->last_number = command->number;
    if (newer > 0) {
        configure_tell_engine(monitor);
        if (monitor->connected)
            report_live(monitor); /* the echo */
    }
    send_pump(monitor);
}

static void obey(struct monitor *monitor, const struct message *message,
                 struct journal_command *command)
{
    switch (message->type) {
    case MESSAGE_SERVER_ASK_CHARGE:
    case MESSAGE_START_CHARGE:
    case MESSAGE_STOP_CHARGE:
    case MESSAGE_RESERVE:
    case MESSAGE_CANCEL:
        (void)obey_ask_engine(monitor, message, command, NULL);
        break;
    case MESSAGE_SERVER_ASK_INFO:
        tell_info(monitor, command);
        break;
    case MESSAGE_SERVER_ASK_RESTART:
        restart(monitor, message, command);
        break;
    case MESSAGE_SERVER_ASK_DISCONNECT:
        disconnect(monitor, message, command);
        break;
    case MESSAGE_SET_CONFIG:
        set_config(monitor, &message->data.set_config, command);
        break;
    case MESSAGE_AUTH_LIST:
        local_take_list(monitor, &message->data.auth_list, command);
        break;
    default: /* UPDATE: not in this version */
        (void)conclude(monitor, command, "refused", "Unsupported");
        break;
    }
}

/* True: this command was seen before; its outcome is said again and nothing moves. */
static bool is_repeat(struct monitor *monitor, const struct message *message,
                      const struct journal_command *command)
{
    struct journal_command seen;
    struct err err = {0};
    int rc =
        monitor->journal->ops->find_command(monitor->journal->self, command->identity, &seen, &err);
    if (rc == ERR_NOT_FOUND)
        return false;
    if (rc < 0) { /* not knowing is no reason to move twice */
        log_error(MODULE, "the journal cannot be asked: %s", err.text);
        obey_refuse(monitor, command, "StorageFault");
        return true;
    }
    if (!command_is_repeat(&seen, message->id[0] != '\0', command->seen_wall_us))
        return false;
    monitor->counts.repeats++;
    log_info(MODULE, "repeat type=%" PRId64 " command=%s outcome=%s", seen.type, seen.identity,
             seen.outcome);
    if (seen.outcome[0] != '\0')
        outcome_say(monitor, &seen, seen.outcome, seen.reason);
    return true;
}

static void take_command(struct monitor *monitor, const struct message *message,
                         const struct command_judgement *judgement)
{
    struct journal_command command;
    new_command(monitor, message, judgement, &command);
    if (judgement->verdict == COMMAND_REFUSED)
        obey_refuse(monitor, &command, judgement->reason);
    else if (!is_repeat(monitor, message, &command))
        obey(monitor, message, &command);
}

static void take_answer(struct monitor *monitor, const struct message *message)
{
    if (message->type == MESSAGE_ACK) {
        send_acknowledge(monitor, &message->data.ack);
        return;
    }
    const struct message_register_result *result = &message->data.register_result;
    bool accepted = strcmp(result->status, "accepted") == 0;
    log_info(MODULE, "registration at the bridge: %s", result->status);
    for (size_t i = 0; i < result->mark_count; i++)
        send_acknowledge(monitor, &result->marks[i]);
    if (accepted && !monitor->accepted)
        outbox_retry(&monitor->outbox, now_us(monitor));
    monitor->accepted = accepted;
    if (result->config.count > 0)
        set_config(monitor, &result->config, NULL);
}

void obey_message(struct monitor *monitor, const char *topic, const void *payload, size_t length,
                  bool retained)
{
    struct command_rules rules = {.device = monitor->settings->device,
                                  .ttl_us = monitor->settings->ttl_us,
                                  .strict_time = monitor->settings->strict_time};
    struct command_judgement judgement;
    struct message message;
    bool own_topic = strcmp(topic, monitor->control_topics[1]) == 0;
    command_judge(&rules, payload, length, retained, own_topic, wall_now_us(monitor), &message,
                  &judgement);
    switch (judgement.verdict) {
    case COMMAND_UNREADABLE:
        if (monitor->counts.unreadable++ % 100 == 0) /* anybody may send them by thousands */
            log_warning(MODULE, "unreadable messages on %s count=%" PRId64 ": %s", topic,
                        monitor->counts.unreadable, judgement.err.text);
        break;
    case COMMAND_NOT_MINE:
        monitor->counts.not_mine++;
        log_debug(MODULE, "not for this station device=%s type=%" PRId64, message.device,
                  message.type);
        break;
    case COMMAND_ACK:
        take_answer(monitor, &message);
        break;
    case COMMAND_REFUSED:
    case COMMAND_PASSED:
        take_command(monitor, &message, &judgement);
        break;
    }
    message_free(&message);
}

void monitor_on_message(struct monitor *monitor, const char *topic, const void *payload,
                        size_t length, bool retained)
{
    obey_message(monitor, topic, payload, length, retained);
    send_pump(monitor);
}
