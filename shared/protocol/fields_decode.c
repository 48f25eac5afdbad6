/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to struct, by table. The bytes have passed json_parse: texts are UTF-8, numbers finite. */
#include "protocol/fields.h"

#include "protocol/json.h"
#include "protocol/message.h"
#include <string.h>

const cJSON *json_member(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return item == NULL || cJSON_IsNull(item) ? NULL : item;
}

const char *json_describe(const cJSON *value, char *to, size_t size)
{
    if (cJSON_IsNumber(value))
        (void)snprintf(to, size, "%.15g", value->valuedouble);
    else if (cJSON_IsString(value))
        (void)snprintf(to, size, "the text \"%.40s\"", value->valuestring);
    else
        (void)snprintf(to, size, "%s",
                       cJSON_IsObject(value)  ? "an object"
                       : cJSON_IsArray(value) ? "an array"
                       : cJSON_IsTrue(value)  ? "true"
                       : cJSON_IsFalse(value) ? "false"
                                              : "null");
    return to;
}

/* A value of the wrong JSON type. */
static int refuse_type(const struct field *field, const cJSON *item, const char *wanted,
                       const struct path *path, struct err *err)
{
    char found[64];
    return path_refuse(path, field->name, err, "%s is not %s",
                       json_describe(item, found, sizeof found), wanted);
}

static int decode_text(const struct field *field, const cJSON *item, char *to,
                       const struct path *path, struct err *err)
{
    if (!cJSON_IsString(item))
        return refuse_type(field, item, "a text", path, err);
    int result = field_check_text(field, item->valuestring, path, err);
    if (result != 0)
        return result;
    size_t length = strlen(item->valuestring);
    for (size_t i = 0; i <= length; i++) {
        char c = item->valuestring[i];
        to[i] = field->kind == FIELD_HEX && c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    }
    return 0;
}

/* A text as it is, or the elements of an array. */
static int decode_joined(const struct field *field, const cJSON *item, char *to,
                         const struct path *path, struct err *err)
{
    if (!cJSON_IsArray(item))
        return decode_text(field, item, to, path, err);
    SCOPE_STRBUF struct strbuf joined = STRBUF_INIT;
    const cJSON *element;
    cJSON_ArrayForEach(element, item)
    {
        if (!cJSON_IsString(element) && !cJSON_IsNumber(element))
            return refuse_type(field, element, "a text or a number", path, err);
        if (joined.length > 0)
            strbuf_append_char(&joined, ',');
        if (cJSON_IsString(element))
            strbuf_append_text(&joined, element->valuestring);
        else
            json_write_number(&joined, element->valuedouble);
    }
    if (strbuf_failed(&joined))
        return err_set(err, ERR_NOMEM, "no memory for %s", field->name);
    int result = field_check_text(field, strbuf_text(&joined), path, err);
    if (result == 0)
        memcpy(to, strbuf_text(&joined), joined.length + 1);
    return result;
}

static int decode_number(const struct field *field, const cJSON *item, void *to,
                         const struct path *path, struct err *err)
{
    bool whole = field->kind == FIELD_INTEGER;
    if (!cJSON_IsNumber(item))
        return refuse_type(field, item, whole ? "a whole number" : "a number", path, err);
    int result = field_check_number(field, item->valuedouble, path, err);
    if (result != 0)
        return result;
    if (whole)
        *(int64_t *)to = (int64_t)item->valuedouble;
    else
        *(double *)to = item->valuedouble;
    return 0;
}

static int decode_bool(const struct field *field, const cJSON *item, void *to,
                       const struct path *path, struct err *err)
{
    if (!cJSON_IsBool(item))
        return refuse_type(field, item, "true or false", path, err);
    if (field->kind == FIELD_TRI)
        *(enum message_bool *)to = cJSON_IsTrue(item) ? TRI_TRUE : TRI_FALSE;
    else
        *(bool *)to = cJSON_IsTrue(item);
    return 0;
}

