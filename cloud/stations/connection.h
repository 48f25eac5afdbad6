/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a station there? By its own word (STATUS, last will) and by its silence. A station is
 * DISCONNECTED by an offline of its newest connection, or after 3 report intervals without a
 * message; anything new that it says brings it back.
 */
#ifndef SWAPSTACK_STATIONS_CONNECTION_H
#define SWAPSTACK_STATIONS_CONNECTION_H

#include "protocol/message.h"
#include "stations/registry.h"
#include "stations/state.h"

struct alerts;

struct connection {
    struct registry *registry;
    struct alerts *alerts;
    int64_t report_interval_us; /* plant clock */
};

/* The station said something new: notes the time; DISCONNECTED becomes what it last reported. */
int connection_hear(const struct connection *connection, struct station *station,
                    const struct state_moment *moment, struct err *err);

/* A STATUS message. *fresh is false for one of an older connection, which changes nothing. */
int connection_status(const struct connection *connection, struct station *station,
                      const struct message_status *said, const struct state_moment *moment,
                      bool *fresh, struct err *err);

/* Marks the stations that have been silent too long. */
int connection_tick(const struct connection *connection, int64_t mono_us, int64_t plant_us,
                    struct err *err);

/* The bridge itself was cut off from the broker: nobody's silence counts from before now. */
void connection_reset(const struct connection *connection, int64_t mono_us, int64_t plant_us);

#endif
