/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets between engine and monitor: one table says which fields a type has, of which JSON kind
 * and whether they must be there. Decoding and typed access follow that table; a packet that passed
 * ipc_decode needs no further checks of kind by its reader.
 *
 * The peers run on one machine but fail independently, so each checks what the other says as
 * strictly as if it came from the network (protocol/json.h).
 */
#include "ipc/ipc.h"

#include "protocol/json.h"
#include "protocol/message.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum ipc_kind { IPC_END, IPC_TEXT, IPC_INTEGER, IPC_REAL, IPC_BOOL, IPC_OBJECT };

/* 2^53 - 1: whole numbers that JSON (an IEEE double) carries exactly. */
#define IPC_INTEGER_MAX 9007199254740991.0

struct ipc_field {
    const char *name; /* "mark.boot" is the member boot of the object mark */
    enum ipc_kind kind;
    bool required;
    const char *choices; /* TEXT: the allowed texts, divided by '|'; NULL: any */
};

enum { FIELDS_MAX = 8 };

struct ipc_shape {
    const char *name;
    struct ipc_field fields[FIELDS_MAX]; /* a row of kind IPC_END, or the array's end, ends it */
};

#define ANSWER_FIELDS                                                                              \
    {                                                                                              \
        {"status", IPC_TEXT, true, "accepted|refused"}, {"reason", IPC_TEXT, false, NULL},         \
        {                                                                                          \
            NULL, IPC_END, false, NULL                                                             \
        }                                                                                          \
    }

static const struct ipc_shape SHAPES[IPC_TYPE_COUNT] = {
    [IPC_REGISTER_REQUEST] = {"register_request",
                              {{"id", IPC_TEXT, true, NULL},
                               {"location", IPC_TEXT, false, NULL},
                               {"price_per_kwh", IPC_REAL, false, NULL},
                               {"mark", IPC_OBJECT, true, NULL},
                               {"mark.boot", IPC_INTEGER, true, NULL},
                               {"mark.seq", IPC_INTEGER, true, NULL}}},
    [IPC_REGISTER_RESPONSE] = {"register_response",
                               {{"status", IPC_TEXT, true, NULL},
                                {"boot", IPC_INTEGER, true, NULL},
                                {"board", IPC_TEXT, false, NULL},
                                {"fw", IPC_TEXT, false, NULL},
                                {"bays", IPC_INTEGER, true, NULL},
                                {"latitude", IPC_REAL, false, NULL},
                                {"longitude", IPC_REAL, false, NULL},
                                {"open_command", IPC_TEXT, false, NULL}}},
    [IPC_HEALTH_CHECK_REQUEST] = {"health_check_request",
                                  {{"id", IPC_TEXT, true, NULL},
                                   {"timestamp", IPC_INTEGER, true, NULL}}},
    [IPC_HEALTH_CHECK_RESPONSE] = {"health_check_response",
                                   {{"id", IPC_TEXT, true, NULL},
                                    {"timestamp", IPC_INTEGER, true, NULL},
                                    {"mode", IPC_TEXT, true, NULL},
                                    {"state", IPC_TEXT, true, NULL}}},
    [IPC_STATUS_REQUEST] = {"status_request", {{NULL, IPC_END, false, NULL}}},
    [IPC_STATUS] = {"status",
                    {{"time", IPC_INTEGER, true, NULL},
                     {"age_ms", IPC_INTEGER, false, NULL},
                     {"transition", IPC_BOOL, true, NULL},
                     {"data", IPC_OBJECT, true, NULL}}},
    [IPC_CHARGE_REQUEST] = {"charge_request",
                            {{"cp_id", IPC_TEXT, true, NULL},
                             {"driver_id", IPC_TEXT, true, NULL},
                             {"vehicle_id", IPC_TEXT, true, NULL},
                             {"request_id", IPC_TEXT, true, NULL},
                             {"battery_id", IPC_TEXT, false, NULL},
                             {"command", IPC_TEXT, true, NULL}}},
    [IPC_CHARGE_RESPONSE] = {"charge_response", ANSWER_FIELDS},
    [IPC_SESSION_REQUEST] = {"session_request",
                             {{"cp_id", IPC_TEXT, true, NULL},
                              {"action", IPC_TEXT, true, "start|stop"},
                              {"bay", IPC_INTEGER, true, NULL},
                              {"session", IPC_TEXT, false, NULL},
                              {"target_soc", IPC_REAL, false, NULL},
                              {"power_kw", IPC_REAL, false, NULL},
                              {"command", IPC_TEXT, true, NULL}}},
    [IPC_SESSION_RESPONSE] = {"session_response", ANSWER_FIELDS},
    [IPC_RESERVE_REQUEST] = {"reserve_request",
                             {{"cp_id", IPC_TEXT, true, NULL},
                              {"action", IPC_TEXT, true, "reserve|cancel"},
                              {"request_id", IPC_TEXT, true, NULL},
                              {"driver_id", IPC_TEXT, false, NULL},
                              {"vehicle_id", IPC_TEXT, false, NULL},
                              {"until", IPC_INTEGER, false, NULL},
                              {"command", IPC_TEXT, true, NULL}}},
    [IPC_RESERVE_RESPONSE] = {"reserve_response", ANSWER_FIELDS},
    [IPC_CONFIG_REQUEST] = {"config_request", {{"values", IPC_OBJECT, true, NULL}}},
    [IPC_CONFIG_RESPONSE] = {"config_response", ANSWER_FIELDS},
    [IPC_RESTART_REQUEST] = {"restart_request", {{"mode", IPC_TEXT, true, NULL}}},
    [IPC_EVENT_ACK] = {"event_ack",
                       {{"boot", IPC_INTEGER, true, NULL}, {"seq", IPC_INTEGER, true, NULL}}},
    [IPC_EVENT] = {"event",
                   {{"boot", IPC_INTEGER, true, NULL},
                    {"seq", IPC_INTEGER, true, NULL},
                    {"time", IPC_INTEGER, true, NULL},
                    {"age_ms", IPC_INTEGER, true, NULL},
                    {"kind", IPC_INTEGER, true, NULL},
                    {"data", IPC_OBJECT, true, NULL}}},
    [IPC_CHARGE_COMPLETION] = {"charge_completion",
                               {{"boot", IPC_INTEGER, true, NULL},
                                {"seq", IPC_INTEGER, true, NULL},
                                {"time", IPC_INTEGER, true, NULL},
                                {"age_ms", IPC_INTEGER, true, NULL},
                                {"command", IPC_TEXT, true, NULL},
                                {"request_id", IPC_TEXT, false, NULL},
                                {"outcome", IPC_TEXT, true, "done|failed"},
                                {"reason", IPC_TEXT, false, NULL}}},
    [IPC_FAULT_NOTIFICATION] = {"fault_notification",
                                {{"id", IPC_TEXT, true, NULL},
                                 {"failure_info", IPC_TEXT, true, NULL}}},
};

