/* SPDX-License-Identifier: Apache-2.0 */
/* Orders about batteries (tracking/order.h): through the bridge when one runs on the database, else
 * under the writer's lock. */
#ifndef SWAPSTACK_CTL_ORDERS_H
#define SWAPSTACK_CTL_ORDERS_H

#include "ctl/ctl.h"
#include "tracking/order.h"

/* Fills in battery (the verb's word) and actor. */
int order_begin(const struct ctl *ctl, enum battery_order_kind kind, struct battery_order *order,
                struct err *err);
int order_send(const struct ctl *ctl, const struct battery_order *order, struct err *err);

#endif
