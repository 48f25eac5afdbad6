/* SPDX-License-Identifier: Apache-2.0 */
/* What the bridge answers: acknowledgements and the result of a registration. */
#include "protocol/parts.h"

#include <string.h>

typedef struct message_ack ack;
typedef struct message_register_result register_result;

const struct field message_ack_fields[] = {
    HEX_FIELD("journal", ack, journal, FIELD_REQUIRED),
    INTEGER_FIELD("boot", ack, boot, 1, FIELD_INTEGER_MAX, FIELD_REQUIRED),
    INTEGER_FIELD("event", ack, event, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    INTEGER_FIELD("telemetry", ack, telemetry, 0, FIELD_INTEGER_MAX, FIELD_ANY),
    FIELDS_END,
};

const struct field message_register_result_fields[] = {
    TEXT_FIELD("status", register_result, status, FIELD_REQUIRED,
               .choices = "accepted|pending|refused"),
    PLAIN_FIELD("server_time", FIELD_TIME, register_result, server_time, FIELD_ANY),
    FIELDS_END,
};

/* `resend`: an array with the names of lanes. */
static int decode_resend(const cJSON *object, struct message_ack *to, struct path *path,
                         struct err *err)
{
    const cJSON *array, *item;
    int result = json_member_array(object, "resend", 2, &array, path, err);
    to->resend_event = to->resend_telemetry = false;
    if (result != 0 || array == NULL)
        return result;
    cJSON_ArrayForEach(item, array)
    {
        const char *name = cJSON_IsString(item) ? item->valuestring : "";
        if (strcmp(name, message_lane_name(LANE_EVENT)) == 0)
            to->resend_event = true;
        else if (strcmp(name, message_lane_name(LANE_TELEMETRY)) == 0)
            to->resend_telemetry = true;
        else
            return path_refuse(path, "resend", err, "\"%s\" is not one of event|telemetry", name);
    }
    return 0;
}

static void encode_resend(const struct message_ack *from, struct object_writer *writer)
{
    if (!from->resend_event && !from->resend_telemetry)
        return;
    object_key(writer, "resend");
    strbuf_append_text(writer->to, !from->resend_telemetry ? "[\"event\"]"
                                   : !from->resend_event   ? "[\"telemetry\"]"
                                                           : "[\"event\",\"telemetry\"]");
}

int ack_decode(const cJSON *data, struct message *message, struct path *path, struct err *err)
{
    return decode_resend(data, &message->data.ack, path, err);
}

int ack_encode(const struct message *message, struct object_writer *writer, struct path *path,
               struct err *err)
{
    (void)path;
    (void)err;
    encode_resend(&message->data.ack, writer);
    return 0;
}

static int decode_marks(const cJSON *data, struct message_register_result *to, struct path *path,
                        struct err *err)
{
    const cJSON *array, *item;
    int result = json_member_array(data, "marks", MESSAGE_MARKS_MAX, &array, path, err);
    if (result != 0 || array == NULL)
        return result;
    size_t member = path_enter(path, "marks", -1);
    cJSON_ArrayForEach(item, array)
    {
        struct message_ack *mark = &to->marks[to->mark_count];
        size_t element = path_enter(path, NULL, (int)to->mark_count);
        result = object_decode(message_ack_fields, item, mark, path, err);
        if (result == 0)
            result = decode_resend(item, mark, path, err);
        if (result != 0)
            return result;
        to->mark_count++;
        path_leave(path, element);
    }
    path_leave(path, member);
    return 0;
}

int register_result_decode(const cJSON *data, struct message *message, struct path *path,
                           struct err *err)
{
    struct message_register_result *to = &message->data.register_result;
    int result = decode_marks(data, to, path, err);
    if (result == 0)
        result = config_member_decode(data, &to->config, path, err);
    return result;
}

static int encode_marks(const struct message_register_result *from, struct object_writer *writer,
                        struct path *path, struct err *err)
{
    int result = 0;
    object_key(writer, "marks");
    strbuf_append_char(writer->to, '[');
    size_t member = path_enter(path, "marks", -1);
    for (size_t i = 0; result == 0 && i < from->mark_count; i++) {
        struct object_writer mark;
        if (i > 0)
            strbuf_append_char(writer->to, ',');
        size_t element = path_enter(path, NULL, (int)i);
        object_begin(&mark, writer->to);
        result = fields_encode(message_ack_fields, &from->marks[i], &mark, path, err);
        encode_resend(&from->marks[i], &mark);
        object_end(&mark);
        path_leave(path, element);
    }
    path_leave(path, member);
    strbuf_append_char(writer->to, ']');
    return result;
}

int register_result_encode(const struct message *message, struct object_writer *writer,
                           struct path *path, struct err *err)
{
    const struct message_register_result *from = &message->data.register_result;
    if (from->mark_count > MESSAGE_MARKS_MAX)
        return path_refuse(path, "marks", err, "%zu elements, at most %d are allowed",
                           from->mark_count, MESSAGE_MARKS_MAX);
    int result = from->mark_count > 0 ? encode_marks(from, writer, path, err) : 0;
    if (result == 0)
        result = config_member_encode(&from->config, writer, path, err);
    return result;
}