const char *ipc_type_name(enum ipc_type type)
{
    assert((int)type >= 0 && type < IPC_TYPE_COUNT);
    return SHAPES[type].name;
}

/* The member at a dotted path; NULL when it is absent or null. */
static const cJSON *member_at(const cJSON *object, const char *path)
{
    const cJSON *at = object;
    while (at) {
        size_t length = strcspn(path, ".");
        char name[32];
        assert(length < sizeof(name));
        memcpy(name, path, length);
        name[length] = '\0';
        at = cJSON_GetObjectItemCaseSensitive(at, name);
        if (path[length] == '\0')
            break;
        path += length + 1;
    }
    return cJSON_IsNull(at) ? NULL : at;
}

static bool text_is_one_of(const char *text, const char *choices)
{
    size_t length = strlen(text);
    for (const char *at = choices;;) {
        size_t width = strcspn(at, "|");
        if (width == length && memcmp(at, text, width) == 0)
            return true;
        if (at[width] == '\0')
            return false;
        at += width + 1;
    }
}

static bool is_integer(const cJSON *value)
{
    return cJSON_IsNumber(value) && fabs(value->valuedouble) <= IPC_INTEGER_MAX &&
           floor(value->valuedouble) == value->valuedouble;
}

static int check_field(const struct ipc_shape *shape, const struct ipc_field *field,
                       const cJSON *root, struct err *err)
{
    const cJSON *value = member_at(root, field->name);
    if (!value) {
        if (!field->required)
            return 0;
        return err_set(err, ERR_PROTOCOL, "%s: %s is missing", shape->name, field->name);
    }
    bool good = false;
    const char *wanted = "";
    switch (field->kind) {
    case IPC_TEXT:
        good = cJSON_IsString(value);
        wanted = "a text";
        break;
    case IPC_INTEGER:
        good = is_integer(value);
        wanted = "a whole number";
        break;
    case IPC_REAL:
        good = cJSON_IsNumber(value) && isfinite(value->valuedouble);
        wanted = "a number";
        break;
    case IPC_BOOL:
        good = cJSON_IsBool(value);
        wanted = "true or false";
        break;
    case IPC_OBJECT:
        good = cJSON_IsObject(value);
        wanted = "an object";
        break;
    case IPC_END:
        assert(false); /* the end of the table is no field */
        break;
    }
    if (!good)
        return err_set(err, ERR_PROTOCOL, "%s: %s must be %s", shape->name, field->name, wanted);
    if (field->choices && !text_is_one_of(value->valuestring, field->choices))
        return err_set(err, ERR_PROTOCOL, "%s: %s is \"%.40s\", must be one of %s", shape->name,
                       field->name, value->valuestring, field->choices);
    return 0;
}

