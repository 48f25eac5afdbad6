/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cost of a process under a tariff with time-of-use windows. Pure.
 *
 * What is billed is the same as without windows (charging/cost.h). It is divided over the slots as
 * the intervals of the process are: energy in proportion to the energy of each, or where no
 * interval has any (and always for a price per minute) in proportion to the time. The parts are
 * integers (in 1e-9 kWh or min) and sum to the whole exactly; their prices are summed exactly, and
 * the sum with the fee is rounded once, half away from zero, to 2 decimals. A process that meets
 * one price only costs what a flat tariff of that price costs.
 */
#ifndef SWAPSTACK_CHARGING_TOU_COST_H
#define SWAPSTACK_CHARGING_TOU_COST_H

#include "charging/cost.h"
#include "charging/tou.h"

#define TOU_NANO INT64_C(1000000000) /* parts of a kWh or a minute */

/* Divides `quantity` (of the tariff's billing: kWh or minutes; 0 … 1e9) over the slots. */
void tou_divide(const struct tou_split *split, enum cost_billing billing, double quantity,
                int64_t parts_nano[TOU_SLOTS]);

/* `base`: the tariff outside of its windows. `retroactive` as cost_retroactive, else as
 * cost_at_close for a vehicle that pays. */
int64_t tou_cost(const struct cost_tariff *base, const struct tou_window *windows, size_t count,
                 const struct cost_quantity *quantity, const struct tou_split *split,
                 bool retroactive);

#endif
