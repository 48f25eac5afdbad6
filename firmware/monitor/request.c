/* SPDX-License-Identifier: Apache-2.0 */
/* Commands as the engine hears them. */
#include "monitor/state.h"

#include <math.h>

/* Engine requests. The message_id of each is the command's engine name, which the answer echoes. */
static cJSON *begin_request(struct monitor *monitor, enum ipc_type type,
                            const struct journal_command *command)
{
    char name[ENGINE_COMMAND_SIZE];
    outcome_engine_name(monitor, command->number, name);
    cJSON *packet = ipc_begin(type, name);
    cJSON_AddStringToObject(packet, "cp_id", monitor->settings->device);
    cJSON_AddStringToObject(packet, "command", name);
    return packet;
}

static cJSON *charge_request(struct monitor *monitor, const struct message *message,
                             const struct journal_command *command, const char *packet_id)
{
    const struct message_ask_charge *ask = &message->data.ask_charge;
    const char *request = ask->request_id[0] ? ask->request_id : command->identity;
    cJSON *packet = begin_request(monitor, IPC_CHARGE_REQUEST, command);
    cJSON_AddStringToObject(packet, "driver_id", ask->user);
    cJSON_AddStringToObject(packet, "vehicle_id", ask->vehicle);
    cJSON_AddStringToObject(packet, "request_id", request);
    if (ask->battery[0])
        cJSON_AddStringToObject(packet, "battery_id", ask->battery);
    if (ask->count != MESSAGE_ABSENT)
        cJSON_AddNumberToObject(packet, "count", (double)ask->count);
    if (packet_id)
        cJSON_AddStringToObject(packet, "presented", packet_id);
    return packet;
}

static cJSON *session_request(struct monitor *monitor, const struct message *message,
                              const struct journal_command *command)
{
    const struct message_control *control = &message->data.control;
    cJSON *packet = begin_request(monitor, IPC_SESSION_REQUEST, command);
    cJSON_AddStringToObject(packet, "action",
                            message->type == MESSAGE_START_CHARGE ? "start" : "stop");
    cJSON_AddNumberToObject(packet, "bay", (double)control->bay);
    if (control->session[0])
        cJSON_AddStringToObject(packet, "session", control->session);
    if (!isnan(control->target_soc_percent))
        cJSON_AddNumberToObject(packet, "target_soc", control->target_soc_percent);
    if (!isnan(control->power_kw))
        cJSON_AddNumberToObject(packet, "power_kw", control->power_kw);
    return packet;
}

static cJSON *reserve_request(struct monitor *monitor, const struct message *message,
                              const struct journal_command *command)
{
    const struct message_ask_charge *ask = &message->data.ask_charge;
    cJSON *packet = begin_request(monitor, IPC_RESERVE_REQUEST, command);
    cJSON_AddStringToObject(packet, "action",
                            message->type == MESSAGE_RESERVE ? "reserve" : "cancel");
    cJSON_AddStringToObject(packet, "request_id", ask->request_id);
    cJSON_AddStringToObject(packet, "driver_id", ask->user);
    cJSON_AddStringToObject(packet, "vehicle_id", ask->vehicle);
    if (ask->until.precision != TIMESTAMP_ABSENT)
        cJSON_AddNumberToObject(packet, "until", (double)ask->until.us);
    if (ask->count != MESSAGE_ABSENT)
        cJSON_AddNumberToObject(packet, "count", (double)ask->count);
    return packet;
}

cJSON *request_make(struct monitor *monitor, const struct message *message,
                    const struct journal_command *command, const char *packet_id,
                    enum ipc_type *type)
{
    switch (message->type) {
    case MESSAGE_SERVER_ASK_CHARGE:
        *type = IPC_CHARGE_REQUEST;
        return charge_request(monitor, message, command, packet_id);
    case MESSAGE_START_CHARGE:
    case MESSAGE_STOP_CHARGE:
        *type = IPC_SESSION_REQUEST;
        return session_request(monitor, message, command);
    default: /* RESERVE, CANCEL */
        *type = IPC_RESERVE_REQUEST;
        return reserve_request(monitor, message, command);
    }
}
