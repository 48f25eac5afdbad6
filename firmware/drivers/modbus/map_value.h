/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the map parser: one line of [read] or [write]. */
#ifndef SWAPSTACK_DRIVERS_MODBUS_MAP_VALUE_H
#define SWAPSTACK_DRIVERS_MODBUS_MAP_VALUE_H

#include "drivers/modbus/map.h"

/* How addresses are counted. */
enum map_base { MAP_BASE_0, MAP_BASE_1, MAP_BASE_MODICON };

/* What a line said. Addresses are as written until the base of the file is known. */
struct map_draft {
    struct modbus_value value;
    enum modbus_kind kind;
    bool writes;
    bool has_function, has_address, has_type, has_constant, has_power;
    bool has_scaling, has_flag, has_every;
    double unit_factor;
    int64_t address, power_address;
};

/* Reads the words of a line. ERR_CONFIG with a sentence (without place and name). */
int map_value_parse(const char *text, enum modbus_kind kind, bool writes, int line,
                    struct map_draft *draft, struct err *err);
/* Makes the value of it: addresses from 0, what is missing by default, all that must fit together.
 * ERR_CONFIG as above. */
int map_value_finish(const struct map_draft *draft, enum map_base base, struct modbus_value *value,
                     struct err *err);

#endif
