/* SPDX-License-Identifier: Apache-2.0 */
/* What operators and the bridge tell stations to do. */
#include "protocol/parts.h"

#include "protocol/json.h"
#include <stdlib.h>
#include <string.h>

typedef struct message_ask_charge ask_charge;
typedef struct message_control control;
typedef struct message_auth_list auth_list;

enum { TOKENS_MAX = 4096 }; /* per page; one message holds at most 256 KiB anyway */

#define ASK_USER(...)    TEXT_FIELD("user", ask_charge, user, __VA_ARGS__)
#define ASK_VEHICLE(...) TEXT_FIELD("vehicle", ask_charge, vehicle, __VA_ARGS__)
#define ASK_REQUEST(...) TEXT_FIELD("requestId", ask_charge, request_id, __VA_ARGS__)
#define ASK_BATTERY      TEXT_FIELD("battery", ask_charge, battery, FIELD_ANY)
#define ASK_TTL          REAL_FIELD("ttl", ask_charge, ttl_s, 0, 86400, FIELD_ANY)
#define ASK_COUNT        INTEGER_FIELD("count", ask_charge, count, 1, MESSAGE_SET_MAX, FIELD_ANY)
#define ASK_UNTIL        PLAIN_FIELD("until", FIELD_TIME, ask_charge, until, FIELD_ANY)

const struct field message_ask_charge_all[] = {
    ASK_USER(FIELD_ANY),
    ASK_VEHICLE(FIELD_ANY),
    ASK_REQUEST(FIELD_ANY),
    ASK_BATTERY,
    ASK_TTL,
    ASK_UNTIL,
    ASK_COUNT,
    FIELDS_END,
};
const struct field message_ask_charge_fields[] = {
    ASK_USER(FIELD_REQUIRED),
    ASK_VEHICLE(FIELD_REQUIRED),
    ASK_REQUEST(FIELD_ANY),
    ASK_BATTERY,
    ASK_TTL,
    ASK_COUNT,
    FIELDS_END,
};
const struct field message_reserve_fields[] = {
    ASK_USER(FIELD_REQUIRED),
    ASK_VEHICLE(FIELD_ANY),
    ASK_REQUEST(FIELD_REQUIRED),
    ASK_BATTERY,
    ASK_UNTIL,
    ASK_COUNT,
    FIELDS_END,
};
const struct field message_cancel_fields[] = {
    ASK_USER(FIELD_ANY),
    ASK_VEHICLE(FIELD_ANY),
    ASK_REQUEST(FIELD_REQUIRED),
    FIELDS_END,
};

#define CONTROL_BAY(...)     INTEGER_FIELD("bay", control, bay, 1, MESSAGE_BAYS_MAX, __VA_ARGS__)
#define CONTROL_SESSION(...) TEXT_FIELD("session", control, session, __VA_ARGS__)
#define CONTROL_TARGET       REAL_FIELD("targetSoc", control, target_soc_percent, 0, 100, FIELD_ANY)
#define CONTROL_POWER        REAL_FIELD("powerKw", control, power_kw, 0, 100000, FIELD_ANY)
#define CONTROL_MODE         TEXT_FIELD("mode", control, mode, .choices = "service|reboot")
#define CONTROL_SECONDS      REAL_FIELD("seconds", control, seconds, 0, 31536000, FIELD_ANY)
#define CONTROL_URL(...)     TEXT_FIELD("url", control, url, __VA_ARGS__)
#define CONTROL_SHA256(...)  HEX_FIELD("sha256", control, sha256, .min = 64, __VA_ARGS__)
#define CONTROL_SIGN(...)    TEXT_FIELD("signature", control, signature, __VA_ARGS__)
#define CONTROL_VERSION(...) TEXT_FIELD("version", control, version, __VA_ARGS__)

