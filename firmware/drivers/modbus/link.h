/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire of a bus: one request and its answer at a time, through functions that tests replace.
 * The real one is libmodbus, over TCP or a tty. Calls block, at most for the time given; only a
 * bus's own thread makes them.
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_LINK_H
#define SWAPSTACK_DRIVERS_MODBUS_LINK_H

#include "drivers/modbus/place.h"

struct modbus_link {
    void *self;
    /* Opens the wire; nothing when it is open. ERR_UNAVAILABLE. */
    int (*connect)(void *self, int timeout_ms, struct err *err);
    /* Reads `count` registers, or bits as registers of 0 and 1, with function 1 to 4. ERR_REFUSED:
     * the device answered with an exception; ERR_TIMEOUT: it did not answer in time, or a gateway
     * says so; ERR_PROTOCOL:
     * its answer is broken; ERR_UNAVAILABLE: the wire is gone. After all but ERR_REFUSED a late
     * answer cannot be taken for the answer to the next request. */
    int (*read)(void *self, int unit, int timeout_ms, enum modbus_function function,
                uint16_t address, uint16_t count, uint16_t *to, struct err *err);
    /* Writes with function 5, 6 or 16. Errors as above. */
    int (*write)(void *self, int unit, int timeout_ms, enum modbus_function function,
                 uint16_t address, uint16_t count, const uint16_t *from, struct err *err);
    void (*close)(void *self); /* may be opened again */
    void (*free)(void *self);
};

/* The wire of `place` through libmodbus, not opened yet. Release with link->free. */
int modbus_link_new(struct modbus_link *link, const struct modbus_bus_place *place,
                    struct err *err);

#endif
