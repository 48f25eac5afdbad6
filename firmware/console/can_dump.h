/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a bus, one line each, until enough were seen or Ctrl-C. */
#ifndef SWAPSTACK_CONSOLE_CAN_DUMP_H
#define SWAPSTACK_CONSOLE_CAN_DUMP_H

#include "can/canbus.h"
#include "console/terminal.h"
#include <stdint.h>

struct can_dump {
    char interface[CANDUMP_INTERFACE_SIZE];
    int64_t count; /* frames wanted */
    int64_t seen;
    FILE *to;
};

/* `fd` is readable when the bus has a frame. 0, or the bus's error. */
int can_dump_run(struct canbus *bus, int fd, struct terminal *terminal, struct can_dump *dump,
                 struct err *err);

#endif
