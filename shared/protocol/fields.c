/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, absent values, and the rules that hold in both directions. */
#include "protocol/fields.h"

#include "protocol/message.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t path_enter(struct path *path, const char *name, int index)
{
    size_t before = path->length, room = sizeof path->text - before;
    int added = index >= 0
                    ? snprintf(path->text + before, room, "[%d]", index)
                    : snprintf(path->text + before, room, "%s%s", before > 0 ? "." : "", name);
    if (added > 0)
        path->length += (size_t)added < room ? (size_t)added : room - 1;
    return before;
}

void path_leave(struct path *path, size_t length)
{
    path->length = length;
    path->text[length] = '\0';
}

int path_refuse(const struct path *path, const char *name, struct err *err, const char *format, ...)
{
    char sentence[384];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    bool divided = path->length > 0 && name != NULL;
    return err_set(err, ERR_INVALID, "%s%s%s: %s", path->text, divided ? "." : "",
                   name != NULL       ? name
                   : path->length > 0 ? ""
                                      : "message",
                   sentence);
}

void fields_init(const struct field *fields, void *base)
{
    for (const struct field *field = fields; field->name != NULL; field++) {
        void *at = (char *)base + field->offset;
        switch (field->kind) {
        case FIELD_TEXT:
        case FIELD_HEX:
        case FIELD_JOINED:
            memset(at, 0, field->size);
            break;
        case FIELD_INTEGER:
        case FIELD_TIME_US:
            *(int64_t *)at = MESSAGE_ABSENT;
            break;
        case FIELD_REAL:
            *(double *)at = NAN;
            break;
        case FIELD_TRI:
            *(enum message_bool *)at = TRI_ABSENT;
            break;
        case FIELD_BOOL:
        case FIELD_FLAG:
            *(bool *)at = false;
            break;
        case FIELD_TIME:
            *(struct timestamp *)at = (struct timestamp){.precision = TIMESTAMP_ABSENT};
            break;
        case FIELD_GROUP:
            fields_init(field->group, base);
            break;
        }
    }
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (length > 0 && strcspn(at, "|") == length && strncmp(at, text, length) == 0)
            return true;
    }
    return false;
}

int field_check_text(const struct field *field, const char *text, const struct path *path,
                     struct err *err)
{
    size_t length = strlen(text);
    if (length >= field->size)
        return path_refuse(path, field->name, err, "a text of %zu bytes, at most %zu are allowed",
                           length, field->size - 1);
    if (field->kind == FIELD_HEX && strspn(text, "0123456789abcdefABCDEF") != length)
        return path_refuse(path, field->name, err, "\"%s\" is not made of hexadecimal digits",
                           text);
    if (field->kind == FIELD_HEX && length > 0 && (double)length < field->min)
        return path_refuse(path, field->name, err,
                           "%zu hexadecimal digits, at least %.0f are wanted", length, field->min);
    if (field->choices != NULL && length > 0 && !is_choice(field->choices, text))
        return path_refuse(path, field->name, err, "\"%s\" is not one of %s", text, field->choices);
    return 0;
}

int field_check_number(const struct field *field, double value, const struct path *path,
                       struct err *err)
{
    if (field->kind == FIELD_INTEGER && value != floor(value))
        return path_refuse(path, field->name, err, "%.15g is not a whole number", value);
    if (!(value >= field->min && value <= field->max))
        return path_refuse(path, field->name, err, "%.15g is outside %.16g..%.16g", value,
                           field->min, field->max);
    return 0;
}
