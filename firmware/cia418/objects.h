/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a battery module that are read: CiA 301 (1xxxh), CiA 418 version 1.2 (6xxxh,
 * quoted second-hand from public implementations, see docs/can.md), and those of the maker's own
 * (2xxxh) of Analog Devices ADRD5161.
 */
#ifndef SWAPSTACK_CIA418_OBJECTS_H
#define SWAPSTACK_CIA418_OBJECTS_H

#include <stdint.h>

/* when it is read: once when the node is met, with every round, in rounds of an ADRD5161 only;
 * name, index, sub-index, signed */
#define CIA418_OBJECTS(X)                                                                          \
    X(ONCE, DEVICE_TYPE, 0x1000, 0, false) /* low 16 bits: 418 or 419 */                           \
    X(ONCE, VENDOR, 0x1018, 1, false)                                                              \
    X(ONCE, SERIAL_NUMBER, 0x1018, 4, false)                                                       \
    X(ONCE, TYPE, 0x6020, 1, false)                                                                \
    X(ONCE, CAPACITY, 0x6020, 2, false)     /* Ah */                                               \
    X(ONCE, MAX_CURRENT, 0x6020, 3, false)  /* A */                                                \
    X(ONCE, CELLS, 0x6020, 4, false)        /* in series */                                        \
    X(ONCE, TOTAL_CHARGE, 0x6050, 0, false) /* Ah, over its life */                                \
    X(ROUND, ERROR_REGISTER, 0x1001, 0, false)                                                     \
    X(ROUND, STATUS, 0x6000, 0, false)     /* bit 0: ready to be charged */                        \
    X(ROUND, TEMPERATURE, 0x6010, 0, true) /* 0.125 °C */                                         \
    X(ROUND, VOLTAGE, 0x6060, 0, false)    /* 1/1024 V */                                          \
    X(ROUND, REQUEST, 0x6070, 0, false)    /* 1/16 A, wanted */                                    \
    X(ROUND, SOC, 0x6081, 0, false)        /* % */                                                 \
    X(ADRD, CELL1, 0x2060, 1, false)       /* mV */                                                \
    X(ADRD, CELL2, 0x2060, 2, false)                                                               \
    X(ADRD, CELL3, 0x2060, 3, false)                                                               \
    X(ADRD, CELL4, 0x2060, 4, false)                                                               \
    X(ADRD, CURRENT, 0x2071, 0, true) /* µA */

#define CIA418_AS_ENUM(when, name, index, sub, is_signed) CIA418_##name,
enum cia418_object { CIA418_OBJECTS(CIA418_AS_ENUM) CIA418_OBJECT_COUNT };
#undef CIA418_AS_ENUM

/* Objects that are read or written in another way. */
#define CIA418_INDEX_HEARTBEAT      0x1017 /* ms, U16 */
#define CIA418_INDEX_SOFTWARE       0x100A /* text */
#define CIA418_INDEX_SERIAL         0x6030 /* text, or an array of U32 that holds one */
#define CIA418_INDEX_CHARGER_STATUS 0x6001 /* U8, written: bit 0 the charger gives current */

#endif
