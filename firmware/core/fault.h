/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: what is wrong with the station or a bay, since when, how often. A fault is raised once
 * and cleared once its cause was gone for limits.fault_hold_s, so that a flapping one is a single
 * fault with a count. Latched faults stay until a person resets them (fault_reset).
 */
#ifndef SWAPSTACK_CORE_FAULT_H
#define SWAPSTACK_CORE_FAULT_H

#include "core/actions.h"
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

/* name, severity, latched, effect, what failure_info says */
#define FAULT_TABLE(X)                                                                             \
    X(EmergencyStop, "critical", true, FAULT_EMERGENCY, "emergency stop pressed")                  \
    X(Smoke, "critical", true, FAULT_EMERGENCY, "smoke in the station")                            \
    X(StationSensorStale, "critical", false, FAULT_EMERGENCY, "station inputs are stale")          \
    X(SensorImplausible, "error", false, FAULT_STOPS, "implausible temperature")                   \
    X(Water, "error", false, FAULT_STOPS, "water in the station")                                  \
    X(ThermalEvent, "critical", true, FAULT_QUARANTINES, "smoke or fast heating in the bay")       \
    X(PackDamaged, "error", false, FAULT_QUARANTINES, "the pack reports faults of its own")        \
    X(PackType, "error", true, FAULT_QUARANTINES, "chemistry of the pack is not permitted")        \
    X(DuplicateSerial, "error", true, FAULT_QUARANTINES, "another bay holds this serial")          \
    X(SensorStale, "error", false, FAULT_BLOCKS, "bay inputs are stale")                           \
    X(BayTemperature, "error", false, FAULT_BLOCKS, "implausible temperature in the bay")          \
    X(LockFault, "error", true, FAULT_BLOCKS, "lock feedback does not follow")                     \
    X(DoorFault, "error", true, FAULT_BLOCKS, "door does not reach its end")                       \
    X(DoorForced, "error", false, FAULT_STOPS, "door open or unlocked without a request")          \
    X(ContactorFault, "critical", true, FAULT_BLOCKS, "contactor feedback does not follow")        \
    X(PackSilent, "error", false, FAULT_BLOCKS, "the pack stopped talking")                        \
    X(PackUnidentified, "error", false, FAULT_BLOCKS, "something is in the bay without a serial")  \
    X(PackChanged, "warning", false, FAULT_REPORTS, "not the pack on record")                      \
    X(PackMissing, "error", false, FAULT_REPORTS, "the pack on record is gone")                    \
    X(OverTemperature, "error", false, FAULT_STOPS, "pack too hot to charge")                      \
    X(CellOverVoltage, "error", false, FAULT_STOPS, "cell voltage above its limit")                \
    X(CurrentAfterStop, "error", false, FAULT_REPORTS, "current flowed on after a stop")           \
    X(ChargerFault, "error", false, FAULT_STOPS, "the charger reports a fault")                    \
    X(ChargerNoCurrent, "error", false, FAULT_REPORTS, "charger on, but no current")               \
    X(GateFault, "error", true, FAULT_BLOCKS, "gate does not reach its end")                       \
    X(LaneBlocked, "warning", false, FAULT_REPORTS, "the vehicle does not leave the lane")         \
    X(SwapTooLong, "warning", false, FAULT_REPORTS, "the swap takes longer than it may")           \
    X(SwapInterrupted, "warning", false, FAULT_REPORTS, "a swap stopped half way")                 \
    X(StorageFault, "error", false, FAULT_BLOCKS, "intent cannot be stored")                       \
    X(Maintenance, "warning", false, FAULT_REPORTS, "a person took it out of service")

#define FAULT_AS_ENUM(name, severity, latched, effect, info) FAULT_##name,
enum fault_code { FAULT_TABLE(FAULT_AS_ENUM) FAULT_COUNT };
#undef FAULT_AS_ENUM

struct fault {
    enum fault_code code;
    int slot; /* 0: the station */
    int64_t since_us;
    int64_t gone_us; /* when its cause went away, 0: it is there */
    int64_t count;   /* times the cause came */
};

#define FAULTS_MAX 512

/* Active faults, in the order in which they came. */
struct faults {
    int count;
    struct fault list[FAULTS_MAX];
};

const char *fault_name(enum fault_code code);
const char *fault_severity(enum fault_code code);
const char *fault_info(enum fault_code code); /* what is wrong, in words */
enum fault_effect fault_effect(enum fault_code code);
bool fault_is_latched(enum fault_code code);
/* The code of a name, FAULT_COUNT when there is none. */
enum fault_code fault_find(const char *name);

/* Says whether the cause is there now. Called each step for causes that are levels, or once with
 * `true` for something that happened. Emits a FAULT event when the fault begins or ends. */
void fault_set(struct faults *faults, enum fault_code code, int slot, bool cause, int64_t now_us,
               double hold_s, struct station_actions *actions);

bool fault_active(const struct faults *faults, enum fault_code code, int slot);
/* The strongest effect of the faults of that slot; -1 when it has none. */
int fault_worst(const struct faults *faults, int slot);
/* First active fault of that slot with at least that effect, NULL when there is none. */
const struct fault *fault_with_effect(const struct faults *faults, int slot,
                                      enum fault_effect effect);

/* A person confirmed at the station: latched faults whose cause is gone end (slot -1: all). */
void fault_reset(struct faults *faults, int slot, int64_t now_us, struct station_actions *actions);

/* Ends a fault whose cause went away for good, without waiting, latched or not. */
void fault_end(struct faults *faults, enum fault_code code, int slot, int64_t now_us,
               struct station_actions *actions);

/* Puts back a latched fault from the stored intent, without an event. */
void fault_restore(struct faults *faults, const struct fault *fault);

#endif
