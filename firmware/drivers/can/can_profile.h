/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver `can` does with one bay, whatever is spoken on its bus. Profiles are pure:
 * frames, times and what the station wants go in, frames and the pack's readings come out. */
#ifndef SWAPSTACK_DRIVERS_CAN_PROFILE_H
#define SWAPSTACK_DRIVERS_CAN_PROFILE_H

#include "can/canframe.h"
#include "core/io.h"

/* What holds for a bay at a step of the core. */
struct can_station {
    bool here;             /* something is in the bay, and the bay is shut and locked */
    bool contactor_closed; /* feedback */
    bool emergency;
    struct io_charger charger; /* who else serves it */
    struct io_bay_request request;
    int64_t wall_us; /* since 1970 UTC */
};

struct can_profile {
    /* The station has moved on. */
    void (*follow)(void *self, const struct can_station *station, int64_t now_us);
    /* A frame came on the bay's bus. */
    void (*hear)(void *self, const struct canframe *frame, int64_t now_us);
    /* Time has passed. */
    void (*tick)(void *self, int64_t now_us);
    /* The next frame for the bus; false: none. */
    bool (*next)(void *self, int64_t now_us, struct canframe *frame);
    /* When `tick` is due at the latest; INT64_MAX: not by time. */
    int64_t (*due_us)(const void *self, int64_t now_us);
    /* The pack as it is known now. */
    void (*read)(void *self, int64_t now_us, struct io_pack *pack);
    /* Once true when charging must stop and the station has not asked for it. */
    bool (*take_alarm)(void *self);
};

#endif
