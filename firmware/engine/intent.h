/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's intent as bytes: what must survive a restart (bay contents and custody, sessions,
 * the swap under way, faults, configuration, numbers, events not yet handed over).
 *
 *     swap-engine 1 <sha256 of what follows>\n
 *     {…}
 *
 * A damaged or newer state is refused, never guessed.
 */
#ifndef SWAPSTACK_ENGINE_INTENT_H
#define SWAPSTACK_ENGINE_INTENT_H

#include "base/strbuf.h"
#include "core/station.h"
#include "engine/handover.h"

#define INTENT_VERSION 1
#define INTENT_NAME    "engine.state"

struct intent_config { /* what SET_CONFIG said, the core's keys and others alike */
    size_t count;
    struct message_config_item items[MESSAGE_CONFIG_MAX];
};

struct intent { /* views of what the engine owns */
    struct station *station;
    struct handover *handover;
    struct intent_config *config;
    int64_t skew_us; /* encoding: stored times are of the plant clock */
};

int intent_encode(const struct intent *intent, struct strbuf *to, struct err *err);

/* Fills an initialised station (station_init), an empty handover and config. The handover's boot is
 * the last one that ran. Pure. ERR_INVALID: damaged, newer, or it makes no sense; ERR_CONFIG: it is
 * of a station with more bays. */
int intent_decode(const char *text, size_t length, struct intent *intent, struct err *err);

#endif
