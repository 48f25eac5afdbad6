/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Safety: which readings are alarms (rules 1, 3, 5, 7), and what may move (rule 4). Linux only
 * supervises: the same alarms cut power in hardware.
 */
#ifndef SWAPSTACK_CORE_SAFETY_H
#define SWAPSTACK_CORE_SAFETY_H

#include "core/station.h"

/* Raises and clears the faults whose cause is a reading. First in every step. */
void safety_watch(struct core_step *step);

/* Age of a reading, counted from the start of the run at the earliest. */
int64_t safety_age_us(const struct core_step *step, int64_t at_us);
/* The station's inputs were heard lately. A start gives no credit: nothing may begin on what is not
 * known. */
bool safety_station_fresh(const struct core_step *step);
bool safety_pack_fresh(const struct core_step *step, const struct io_bay *in);
bool safety_charger_fresh(const struct core_step *step, const struct io_bay *in);
/* Finite and within the plausible range of a temperature. */
bool safety_temperature_ok(const struct station_limits *limits, double temp_c);

/* Door closed, lock engaged, both known. */
bool safety_bay_shut(const struct core_step *step, const struct io_bay *in);

/* Why this door may not be opened now, a constant text; NULL when it may. */
const char *safety_door_obstacle(const struct core_step *step, const struct bay *bay);
/* Another door than this one is open, or may be (rule 4). */
bool safety_other_door_open(const struct core_step *step, const struct bay *bay);
/* The part of it that holds in maintenance too (rule 4): contactor open, no current, no other door.
 */
const char *safety_door_interlock(const struct core_step *step, const struct bay *bay);
/* Why no door may move at all now (emergency, safe mode, storage, maintenance). */
const char *safety_motion_obstacle(const struct station *station);
/* Why the gate may not move that way now. */
const char *safety_gate_obstacle(const struct core_step *step, enum io_motion motion);

static inline int64_t step_now(const struct core_step *step)
{
    return step->in->now_us;
}

static inline const struct io_bay *step_bay(const struct core_step *step, const struct bay *bay)
{
    return &step->in->bays[bay->slot - 1];
}

static inline void step_touch(struct core_step *step)
{
    step->actions->intent_changed = true;
}

/* fault_set with the station's faults and hold time. */
void step_fault(struct core_step *step, enum fault_code code, int slot, bool cause);

#endif
