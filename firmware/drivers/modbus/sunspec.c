/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/sunspec.h"

#include <ctype.h>
#include <stdio.h>

enum {
    MARK_HIGH = 0x5375, /* "Su" */
    MARK_LOW = 0x6e53,  /* "nS" */
    MODEL_COMMON = 1,
    MODEL_END = 0xFFFF,
    HEADER = 2,       /* registers of id and length */
    IDENTITY = 64,    /* maker 16, model 16, options 8, version 8, serial 16 */
    MODELS_MAX = 100, /* more is a chain that bites its tail */
};
static const uint16_t bases[] = {40000, 50000, 0};
enum { BASES = sizeof bases / sizeof bases[0] };

/* Offsets from a meter model's id of the total imported energy (TotWhImp), and of its power of ten.
 * Models of one group have the same layout; what a meter does not measure it marks. */
enum {
    INTEGER_IMPORT = 46, /* acc32 in Wh × 10^TotWh_SF; 0: not implemented */
    INTEGER_POWER = 54,
    INTEGER_LENGTH = 105,
    FLOAT_IMPORT = 68, /* float32 in Wh, NaN: not implemented */
    FLOAT_LENGTH = 124,
};

static bool is_integer_meter(uint16_t id)
{
    return id >= 201 && id <= 204;
}

static bool is_float_meter(uint16_t id)
{
    return id >= 211 && id <= 214;
}

void sunspec_begin(struct sunspec *walk)
{
    *walk = (struct sunspec){.step = SUNSPEC_MARK};
}

bool sunspec_wants(const struct sunspec *walk, uint16_t *address, uint16_t *count)
{
    switch (walk->step) {
    case SUNSPEC_MARK:
        *address = bases[walk->base];
        *count = 2;
        return true;
    case SUNSPEC_HEADER:
        *address = (uint16_t)walk->address;
        *count = HEADER;
        return true;
    case SUNSPEC_IDENTITY:
        *address = (uint16_t)(walk->address + HEADER);
        *count = IDENTITY;
        return true;
    default:
        return false;
    }
}

/* Strings are two letters a register, filled with NUL or blanks. What is not printable becomes '?',
 * for it goes into logs. */
static void take_string(char *to, const uint16_t *registers, int count)
{
    size_t length = 0;
    for (int i = 0; i < 2 * count; i++) {
        int letter = registers[i / 2] >> (i % 2 == 0 ? 8 : 0) & 0xFF;
        if (letter == 0)
            break;
        to[length++] = isprint(letter) ? (char)letter : '?';
    }
    while (length > 0 && to[length - 1] == ' ')
        length--;
    to[length] = '\0';
}

static int fail(struct sunspec *walk, struct err *err, const char *text)
{
    walk->step = SUNSPEC_FAILED;
    return err_set(err, ERR_PROTOCOL, "%s", text);
}

static int take_mark(struct sunspec *walk, const uint16_t *registers, struct err *err)
{
    if (registers != NULL && registers[0] == MARK_HIGH && registers[1] == MARK_LOW) {
        walk->address = (uint32_t)bases[walk->base] + 2;
        walk->step = SUNSPEC_HEADER;
        return 0;
    }
    if (++walk->base < BASES)
        return 0;
    return fail(walk, err,
                "no SunSpec device: the mark SunS stands at none of holding registers "
                "40000, 50000 and 0");
}

/* Goes behind a model of `length` registers. */
static int advance(struct sunspec *walk, uint16_t length, struct err *err)
{
    walk->address += (uint32_t)HEADER + length;
    walk->step = SUNSPEC_HEADER;
    if (walk->address + HEADER > 65536 || ++walk->models > MODELS_MAX)
        return fail(walk, err, "the chain of SunSpec models has no end");
    return 0;
}

static int take_header(struct sunspec *walk, const uint16_t *registers, struct err *err)
{
    uint16_t id = registers != NULL ? registers[0] : MODEL_END;
    uint16_t length = registers != NULL ? registers[1] : 0;
    if (id == MODEL_END) { /* or a device that forgot its end */
        if (walk->meter == 0)
            return fail(walk, err,
                        "the SunSpec device has no meter (models 201 to 204, 211 to "
                        "214)");
        walk->step = SUNSPEC_DONE;
        return 0;
    }
    if (id == MODEL_COMMON && length >= IDENTITY && *walk->maker == '\0' &&
        walk->address + HEADER + IDENTITY <= 65536) {
        walk->step = SUNSPEC_IDENTITY;
        return 0;
    }
    bool whole = (is_integer_meter(id) && length >= INTEGER_LENGTH) ||
                 (is_float_meter(id) && length >= FLOAT_LENGTH);
    if (walk->meter == 0 && whole && walk->address + HEADER + length <= 65536) {
        walk->meter = id;
        walk->meter_address = (uint16_t)walk->address;
    }
    return advance(walk, length, err);
}

int sunspec_take(struct sunspec *walk, const uint16_t *registers, struct err *err)
{
    switch (walk->step) {
    case SUNSPEC_MARK:
        return take_mark(walk, registers, err);
    case SUNSPEC_HEADER:
        return take_header(walk, registers, err);
    case SUNSPEC_IDENTITY:
        if (registers != NULL) {
            take_string(walk->maker, registers, 16);
            take_string(walk->model, registers + 16, 16);
            take_string(walk->version, registers + 40, 8);
            take_string(walk->serial, registers + 48, 16);
        }
        if (*walk->maker == '\0')
            (void)snprintf(walk->maker, sizeof walk->maker, "unknown"); /* do not ask again */
        /* Its length is 65 or 66: the header says it once more. */
        walk->step = SUNSPEC_HEADER;
        return 0;
    default:
        return fail(walk, err, "the walk is at its end");
    }
}

void sunspec_map(const struct sunspec *walk, struct modbus_map *map)
{
    modbus_map_init(map);
    (void)snprintf(map->title, sizeof map->title, "%.30s %.30s", walk->maker, walk->model);
    bool integer = is_integer_meter(walk->meter);
    uint16_t offset = integer ? INTEGER_IMPORT : FLOAT_IMPORT;
    map->reads[MODBUS_READ_import_wh] = (struct modbus_value){
        .used = true,
        .function = MODBUS_READ_HOLDING,
        .address = (uint16_t)(walk->meter_address + offset),
        .type = integer ? MODBUS_TYPE_U32 : MODBUS_TYPE_F32,
        .scale = 1,
        .scale_address = integer ? walk->meter_address + INTEGER_POWER : -1,
        .has_invalid = integer,
        .invalid = 0,
        .mask = UINT64_MAX,
    };
    map->max_gap = 16; /* TotWhImp and TotWh_SF in one request */
}

int sunspec_discover(struct sunspec *walk, sunspec_read *read, void *self, struct err *err)
{
    uint16_t address, count, registers[SUNSPEC_REGISTERS_MAX];
    sunspec_begin(walk);
    while (sunspec_wants(walk, &address, &count)) {
        int code = read(self, address, count, registers, err);
        if (code != 0 && code != ERR_REFUSED)
            return code;
        code = sunspec_take(walk, code == 0 ? registers : NULL, err);
        if (code != 0)
            return code;
    }
    return 0;
}
