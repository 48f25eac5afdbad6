/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/message.h"

#include "protocol/json.h"
#include "protocol/parts.h"
#include <string.h>

/* The member as one of a few words; *index 0 when it is absent, else its position from 1. */
static int decode_word(const cJSON *root, const char *name, const char *const *words, int count,
                       int *index, struct err *err)
{
    const cJSON *item = json_member(root, name);
    *index = 0;
    if (item == NULL)
        return 0;
    for (int i = 0; i < count; i++) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, words[i]) == 0) {
            *index = i + 1;
            return 0;
        }
    }
    char found[64];
    return err_set(err, ERR_INVALID, "%s: %s is not \"%s\" or \"%s\"", name,
                   json_describe(item, found, sizeof found), words[0], words[1]);
}

static int decode_device(const cJSON *root, struct message *message, struct err *err)
{
    const cJSON *item = json_member(root, "device");
    if (item == NULL)
        return err_set(err, ERR_INVALID, "device: it is missing");
    char found[64];
    bool text = cJSON_IsString(item);
    if (!text || (strcmp(item->valuestring, "*") != 0 && !device_is_valid(item->valuestring)))
        return err_set(err, ERR_INVALID, "device: %s is not a text of 1 to 64 of A-Za-z0-9._-",
                       json_describe(item, found, sizeof found));
    memcpy(message->device, item->valuestring, strlen(item->valuestring) + 1);
    return 0;
}

static int decode_envelope(const cJSON *root, struct message *message, struct err *err)
{
    static const char *const lanes[] = {"event", "telemetry"};
    static const char *const clocks[] = {"synced", "unsynced"};
    struct path path = {.length = 0};
    int lane = 0, clock = 0;
    int result = decode_device(root, message, err);
    if (result == 0)
        result = fields_decode(message_envelope_fields, root, message, &path, err);
    if (result == 0)
        result = decode_word(root, "lane", lanes, 2, &lane, err);
    if (result == 0)
        result = decode_word(root, "clock", clocks, 2, &clock, err);
    if (result != 0)
        return result;
    message->place.lane = (enum message_lane)lane;
    message->clock = (enum message_clock)clock;
    if (strcmp(message->device, "*") == 0 && !message_type_is_command(message->type))
        return err_set(err, ERR_INVALID, "device: \"*\" can only be told something, not say it");
    return message_check_place(message, err);
}

static int decode_data(const cJSON *data, struct message *message, struct err *err)
{
    const struct message_kind *kind = message_kind_find(message->type);
    struct path path = {.length = 0};
    char found[64];
    if (kind == NULL)
        return err_set(err, ERR_INVALID, "type: %lld is not a known type",
                       (long long)message->type);
    if (message->version != MESSAGE_ABSENT && message->version > 1)
        return err_set(err, ERR_INVALID, "v: %lld is a later protocol than 1",
                       (long long)message->version);
    (void)path_enter(&path, "data", -1);
    if (data == NULL && kind->data_optional)
        return 0;
    if (data == NULL)
        return path_refuse(&path, NULL, err, "it is missing");
    if (!cJSON_IsObject(data))
        return path_refuse(&path, NULL, err, "%s is not an object",
                           json_describe(data, found, sizeof found));
    int result = 0;
    if (kind->fields != NULL)
        result = fields_decode(kind->fields, data, &message->data, &path, err);
    if (result == 0 && kind->decode != NULL)
        result = kind->decode(data, message, &path, err);
    return result;
}

int message_decode(const void *bytes, size_t length, struct message *message,
                   enum message_quality *quality, struct err *err)
{
    SCOPE_JSON cJSON *root = NULL;
    *quality = MESSAGE_UNREADABLE;
    message_init(message, MESSAGE_ABSENT);
    int result = json_parse(bytes, length, &root, err);
    if (result != 0)
        return result;
    char found[64];
    if (!cJSON_IsObject(root))
        return err_set(err, ERR_INVALID, "message: %s is not an object",
                       json_describe(root, found, sizeof found));

    /* The envelope first: only it tells what `data` is. */
    result = decode_envelope(root, message, err);
    message_init_data(message);
    if (result != 0)
        return result;
    result = decode_data(json_member(root, "data"), message, err);
    /* Short of memory the row is not bad: it must not be passed over. */
    *quality = result == 0           ? MESSAGE_GOOD
               : result == ERR_NOMEM ? MESSAGE_UNREADABLE
                                     : MESSAGE_ENVELOPE_ONLY;
    return result;
}

int message_from_data(int64_t type, const cJSON *data, struct message *message, struct err *err)
{
    message_init(message, type);
    message_init_data(message);
    return decode_data(data, message, err);
}
