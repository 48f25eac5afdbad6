/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map file: which registers of one type of meter, charger or sensor hold what. INI text, one line
 * a value; a pure parser names FILE:LINE of a mistake. docs/modbus.md shows all keys.
 *
 *     [device]
 *     title = Carlo Gavazzi EM340
 *     word_order = little          which register of a longer number comes first
 *     address_base = 0             0: as in a frame, 1: counted from 1, modicon: 40001, 30001 …
 *     max_registers = 50           most that the device gives in one answer
 *     [read]
 *     import_wh = function=4 address=0x0034 type=s32 scale=0.1 unit=kWh
 *     [write]
 *     charge_a = function=16 address=0x0103 type=u16 scale=0.01
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_MAP_H
#define SWAPSTACK_DRIVERS_MODBUS_MAP_H

#include "base/err.h"
#include "drivers/modbus/value.h"

enum modbus_kind {
    MODBUS_KIND_WH,
    MODBUS_KIND_V,
    MODBUS_KIND_A,
    MODBUS_KIND_KW,
    MODBUS_KIND_C,
    MODBUS_KIND_COUNT,  /* a small whole number */
    MODBUS_KIND_FLAG,   /* yes or no */
    MODBUS_KIND_SWITCH, /* on or off, written */
    MODBUS_KIND_WATCHDOG,
};

/* What a device may tell, in the unit of the name. */
#define MODBUS_READS(X)                                                                            \
    X(import_wh, WH) /* total active energy from the mains */                                      \
    X(dc_v, V)                                                                                     \
    X(dc_a, A)                                                                                     \
    X(ac_kw, KW)                                                                                   \
    X(ac_v, V)                                                                                     \
    X(ac_a, A)                                                                                     \
    X(phases, COUNT)                                                                               \
    X(meter_wh, WH)                                                                                \
    X(online, FLAG)                                                                                \
    X(fault, FLAG)                                                                                 \
    X(fault_2, FLAG) /* further words with fault bits */                                           \
    X(fault_3, FLAG)                                                                               \
    X(fault_4, FLAG)                                                                               \
    X(temp_c, C)                                                                                   \
    X(smoke, FLAG)                                                                                 \
    X(present, FLAG)
/* What a charger may be told. */
#define MODBUS_WRITES(X)                                                                           \
    X(charge_v, V)                                                                                 \
    X(charge_a, A)                                                                                 \
    X(on, SWITCH)                                                                                  \
    X(watchdog, WATCHDOG)

#define MODBUS_READ_ENUM(name, kind)  MODBUS_READ_##name,
#define MODBUS_WRITE_ENUM(name, kind) MODBUS_WRITE_##name,
enum modbus_read { MODBUS_READS(MODBUS_READ_ENUM) MODBUS_READ_COUNT };
enum modbus_write { MODBUS_WRITES(MODBUS_WRITE_ENUM) MODBUS_WRITE_COUNT };
#undef MODBUS_READ_ENUM
#undef MODBUS_WRITE_ENUM

#define MODBUS_MAP_NAME_SIZE 33
/* A device that is slow to answer holds up its bus, and the end of the program, for so long. */
#define MODBUS_TIMEOUT_MAX_MS 400

struct modbus_map {
    char title[64];
    bool little_words;
    int max_registers; /* 1 .. 125 */
    int max_gap;       /* registers that nobody wants and that are read along, 0 .. 16 */
    int poll_ms;       /* 0: by role */
    int timeout_ms;    /* 50 .. MODBUS_TIMEOUT_MAX_MS */
    int pause_ms;      /* silence after a request that the device wants, 0 .. 50 */
    int rewrite_ms;    /* set-points are written again after this, 0: only when they change */
    struct modbus_value reads[MODBUS_READ_COUNT], writes[MODBUS_WRITE_COUNT];
};

/* The defaults: no value, high word first. */
void modbus_map_init(struct modbus_map *map);

/* Reads the text of a map file. Pure. `origin` names it in sentences. Returns 0, or ERR_CONFIG or
 * ERR_NOMEM and a sentence; *map is then of no use. */
int modbus_map_parse(const char *text, size_t length, const char *origin, struct modbus_map *map,
                     struct err *err);

/* Reads NAME.ini in `folder` (a board's), else in its neighbour `maps`. ERR_NOT_FOUND names both
 * places; ERR_CONFIG as above. `name` is a plain word (modbus/place.h sees to it). */
int modbus_map_load(const char *folder, const char *name, struct modbus_map *map, struct err *err);

const char *modbus_read_name(enum modbus_read read);
const char *modbus_write_name(enum modbus_write write);
enum modbus_kind modbus_read_kind(enum modbus_read read);

#endif
