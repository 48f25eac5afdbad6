/* SPDX-License-Identifier: Apache-2.0 */
/* The types of messages, absent values, ownership, and the envelope's rules. */
#include "protocol/message.h"

#include "protocol/parts.h"
#include <stdlib.h>
#include <string.h>

typedef struct message envelope;

const struct field message_envelope_fields[] = {
    INTEGER_FIELD("type", envelope, type, 0, 65535, FIELD_REQUIRED),
    INTEGER_FIELD("v", envelope, version, 1, 65535, FIELD_ANY),
    PLAIN_FIELD("time", FIELD_TIME, envelope, time, FIELD_ANY),
    HEX_FIELD("journal", envelope, place.journal, FIELD_ANY),
    INTEGER_FIELD("boot", envelope, place.boot, 1, FIELD_INTEGER_MAX, FIELD_ANY),
    INTEGER_FIELD("seq", envelope, place.seq, 1, FIELD_INTEGER_MAX, FIELD_ANY),
    INTEGER_FIELD("prev", envelope, place.prev, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    INTEGER_FIELD("up", envelope, up_ms, -FIELD_INTEGER_MAX, FIELD_INTEGER_MAX, FIELD_ANY),
    PLAIN_FIELD("live", FIELD_FLAG, envelope, live, FIELD_ANY),
    TEXT_FIELD("id", envelope, id, FIELD_ANY),
    FIELDS_END,
};

/* Types that any station sends, then types that stations receive. */
static const struct message_kind kinds[] = {
    {.type = MESSAGE_STATION_INFO,
     .name = "STATION_INFO",
     .decode = station_info_decode,
     .encode = station_info_encode},
    {.type = MESSAGE_REGISTER,
     .name = "REGISTER",
     .all = message_register_fields,
     .fields = message_register_fields},
    {.type = MESSAGE_SWAP_EVENT,
     .name = "SWAP_EVENT",
     .all = message_swap_event_fields,
     .fields = message_swap_event_fields,
     .decode = swap_event_decode,
     .encode = swap_event_encode},
    {.type = MESSAGE_FAULT,
     .name = "FAULT",
     .all = message_fault_fields,
     .fields = message_fault_fields},
    {.type = MESSAGE_COMMAND_RESULT,
     .name = "COMMAND_RESULT",
     .all = message_command_result_fields,
     .fields = message_command_result_fields},
    {.type = MESSAGE_CHARGE_SESSION,
     .name = "CHARGE_SESSION",
     .all = message_charge_session_fields,
     .fields = message_charge_session_fields},
    {.type = MESSAGE_STATUS,
     .name = "STATUS",
     .all = message_status_fields,
     .fields = message_status_fields},

    {.type = MESSAGE_SERVER_ASK_CHARGE,
     .name = "SERVER_ASK_CHARGE",
     .command = true,
     .all = message_ask_charge_all,
     .fields = message_ask_charge_fields},
    {.type = MESSAGE_SERVER_ASK_INFO,
     .name = "SERVER_ASK_INFO",
     .command = true,
     .data_optional = true},
    {.type = MESSAGE_SERVER_ASK_RESTART,
     .name = "SERVER_ASK_RESTART",
     .command = true,
     .data_optional = true,
     .all = message_control_all,
     .fields = message_restart_fields},
    {.type = MESSAGE_SERVER_ASK_DISCONNECT,
     .name = "SERVER_ASK_DISCONNECT",
     .command = true,
     .data_optional = true,
     .all = message_control_all,
     .fields = message_disconnect_fields},
    {.type = MESSAGE_ACK,
     .name = "ACK",
     .command = true,
     .all = message_ack_fields,
     .fields = message_ack_fields,
     .decode = ack_decode,
     .encode = ack_encode},
    {.type = MESSAGE_REGISTER_RESULT,
     .name = "REGISTER_RESULT",
     .command = true,
     .all = message_register_result_fields,
     .fields = message_register_result_fields,
     .decode = register_result_decode,
     .encode = register_result_encode},
    {.type = MESSAGE_SET_CONFIG,
     .name = "SET_CONFIG",
     .command = true,
     .decode = set_config_decode,
     .encode = set_config_encode},
    {.type = MESSAGE_START_CHARGE,
     .name = "START_CHARGE",
     .command = true,
     .all = message_control_all,
     .fields = message_start_charge_fields},
    {.type = MESSAGE_STOP_CHARGE,
     .name = "STOP_CHARGE",
     .command = true,
     .all = message_control_all,
     .fields = message_stop_charge_fields},
    {.type = MESSAGE_RESERVE,
     .name = "RESERVE",
     .command = true,
     .all = message_ask_charge_all,
     .fields = message_reserve_fields},
    {.type = MESSAGE_CANCEL,
     .name = "CANCEL",
     .command = true,
     .all = message_ask_charge_all,
     .fields = message_cancel_fields},
    {.type = MESSAGE_UPDATE,
     .name = "UPDATE",
     .command = true,
     .all = message_control_all,
     .fields = message_update_fields},
    {.type = MESSAGE_AUTH_LIST,
     .name = "AUTH_LIST",
     .command = true,
     .all = message_auth_list_fields,
     .fields = message_auth_list_fields,
     .decode = auth_list_decode,
     .encode = auth_list_encode},
};

const struct message_kind *message_kind_find(int64_t type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].type == type)
            return &kinds[i];
    }
    return NULL;
}

