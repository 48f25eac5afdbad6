/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a Modbus device: where it stands, how its registers become a number and a number
 * becomes registers. Pure.
 *
 * A register has 16 bits, high byte first on the wire (Modbus Application Protocol 1.1b3, 4.2);
 * which register of a longer number comes first is the device's choice. Coils and discrete inputs
 * are handled as registers that hold 0 or 1.
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_VALUE_H
#define SWAPSTACK_DRIVERS_MODBUS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* type, name in a map file, registers */
#define MODBUS_TYPES(X)                                                                            \
    X(BIT, "bit", 1)                                                                               \
    X(U16, "u16", 1)                                                                               \
    X(S16, "s16", 1)                                                                               \
    X(U32, "u32", 2)                                                                               \
    X(S32, "s32", 2)                                                                               \
    X(U64, "u64", 4)                                                                               \
    X(S64, "s64", 4)                                                                               \
    X(F32, "f32", 2)                                                                               \
    X(F64, "f64", 4)
#define MODBUS_TYPE_ENUM(type, name, registers) MODBUS_TYPE_##type,
enum modbus_type { MODBUS_TYPES(MODBUS_TYPE_ENUM) MODBUS_TYPE_COUNT };
#undef MODBUS_TYPE_ENUM

#define MODBUS_VALUE_REGISTERS 4 /* of the longest type */

enum modbus_function {
    MODBUS_CONSTANT = 0, /* no register: the map gives the number */
    MODBUS_READ_COILS = 1,
    MODBUS_READ_INPUTS = 2, /* discrete inputs */
    MODBUS_READ_HOLDING = 3,
    MODBUS_READ_INPUT = 4, /* input registers */
    MODBUS_WRITE_COIL = 5,
    MODBUS_WRITE_REGISTER = 6,
    MODBUS_WRITE_REGISTERS = 16,
};

struct modbus_value {
    bool used;
    int line; /* in the map file, for sentences */
    enum modbus_function function;
    uint16_t address; /* as in a frame, from 0 */
    uint16_t stride;  /* added for each further channel of the device */
    enum modbus_type type;
    double scale, offset; /* value = raw × scale + offset, in the unit of the value's name */
    double constant;
    int32_t scale_address; /* register with a power of ten (SunSpec's sunssf), -1: none */
    bool has_invalid;
    uint64_t invalid; /* raw bits that mean "not implemented" */
    /* Of a yes or no: (raw & mask) is not 0, or equals `equals`; reversed when `low`. */
    uint64_t mask, equals;
    bool has_equals, low;
    /* To write: what stands for on and off; how often a watchdog wants to be written, ms; what is
     * written to it, -1: a number that counts up. */
    uint64_t on, off;
    int every_ms;
    int64_t feed;
};

int modbus_type_registers(enum modbus_type type); /* 1, 2 or 4 */

/* The raw bits of `registers`, sign not extended. */
uint64_t modbus_raw(enum modbus_type type, bool little_words, const uint16_t *registers);

/* The number, in the unit of the value's name. `power` is the register at scale_address (NULL when
 * there is none). NAN: invalid, not finite, or the power of ten is missing or beyond ±10 (SunSpec
 * allows no more). */
double modbus_decode(const struct modbus_value *value, bool little_words, const uint16_t *registers,
                     const uint16_t *power);
/* 1, 0, NAN when invalid. */
double modbus_decode_flag(const struct modbus_value *value, bool little_words,
                          const uint16_t *registers);

/* Registers for a number, rounded to what they can hold. Returns how many; 0 when the number is not
 * finite or out of their range. */
int modbus_encode(const struct modbus_value *value, bool little_words, double number,
                  uint16_t to[MODBUS_VALUE_REGISTERS]);
/* Registers for raw bits; returns how many. */
int modbus_encode_raw(enum modbus_type type, bool little_words, uint64_t raw,
                      uint16_t to[MODBUS_VALUE_REGISTERS]);

#endif
