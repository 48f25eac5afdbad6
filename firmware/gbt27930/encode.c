/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/internal.h"

#include <math.h>
#include <string.h>

static void put_bits(uint8_t *bytes, size_t first_bit, size_t bits, uint32_t raw)
{
    for (size_t i = 0; i < bits; i++) {
        uint8_t mask = (uint8_t)(1U << (first_bit + i) % 8);
        if (raw >> i & 1)
            bytes[(first_bit + i) / 8] |= mask;
        else
            bytes[(first_bit + i) / 8] &= (uint8_t)~mask;
    }
}

static uint32_t to_bcd(uint32_t value)
{
    uint32_t packed = 0;
    for (int shift = 0; value > 0; shift += 4, value /= 10)
        packed |= value % 10 << shift;
    return packed;
}

static int refuse(const struct gbt_spec *spec, const struct gbt_field *field, double value,
                  struct err *err)
{
    return err_set(err, ERR_INVALID, "%s %s = %g %s: %g to %g is possible", spec->name, field->name,
                   value, field->unit, ((double)field->low + field->offset) / field->divisor,
                   ((double)field->high + field->offset) / field->divisor);
}

/* The raw value of a scaled number; "not available" where the field can say so. */
static int find_raw(const struct gbt_spec *spec, const struct gbt_field *field, bool absent,
                    double value, uint32_t *raw, struct err *err)
{
    if (absent && gbt_is_absent(field, gbt_ones(field))) {
        *raw = gbt_ones(field);
        return 0;
    }
    double scaled = absent ? NAN : round(value * field->divisor) - field->offset;
    if (!(scaled >= field->low && scaled <= field->high))
        return refuse(spec, field, value, err);
    *raw = (uint32_t)scaled;
    return 0;
}

static int encode_field(const struct gbt_spec *spec, const struct gbt_field *field,
                        const char *base, uint8_t *bytes, struct err *err)
{
    const char *member = base + field->at;
    size_t size = field->bits / 8;
    uint32_t raw = 0;
    double real;
    int64_t count;
    int code = 0;
    switch (field->type) {
    case GBT_TYPE_TEXT: /* the rest stays filled with ones */
        memcpy(bytes + field->first_bit / 8, member, strnlen(member, size));
        return 0;
    case GBT_TYPE_BYTES:
        memcpy(bytes + field->first_bit / 8, member, size);
        return 0;
    case GBT_TYPE_REAL:
        memcpy(&real, member, sizeof real);
        code = find_raw(spec, field, isnan(real), real, &raw, err);
        break;
    case GBT_TYPE_COUNT:
    case GBT_TYPE_BCD:
        memcpy(&count, member, sizeof count);
        code = find_raw(spec, field, count == -1, (double)count, &raw, err);
        if (field->type == GBT_TYPE_BCD && count != -1)
            raw = to_bcd(raw);
        break;
    default:
        raw = *(const uint8_t *)member;
        if (raw > field->high)
            code = refuse(spec, field, raw, err);
        break;
    }
    if (!code)
        put_bits(bytes, field->first_bit, field->bits, raw);
    return code;
}

static int encode_fields(const struct gbt_spec *spec, const char *base, uint8_t *bytes,
                         struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < spec->field_count && !code; i++)
        code = encode_field(spec, &spec->fields[i], base, bytes, err);
    return code;
}

int gbt_encode(const struct gbt_message *message, uint8_t *bytes, size_t *length, struct err *err)
{
    const struct gbt_spec *spec = gbt_spec(message->kind);
    struct gbt_message copy = *message; /* the accessors want one that may be written */
    memset(bytes, 0xFF, GBT_SIZE_MAX);
    *length = spec->length;
    if (spec->item_length == 0)
        return encode_fields(spec, gbt_fields_of(&copy), bytes, err);
    struct gbt_list list = gbt_list_of(&copy);
    size_t count_max = spec->length / spec->item_length;
    if (*list.count == 0 || *list.count > count_max)
        return err_set(err, ERR_INVALID, "%s of %zu items: 1 to %zu are possible", spec->name,
                       *list.count, count_max);
    *length = *list.count * spec->item_length;
    int code = 0;
    for (size_t i = 0; i < *list.count && !code; i++)
        code = encode_fields(spec, list.items + i * spec->item_size, bytes + i * spec->item_length,
                             err);
    return code;
}

void gbt_blank(struct gbt_message *message, enum gbt_kind kind)
{
    const struct gbt_spec *spec = gbt_spec(kind);
    memset(message, 0, sizeof *message);
    message->kind = kind;
    if (spec->item_length > 0)
        return;
    for (size_t i = 0; i < spec->field_count; i++) {
        char *member = gbt_fields_of(message) + spec->fields[i].at;
        const double no_real = NAN;
        const int64_t no_count = -1;
        if (spec->fields[i].type == GBT_TYPE_REAL)
            memcpy(member, &no_real, sizeof no_real);
        else if (spec->fields[i].type == GBT_TYPE_COUNT || spec->fields[i].type == GBT_TYPE_BCD)
            memcpy(member, &no_count, sizeof no_count);
        else if (spec->fields[i].type == GBT_TYPE_BYTES)
            memset(member, 0xFF, spec->fields[i].bits / 8);
    }
}
