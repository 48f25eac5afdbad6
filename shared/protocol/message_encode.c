/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/message.h"

#include "protocol/json.h"
#include "protocol/parts.h"
#include <assert.h>
#include <string.h>

static int check_device(const struct message *message, struct err *err)
{
    if (strcmp(message->device, "*") == 0 && message_type_is_command(message->type))
        return 0;
    if (device_is_valid(message->device))
        return 0;
    return err_set(err, ERR_INVALID, "device: \"%s\" is not 1 to 64 of A-Za-z0-9._-",
                   message->device);
}

static int encode_envelope(const struct message *message, struct object_writer *writer,
                           struct err *err)
{
    struct path path = {.length = 0};
    int result = check_device(message, err);
    if (result == 0)
        result = message_check_place(message, err);
    if (result != 0)
        return result;
    if (message->version != MESSAGE_ABSENT && message->version != 1)
        return err_set(err, ERR_INVALID, "v: %lld is not the version written here, 1",
                       (long long)message->version);
    object_key(writer, "device");
    json_write_text(writer->to, message->device);
    if (message->place.lane != LANE_ABSENT) {
        object_key(writer, "lane");
        json_write_text(writer->to, message_lane_name(message->place.lane));
    }
    if (message->clock != CLOCK_QUALITY_ABSENT) {
        object_key(writer, "clock");
        json_write_text(writer->to, message->clock == CLOCK_QUALITY_SYNCED ? "synced" : "unsynced");
    }
    return fields_encode(message_envelope_fields, message, writer, &path, err);
}

static int encode_data(const struct message *message, const struct message_kind *kind,
                       struct strbuf *to, struct err *err)
{
    struct path path = {.length = 0};
    struct object_writer data;
    (void)path_enter(&path, "data", -1);
    object_begin(&data, to);
    int result = 0;
    if (kind->fields != NULL)
        result = fields_encode(kind->fields, &message->data, &data, &path, err);
    if (result == 0 && kind->encode != NULL)
        result = kind->encode(message, &data, &path, err);
    object_end(&data);
    return result;
}

/* The receiver's first check of what was written from `start` on, so that nothing is journaled that
 * it would not read: size, nesting, UTF-8 of every text. What is refused is taken back. */
static int check_written(struct strbuf *to, size_t start, int result, struct err *err)
{
    if (strbuf_failed(to))
        return err_set(err, ERR_NOMEM, "no memory for a message");
    if (result == 0)
        result = json_check(to->text + start, to->length - start, err);
    if (result != 0) {
        to->length = start;
        to->text[start] = '\0';
    }
    return result;
}

static int find_kind(const struct message *message, const struct message_kind **kind,
                     struct err *err)
{
    *kind = message_kind_find(message->type);
    if (*kind == NULL)
        return err_set(err, ERR_INVALID, "type: %lld is not a known type",
                       (long long)message->type);
    return 0;
}

int message_encode(const struct message *message, struct strbuf *to, struct err *err)
{
    const struct message_kind *kind;
    int result = find_kind(message, &kind, err);
    if (result != 0)
        return result;
    size_t start = to->length;
    struct object_writer writer;
    object_begin(&writer, to);
    result = encode_envelope(message, &writer, err);
    if (result == 0 && (kind->fields != NULL || kind->encode != NULL)) {
        object_key(&writer, "data");
        result = encode_data(message, kind, to, err);
    }
    object_end(&writer);
    return check_written(to, start, result, err);
}

int message_encode_data(const struct message *message, struct strbuf *to, struct err *err)
{
    const struct message_kind *kind;
    int result = find_kind(message, &kind, err);
    if (result != 0)
        return result;
    size_t start = to->length;
    result = encode_data(message, kind, to, err);
    return check_written(to, start, result, err);
}

void message_seal(const char *payload, size_t length, int64_t prev, struct strbuf *to)
{
    assert(length >= 2 && payload[0] == '{' && payload[length - 1] == '}');
    strbuf_append(to, payload, length - 1);
    strbuf_printf(to, "%s\"prev\":%lld}", length > 2 ? "," : "", (long long)prev);
}
