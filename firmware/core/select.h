/* SPDX-License-Identifier: Apache-2.0 */
/* Which bay takes the user's battery, which pack is handed out. Pure and deterministic. */
#ifndef SWAPSTACK_CORE_SELECT_H
#define SWAPSTACK_CORE_SELECT_H

#include "core/station.h"

/* The free bay with the lowest slot: EMPTY, nothing in its way. 0 when there is none. */
int select_free_bay(const struct core_step *step);
/* How many there are. */
int select_free_bays(const struct core_step *step);

/* The bit of a slot in a set of bays; none for slot 0. */
#define SELECT_BIT(slot) ((slot) > 0 ? UINT64_C(1) << ((slot)-1) : 0)

struct select_wish {
    const char *battery;              /* serial asked for, "" any */
    const char *request_id, *vehicle; /* whose reservation may be used */
    double rated_v;                   /* of the pack to be replaced; NAN: not known yet */
    uint64_t except;                  /* not these bays (SELECT_BIT); 0: any */
};

/* The pack to hand out: READY, or RESERVED for this request or vehicle; SoC at target (READY is
 * sticky down to target - hysteresis); not locked; SoH at least min_soh; the right type (rated
 * voltage within 15 % of the pack that it replaces: two chemistries share one vehicle, two voltages
 * do not). Among those a reservation first, then the healthiest (SoH in whole percent), then the
 * least used (cycles; unknown counts as most), then the lowest slot. 0 when there is none. */
int select_ready(const struct core_step *step, const struct select_wish *wish);

/* `count` packs of one type by the same rule, the best one first; with a serial in the wish that
 * one and others of its type. Fills slots[count]. Returns count, or how many of the fullest type
 * there are when that is less; the slots mean nothing then. */
int select_set(const struct core_step *step, const struct select_wish *wish, int count, int *slots);

/* Packs of several types (rated voltages) are fit to be handed out, so that what an unseen vehicle
 * needs is not known. */
bool select_types_differ(const struct core_step *step, const struct select_wish *wish);

/* Packs of the reservation that the wish may use: that of its request, else the first of its
 * vehicle.
 */
int select_reserved(const struct core_step *step, const struct select_wish *wish);

/* Why the pack with the wish's serial cannot be handed out: a code of design/protocol.md
 * (BatteryUnknown, Unauthorized: it is locked, BatteryDamaged, BatterySoC, BatterySoHLow, Busy);
 * NULL when it can. */
const char *select_refusal(const struct core_step *step, const struct select_wish *wish);

#endif
