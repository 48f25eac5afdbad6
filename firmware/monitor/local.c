/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local start: a driver's token at the station's reader is checked against the list that the cloud
 * sent before, and a swap begins without the cloud. It is a command whose sender stands at the
 * station: recorded before the engine is asked, answered by COMMAND_RESULTs of type 1 whose
 * `command` begins with "local-", closed by what the sensors saw. Request id and command are the
 * same and never come twice: journal, its boot, and a number.
 */
#include "monitor/state.h"

#include "base/log.h"
#include "crypto/digest.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MODULE        "local"
#define ECHO_KEY      "auth_list"
#define STRANGERS_MAX 5 /* tokens that are not on the list, within STRANGERS_US (wall) … */
#define STRANGERS_US  (60 * SECOND_US)
#define REST_US       (30 * SECOND_US) /* … and so long none is looked up */

/* --- the list --- */

/* Page, outcome and what it says are one group. */
static int store_page(struct monitor *monitor, const struct message_auth_list *page,
                      struct journal_command *command, struct authlist *next, struct err *err)
{
    char said[MESSAGE_TEXT_SIZE] = "";
    int rc = record_begin(monitor, err);
    if (rc < 0)
        return rc;
    rc = authlist_take(&monitor->authlist, monitor->journal, page, next, said, err);
    if (rc == 0)
        rc = outcome_join(monitor, command, "done", said, err);
    if (rc == 0)
        return record_commit(monitor, err);
    record_rollback(monitor);
    return rc;
}

void local_take_list(struct monitor *monitor, const struct message_auth_list *page,
                     struct journal_command *command)
{
    struct authlist next = {0};
    struct err err = {0};
    struct journal_command before = *command;
    bool is_short = monitor->journal->ops->is_short(monitor->journal->self);
    int rc = is_short ? err_set(&err, ERR_FULL, "the journal has no space")
                      : store_page(monitor, page, command, &next, &err);
    if (rc < 0) {
        authlist_free(&next);
        *command = before;
        log_warning(MODULE, "page %" PRId64 " of authorisation list %" PRId64 " is not taken: %s",
                    page->page, page->version, err.text);
        obey_refuse(monitor, command, rc == ERR_REFUSED ? err.text : "StorageFault");
        return;
    }
    monitor->last_number = command->number;
    bool replaced = next.force.version != monitor->authlist.force.version;
    authlist_adopt(&monitor->authlist, &next);
    if (replaced && monitor->connected)
        report_live(monitor); /* the echo */
    send_pump(monitor);
}

bool local_echo(const struct monitor *monitor, struct message_config_item *item)
{
    const struct authlist *list = &monitor->authlist;
    if (list->force.version == MESSAGE_ABSENT)
        return false;
    *item = (struct message_config_item){.key = ECHO_KEY, .version = list->force.version};
    (void)snprintf(item->value, sizeof(item->value), "%zu", list->count);
    return true;
}

/* --- the start --- */

static void new_start(struct monitor *monitor, const struct ipc_packet *packet,
                      struct message *message, struct journal_command *command)
{
    *command = (struct journal_command){.type = MESSAGE_SERVER_ASK_CHARGE,
                                        .seen_wall_us = wall_now_us(monitor)};
    (void)snprintf(command->identity, sizeof(command->identity), "local-%.8s-%" PRId64 "-%" PRId64,
                   monitor->journal->id, monitor->journal->boot, ++monitor->local_count);
    memcpy(command->id, command->identity, sizeof(command->id));
    digest_short(command->id, strlen(command->id), command->digest);
    message_init(message, MESSAGE_SERVER_ASK_CHARGE);
    struct message_ask_charge *ask = &message->data.ask_charge;
    (void)snprintf(ask->user, sizeof(ask->user), "%.64s", ipc_text(packet, "token"));
    (void)snprintf(ask->vehicle, sizeof(ask->vehicle), "%.64s", ipc_text(packet, "vehicle_id"));
}

static void tell_refusal(struct monitor *monitor, const char *packet_id, const char *reason)
{
    cJSON *packet = ipc_begin(IPC_TOKEN_RESPONSE, packet_id);
    cJSON_AddStringToObject(packet, "status", "refused");
    cJSON_AddStringToObject(packet, "reason", reason);
    (void)watch_send(monitor, IPC_TOKEN_RESPONSE, packet, NULL);
}

/* Codes at a keypad must not be tried out: after a few that are wrong the reader rests. */
static void count_stranger(struct monitor *monitor)
{
    int64_t now = now_us(monitor);
    if (now - monitor->strangers_us > STRANGERS_US) {
        monitor->strangers = 0;
        monitor->strangers_us = now;
    }
    if (++monitor->strangers < STRANGERS_MAX)
        return;
    monitor->strangers = 0;
    monitor->no_tokens_us = now + REST_US;
    log_warning(MODULE, "%d tokens within a minute are not on the list: the reader rests for %d s",
                STRANGERS_MAX, (int)(REST_US / SECOND_US));
}

void local_on_token(struct monitor *monitor, const struct ipc_packet *packet)
{
    struct message message;
    struct journal_command command;
    const char *reason = "Unauthorized";
    new_start(monitor, packet, &message, &command);
    if (now_us(monitor) < monitor->no_tokens_us) {
        reason = "Busy";
        obey_refuse(monitor, &command, reason);
    } else if (authlist_has(&monitor->authlist, monitor->journal, ipc_text(packet, "token"))) {
        monitor->strangers = 0;
        reason = obey_ask_engine(monitor, &message, &command, packet->message_id);
    } else {
        count_stranger(monitor);
        obey_refuse(monitor, &command, reason);
    }
    if (reason)
        tell_refusal(monitor, packet->message_id, reason);
    message_free(&message);
}