const char *message_type_name(int64_t type)
{
    const struct message_kind *kind = message_kind_find(type);
    return kind != NULL ? kind->name : "?";
}

bool message_type_is_command(int64_t type)
{
    const struct message_kind *kind = message_kind_find(type);
    return kind != NULL && kind->command;
}

const char *message_lane_name(enum message_lane lane)
{
    return lane == LANE_EVENT ? "event" : lane == LANE_TELEMETRY ? "telemetry" : "";
}

void message_init_data(struct message *message)
{
    const struct message_kind *kind = message_kind_find(message->type);
    if (kind != NULL && kind->all != NULL)
        fields_init(kind->all, &message->data);
    if (message->type == MESSAGE_STATION_INFO)
        fields_init(message_station_fields, &message->data.station_info.station);
    if (message->type == MESSAGE_SWAP_EVENT)
        message_battery_init(&message->data.swap_event.battery);
}

void message_init(struct message *message, int64_t type)
{
    /* All zero: texts are empty, counts 0, owned pointers NULL; then what absent is not zero. */
    memset(message, 0, sizeof *message);
    fields_init(message_envelope_fields, message);
    message->type = type;
    message_init_data(message);
}

void message_free(struct message *message)
{
    if (message->type == MESSAGE_STATION_INFO) {
        free(message->data.station_info.station.bays);
        free(message->data.station_info.batteries);
    } else if (message->type == MESSAGE_AUTH_LIST) {
        free(message->data.auth_list.tokens);
    }
    memset(&message->data, 0, sizeof message->data);
}

int message_check_place(const struct message *message, struct err *err)
{
    const struct message_place *place = &message->place;
    if (place->lane == LANE_ABSENT) {
        if (place->seq != MESSAGE_ABSENT || place->prev != MESSAGE_ABSENT)
            return err_set(err, ERR_INVALID, "seq: without lane it is no place in a journal");
        return 0;
    }
    const char *missing = place->journal[0] == '\0'       ? "journal"
                          : place->boot == MESSAGE_ABSENT ? "boot"
                          : place->seq == MESSAGE_ABSENT  ? "seq"
                                                          : NULL;
    if (missing != NULL)
        return err_set(err, ERR_INVALID, "%s: it is missing, but lane is given", missing);
    if (place->prev != MESSAGE_ABSENT && place->prev >= place->seq)
        return err_set(err, ERR_INVALID, "prev: %lld is not below seq %lld", (long long)place->prev,
                       (long long)place->seq);
    if (message->live)
        return err_set(err, ERR_INVALID, "live: a journaled message cannot be live");
    return 0;
}