const struct field message_control_all[] = {
    CONTROL_BAY(FIELD_ANY),
    CONTROL_SESSION(FIELD_ANY),
    CONTROL_TARGET,
    CONTROL_POWER,
    CONTROL_MODE,
    CONTROL_SECONDS,
    CONTROL_URL(FIELD_ANY),
    CONTROL_SHA256(FIELD_ANY),
    CONTROL_SIGN(FIELD_ANY),
    CONTROL_VERSION(FIELD_ANY),
    FIELDS_END,
};
const struct field message_restart_fields[] = {CONTROL_MODE, FIELDS_END};
const struct field message_disconnect_fields[] = {CONTROL_SECONDS, FIELDS_END};
const struct field message_start_charge_fields[] = {
    CONTROL_BAY(FIELD_REQUIRED),
    CONTROL_SESSION(FIELD_REQUIRED),
    CONTROL_TARGET,
    CONTROL_POWER,
    FIELDS_END,
};
const struct field message_stop_charge_fields[] = {
    CONTROL_BAY(FIELD_REQUIRED), /* without its session too: stopping must be easy */
    CONTROL_SESSION(FIELD_ANY),
    FIELDS_END,
};
const struct field message_update_fields[] = {
    CONTROL_URL(FIELD_REQUIRED),
    CONTROL_SHA256(FIELD_REQUIRED),
    CONTROL_SIGN(FIELD_REQUIRED),
    CONTROL_VERSION(FIELD_REQUIRED),
    FIELDS_END,
};

const struct field message_auth_list_fields[] = {
    INTEGER_FIELD("version", auth_list, version, 0, FIELD_INTEGER_MAX, FIELD_REQUIRED),
    INTEGER_FIELD("page", auth_list, page, 0, FIELD_INTEGER_MAX, FIELD_REQUIRED),
    INTEGER_FIELD("pages", auth_list, pages, 0, FIELD_INTEGER_MAX, FIELD_REQUIRED),
    FIELDS_END,
};

int set_config_decode(const cJSON *data, struct message *message, struct path *path,
                      struct err *err)
{
    return config_items_decode(data, &message->data.set_config, path, err);
}

int set_config_encode(const struct message *message, struct object_writer *writer,
                      struct path *path, struct err *err)
{
    return config_items_encode(&message->data.set_config, writer, path, err);
}

static int check_token(const char *token, int index, struct path *path, struct err *err)
{
    size_t length = strlen(token);
    if (length > 0 && length < MESSAGE_NAME_SIZE)
        return 0;
    size_t element = path_enter(path, NULL, index);
    int result = path_refuse(path, NULL, err, "a text of %zu bytes, allowed are 1 to %d", length,
                             MESSAGE_NAME_SIZE - 1);
    path_leave(path, element);
    return result;
}

int auth_list_decode(const cJSON *data, struct message *message, struct path *path, struct err *err)
{
    struct message_auth_list *to = &message->data.auth_list;
    const cJSON *array, *item;
    int result = json_member_array(data, "tokens", TOKENS_MAX, &array, path, err);
    if (result != 0 || array == NULL || array->child == NULL)
        return result;
    to->tokens = calloc((size_t)cJSON_GetArraySize(array), sizeof *to->tokens);
    if (to->tokens == NULL)
        return err_set(err, ERR_NOMEM, "no memory for tokens");
    size_t member = path_enter(path, "tokens", -1);
    cJSON_ArrayForEach(item, array)
    {
        int index = (int)to->token_count;
        result = check_token(cJSON_IsString(item) ? item->valuestring : "", index, path, err);
        if (result != 0)
            return result;
        memcpy(to->tokens[to->token_count++], item->valuestring, strlen(item->valuestring) + 1);
    }
    path_leave(path, member);
    return 0;
}

int auth_list_encode(const struct message *message, struct object_writer *writer, struct path *path,
                     struct err *err)
{
    const struct message_auth_list *from = &message->data.auth_list;
    if (from->token_count > TOKENS_MAX)
        return path_refuse(path, "tokens", err, "%zu elements, at most %d are allowed",
                           from->token_count, TOKENS_MAX);
    object_key(writer, "tokens");
    strbuf_append_char(writer->to, '[');
    size_t member = path_enter(path, "tokens", -1);
    int result = 0;
    for (size_t i = 0; result == 0 && i < from->token_count; i++) {
        if (i > 0)
            strbuf_append_char(writer->to, ',');
        result = check_token(from->tokens[i], (int)i, path, err);
        json_write_text(writer->to, from->tokens[i]);
    }
    path_leave(path, member);
    strbuf_append_char(writer->to, ']');
    return result;
}
