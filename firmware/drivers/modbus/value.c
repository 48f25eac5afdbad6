/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/value.h"

#include <math.h>
#include <string.h>

enum { POWER_MAX = 10 };

int modbus_type_registers(enum modbus_type type)
{
#define REGISTERS(type, name, registers) registers,
    static const int counts[] = {MODBUS_TYPES(REGISTERS)};
#undef REGISTERS
    return type < MODBUS_TYPE_COUNT ? counts[type] : 1;
}

uint64_t modbus_raw(enum modbus_type type, bool little_words, const uint16_t *registers)
{
    int count = modbus_type_registers(type);
    uint64_t raw = 0;
    for (int i = 0; i < count; i++)
        raw = raw << 16 | registers[little_words ? count - 1 - i : i];
    return raw;
}

int modbus_encode_raw(enum modbus_type type, bool little_words, uint64_t raw,
                      uint16_t to[MODBUS_VALUE_REGISTERS])
{
    int count = modbus_type_registers(type);
    for (int i = 0; i < count; i++) {
        int word = little_words ? i : count - 1 - i; /* 0: the lowest 16 bits */
        to[i] = (uint16_t)(raw >> (16 * word));
    }
    return count;
}

static double number_of(enum modbus_type type, uint64_t raw)
{
    float single = 0;
    double number = NAN;
    uint32_t low = (uint32_t)raw;
    switch (type) {
    case MODBUS_TYPE_S16:
        return (int16_t)raw;
    case MODBUS_TYPE_S32:
        return (int32_t)raw;
    case MODBUS_TYPE_S64:
        return (double)(int64_t)raw;
    case MODBUS_TYPE_F32:
        memcpy(&single, &low, sizeof single);
        return single;
    case MODBUS_TYPE_F64:
        memcpy(&number, &raw, sizeof number);
        return number;
    default:
        return (double)raw;
    }
}

static bool is_invalid(const struct modbus_value *value, uint64_t raw)
{
    return value->has_invalid && raw == value->invalid;
}

double modbus_decode(const struct modbus_value *value, bool little_words, const uint16_t *registers,
                     const uint16_t *power)
{
    if (value->function == MODBUS_CONSTANT)
        return value->constant;
    uint64_t raw = modbus_raw(value->type, little_words, registers);
    double number = number_of(value->type, raw);
    if (is_invalid(value, raw) || !isfinite(number))
        return NAN;
    if (value->scale_address >= 0) {
        int16_t exponent = power != NULL ? (int16_t)*power : INT16_MIN;
        if (exponent < -POWER_MAX || exponent > POWER_MAX)
            return NAN;
        number *= pow(10, exponent);
    }
    number = number * value->scale + value->offset;
    return isfinite(number) ? number : NAN;
}

double modbus_decode_flag(const struct modbus_value *value, bool little_words,
                          const uint16_t *registers)
{
    if (value->function == MODBUS_CONSTANT)
        return value->constant != 0;
    uint64_t raw = modbus_raw(value->type, little_words, registers);
    if (is_invalid(value, raw))
        return NAN;
    raw &= value->mask;
    bool set = value->has_equals ? raw == value->equals : raw != 0;
    return set != value->low;
}

/* The whole number nearest to `raw` as bits of `type`; false when it does not fit. */
static bool fit(enum modbus_type type, double raw, uint64_t *bits)
{
    static const struct {
        enum modbus_type type;
        double lowest, above; /* lowest <= number < above */
    } ranges[] = {
        {MODBUS_TYPE_BIT, 0, 2},
        {MODBUS_TYPE_U16, 0, 0x1p16},
        {MODBUS_TYPE_S16, -0x1p15, 0x1p15},
        {MODBUS_TYPE_U32, 0, 0x1p32},
        {MODBUS_TYPE_S32, -0x1p31, 0x1p31},
        {MODBUS_TYPE_U64, 0, 0x1p64},
        {MODBUS_TYPE_S64, -0x1p63, 0x1p63},
    };
    raw = round(raw);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (ranges[i].type != type)
            continue;
        if (!(raw >= ranges[i].lowest && raw < ranges[i].above))
            return false;
        *bits = raw < 0 ? (uint64_t)(int64_t)raw : (uint64_t)raw;
        return true;
    }
    return false;
}

int modbus_encode(const struct modbus_value *value, bool little_words, double number,
                  uint16_t to[MODBUS_VALUE_REGISTERS])
{
    double raw = (number - value->offset) / value->scale;
    uint64_t bits = 0;
    if (value->type == MODBUS_TYPE_F32) {
        float single = (float)raw;
        uint32_t low;
        if (!isfinite(single))
            return 0;
        memcpy(&low, &single, sizeof low);
        bits = low;
    } else if (value->type == MODBUS_TYPE_F64) {
        if (!isfinite(raw))
            return 0;
        memcpy(&bits, &raw, sizeof bits);
    } else if (!fit(value->type, raw, &bits)) {
        return 0;
    }
    return modbus_encode_raw(value->type, little_words, bits, to);
}
