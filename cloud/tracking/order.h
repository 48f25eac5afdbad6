/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator orders about one battery: its area, its lock. The same struct is filled by
 * swapctl, goes as JSON through the bridge's control socket, and is carried out by whoever holds
 * the writer's lock.
 *
 *   {"command":"battery_area","battery":BID,"actor":USER,"limits":[…]}   tracking/area.h; [] clears
 *   {"command":"battery_lock","battery":BID,"actor":USER,"reason":TEXT}  tracking/lock.h
 *   {"command":"battery_unlock","battery":BID,"actor":USER}
 */
#ifndef SWAPSTACK_TRACKING_ORDER_H
#define SWAPSTACK_TRACKING_ORDER_H

#include "tracking/area.h"

enum battery_order_kind { BATTERY_ORDER_AREA, BATTERY_ORDER_LOCK, BATTERY_ORDER_UNLOCK };

struct battery_order {
    enum battery_order_kind kind;
    char bid[65], actor[65];
    char reason[200]; /* of a lock */
    struct area_limit limits[AREA_LIMITS_MAX];
    size_t limit_count;
};

/* Is `command` the name of an order? */
bool battery_order_is(const char *command);
/* ERR_INVALID with a sentence that names the field. Pure. */
int battery_order_from_json(const cJSON *object, struct battery_order *order, struct err *err);
/* NULL: out of memory. */
cJSON *battery_order_to_json(const struct battery_order *order);

/* Carries it out and logs it with its actor, inside the caller's transaction. */
int battery_order_run(struct store *store, struct alerts *alerts, const struct battery_order *order,
                      int64_t at_us, struct err *err);

#endif
