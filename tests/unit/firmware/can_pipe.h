/* SPDX-License-Identifier: Apache-2.0 */
/* A CAN bus in memory for can_plant.h: what the driver sends waits for the packs, and the other way
 * round; it can be down like an interface. */
#ifndef SWAPSTACK_TESTS_CAN_PIPE_H
#define SWAPSTACK_TESTS_CAN_PIPE_H

#include "can/canbus.h"
#include <string.h>

#define PLANT_FRAMES 1024

struct plant_bus {
    struct canframe to_pack[PLANT_FRAMES], to_driver[PLANT_FRAMES];
    size_t to_pack_count, to_driver_count;
    bool opened, down; /* down: the interface is not usable */
    int opens, closes;
};

static inline int plant_send(void *self, const struct canframe *frame, struct err *err)
{
    struct plant_bus *bus = self;
    if (bus->down)
        return err_set(err, ERR_UNAVAILABLE, "canX: network is down");
    if (bus->to_pack_count == PLANT_FRAMES)
        return err_set(err, ERR_BUSY, "full");
    bus->to_pack[bus->to_pack_count++] = *frame;
    return 0;
}

static inline int plant_receive(void *self, struct canframe *frame, int64_t *at_us, struct err *err)
{
    struct plant_bus *bus = self;
    (void)at_us;
    if (bus->down)
        return err_set(err, ERR_UNAVAILABLE, "canX: network is down");
    if (bus->to_driver_count == 0)
        return 0;
    *frame = bus->to_driver[0];
    memmove(bus->to_driver, bus->to_driver + 1, --bus->to_driver_count * sizeof *bus->to_driver);
    return 1;
}

static inline void plant_close(void *self)
{
    struct plant_bus *bus = self;
    bus->opened = false;
    bus->closes++;
}

#endif
