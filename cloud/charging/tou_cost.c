/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/tou_cost.h"

#include "charging/apportion.h"
#include <math.h>

#define QUANTITY_MOST 1e9
#define CENT          (COST_UNIT / 100)

__extension__ typedef __int128 wide;

void tou_divide(const struct tou_split *split, enum cost_billing billing, double quantity,
                int64_t parts_nano[TOU_SLOTS])
{
    int64_t weights[TOU_SLOTS], whole = llround(decimal_round(quantity, 9) * (double)TOU_NANO);
    for (size_t i = 0; i < TOU_SLOTS; i++) /* kW·s in mJ */
        weights[i] = billing == COST_PER_KWH ? llround(decimal_total(&split->energy_kws[i]) * 1e6)
                                             : split->us[i];
    if (apportion(whole, weights, TOU_SLOTS, parts_nano))
        return;
    if (!apportion(whole, split->us, TOU_SLOTS, parts_nano))
        parts_nano[0] = whole;
}

/* Half away from zero; `divisor` above 0. */
static int64_t divide_rounded(wide value, wide divisor)
{
    wide quotient = value / divisor, rest = value % divisor;
    if (rest < 0 ? -rest * 2 >= divisor : rest * 2 >= divisor)
        quotient += value < 0 ? -1 : 1;
    if (quotient > COST_LIMIT / CENT || quotient < -(COST_LIMIT / CENT))
        return COST_NONE;
    return (int64_t)quotient * CENT;
}

static int64_t flat_cost(const struct cost_tariff *tariff, const struct cost_quantity *quantity,
                         bool retroactive)
{
    return retroactive ? cost_retroactive(tariff, quantity, COST_NONE)
                       : cost_at_close(tariff, quantity, NULL);
}

int64_t tou_cost(const struct cost_tariff *base, const struct tou_window *windows, size_t count,
                 const struct cost_quantity *quantity, const struct tou_split *split,
                 bool retroactive)
{
    struct cost_tariff flat = *base;
    double billed = NAN;
    if (base->billing == COST_PER_KWH)
        billed = cost_billable_kwh(quantity);
    else if (base->billing == COST_PER_MINUTE && quantity->duration_min != COST_NONE)
        billed = (double)quantity->duration_min;
    if (isnan(billed) || billed < 0 || billed > QUANTITY_MOST)
        return flat_cost(&flat, quantity, retroactive);
    int64_t parts[TOU_SLOTS];
    tou_divide(split, base->billing, billed, parts);
    wide sum = 0;
    bool any = false, several = false;
    for (size_t i = 0; i <= count; i++) {
        int64_t price = i > 0 ? windows[i - 1].price : base->cost_per_unit;
        if (parts[i] == 0)
            continue;
        several = several || (any && price != flat.cost_per_unit);
        flat.cost_per_unit = price;
        any = true;
        sum += (wide)(price == COST_NONE ? 0 : price) * parts[i];
    }
    if (!several)
        return flat_cost(&flat, quantity, retroactive);
    int64_t fee = base->session_fee == COST_NONE ? 0 : base->session_fee;
    return divide_rounded(sum + (wide)fee * TOU_NANO, (wide)CENT * TOU_NANO);
}
