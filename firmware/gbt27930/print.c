/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/print.h"

#include "gbt27930/internal.h"
#include <math.h>
#include <string.h>

/* What a member holds, without its type. */
struct value {
    bool absent;
    bool is_number; /* `number`; otherwise `text` */
    double number;
    char text[48];
};

static void read_choice(const struct gbt_field *field, uint8_t code, struct value *value)
{
    size_t length = 0;
    const char *word = gbt_choice(field, code, &length);
    value->is_number = word == NULL;
    value->number = code;
    if (word)
        (void)snprintf(value->text, sizeof value->text, "%.*s", (int)length, word);
}

/* Texts come from outside: what a terminal does not show becomes '?'. */
static void read_text(const char *member, struct value *value)
{
    value->absent = member[0] == '\0';
    (void)snprintf(value->text, sizeof value->text, "%s", member);
    for (char *at = value->text; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

static void read_bytes(const struct gbt_field *field, const uint8_t *member, struct value *value)
{
    value->absent = true;
    for (size_t i = 0; i < field->bits / 8; i++) {
        value->absent = value->absent && member[i] == 0xFF;
        (void)snprintf(value->text + 2 * i, sizeof value->text - 2 * i, "%02X", member[i]);
    }
}

static struct value read_value(const struct gbt_field *field, const char *base)
{
    const char *member = base + field->at;
    struct value value = {.is_number = true};
    int64_t count;
    switch (field->type) {
    case GBT_TYPE_REAL:
        memcpy(&value.number, member, sizeof value.number);
        value.absent = isnan(value.number);
        break;
    case GBT_TYPE_COUNT:
    case GBT_TYPE_BCD:
        memcpy(&count, member, sizeof count);
        value.number = (double)count;
        value.absent = count == -1;
        break;
    case GBT_TYPE_TEXT:
        value.is_number = false;
        read_text(member, &value);
        break;
    case GBT_TYPE_BYTES:
        value.is_number = false;
        read_bytes(field, (const uint8_t *)member, &value);
        break;
    default:
        read_choice(field, *(const uint8_t *)member, &value);
        break;
    }
    return value;
}

static int decimals_of(const struct gbt_field *field)
{
    return field->divisor == 100 ? 2 : field->divisor == 10 ? 1 : 0;
}

/* --- for people --- */

static void print_field(const struct gbt_field *field, const char *base, bool invalid,
                        struct strbuf *to, bool *any)
{
    struct value value = read_value(field, base);
    bool is_normal = field->type == GBT_TYPE_STATUS && *(const uint8_t *)(base + field->at) == 0;
    if (value.absent || (is_normal && !invalid))
        return;
    strbuf_printf(to, "%s%s ", *any ? ", " : "", field->label);
    if (value.is_number)
        strbuf_printf(to, "%.*f%s%s", decimals_of(field), value.number, field->unit[0] ? " " : "",
                      field->unit);
    else
        strbuf_append_text(to, value.text);
    if (invalid)
        strbuf_append_char(to, '!');
    *any = true;
}

static bool is_invalid(const struct gbt_notes *notes, size_t index)
{
    return notes && (notes->invalid >> index & 1);
}

static void print_list(const struct gbt_spec *spec, struct gbt_message *message, struct strbuf *to)
{
    struct gbt_list list = gbt_list_of(message);
    for (size_t i = 0; i < *list.count; i++) {
        const char *base = list.items + i * spec->item_size;
        struct value value = read_value(&spec->fields[0], base);
        strbuf_printf(to, "%s%zu ", i ? ", " : "", i + 1);
        if (value.absent)
            strbuf_append_text(to, "-");
        else
            strbuf_printf(to, "%.*f%s%s", decimals_of(&spec->fields[0]), value.number,
                          spec->fields[0].unit[0] ? " " : "", spec->fields[0].unit);
        value = spec->field_count > 1 ? read_value(&spec->fields[1], base) : (struct value){0};
        if (value.is_number && value.number > 0)
            strbuf_printf(to, " (%s %.0f)", spec->fields[1].label, value.number);
    }
}

void gbt_print(const struct gbt_message *message, const struct gbt_notes *notes, struct strbuf *to)
{
    const struct gbt_spec *spec = gbt_spec(message->kind);
    struct gbt_message copy = *message; /* the accessors want one that may be written */
    const struct gbt_cts *time = &message->cts;
    bool any = false;
    if (spec->item_length > 0) {
        print_list(spec, &copy, to);
        return;
    }
    if (spec->kind == GBT_CTS && time->second >= 0 && !(notes && notes->invalid)) {
        strbuf_printf(to, "%04lld-%02lld-%02lld %02lld:%02lld:%02lld", (long long)time->year,
                      (long long)time->month, (long long)time->day, (long long)time->hour,
                      (long long)time->minute, (long long)time->second);
        return;
    }
    for (size_t i = 0; i < spec->field_count; i++)
        print_field(&spec->fields[i], gbt_fields_of(&copy), is_invalid(notes, i), to, &any);
    if (!any)
        strbuf_append_text(to, spec->fields[0].type == GBT_TYPE_STATUS ? "all normal"
                                                                       : "nothing available");
}

/* --- for programs --- */

static void add_fields(const struct gbt_spec *spec, const char *base, cJSON *object)
{
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct gbt_field *field = &spec->fields[i];
        struct value value = read_value(field, base);
        if (value.absent)
            (void)cJSON_AddNullToObject(object, field->name);
        else if (value.is_number)
            (void)cJSON_AddNumberToObject(object, field->name, value.number);
        else
            (void)cJSON_AddStringToObject(object, field->name, value.text);
    }
}

cJSON *gbt_json(const struct gbt_message *message)
{
    const struct gbt_spec *spec = gbt_spec(message->kind);
    struct gbt_message copy = *message;
    struct gbt_list list = gbt_list_of(&copy);
    cJSON *object = cJSON_CreateObject();
    if (list.count == NULL) {
        add_fields(spec, gbt_fields_of(&copy), object);
        return object;
    }
    cJSON *items = cJSON_AddArrayToObject(object, "items");
    for (size_t i = 0; items && i < *list.count; i++) {
        cJSON *item = cJSON_CreateObject();
        add_fields(spec, list.items + i * spec->item_size, item);
        (void)cJSON_AddItemToArray(items, item);
    }
    return object;
}
