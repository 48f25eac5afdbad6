/* SPDX-License-Identifier: Apache-2.0 */
/* What a STATION_INFO or REGISTER says of a station, written into its current state. */
#ifndef SWAPSTACK_STATIONS_STATE_H
#define SWAPSTACK_STATIONS_STATE_H

#include "protocol/message.h"
#include "stations/registry.h"

/* When and where a message belongs: its place in the station's order, its time and arrival. */
struct state_moment {
    struct order_place place;
    const char *journal;     /* "" when it has none */
    int64_t time_us;         /* when the fact was observed */
    int64_t arrived_us;      /* plant clock */
    int64_t arrived_mono_us; /* pace of the wall, never steps (env.h) */
};

/* Applies a STATION_INFO unless a later one was applied before. *applied may be NULL. */
int state_apply_info(struct registry *registry, struct station *station,
                     const struct message_station_info *info, const struct state_moment *moment,
                     bool *applied, struct err *err);

/* Applies a REGISTER: location, price, bays, board, firmware. */
void state_apply_register(struct registry *registry, struct station *station,
                          const struct message_register *registration,
                          const struct state_moment *moment);

/* A journal that is newer than all before begins the station's order (and the numbers of its
 * connections) anew. */
void state_adopt_journal(struct station *station, const struct state_moment *moment);

#endif
