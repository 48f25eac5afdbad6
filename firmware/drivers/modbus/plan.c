/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/plan.h"

#include <math.h>
#include <stdlib.h>

/* Some registers that somebody wants. */
struct piece {
    enum modbus_function function;
    int32_t address, count;
    int16_t *at; /* gets where they lie */
};

int32_t modbus_channel_address(const struct modbus_value *value, int32_t address, int channel)
{
    int32_t moved = address + (channel - 1) * (int32_t)value->stride;
    return moved + modbus_type_registers(value->type) <= 65536 ? moved : -1;
}

static int in_order(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;
    if (a->function != b->function)
        return a->function < b->function ? -1 : 1;
    return a->address < b->address ? -1 : a->address > b->address;
}

static int collect(struct modbus_plan *plan, const struct modbus_map *map, uint32_t wanted,
                   int channel, struct piece *pieces, struct err *err)
{
    int count = 0;
    for (int i = 0; i < MODBUS_READ_COUNT; i++) {
        const struct modbus_value *value = &map->reads[i];
        plan->at[i] = plan->power_at[i] = -1;
        if (!(wanted & UINT32_C(1) << i) || !value->used || value->function == MODBUS_CONSTANT)
            continue;
        int32_t address = modbus_channel_address(value, value->address, channel);
        int32_t power = value->scale_address < 0
                            ? 0
                            : modbus_channel_address(value, value->scale_address, channel);
        if (address < 0 || power < 0)
            return err_set(err, ERR_CONFIG, "channel %d: %s is beyond the last register", channel,
                           modbus_read_name((enum modbus_read)i));
        pieces[count++] = (struct piece){value->function, address,
                                         modbus_type_registers(value->type), &plan->at[i]};
        if (value->scale_address >= 0)
            pieces[count++] = (struct piece){value->function, power, 1, &plan->power_at[i]};
    }
    return count;
}

int modbus_plan_make(struct modbus_plan *plan, const struct modbus_map *map, uint32_t wanted,
                     int channel, struct err *err)
{
    struct piece pieces[MODBUS_BLOCKS_MAX];
    *plan = (struct modbus_plan){0};
    int count = collect(plan, map, wanted, channel, pieces, err);
    if (count < 0)
        return count;
    qsort(pieces, (size_t)count, sizeof pieces[0], in_order);
    struct modbus_block *block = NULL;
    int used = 0; /* registers of the image */
    for (int i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];
        int32_t end = piece->address + piece->count;
        bool joins = block != NULL && block->function == piece->function &&
                     piece->address <= block->address + block->count + map->max_gap &&
                     end - block->address <= map->max_registers;
        if (!joins) {
            block = &plan->blocks[plan->block_count++];
            *block =
                (struct modbus_block){piece->function, (uint16_t)piece->address, 0, (uint16_t)used};
        }
        if (end - block->address > block->count) {
            used += end - block->address - block->count;
            block->count = (uint16_t)(end - block->address);
        }
        *piece->at = (int16_t)(block->at + piece->address - block->address);
    }
    return 0;
}

double modbus_plan_value(const struct modbus_plan *plan, const struct modbus_map *map,
                         enum modbus_read read, const uint16_t image[MODBUS_REGISTERS_MAX])
{
    const struct modbus_value *value = &map->reads[read];
    bool constant = value->used && value->function == MODBUS_CONSTANT;
    if (plan->at[read] < 0 && !constant)
        return NAN;
    const uint16_t *registers = constant ? NULL : &image[plan->at[read]];
    if (modbus_read_kind(read) == MODBUS_KIND_FLAG)
        return modbus_decode_flag(value, map->little_words, registers);
    const uint16_t *power = plan->power_at[read] >= 0 ? &image[plan->power_at[read]] : NULL;
    return modbus_decode(value, map->little_words, registers, power);
}
