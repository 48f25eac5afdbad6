/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outcomes of commands only go forward: asked -> accepted -> done | failed, or refused. Each step
 * is durable together with its COMMAND_RESULT in the event lane; refusals go to the telemetry lane,
 * so many a second, because anybody may provoke them.
 */
#include "monitor/state.h"

#include "base/log.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "command"

/* The order of outcomes; a move to the same or a lower rank is not allowed. */
static int rank_of(const char *outcome)
{
    if (outcome[0] == '\0')
        return 0;
    return strcmp(outcome, "accepted") == 0 ? 1 : 2;
}

static void fill_result(const struct monitor *monitor, struct message *message,
                        const struct journal_command *command, const char *outcome,
                        const char *reason)
{
    envelope_init(monitor, message, MESSAGE_COMMAND_RESULT);
    struct message_command_result *result = &message->data.command_result;
    memcpy(result->command, command->id, sizeof(result->command));
    memcpy(result->digest, command->digest, sizeof(result->digest));
    result->type = command->type;
    (void)snprintf(result->outcome, sizeof(result->outcome), "%s", outcome);
    (void)snprintf(result->reason, sizeof(result->reason), "%s", reason);
}

int outcome_join(struct monitor *monitor, struct journal_command *command, const char *outcome,
                 const char *reason, struct err *err)
{
    struct message message;
    assert(monitor->group_durable);
    if (rank_of(outcome) <= rank_of(command->outcome))
        return err_set(err, ERR_INVALID, "command %s: from %s to %s is no step forward",
                       command->identity, command->outcome, outcome);
    (void)snprintf(command->outcome, sizeof(command->outcome), "%s", outcome);
    (void)snprintf(command->reason, sizeof(command->reason), "%s", reason);
    int rc = monitor->journal->ops->put_command(monitor->journal->self, command, err);
    if (rc == 0 && strcmp(outcome, "refused") != 0) {
        fill_result(monitor, &message, command, outcome, command->reason);
        rc = record_message(monitor, &message, LANE_EVENT, err);
    }
    if (rc == 0)
        log_info(MODULE, "%s type=%" PRId64 " command=%s reason=%s", outcome, command->type,
                 command->identity, reason);
    return rc;
}

int outcome_record(struct monitor *monitor, struct journal_command *command, const char *outcome,
                   const char *reason, struct err *err)
{
    struct journal_command before = *command;
    int rc = ERR_STORAGE;
    for (int attempt = 0; attempt < 2; attempt++) {
        *command = before;
        rc = record_begin(monitor, err);
        if (rc < 0)
            return rc;
        rc = outcome_join(monitor, command, outcome, reason, err);
        if (rc == 0)
            rc = record_commit(monitor, err);
        else
            record_rollback(monitor);
        if (rc != ERR_FULL && rc != ERR_STORAGE)
            break;
    }
    if (rc < 0) {
        *command = before;
        return rc;
    }
    if (command->number > monitor->last_number)
        monitor->last_number = command->number;
    if (strcmp(outcome, "refused") == 0)
        outcome_say(monitor, command, outcome, reason);
    send_pump(monitor);
    return 0;
}

void outcome_say(struct monitor *monitor, const struct journal_command *command,
                 const char *outcome, const char *reason)
{
    struct message message;
    int64_t second = now_us(monitor) / SECOND_US;
    if (second != monitor->refusal_second) {
        monitor->refusal_second = second;
        monitor->refusals = 0;
    }
    if (monitor->refusals++ >= REFUSALS_PER_SECOND) {
        monitor->counts.refusals_silent++;
        return;
    }
    fill_result(monitor, &message, command, outcome, reason);
    record_telemetry(monitor, &message);
    record_close_group(monitor); /* somebody waits for it */
}

void outcome_engine_name(const struct monitor *monitor, int64_t number,
                         char name[ENGINE_COMMAND_SIZE])
{
    (void)snprintf(name, ENGINE_COMMAND_SIZE, "%.8s-%" PRId64, monitor->journal->id, number);
}

