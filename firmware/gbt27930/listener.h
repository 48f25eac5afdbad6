/* SPDX-License-Identifier: Apache-2.0 */
/* Listens to a segment of GB/T 27930 without taking part: puts the frames of both sides together to
 * messages. Pure. */
#ifndef SWAPSTACK_GBT27930_LISTENER_H
#define SWAPSTACK_GBT27930_LISTENER_H

#include "can/transport.h"
#include "gbt27930/message.h"

struct gbt_listener {
    struct transport to_charger, to_pack;
};

enum gbt_heard_kind {
    GBT_HEARD_FOREIGN, /* no frame of GB/T 27930 */
    GBT_HEARD_PART,    /* part of a transfer */
    GBT_HEARD_MESSAGE, /* spec, bytes, length */
    GBT_HEARD_BROKEN,  /* a transfer ended without its message: pgn, spec, reason */
};

struct gbt_heard {
    enum gbt_heard_kind kind;
    const struct gbt_spec *spec; /* NULL when it is none that we know */
    uint32_t pgn;
    uint8_t sender;
    const uint8_t *bytes; /* of the listener, until the next call */
    size_t length;
    const char *reason; /* why a transfer is broken */
};

void gbt_listener_init(struct gbt_listener *listener);
struct gbt_heard gbt_listener_on_frame(struct gbt_listener *listener, const struct canframe *frame);

#endif
