/* SPDX-License-Identifier: Apache-2.0 */
/* Which bay takes the user's battery, which pack is handed out. Pure and deterministic. */
#ifndef SWAPSTACK_CORE_SELECT_H
#define SWAPSTACK_CORE_SELECT_H

#include "core/station.h"

/* The free bay with the lowest slot: EMPTY, nothing in its way. 0 when there is none. */
int select_free_bay(const struct core_step *step);

struct select_wish {
    const char *battery;              /* serial asked for, "" any */
    const char *request_id, *vehicle; /* whose reservation may be used */
    double rated_v;                   /* of the pack to be replaced; NAN: not known yet */
    int except_slot;                  /* not this bay; 0: any */
};

/* The pack to hand out: READY, or RESERVED for this request or vehicle; SoC at target (READY is
 * sticky down to target - hysteresis); not locked; SoH at least min_soh; the right type (rated
 * voltage within 15 % of the pack that it replaces: two chemistries share one vehicle, two voltages
 * do not). Among those a reservation first, then the healthiest (SoH in whole percent), then the
 * least used (cycles; unknown counts as most), then the lowest slot. 0 when there is none. */
int select_ready(const struct core_step *step, const struct select_wish *wish);

/* Why the pack with the wish's serial cannot be handed out: a code of design/protocol.md
 * (BatteryUnknown, Unauthorized: it is locked, BatteryDamaged, BatterySoC, BatterySoHLow, Busy);
 * NULL when it can. */
const char *select_refusal(const struct core_step *step, const struct select_wish *wish);

#endif
