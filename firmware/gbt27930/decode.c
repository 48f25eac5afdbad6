/* SPDX-License-Identifier: Apache-2.0 */
#include "gbt27930/internal.h"

#include <math.h>
#include <string.h>

/* Bits of a field, low byte first; at most 32. */
static uint32_t take_bits(const uint8_t *bytes, size_t first_bit, size_t bits)
{
    uint64_t raw = 0;
    size_t from = first_bit / 8, to = (first_bit + bits + 7) / 8;
    for (size_t i = to; i-- > from;)
        raw = raw << 8 | bytes[i];
    raw >>= first_bit % 8;
    return (uint32_t)(raw & ((UINT64_C(1) << bits) - 1));
}

/* Packed decimal digits; false when a digit is above 9. */
static bool from_bcd(uint32_t packed, size_t bits, uint32_t *value)
{
    *value = 0;
    for (size_t shift = bits; shift > 0;) {
        shift -= 4;
        uint32_t digit = packed >> shift & 15;
        if (digit > 9)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

/* Up to the first NUL or 0xFF: what is unused is filled with one of them. */
static void take_text(const uint8_t *bytes, size_t size, char *to)
{
    size_t length = 0;
    while (length < size && bytes[length] != 0 && bytes[length] != 0xFF)
        length++;
    memcpy(to, bytes, length);
    memset(to + length, 0, size + 1 - length);
}

/* Puts one number into its member. Returns whether it is in its range. */
static bool put_number(const struct gbt_field *field, uint32_t raw, char *member)
{
    bool absent = gbt_is_absent(field, raw), sound = true;
    uint32_t plain = raw;
    if (field->type == GBT_TYPE_BCD && !absent)
        sound = from_bcd(raw, field->bits, &plain);
    if (!absent && sound)
        sound = plain >= field->low && plain <= field->high;
    int64_t shifted = (int64_t)plain + field->offset;
    switch (field->type) {
    case GBT_TYPE_REAL: {
        double value = absent ? NAN : (double)shifted / field->divisor;
        memcpy(member, &value, sizeof value);
        return sound;
    }
    case GBT_TYPE_COUNT:
    case GBT_TYPE_BCD: {
        int64_t value = absent || (field->type == GBT_TYPE_BCD && !sound) ? -1 : shifted;
        memcpy(member, &value, sizeof value);
        return sound;
    }
    default: { /* CODE, STATUS */
        size_t length;
        *(uint8_t *)member = (uint8_t)raw;
        return gbt_choice(field, raw, &length) != NULL;
    }
    }
}

/* Reads the fields of a message or item; returns the mask of those out of range. */
static uint32_t decode_fields(const struct gbt_spec *spec, const uint8_t *bytes, char *base)
{
    uint32_t invalid = 0;
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct gbt_field *field = &spec->fields[i];
        const uint8_t *from = bytes + field->first_bit / 8;
        char *member = base + field->at;
        if (field->type == GBT_TYPE_TEXT)
            take_text(from, field->bits / 8, member);
        else if (field->type == GBT_TYPE_BYTES)
            memcpy(member, from, field->bits / 8);
        else if (!put_number(field, take_bits(bytes, field->first_bit, field->bits), member))
            invalid |= UINT32_C(1) << i;
    }
    return invalid;
}

/* --- dialects --- */

/* Does a bit that belongs to no field, or an optional text, hold 0 where 1 is wanted? */
static bool has_zero_padding(const struct gbt_spec *spec, const uint8_t *bytes, size_t length)
{
    uint8_t used[GBT_SIZE_MAX] = {0};
    if (spec->item_length > 0)
        return false;
    for (size_t i = 0; i < spec->field_count; i++) {
        const struct gbt_field *field = &spec->fields[i];
        for (size_t bit = field->first_bit; bit < (size_t)field->first_bit + field->bits; bit++)
            used[bit / 8] |= (uint8_t)(1U << bit % 8);
        size_t first = field->first_bit / 8;
        if (field->type == GBT_TYPE_TEXT && first < length && bytes[first] == 0)
            return true;
    }
    for (size_t i = 0; i < length; i++)
        if ((uint8_t)(bytes[i] | used[i]) != 0xFF)
            return true;
    return false;
}

/* No battery for this protocol is older than the protocol's forerunners. */
#define YEAR_MIN 2005
#define YEAR_MAX 2100

static bool is_date_wrong(const struct gbt_brm *brm)
{
    if (brm->year < 0 && brm->month < 0 && brm->day < 0) /* optional */
        return false;
    return brm->year < YEAR_MIN || brm->year > YEAR_MAX || brm->month < 1 || brm->month > 12 ||
           brm->day < 1 || brm->day > 31;
}

static bool is_order_wrong(const struct gbt_cml *cml)
{
    /* NAN compares false; charging currents are negative */
    return cml->min_voltage_v > cml->max_voltage_v ||
           fabs(cml->min_current_a) > fabs(cml->max_current_a);
}

static uint32_t find_dialects(const struct gbt_spec *spec, const uint8_t *bytes, size_t length,
                              const struct gbt_message *message)
{
    uint32_t found = 0;
    size_t known = length < spec->length ? length : spec->length;
    if (length > spec->length)
        found |= GBT_DIALECT(LONG);
    if (has_zero_padding(spec, bytes, known))
        found |= GBT_DIALECT(ZERO_PADDING);
    switch (spec->kind) {
    case GBT_BRM:
        found |= length < spec->length ? GBT_DIALECT(SHORT_BRM) : 0;
        found |= is_date_wrong(&message->brm) ? GBT_DIALECT(PRODUCTION_DATE) : 0;
        break;
    case GBT_CML:
        found |= length < spec->length ? GBT_DIALECT(SHORT_CML) : 0;
        found |= is_order_wrong(&message->cml) ? GBT_DIALECT(CML_ORDER) : 0;
        break;
    case GBT_CCS:
        found |= length < spec->length ? GBT_DIALECT(SHORT_CCS) : 0;
        break;
    case GBT_CTS:
        found |= message->cts.year < 0 && message->cts.second < 0 ? GBT_DIALECT(CTS_EMPTY) : 0;
        break;
    default:
        break;
    }
    return found;
}

int gbt_decode(const struct gbt_spec *spec, const uint8_t *bytes, size_t length,
               struct gbt_message *message, struct gbt_notes *notes, struct err *err)
{
    uint8_t whole[GBT_SIZE_MAX];
    uint32_t invalid = 0;
    if (length < spec->least)
        return err_set(err, ERR_INVALID, "%s of %zu bytes: it has at least %zu", spec->name, length,
                       spec->least);
    size_t known = length < spec->length ? length : spec->length;
    memset(whole, 0xFF, sizeof whole);
    memcpy(whole, bytes, known);
    gbt_blank(message, spec->kind);
    struct gbt_list list = gbt_list_of(message);
    if (list.count) {
        if (known % spec->item_length != 0)
            return err_set(err, ERR_INVALID, "%s of %zu bytes: items of %zu bytes are expected",
                           spec->name, length, spec->item_length);
        *list.count = known / spec->item_length;
        for (size_t i = 0; i < *list.count; i++)
            invalid |= decode_fields(spec, whole + i * spec->item_length,
                                     list.items + i * spec->item_size);
    } else {
        invalid = decode_fields(spec, whole, gbt_fields_of(message));
    }
    if (notes)
        *notes = (struct gbt_notes){find_dialects(spec, bytes, length, message), invalid};
    return 0;
}
