/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CAN controller says of itself and its bus in error frames (linux/can/error.h), as one
 * state, so that a trouble is reported when it begins and when it ends. Pure.
 */
#ifndef SWAPSTACK_CAN_CANHEALTH_H
#define SWAPSTACK_CAN_CANHEALTH_H

#include "can/canframe.h"

/* state, what a technician reads */
#define CANHEALTH_STATES(X)                                                                        \
    X(GOOD, "the bus works")                                                                       \
    X(WARNING, "many errors on the bus: check bit rate and termination")                           \
    X(PASSIVE, "error passive: nobody acknowledges, or the bit rate is wrong")                     \
    X(OFF, "bus-off: the controller has left the bus; it comes back by itself with restart-ms")    \
    X(DOWN, "the interface is down or gone")

#define CANHEALTH_AS_ENUM(name, text) CANHEALTH_##name,
enum canhealth_state { CANHEALTH_STATES(CANHEALTH_AS_ENUM) CANHEALTH_COUNT };
#undef CANHEALTH_AS_ENUM

struct canhealth {
    enum canhealth_state state;
    uint32_t errors; /* error frames so far */
};

const char *canhealth_text(enum canhealth_state state);

/* A frame came, of the bus or of the controller. True: the state is another one now. */
bool canhealth_on_frame(struct canhealth *health, const struct canframe *frame);
/* The interface cannot be used. True as above. */
bool canhealth_on_down(struct canhealth *health);
/* A frame went out. True as above. */
bool canhealth_on_sent(struct canhealth *health);

#endif
