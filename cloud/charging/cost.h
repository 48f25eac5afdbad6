/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charging process costs: section 6 of design/charging.md. Pure.
 *
 * Money is in ten-thousandths of the currency; a cost is rounded to 2 decimals, half away from
 * zero, hence a multiple of 100. Where the section is silent:
 * - What is rounded is the sum of product and fee, as the model's column does it.
 * - Of charger types that occur equally often, the first in byte order is the usual one.
 * - An amount beyond COST_LIMIT is no cost (COST_NONE).
 */
#ifndef SWAPSTACK_CHARGING_COST_H
#define SWAPSTACK_CHARGING_COST_H

#include <stddef.h>
#include <stdint.h>

#define COST_NONE       INT64_MIN /* not known; the same value as STORE_NULL */
#define COST_UNIT       10000     /* of these make one of the currency */
#define COST_PRICE_MOST INT64_C(999999999)
#define COST_LIMIT      INT64_C(100000000000000000)

enum cost_billing { COST_NOT_BILLED, COST_PER_KWH, COST_PER_MINUTE };

struct cost_tariff {
    enum cost_billing billing;
    int64_t cost_per_unit; /* may be negative; COST_NONE: no price */
    int64_t session_fee;   /* never negative; COST_NONE: no fee */
};

/* What is billed. At close `used_kwh` is unrounded, otherwise both are the stored figures. */
struct cost_quantity {
    double added_kwh, used_kwh; /* NAN: not known */
    int64_t duration_min;       /* COST_NONE: not known */
};

/* The larger one of the known energies; NAN when neither is known. */
double cost_billable_kwh(const struct cost_quantity *quantity);

/* At close. `free_charger`: the usual fast-charger type of a vehicle that charges there without
 * paying; NULL for every other vehicle. */
int64_t cost_at_close(const struct cost_tariff *tariff, const struct cost_quantity *quantity,
                      const char *free_charger);

/* After a change of tariff, when a person asks for it. `cost` is what stands there: only COST_NONE
 * is replaced. */
int64_t cost_retroactive(const struct cost_tariff *tariff, const struct cost_quantity *quantity,
                         int64_t cost);

/* By hand: COST_NOT_BILLED means that `entered` is the total. A price whose quantity is missing is
 * taken as the total, as the model does. COST_NONE clears. */
int64_t cost_by_hand(enum cost_billing mode, int64_t entered, const struct cost_quantity *quantity);

/* The most frequent fast-charger type among samples with a power above 0; NULL when no such sample
 * names one. Reorders the list. The text belongs to the list's owner. */
struct cost_charger {
    double power_kw;
    const char *type; /* NULL: not known */
};
const char *cost_usual_charger(struct cost_charger *chargers, size_t count);

/* A number of the currency as ten-thousandths, rounded half away from zero. */
int64_t cost_from_number(double amount);

#endif
