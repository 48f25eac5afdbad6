/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CAN bus as a struct of function pointers: a real interface (SocketCAN), or anything that a test
 * puts in its place.
 */
#ifndef SWAPSTACK_CAN_CANBUS_H
#define SWAPSTACK_CAN_CANBUS_H

#include "base/err.h"
#include "can/canframe.h"
#include <stdint.h>

struct canbus {
    void *self;
    /* Puts a frame on the bus without blocking. ERR_BUSY: its queue is full, try later (frames are
     * lost on a bus anyway; protocols repeat); ERR_UNAVAILABLE: the interface is down or gone. */
    int (*send)(void *self, const struct canframe *frame, struct err *err);
    /* Takes the next frame: 1 and *frame, 0 when there is none now, negative as above. `at_us` (may
     * be NULL) gets the wall time at which it came. */
    int (*receive)(void *self, struct canframe *frame, int64_t *at_us, struct err *err);
    /* Releases it. */
    void (*close)(void *self);
};

/* Opens the network interface `name` ("can0", "vcan0") as a raw CAN socket that sees every frame
 * and the controller's errors (bus-off, error passive). Bit rate and state are the system's matter
 * (ip link). *fd (may be NULL) gets a descriptor to poll for reading, owned by the bus.
 * ERR_NOT_FOUND when there is no such interface, ERR_INVALID when it is none of CAN,
 * ERR_UNAVAILABLE without CAN in the kernel, ERR_PERMISSION, ERR_SYSTEM. */
int socketcan_open(struct canbus *bus, const char *name, int *fd, struct err *err);

#endif
