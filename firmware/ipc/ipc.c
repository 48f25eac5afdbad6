/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets between engine and monitor, decoded by the table of ipc_shape.c: a packet that passed
 * ipc_decode needs no further checks of kind by its reader.
 *
 * The peers run on one machine but fail independently, so each checks what the other says as
 * strictly as if it came from the network (protocol/json.h).
 */
#include "ipc/ipc.h"

#include "ipc/ipc_shape.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* 2^53 - 1: whole numbers that JSON (an IEEE double) carries exactly. */
#define IPC_INTEGER_MAX 9007199254740991.0

const char *ipc_type_name(enum ipc_type type)
{
    assert((int)type >= 0 && type < IPC_TYPE_COUNT);
    return IPC_SHAPES[type].name;
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
        if (strcmp(IPC_SHAPES[i].name, name->valuestring) == 0) {
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
    for (int i = 0; rc == 0 && i < IPC_FIELDS_MAX && IPC_SHAPES[type].fields[i].kind != IPC_END;
         i++)
        rc = check_field(&IPC_SHAPES[type], &IPC_SHAPES[type].fields[i], root, err);
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
