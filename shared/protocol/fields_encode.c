/* SPDX-License-Identifier: Apache-2.0 */
/* Struct to JSON, by table. */
#include "protocol/fields.h"

#include "protocol/json.h"
#include "protocol/message.h"
#include <string.h>

void object_begin(struct object_writer *writer, struct strbuf *to)
{
    *writer = (struct object_writer){.to = to};
    strbuf_append_char(to, '{');
}

void object_key(struct object_writer *writer, const char *name)
{
    if (writer->comma)
        strbuf_append_char(writer->to, ',');
    writer->comma = true;
    json_write_text(writer->to, name);
    strbuf_append_char(writer->to, ':');
}

void object_end(struct object_writer *writer)
{
    strbuf_append_char(writer->to, '}');
}

/* Is the field to be written? */
static bool is_present(const struct field *field, const void *base)
{
    const void *at = (const char *)base + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_HEX:
    case FIELD_JOINED:
        return *(const char *)at != '\0';
    case FIELD_INTEGER:
    case FIELD_TIME_US:
        return *(const int64_t *)at != MESSAGE_ABSENT;
    case FIELD_REAL:
        return !isnan(*(const double *)at);
    case FIELD_TRI:
        return *(const enum message_bool *)at != TRI_ABSENT;
    case FIELD_BOOL:
        return true;
    case FIELD_FLAG:
        return *(const bool *)at;
    case FIELD_TIME:
        return ((const struct timestamp *)at)->precision != TIMESTAMP_ABSENT;
    case FIELD_GROUP:
        break;
    }
    for (const struct field *inner = field->group; inner->name != NULL; inner++) {
        if (is_present(inner, base))
            return true;
    }
    return false;
}

static int encode_text(const struct field *field, const char *text, struct object_writer *writer,
                       const struct path *path, struct err *err)
{
    if (memchr(text, '\0', field->size) == NULL)
        return path_refuse(path, field->name, err, "the text has no end");
    int result = field_check_text(field, text, path, err);
    if (result == 0)
        json_write_text(writer->to, text);
    return result;
}

static int encode_number(const struct field *field, double value, struct object_writer *writer,
                         const struct path *path, struct err *err)
{
    int result = field_check_number(field, value, path, err);
    if (result == 0)
        json_write_number(writer->to, value);
    return result;
}

/* Milliseconds, or a bare date when no more was known. */
static int encode_time(const struct field *field, const struct timestamp *time,
                       struct object_writer *writer, const struct path *path, struct err *err)
{
    char text[TIMESTAMP_TEXT_SIZE];
    if (time->us < 0 || time->us > INT64_C(253402300799999999))
        return path_refuse(path, field->name, err, "the time is outside the years 1970 to 9999");
    timestamp_format(time->us, text);
    if (time->precision == TIMESTAMP_DATE)
        text[strlen("YYYY-MM-DD")] = '\0';
    json_write_text(writer->to, text);
    return 0;
}

static int encode_group(const struct field *field, const void *base, struct object_writer *writer,
                        struct path *path, struct err *err)
{
    struct object_writer inner;
    size_t before = path_enter(path, field->name, -1);
    object_begin(&inner, writer->to);
    int result = fields_encode(field->group, base, &inner, path, err);
    object_end(&inner);
    path_leave(path, before);
    return result;
}

static int encode_field(const struct field *field, const void *base, struct object_writer *writer,
                        struct path *path, struct err *err)
{
    const void *at = (const char *)base + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_HEX:
    case FIELD_JOINED:
        return encode_text(field, at, writer, path, err);
    case FIELD_INTEGER:
        return encode_number(field, (double)*(const int64_t *)at, writer, path, err);
    case FIELD_REAL:
        return encode_number(field, *(const double *)at, writer, path, err);
    case FIELD_TRI:
        strbuf_append_text(writer->to,
                           *(const enum message_bool *)at == TRI_TRUE ? "true" : "false");
        return 0;
    case FIELD_BOOL:
    case FIELD_FLAG:
        strbuf_append_text(writer->to, *(const bool *)at ? "true" : "false");
        return 0;
    case FIELD_TIME:
        return encode_time(field, at, writer, path, err);
    case FIELD_TIME_US: {
        struct timestamp time = {.us = *(const int64_t *)at, .precision = TIMESTAMP_EXACT};
        return encode_time(field, &time, writer, path, err);
    }
    case FIELD_GROUP:
        break;
    }
    return encode_group(field, base, writer, path, err);
}

int fields_encode(const struct field *fields, const void *base, struct object_writer *writer,
                  struct path *path, struct err *err)
{
    for (const struct field *field = fields; field->name != NULL; field++) {
        if (!is_present(field, base)) {
            if (field->required)
                return path_refuse(path, field->name, err, "it is missing");
            continue;
        }
        object_key(writer, field->name);
        int result = encode_field(field, base, writer, path, err);
        if (result != 0)
            return result;
    }
    return 0;
}

int object_encode(const struct field *fields, const void *base, struct strbuf *to,
                  struct path *path, struct err *err)
{
    struct object_writer writer;
    object_begin(&writer, to);
    int result = fields_encode(fields, base, &writer, path, err);
    object_end(&writer);
    return result;
}