static int find_type(const cJSON *root, enum ipc_type *type, struct err *err)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(root, "type");
    if (!cJSON_IsString(name))
        return err_set(err, ERR_PROTOCOL, "packet: type must be a text");
    for (int i = 0; i < IPC_TYPE_COUNT; i++) {
        if (strcmp(SHAPES[i].name, name->valuestring) == 0) {
            *type = (enum ipc_type)i;
            return 0;
        }
    }
    return err_set(err, ERR_PROTOCOL, "packet: type \"%.40s\" is unknown", name->valuestring);
}

static int read_message_id(const cJSON *root, struct ipc_packet *packet, struct err *err)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(root, "message_id");
    if (!cJSON_IsString(id) || id->valuestring[0] == '\0')
        return err_set(err, ERR_PROTOCOL, "packet: message_id must be a text");
    size_t length = strlen(id->valuestring);
    if (length >= sizeof(packet->message_id))
        return err_set(err, ERR_PROTOCOL, "packet: message_id has %zu bytes, most is %zu", length,
                       sizeof(packet->message_id) - 1);
    memcpy(packet->message_id, id->valuestring, length + 1);
    return 0;
}

int ipc_decode(const void *bytes, size_t length, struct ipc_packet *packet, struct err *err)
{
    *packet = (struct ipc_packet){.type = IPC_TYPE_COUNT};
    if (length > IPC_PACKET_MAX)
        return err_set(err, ERR_PROTOCOL, "packet: %zu bytes, most is %u", length, IPC_PACKET_MAX);
    SCOPE_JSON cJSON *root = NULL;
    int rc = json_parse(bytes, length, &root, err);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc < 0) {
        err_prefix(err, "packet: ");
        if (err)
            err->code = ERR_PROTOCOL;
        return ERR_PROTOCOL;
    }
    if (!cJSON_IsObject(root))
        return err_set(err, ERR_PROTOCOL, "packet: must be an object");
    enum ipc_type type = IPC_TYPE_COUNT;
    rc = find_type(root, &type, err);
    if (rc == 0)
        rc = read_message_id(root, packet, err);
    for (int i = 0; rc == 0 && i < FIELDS_MAX && SHAPES[type].fields[i].kind != IPC_END; i++)
        rc = check_field(&SHAPES[type], &SHAPES[type].fields[i], root, err);
    if (rc < 0)
        return rc;
    packet->type = type;
    packet->json = SCOPE_STEAL(root);
    return 0;
}

void ipc_packet_free(struct ipc_packet *packet)
{
    cJSON_Delete(packet->json);
    packet->json = NULL;
}

const char *ipc_text(const struct ipc_packet *packet, const char *field)
{
    const cJSON *value = member_at(packet->json, field);
    return cJSON_IsString(value) ? value->valuestring : "";
}

int64_t ipc_integer(const struct ipc_packet *packet, const char *field)
{
    const cJSON *value = member_at(packet->json, field);
    return is_integer(value) ? (int64_t)value->valuedouble : MESSAGE_ABSENT;
}

double ipc_real(const struct ipc_packet *packet, const char *field)
{
    const cJSON *value = member_at(packet->json, field);
    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

cJSON *ipc_begin(enum ipc_type type, const char *message_id)
{
    assert(message_id && message_id[0] != '\0');
    cJSON *object = cJSON_CreateObject();
    if (!cJSON_AddStringToObject(object, "type", ipc_type_name(type)) ||
        !cJSON_AddStringToObject(object, "message_id", message_id)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

int ipc_encode(cJSON *object, struct strbuf *to, struct err *err)
{
    SCOPE_JSON cJSON *owned = object;
    if (!owned)
        return err_set(err, ERR_NOMEM, "packet: out of memory");
    size_t before = to->length;
    json_write_value(to, owned);
    if (strbuf_failed(to))
        return err_set(err, ERR_NOMEM, "packet: out of memory");
    if (to->length - before > IPC_PACKET_MAX)
        return err_set(err, ERR_INVALID, "packet: %zu bytes, most is %u", to->length - before,
                       IPC_PACKET_MAX);
    return 0;
}
