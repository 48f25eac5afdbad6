/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/check.h"

#include "drivers/modbus/point.h"
#include <stdlib.h>
#include <string.h>

/* Model 1 has 64 registers and the default time-out. */
enum { SUNSPEC_BAUD_MIN = 9600 };

/* An address that could be read, for comparison with the later ones. */
struct known {
    struct modbus_served served;
    struct modbus_place place;
};

static void mistake(const struct board *board, struct board_report *report,
                    const struct modbus_served *served, const char *text)
{
    const struct board_binding *binding = served->binding;
    int line = served->role == MODBUS_ROLE_NONE ? binding->line : binding->address_line;
    board_report_add(report, board->origin, line, served->label, "%s", text);
}

/* Reads the address of a role. ERR_CONFIG with a sentence. */
static int read_place(const struct modbus_served *served, struct modbus_place *place,
                      struct err *err)
{
    if (served->role == MODBUS_ROLE_NONE)
        return err_set(err, ERR_CONFIG,
                       "driver = modbus: it serves mains_meter, ambient, and a bay's charger and "
                       "sensors");
    int code = modbus_place_parse(served->binding->address, place, err);
    if (code != 0 || strcmp(place->map, MODBUS_SUNSPEC) != 0)
        return code;
    if (served->role != MODBUS_ROLE_MAINS_METER)
        return err_set(err, ERR_CONFIG, "map=sunspec: SunSpec is for mains_meter only");
    if (!place->bus.tcp && place->bus.baud < SUNSPEC_BAUD_MIN)
        return err_set(err, ERR_CONFIG, "map=sunspec: SunSpec needs a tty of at least %d baud",
                       SUNSPEC_BAUD_MIN);
    return 0;
}

/* What must not be between two roles: one wire set up in two ways, one unit that is two devices,
 * one charger or sensor for two bays. 0 or ERR_CONFIG. */
static int compare(const struct known *old, const struct known *new, struct err *err)
{
    const struct modbus_place *a = &old->place, *b = &new->place;
    char bus[MODBUS_BUS_NAME_SIZE + 8];
    if (!modbus_bus_is_same(&a->bus, &b->bus))
        return 0;
    modbus_bus_text(&b->bus, bus, sizeof bus);
    if (!modbus_bus_is_alike(&a->bus, &b->bus))
        return err_set(err, ERR_CONFIG,
                       "%s is set up in another way than for %s: speed, parity, stop bits and "
                       "rs485 hold for a whole bus",
                       bus, old->served.label);
    if (a->unit != b->unit)
        return 0;
    if (strcmp(a->map, b->map) != 0)
        return err_set(err, ERR_CONFIG,
                       "unit %d on %s is another device for %s (map=%s): two devices cannot have "
                       "one unit",
                       b->unit, bus, old->served.label, a->map);
    if (a->channel == b->channel && old->served.role == new->served.role)
        return err_set(err, ERR_CONFIG,
                       "unit %d on %s, channel %d, is %s already: each bay needs its own unit or "
                       "channel",
                       b->unit, bus, b->channel, old->served.label);
    return 0;
}

void modbus_check(const struct board *board, struct board_report *report)
{
    size_t position = 0, count = 0;
    struct modbus_served served;
    struct known *known = calloc(BOARD_STATION_ROLE_COUNT + (size_t)IO_BAYS_MAX * 2, sizeof *known);
    if (known == NULL) {
        board_report_add(report, board->origin, 0, "", "no memory to check the modbus addresses");
        return;
    }
    while (modbus_served_next(board, &position, &served)) {
        struct known *own = &known[count];
        struct err err = {0};
        own->served = served;
        if (read_place(&served, &own->place, &err) != 0) {
            mistake(board, report, &served, err.text);
            continue;
        }
        for (size_t i = 0; i < count && err.code == 0; i++) {
            if (compare(&known[i], own, &err) != 0)
                mistake(board, report, &served, err.text);
        }
        count++;
    }
    free(known);
}

/* The set-points that the bay's limits allow must fit into the registers. */
static int check_limits(const struct board_bay *bay, const struct modbus_map *map, struct err *err)
{
    const struct {
        const char *name, *limit;
        enum modbus_write write;
        double most;
    } limits[] = {
        {"charge_v", "voltage_max_v", MODBUS_WRITE_charge_v, bay->voltage_max_v},
        {"charge_a", "current_max_a", MODBUS_WRITE_charge_a, bay->current_max_a},
    };
    uint16_t registers[MODBUS_VALUE_REGISTERS];
    for (size_t i = 0; i < 2; i++) {
        if (modbus_encode(&map->writes[limits[i].write], map->little_words, limits[i].most,
                          registers) == 0)
            return err_set(err, ERR_CONFIG, "%s = %g is more than [write] %s can say",
                           limits[i].limit, limits[i].most, limits[i].name);
    }
    return 0;
}

/* A request and its whole answer must come through within the time-out. */
static int check_time(const struct modbus_point *point, struct err *err)
{
    enum { REQUEST = 8, ANSWER = 5, BITS = 11 }; /* bytes beside the data; bits of a character */
    const struct modbus_bus_place *bus = &point->place.bus;
    for (int i = 0; i < point->plan.block_count && !bus->tcp; i++) {
        const struct modbus_block *block = &point->plan.blocks[i];
        bool bits = block->function <= MODBUS_READ_INPUTS;
        int bytes = REQUEST + ANSWER + (bits ? (block->count + 7) / 8 : 2 * block->count);
        int takes_ms = bytes * BITS * 1000 / bus->baud;
        if (takes_ms >= point->map.timeout_ms)
            return err_set(err, ERR_CONFIG,
                           "at %d baud an answer of %d registers takes %d ms, more than "
                           "timeout_ms = %d: lower max_registers or raise timeout_ms",
                           bus->baud, block->count, takes_ms, point->map.timeout_ms);
    }
    return 0;
}

void modbus_check_files(const struct board *board, struct board_report *report)
{
    size_t position = 0;
    struct modbus_served served;
    struct modbus_place place;
    struct modbus_point *point = malloc(sizeof *point);
    if (point == NULL) {
        board_report_add(report, board->origin, 0, "", "no memory to check the modbus maps");
        return;
    }
    while (modbus_served_next(board, &position, &served)) {
        struct modbus_map map;
        struct err err = {0};
        /* What is wrong with an address has been said. */
        if (read_place(&served, &place, NULL) != 0 || strcmp(place.map, MODBUS_SUNSPEC) == 0)
            continue;
        bool is_read = modbus_map_load(board->folder, place.map, &map, &err) == 0;
        if (is_read && modbus_point_init(point, &served, &place, &map, &err) == 0 &&
            served.role == MODBUS_ROLE_CHARGER)
            (void)check_limits(&board->bays[served.bay], &map, &err);
        if (is_read && err.code == 0)
            (void)check_time(point, &err);
        if (err.code != 0 && is_read)
            (void)err_prefix(&err, "map=%s: ", place.map);
        if (err.code != 0)
            mistake(board, report, &served, err.text);
    }
    free(point);
}
