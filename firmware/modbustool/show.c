/* SPDX-License-Identifier: Apache-2.0 */
#include "modbustool/show.h"

#include "drivers/modbus/plan.h"
#include "drivers/modbus/sunspec.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A technician waits; a slow device is not worth an error. */
enum { TIMEOUT_MS = 1000 };

struct asker {
    const struct modbus_link *link;
    int unit;
};

/* sunspec_read */
static int read_holding(void *self, uint16_t address, uint16_t count, uint16_t *to, struct err *err)
{
    const struct asker *asker = self;
    return asker->link->read(asker->link->self, asker->unit, TIMEOUT_MS, MODBUS_READ_HOLDING,
                             address, count, to, err);
}

static int find_map(const struct modbus_link *link, const struct modbus_place *place,
                    const char *folder, struct modbus_map *map, FILE *to, struct err *err)
{
    if (strcmp(place->map, MODBUS_SUNSPEC) != 0)
        return modbus_map_load(folder, place->map, map, err);
    struct asker asker = {link, place->unit};
    struct sunspec walk;
    int code = sunspec_discover(&walk, read_holding, &asker, err);
    if (code != 0)
        return code;
    (void)fprintf(to, "SunSpec meter model %d at register %d: %s %s, version %s, serial %s\n",
                  walk.meter, walk.meter_address, walk.maker, walk.model, walk.version,
                  walk.serial);
    sunspec_map(&walk, map);
    return 0;
}

static const char *unit_of(enum modbus_kind kind)
{
    switch (kind) {
    case MODBUS_KIND_WH:
        return " Wh";
    case MODBUS_KIND_V:
        return " V";
    case MODBUS_KIND_A:
        return " A";
    case MODBUS_KIND_KW:
        return " kW";
    case MODBUS_KIND_C:
        return " C";
    default:
        return "";
    }
}

static void print_value(const struct modbus_plan *plan, const struct modbus_map *map,
                        enum modbus_read read, const uint16_t *image, int channel, FILE *to)
{
    const struct modbus_value *value = &map->reads[read];
    enum modbus_kind kind = modbus_read_kind(read);
    double number = modbus_plan_value(plan, map, read, image);
    (void)fprintf(to, "%-10s ", modbus_read_name(read));
    if (isnan(number))
        (void)fprintf(to, "not there");
    else if (kind == MODBUS_KIND_FLAG)
        (void)fprintf(to, "%s", number != 0 ? "yes" : "no");
    else
        (void)fprintf(to, "%.10g%s", number, unit_of(kind));
    if (plan->at[read] >= 0) {
        (void)fprintf(to, "   function %d, 0x%04" PRIX32 ":", (int)value->function,
                      (uint32_t)modbus_channel_address(value, value->address, channel));
        for (int i = 0; i < modbus_type_registers(value->type); i++)
            (void)fprintf(to, " %04X", image[plan->at[read] + i]);
    }
    if (plan->power_at[read] >= 0)
        (void)fprintf(to, ", power of ten %d", (int16_t)image[plan->power_at[read]]);
    (void)fprintf(to, "\n");
}

int show_values(const struct modbus_link *link, const struct modbus_place *place,
                const char *folder, FILE *to, struct err *err)
{
    struct modbus_map map;
    struct modbus_plan plan;
    uint16_t image[MODBUS_REGISTERS_MAX];
    int code = find_map(link, place, folder, &map, to, err);
    if (code == 0)
        code = modbus_plan_make(&plan, &map, UINT32_MAX, place->channel, err);
    for (int i = 0; code == 0 && i < plan.block_count; i++) {
        const struct modbus_block *block = &plan.blocks[i];
        code = link->read(link->self, place->unit, TIMEOUT_MS, block->function, block->address,
                          block->count, &image[block->at], err);
        if (code != 0)
            return err_prefix(err,
                              "function %d, register 0x%04X, %d of them: ", (int)block->function,
                              block->address, block->count);
    }
    for (int i = 0; code == 0 && i < MODBUS_READ_COUNT; i++) {
        if (map.reads[i].used)
            print_value(&plan, &map, (enum modbus_read)i, image, place->channel, to);
    }
    return code;
}

int show_registers(const struct modbus_link *link, const struct modbus_place *place,
                   const struct show_range *range, FILE *to, struct err *err)
{
    uint16_t registers[125];
    int code = link->read(link->self, place->unit, TIMEOUT_MS, range->function, range->address,
                          range->count, registers, err);
    for (int i = 0; code == 0 && i < range->count; i++)
        (void)fprintf(to, "0x%04X %5d  %04X %5u %6d\n", range->address + i, range->address + i,
                      registers[i], registers[i], (int16_t)registers[i]);
    return code;
}
