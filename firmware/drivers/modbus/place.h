/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a device of the modbus driver is: the words of an address in board.ini.
 *
 *     bus=tcp:192.168.1.5:502 unit=1 map=em340
 *     bus=/dev/ttyS1@9600-8E1 rs485 unit=3 map=charger channel=2
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_PLACE_H
#define SWAPSTACK_DRIVERS_MODBUS_PLACE_H

#include "base/err.h"
#include "drivers/board.h"
#include "drivers/modbus/map.h"
#include <stdbool.h>

#define MODBUS_BUS_NAME_SIZE 80
#define MODBUS_CHANNELS_MAX  256
#define MODBUS_SUNSPEC       "sunspec" /* the map that a device brings itself */

struct modbus_bus_place {
    bool tcp;
    char name[MODBUS_BUS_NAME_SIZE]; /* IPv4 address, or path of the tty */
    int port;                        /* of TCP, 1 .. 65535 */
    int baud;                        /* of a tty */
    char parity;                     /* 'N', 'E', 'O' */
    int stop_bits;                   /* 1, 2 */
    bool rs485;                      /* the kernel drives the transceiver's direction */
};

struct modbus_place {
    struct modbus_bus_place bus;
    int unit;    /* 1 .. 247, on TCP also 255: the device itself */
    int channel; /* from 1: which of a device's like channels */
    char map[MODBUS_MAP_NAME_SIZE];
};

/* Reads an address. Pure. ERR_CONFIG with a sentence. */
int modbus_place_parse(const char *address, struct modbus_place *place, struct err *err);

/* Whether both are one wire (the same tty, or host and port), however it is set up. */
bool modbus_bus_is_same(const struct modbus_bus_place *a, const struct modbus_bus_place *b);
/* Whether both set it up in one way. */
bool modbus_bus_is_alike(const struct modbus_bus_place *a, const struct modbus_bus_place *b);
/* "192.168.1.5:502", "/dev/ttyS1": for sentences. */
void modbus_bus_text(const struct modbus_bus_place *bus, char *to, size_t size);

#endif
