/* SPDX-License-Identifier: Apache-2.0 */
/* {key: {version, value}}: data of SET_CONFIG, `config` of REGISTER_RESULT and of the station.
 * Values are kept as compact JSON text, in the one form that json_write_value gives them. */
#include "protocol/parts.h"

#include "protocol/json.h"
#include <string.h>

typedef struct message_config_item item_struct;

static const struct field item_fields[] = {
    INTEGER_FIELD("version", item_struct, version, 0, FIELD_INTEGER_MAX, FIELD_REQUIRED),
    FIELDS_END,
};

static int decode_value(const cJSON *value, struct message_config_item *to, struct path *path,
                        struct err *err)
{
    if (value == NULL)
        return path_refuse(path, "value", err, "it is missing");
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    json_write_value(&text, value);
    if (strbuf_failed(&text))
        return err_set(err, ERR_NOMEM, "no memory for a configuration value");
    if (text.length >= sizeof to->value)
        return path_refuse(path, "value", err, "%zu bytes of JSON, at most %zu are allowed",
                           text.length, sizeof to->value - 1);
    memcpy(to->value, strbuf_text(&text), text.length + 1);
    return 0;
}

static int decode_item(const cJSON *item, struct message_config_item *to, struct path *path,
                       struct err *err)
{
    size_t length = strlen(item->string);
    if (length == 0 || length >= sizeof to->key)
        return path_refuse(path, NULL, err, "a key of %zu bytes, allowed are 1 to %zu", length,
                           sizeof to->key - 1);
    memcpy(to->key, item->string, length + 1);
    size_t member = path_enter(path, item->string, -1);
    int result = object_decode(item_fields, item, to, path, err);
    if (result == 0)
        result = decode_value(json_member(item, "value"), to, path, err);
    path_leave(path, member);
    return result;
}

int config_member_decode(const cJSON *object, struct message_config *config, struct path *path,
                         struct err *err)
{
    size_t member = path_enter(path, "config", -1);
    int result = config_items_decode(json_member(object, "config"), config, path, err);
    path_leave(path, member);
    return result;
}

int config_member_encode(const struct message_config *config, struct object_writer *writer,
                         struct path *path, struct err *err)
{
    if (config->count == 0)
        return 0;
    struct object_writer items;
    object_key(writer, "config");
    object_begin(&items, writer->to);
    size_t member = path_enter(path, "config", -1);
    int result = config_items_encode(config, &items, path, err);
    path_leave(path, member);
    object_end(&items);
    return result;
}

int config_items_decode(const cJSON *object, struct message_config *config, struct path *path,
                        struct err *err)
{
    config->count = 0;
    if (object == NULL)
        return 0;
    char found[64];
    if (!cJSON_IsObject(object))
        return path_refuse(path, NULL, err, "%s is not an object",
                           json_describe(object, found, sizeof found));
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (cJSON_IsNull(item)) /* null means absent, here as everywhere */
            continue;
        if (config->count == MESSAGE_CONFIG_MAX)
            return path_refuse(path, NULL, err, "more than %d configuration keys",
                               MESSAGE_CONFIG_MAX);
        struct message_config_item *to = &config->items[config->count];
        *to = (struct message_config_item){.version = MESSAGE_ABSENT};
        int result = decode_item(item, to, path, err);
        if (result != 0)
            return result;
        config->count++;
    }
    return 0;
}

static int encode_item(const struct message_config *config, size_t index, struct strbuf *to,
                       struct path *path, struct err *err)
{
    const struct message_config_item *item = &config->items[index];
    for (size_t i = 0; i < index; i++) {
        if (strcmp(config->items[i].key, item->key) == 0)
            return path_refuse(path, NULL, err, "the key is given twice");
    }
    struct object_writer writer;
    object_begin(&writer, to);
    int result = fields_encode(item_fields, item, &writer, path, err);
    if (result != 0)
        return result;
    SCOPE_JSON cJSON *value = NULL;
    struct err reason = {0};
    result = json_parse(item->value, strlen(item->value), &value, &reason);
    if (result != 0 || cJSON_IsNull(value))
        return path_refuse(path, "value", err, "\"%s\" is no JSON value%s%s", item->value,
                           result != 0 ? ": " : "", reason.text);
    object_key(&writer, "value");
    json_write_value(to, value);
    object_end(&writer);
    return 0;
}

int config_items_encode(const struct message_config *config, struct object_writer *writer,
                        struct path *path, struct err *err)
{
    if (config->count > MESSAGE_CONFIG_MAX)
        return path_refuse(path, NULL, err, "%zu configuration keys, at most %d are allowed",
                           config->count, MESSAGE_CONFIG_MAX);
    for (size_t i = 0; i < config->count; i++) {
        if (config->items[i].key[0] == '\0')
            return path_refuse(path, NULL, err, "a configuration item has no key");
        object_key(writer, config->items[i].key);
        size_t member = path_enter(path, config->items[i].key, -1);
        int result = encode_item(config, i, writer->to, path, err);
        path_leave(path, member);
        if (result != 0)
            return result;
    }
    return 0;
}