static int decode_time(const struct field *field, const cJSON *item, void *to,
                       const struct path *path, struct err *err)
{
    struct timestamp time = {.precision = TIMESTAMP_ABSENT};
    struct err reason = {0};
    if (cJSON_IsString(item))
        (void)timestamp_parse(item->valuestring, strlen(item->valuestring), &time, &reason);
    else if (cJSON_IsNumber(item))
        (void)timestamp_from_ms(item->valuedouble, &time, &reason);
    else
        return refuse_type(field, item, "a time (text or epoch milliseconds)", path, err);
    if (reason.code != 0)
        return path_refuse(path, field->name, err, "%s", reason.text);
    if (field->kind == FIELD_TIME)
        *(struct timestamp *)to = time;
    else
        *(int64_t *)to = time.us;
    return 0;
}

static int decode_group(const struct field *field, const cJSON *item, void *base, struct path *path,
                        struct err *err)
{
    if (!cJSON_IsObject(item))
        return refuse_type(field, item, "an object", path, err);
    size_t before = path_enter(path, field->name, -1);
    int result = fields_decode(field->group, item, base, path, err);
    path_leave(path, before);
    return result;
}

static int decode_field(const struct field *field, const cJSON *item, void *base, struct path *path,
                        struct err *err)
{
    void *to = (char *)base + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_HEX:
        return decode_text(field, item, to, path, err);
    case FIELD_JOINED:
        return decode_joined(field, item, to, path, err);
    case FIELD_INTEGER:
    case FIELD_REAL:
        return decode_number(field, item, to, path, err);
    case FIELD_TRI:
    case FIELD_BOOL:
    case FIELD_FLAG:
        return decode_bool(field, item, to, path, err);
    case FIELD_TIME:
    case FIELD_TIME_US:
        return decode_time(field, item, to, path, err);
    case FIELD_GROUP:
        break;
    }
    return decode_group(field, item, base, path, err);
}

/* json_member for a field, looked for first where the one before it stood: our own writer puts
 * members in the table's order. A name is there once (json_parse), so either way finds the same. */
static const cJSON *next_member(const cJSON *object, const char *name, const cJSON **after)
{
    const cJSON *item = *after != NULL ? (*after)->next : object->child;
    if (item == NULL || strcmp(item->string, name) != 0)
        item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item != NULL)
        *after = item;
    return item == NULL || cJSON_IsNull(item) ? NULL : item;
}

int fields_decode(const struct field *fields, const cJSON *object, void *base, struct path *path,
                  struct err *err)
{
    const cJSON *after = NULL;
    for (const struct field *field = fields; field->name != NULL; field++) {
        const cJSON *item = next_member(object, field->name, &after);
        bool empty = item == NULL || (cJSON_IsString(item) && item->valuestring[0] == '\0');
        if (field->required && empty)
            return path_refuse(path, field->name, err, "it is missing");
        int result = item != NULL ? decode_field(field, item, base, path, err) : 0;
        if (result != 0)
            return result;
    }
    return 0;
}

int object_decode(const struct field *fields, const cJSON *value, void *base, struct path *path,
                  struct err *err)
{
    char found[64];
    fields_init(fields, base);
    if (!cJSON_IsObject(value))
        return path_refuse(path, NULL, err, "%s is not an object",
                           json_describe(value, found, sizeof found));
    return fields_decode(fields, value, base, path, err);
}

int json_member_array(const cJSON *object, const char *name, size_t most, const cJSON **array,
                      struct path *path, struct err *err)
{
    const cJSON *item = json_member(object, name);
    *array = item;
    if (item == NULL)
        return 0;
    char found[64];
    if (!cJSON_IsArray(item))
        return path_refuse(path, name, err, "%s is not an array",
                           json_describe(item, found, sizeof found));
    size_t count = (size_t)cJSON_GetArraySize(item);
    if (count > most)
        return path_refuse(path, name, err, "%zu elements, at most %zu are allowed", count, most);
    return 0;
}
