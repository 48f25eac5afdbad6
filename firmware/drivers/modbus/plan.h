/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the values of a device are read with few requests: neighbours together, none longer than the
 * device allows, no value torn (its words then come from one moment). Pure.
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_PLAN_H
#define SWAPSTACK_DRIVERS_MODBUS_PLAN_H

#include "drivers/modbus/map.h"

/* A value and its power of ten in a block each, at the worst; each of four registers, with a gap
 * before. */
#define MODBUS_BLOCKS_MAX    (2 * MODBUS_READ_COUNT)
#define MODBUS_REGISTERS_MAX (MODBUS_BLOCKS_MAX * (MODBUS_VALUE_REGISTERS + 16))

/* One request. */
struct modbus_block {
    enum modbus_function function;
    uint16_t address, count;
    uint16_t at; /* where its registers go in an image of all of them */
};

struct modbus_plan {
    int block_count;
    struct modbus_block blocks[MODBUS_BLOCKS_MAX];
    /* Where the registers of each value, and of its power of ten, lie in the image; -1: nowhere. */
    int16_t at[MODBUS_READ_COUNT], power_at[MODBUS_READ_COUNT];
};

#define MODBUS_WANT(name) (UINT32_C(1) << MODBUS_READ_##name)

/* Plans to read those values of the map that are in `wanted` (bits MODBUS_WANT), of channel number
 * `channel` from 1. ERR_CONFIG: a channel's address is beyond the last register. */
int modbus_plan_make(struct modbus_plan *plan, const struct modbus_map *map, uint32_t wanted,
                     int channel, struct err *err);

/* The value from the image; a flag is 1 or 0. NAN: not planned, or invalid. */
double modbus_plan_value(const struct modbus_plan *plan, const struct modbus_map *map,
                         enum modbus_read read, const uint16_t image[MODBUS_REGISTERS_MAX]);

/* Address of a value in a channel, -1: beyond the last register. */
int32_t modbus_channel_address(const struct modbus_value *value, int32_t address, int channel);

#endif