int outcome_find(struct monitor *monitor, const char *engine_command,
                 struct journal_command *command, struct err *err)
{
    char name[ENGINE_COMMAND_SIZE];
    const char *dash = strrchr(engine_command, '-');
    int64_t number = dash ? strtoll(dash + 1, NULL, 10) : 0;
    outcome_engine_name(monitor, number, name);
    if (number <= 0 || strcmp(name, engine_command) != 0)
        return err_set(err, ERR_NOT_FOUND, "command %s is not of this journal", engine_command);
    int rc =
        monitor->journal->ops->next_open_command(monitor->journal->self, number - 1, command, err);
    if (rc == 0 && command->number != number)
        return err_set(err, ERR_NOT_FOUND, "command %s is not open", engine_command);
    return rc;
}

/* Walks over the open commands; `close` says what becomes of each (NULL: it stays). False:
 * something could not be stored, or not be read, and is to be tried again. */
static bool close_open(struct monitor *monitor, int64_t most,
                       const char *(*close)(const struct monitor *, const struct journal_command *))
{
    struct journal_command command = {0};
    struct err err = {0};
    for (int64_t number = 0; number < most; number = command.number) {
        int rc = monitor->journal->ops->next_open_command(monitor->journal->self, number, &command,
                                                          &err);
        if (rc == ERR_NOT_FOUND || (rc == 0 && command.number > most))
            return true;
        const char *outcome = rc == 0 ? close(monitor, &command) : NULL;
        bool done = outcome && strcmp(outcome, "done") == 0;
        if (rc == 0 && outcome)
            rc = outcome_record(monitor, &command, outcome, done ? "" : "interrupted", &err);
        if (rc < 0) {
            log_error(MODULE, "open commands are not closed: %s", err.text);
            return false;
        }
    }
    return true;
}

/* We are back: a restart is done, and so is a disconnection that was to last until then. */
static const char *after_restart(const struct monitor *monitor,
                                 const struct journal_command *command)
{
    (void)monitor;
    bool accepted = strcmp(command->outcome, "accepted") == 0;
    if (command->type == MESSAGE_SERVER_ASK_RESTART)
        return accepted ? "done" : "failed";
    if (command->type == MESSAGE_SERVER_ASK_DISCONNECT)
        return accepted && strcmp(command->detail, "0") == 0 ? "done" : "failed";
    return NULL;
}

void outcome_close_restarts(struct monitor *monitor)
{
    if (close_open(monitor, monitor->restart_number, after_restart))
        monitor->restart_number = 0;
}

static const char *after_disconnect(const struct monitor *monitor,
                                    const struct journal_command *command)
{
    (void)monitor;
    bool accepted = strcmp(command->outcome, "accepted") == 0;
    return accepted && command->type == MESSAGE_SERVER_ASK_DISCONNECT ? "done" : NULL;
}

bool outcome_close_disconnects(struct monitor *monitor, int64_t most)
{
    return close_open(monitor, most, after_disconnect);
}

static const char *after_settling(const struct monitor *monitor,
                                  const struct journal_command *command)
{
    char name[ENGINE_COMMAND_SIZE];
    outcome_engine_name(monitor, command->number, name);
    bool engine_runs_it = monitor->engine.state == ENGINE_REGISTERED &&
                          strcmp(monitor->engine.open_command, name) == 0;
    bool ours = command->type == MESSAGE_SERVER_ASK_RESTART ||
                command->type == MESSAGE_SERVER_ASK_DISCONNECT;
    return engine_runs_it || ours ? NULL : "failed";
}

void outcome_settle(struct monitor *monitor)
{
    outcome_close_restarts(monitor);
    if (close_open(monitor, monitor->settle_number, after_settling) && monitor->restart_number == 0)
        monitor->settle_number = 0;
    else
        monitor->settle_us = now_us(monitor) + CLOSE_AGAIN_US;
}
