/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as map file, and as registers read by it: either a sentence, or values that are finite
 * or NAN, and requests that a device may be asked. */
#include "drivers/modbus/plan.h"
#include "drivers/modbus/roles.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_plan(const struct modbus_map *map, uint32_t wanted, int channel,
                       const uint16_t *image)
{
    struct modbus_plan plan;
    struct err err = {0};
    if (modbus_plan_make(&plan, map, wanted, channel, &err) != 0)
        return;
    for (int i = 0; i < plan.block_count; i++) {
        const struct modbus_block *block = &plan.blocks[i];
        if (block->count < 1 || block->count > map->max_registers ||
            block->address + block->count > 65536 ||
            block->at + block->count > MODBUS_REGISTERS_MAX || block->function < 1 ||
            block->function > 4)
            abort();
    }
    for (int i = 0; i < MODBUS_READ_COUNT; i++) {
        double value = modbus_plan_value(&plan, map, (enum modbus_read)i, image);
        if (isinf(value))
            abort();
    }
}

static void check_writes(const struct modbus_map *map, double number)
{
    for (int i = 0; i < MODBUS_WRITE_COUNT; i++) {
        const struct modbus_value *value = &map->writes[i];
        uint16_t to[MODBUS_VALUE_REGISTERS];
        if (value->used && value->function != MODBUS_WRITE_COIL &&
            value->function != MODBUS_WRITE_REGISTER && value->function != MODBUS_WRITE_REGISTERS)
            abort();
        if (value->used && modbus_encode(value, map->little_words, number, to) >
                               modbus_type_registers(value->type))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct modbus_map map;
    struct err err = {0};
    uint16_t image[MODBUS_REGISTERS_MAX] = {0};
    double number = 0;
    int result = modbus_map_parse((const char *)bytes, length, "map.ini", &map, &err);
    if ((result != 0) != (err.code != 0 && err.text[0] != '\0'))
        abort();
    if (result != 0)
        return 0;
    memcpy(image, bytes, length < sizeof image ? length : sizeof image);
    memcpy(&number, bytes, length < sizeof number ? length : sizeof number);
    for (int role = MODBUS_ROLE_MAINS_METER; role < MODBUS_ROLE_COUNT; role++) {
        (void)modbus_role_fits((enum modbus_role)role, &map, &err);
        check_plan(&map, modbus_role_wants((enum modbus_role)role), 1 + (int)(length % 256), image);
    }
    check_plan(&map, UINT32_MAX, 1, image);
    check_writes(&map, number);
    return 0;
}
