/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: what is wrong with the station or a bay, since when, how often. A fault is raised once
 * and cleared once its cause was gone for limits.fault_hold_s. Each return doubles that time up to
 * limits.fault_flap_s, also a return within fault_flap_s of its end: so a flapping one is a single
 * fault with a count. Latched faults stay until a person resets them (fault_reset).
 */
#ifndef SWAPSTACK_CORE_FAULT_H
#define SWAPSTACK_CORE_FAULT_H

#include "core/actions.h"
#include "core/fault_table.h"
#include "core/limits.h"
#include <stdbool.h>
#include <stdint.h>

/* What a fault does to its bay (or, with slot 0, to the station). */
enum fault_effect {
    FAULT_REPORTS,     /* nothing: a fact that somebody should look at */
    FAULT_STOPS,       /* no charging here while it is active */
    FAULT_BLOCKS,      /* the bay is out of service (FAULT); station: no swap */
    FAULT_QUARANTINES, /* the bay stays shut (QUARANTINE) */
    FAULT_EMERGENCY,   /* all outputs safe (ESTOP) */
};

/* Whose it is: slot 0, a bay's slot, or raised by swap-monitor and never by the engine. */
enum fault_of { FAULT_OF_STATION, FAULT_OF_BAY, FAULT_OF_MONITOR };

#define FAULT_AS_ENUM(name, ...) FAULT_##name,
enum fault_code { FAULT_TABLE(FAULT_AS_ENUM) FAULT_COUNT };
#undef FAULT_AS_ENUM

struct fault {
    enum fault_code code;
    int slot; /* 0: the station */
    int64_t since_us;
    int64_t gone_us; /* when its cause went away, 0: it is there */
    int64_t count;   /* times the cause came */
};

#define FAULTS_MAX       512
#define FAULTS_ENDED_MAX 32

/* Active faults, in the order in which they came, and those that ended last (since_us: when). */
struct faults {
    int count;
    struct fault list[FAULTS_MAX];
    int ended_next;
    struct fault ended[FAULTS_ENDED_MAX];
};

/* A row of the table (core/fault_table.h). */
struct fault_kind {
    const char *name, *severity;
    bool latched;
    enum fault_effect effect;
    enum fault_of of;
    const char *info, *cause, *does, *check; /* sentences */
};
const struct fault_kind *fault_kind(enum fault_code code);
/* "stops charging" … for a list */
const char *fault_effect_text(enum fault_effect effect);

const char *fault_name(enum fault_code code);
enum fault_effect fault_effect(enum fault_code code);
bool fault_is_latched(enum fault_code code);
/* The code of a name, FAULT_COUNT when there is none. */
enum fault_code fault_find(const char *name);

/* Says whether the cause is there now. Called each step for causes that are levels, or once with
 * `true` for something that happened. Emits a FAULT event when the fault begins or ends. */
void fault_set(struct faults *faults, enum fault_code code, int slot, bool cause, int64_t now_us,
               const struct station_limits *limits, struct station_actions *actions);

bool fault_active(const struct faults *faults, enum fault_code code, int slot);
/* The strongest effect of the faults of that slot; -1 when it has none. */
int fault_worst(const struct faults *faults, int slot);
/* First active fault of that slot with at least that effect, NULL when there is none. */
const struct fault *fault_with_effect(const struct faults *faults, int slot,
                                      enum fault_effect effect);

/* A person confirmed at the station: faults whose cause is gone end, latched or not (slot -1: all).
 */
void fault_reset(struct faults *faults, int slot, int64_t now_us, struct station_actions *actions);

/* Ends a fault whose cause went away for good, without waiting, latched or not. */
void fault_end(struct faults *faults, enum fault_code code, int slot, int64_t now_us,
               struct station_actions *actions);

/* Puts back a latched fault from the stored intent, without an event. */
void fault_restore(struct faults *faults, const struct fault *fault);

#endif
