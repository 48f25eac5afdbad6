/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration that all stations are to have (store/fleet.h) and who does not have it yet. A
 * station echoes the versions that it holds; one that echoes older ones is told, at once when
 * something changes or it registers, and again every 30 s until its echo agrees. So stations
 * that connect later, or were offline, or lost the message, all end with the newest.
 */
#ifndef SWAPSTACK_STATIONS_FLEET_H
#define SWAPSTACK_STATIONS_FLEET_H

#include "protocol/message.h"
#include "stations/registry.h"

#define FLEET_AGAIN_US INT64_C(30000000) /* pace of the wall */

struct store;

struct fleet {
    struct message_config wanted; /* count 0: nothing */
};

/* Reads it (again). */
int fleet_load(struct fleet *fleet, struct store *store, struct err *err);

/* Does the echo lack a version? Pure. */
bool fleet_is_behind(const struct fleet *fleet, const struct message_config *echo);

/* Should the station be told now? Then it is noted that it was. `echo` NULL: something changed. */
bool fleet_should_tell(const struct fleet *fleet, struct station *station,
                       const struct message_config *echo, int64_t mono_us);

#endif
