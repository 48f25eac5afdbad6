/* SPDX-License-Identifier: Apache-2.0 */
/* What swap-modbus prints of a device. It only reads; the device is asked with the driver's own
 * code, so that a map which is right here is right in the station. */
#ifndef SWAPSTACK_MODBUSTOOL_SHOW_H
#define SWAPSTACK_MODBUSTOOL_SHOW_H

#include "drivers/modbus/link.h"
#include <stdio.h>

/* Reads every value of [read] of the place's map, from `folder` or its neighbour `maps`, and prints
 * a line each: name, value, unit, and the registers that it was made of. A map `sunspec` is looked
 * for in the device, which is named first. Codes of modbus/link.h, ERR_CONFIG, ERR_NOT_FOUND. */
int show_values(const struct modbus_link *link, const struct modbus_place *place,
                const char *folder, FILE *to, struct err *err);

/* Which registers, for a map that is to be written. */
struct show_range {
    enum modbus_function function; /* 1 .. 4 */
    uint16_t address, count;       /* from 0; 1 .. 125 */
};

/* Prints them, a line each: address, hexadecimal, unsigned, signed. */
int show_registers(const struct modbus_link *link, const struct modbus_place *place,
                   const struct show_range *range, FILE *to, struct err *err);

#endif
