/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that tells alerts to the channels of one kind (mqtt, webhook, command): takes what is
 * due from the database with a reading connection of its own, and has the writer note what came of
 * it. Never the writer's thread, so that a slow subscriber delays nobody else.
 *
 * At least once: a delivery that was made and could not be noted is made again after a restart.
 */
#ifndef SWAPSTACK_BRIDGE_COURIER_H
#define SWAPSTACK_BRIDGE_COURIER_H

#include "alerts/delivery.h"
#include "bridge/ring.h"
#include <stdatomic.h>

struct courier_settings {
    struct delivery_policy policy;
    int webhook_timeout_ms, command_timeout_ms;
    char command[1024]; /* path of the program */
};

/* How one kind of channel delivers. */
struct courier_port {
    void *self;
    const char *kind; /* of its channels */
    /* NULL: always; else whether it makes sense to try now (courier_wake when it does again). */
    bool (*is_ready)(void *self);
    /* Blocks; returns soon when `stop` has become true (`stop_fd` readable). err: why not. */
    enum delivery_outcome (*deliver)(void *self, const struct channel_row *channel,
                                     const struct delivery_row *row,
                                     const struct courier_settings *settings, struct err *err);
};

struct courier;

/* Opens the database, which must exist. `stop` becomes true when the thread is to end. */
int courier_new(struct courier **courier, const char *db_path, struct ring *ring,
                const struct courier_port *port, const struct courier_settings *settings,
                const atomic_bool *stop, struct err *err);
int courier_start(struct courier *courier, struct err *err);
/* There may be something due (also from another thread's callback: never blocks for long). */
void courier_wake(struct courier *courier);
void courier_configure(struct courier *courier, const struct courier_settings *settings);
/* Ends the thread; `stop` must be true. While the writer is alive, what was delivered is noted. */
void courier_stop(struct courier *courier);
void courier_free(struct courier *courier);

#endif
