/* SPDX-License-Identifier: Apache-2.0 */
/* What stations say besides STATION_INFO: registration, swaps, faults, results, sessions, status.*/
#include "protocol/parts.h"

typedef struct message_register registration;
typedef struct message_swap_event swap_event;
typedef struct message_fault fault;
typedef struct message_command_result command_result;
typedef struct message_charge_session charge_session;
typedef struct message_status status;

const struct field message_register_fields[] = {
    TEXT_FIELD("location", registration, location, FIELD_ANY),
    REAL_FIELD("price_per_kwh", registration, price_per_kwh, 0, 1e6, FIELD_ANY),
    INTEGER_FIELD("bays", registration, bays, 0, MESSAGE_BAYS_MAX, FIELD_ANY),
    TEXT_FIELD("board", registration, board, FIELD_ANY),
    TEXT_FIELD("fw", registration, fw, FIELD_ANY),
    HEX_FIELD("journal", registration, journal, FIELD_ANY),
    INTEGER_FIELD("boot", registration, boot, 1, FIELD_INTEGER_MAX, FIELD_ANY),
    REAL_FIELD("latitude", registration, latitude, -90, 90, FIELD_ANY),
    REAL_FIELD("longitude", registration, longitude, -180, 180, FIELD_ANY),
    FIELDS_END,
};

const struct field message_swap_event_fields[] = {
    TEXT_FIELD("event", swap_event, event, FIELD_REQUIRED, .choices = "Off-Load|On-Load|Timeout"),
    TEXT_FIELD("requestId", swap_event, request_id, FIELD_ANY),
    INTEGER_FIELD("bay", swap_event, bay, 1, MESSAGE_BAYS_MAX, FIELD_ANY),
    TEXT_FIELD("vehicle", swap_event, vehicle, FIELD_ANY),
    TEXT_FIELD("user", swap_event, user, FIELD_ANY),
    TEXT_FIELD("order", swap_event, order, .choices = "In-Out|Out-In"),
    INTEGER_FIELD("count", swap_event, count, 1, MESSAGE_SET_MAX, FIELD_ANY),
    TEXT_FIELD("comments", swap_event, comments, FIELD_ANY),
    FIELDS_END,
};

const struct field message_fault_fields[] = {
    TEXT_FIELD("code", fault, code, FIELD_REQUIRED),
    TEXT_FIELD("severity", fault, severity, FIELD_ANY),
    PLAIN_FIELD("active", FIELD_BOOL, fault, active, FIELD_REQUIRED),
    INTEGER_FIELD("bay", fault, bay, 1, MESSAGE_BAYS_MAX, FIELD_ANY),
    TEXT_FIELD("failure_info", fault, failure_info, FIELD_ANY),
    PLAIN_FIELD("since", FIELD_TIME, fault, since, FIELD_ANY),
    INTEGER_FIELD("count", fault, count, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    FIELDS_END,
};

const struct field message_command_result_fields[] = {
    TEXT_FIELD("command", command_result, command, FIELD_ANY),
    HEX_FIELD("digest", command_result, digest, .min = 16, FIELD_REQUIRED),
    INTEGER_FIELD("type", command_result, type, 0, 65535, FIELD_ANY),
    TEXT_FIELD("outcome", command_result, outcome, FIELD_REQUIRED,
               .choices = "accepted|refused|done|failed"),
    TEXT_FIELD("reason", command_result, reason, FIELD_ANY),
    FIELDS_END,
};

const struct field message_charge_session_fields[] = {
    TEXT_FIELD("session", charge_session, session, FIELD_REQUIRED),
    INTEGER_FIELD("bay", charge_session, bay, 1, MESSAGE_BAYS_MAX, FIELD_REQUIRED),
    TEXT_FIELD("bid", charge_session, bid, FIELD_ANY),
    TEXT_FIELD("status", charge_session, status, FIELD_REQUIRED,
               .choices = "requested|authorized|in_progress|completed|cancelled|failed"),
    TEXT_FIELD("reason", charge_session, reason, FIELD_ANY),
    REAL_FIELD("energyKwh", charge_session, energy_kwh, 0, 1e9, FIELD_ANY),
    FIELDS_END,
};

const struct field message_status_fields[] = {
    PLAIN_FIELD("online", FIELD_BOOL, status, online, FIELD_REQUIRED),
    INTEGER_FIELD("conn", status, conn, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    INTEGER_FIELD("boot", status, boot, 1, FIELD_INTEGER_MAX, FIELD_ANY),
    TEXT_FIELD("reason", status, reason, FIELD_ANY),
    FIELDS_END,
};

/* A swap event is about one battery, and without its serial it says nothing. */
static int check_battery(const struct message_battery *battery, const struct path *path,
                         struct err *err)
{
    return battery->bid[0] != '\0' ? 0 : path_refuse(path, "bid", err, "it is missing");
}

int swap_event_decode(const cJSON *data, struct message *message, struct path *path,
                      struct err *err)
{
    struct message_battery *battery = &message->data.swap_event.battery;
    const cJSON *object = json_member(data, "battery");
    if (object == NULL)
        return path_refuse(path, "battery", err, "it is missing");
    size_t member = path_enter(path, "battery", -1);
    int result = object_decode(message_battery_fields, object, battery, path, err);
    if (result == 0)
        result = check_battery(battery, path, err);
    path_leave(path, member);
    return result;
}

int swap_event_encode(const struct message *message, struct object_writer *writer,
                      struct path *path, struct err *err)
{
    const struct message_battery *battery = &message->data.swap_event.battery;
    object_key(writer, "battery");
    size_t member = path_enter(path, "battery", -1);
    int result = check_battery(battery, path, err);
    if (result == 0)
        result = object_encode(message_battery_fields, battery, writer->to, path, err);
    path_leave(path, member);
    return result;
}
