/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/cost.h"

#include "base/decimal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FREE_CHARGER "Tesla"

double cost_billable_kwh(const struct cost_quantity *quantity)
{
    return fmax(quantity->added_kwh, quantity->used_kwh); /* of a NAN and a number: the number */
}

int64_t cost_from_number(double amount)
{
    double units = decimal_round(amount, 4) * COST_UNIT;
    return fabs(units) <= (double)COST_LIMIT ? llround(units) : COST_NONE;
}

/* `ten_thousandths` at the scale of a stored cost. */
static int64_t rounded(double ten_thousandths)
{
    return cost_from_number(decimal_round(ten_thousandths / COST_UNIT, 2));
}

/* Money that may be missing, as an addend. */
static double amount(int64_t money)
{
    return money == COST_NONE ? 0 : (double)money;
}

static int64_t per_kwh(const struct cost_tariff *tariff, double energy_kwh)
{
    if (tariff->cost_per_unit == COST_NONE && tariff->session_fee == COST_NONE)
        return COST_NONE;
    return rounded(amount(tariff->cost_per_unit) * energy_kwh + amount(tariff->session_fee));
}

static int64_t per_minute(const struct cost_tariff *tariff, int64_t duration_min)
{
    return rounded(amount(tariff->cost_per_unit) * (double)duration_min +
                   amount(tariff->session_fee));
}

int64_t cost_at_close(const struct cost_tariff *tariff, const struct cost_quantity *quantity,
                      const char *free_charger)
{
    double energy_kwh = cost_billable_kwh(quantity);
    if (free_charger && strncmp(free_charger, FREE_CHARGER, strlen(FREE_CHARGER)) == 0)
        return 0;
    if (tariff->billing == COST_PER_KWH && !isnan(energy_kwh))
        return per_kwh(tariff, energy_kwh);
    if (tariff->billing == COST_PER_MINUTE && quantity->duration_min != COST_NONE)
        return per_minute(tariff, quantity->duration_min);
    return COST_NONE;
}

/* The quantity that a price is multiplied with; NAN: missing. */
static double billed_quantity(enum cost_billing billing, const struct cost_quantity *quantity)
{
    if (billing == COST_PER_KWH)
        return cost_billable_kwh(quantity);
    if (billing == COST_PER_MINUTE && quantity->duration_min != COST_NONE)
        return (double)quantity->duration_min;
    return NAN;
}

int64_t cost_retroactive(const struct cost_tariff *tariff, const struct cost_quantity *quantity,
                         int64_t cost)
{
    if (cost != COST_NONE || tariff->billing == COST_NOT_BILLED)
        return cost;
    double billed = billed_quantity(tariff->billing, quantity);
    if (isnan(billed) || tariff->cost_per_unit == COST_NONE)
        return tariff->session_fee == COST_NONE ? COST_NONE : rounded(amount(tariff->session_fee));
    return rounded((double)tariff->cost_per_unit * billed + amount(tariff->session_fee));
}

int64_t cost_by_hand(enum cost_billing mode, int64_t entered, const struct cost_quantity *quantity)
{
    if (entered == COST_NONE)
        return COST_NONE;
    double billed = billed_quantity(mode, quantity);
    return rounded(isnan(billed) ? (double)entered : (double)entered * billed);
}

static int by_type(const void *left, const void *right)
{
    const struct cost_charger *a = left, *b = right;
    return strcmp(a->type, b->type);
}

/* Moves the samples that have a say to the front; returns how many they are. */
static size_t keep_charging(struct cost_charger *chargers, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct cost_charger charger = chargers[i];
        if (!charger.type || !(charger.power_kw > 0))
            continue;
        chargers[i] = chargers[kept]; /* exchanged, not overwritten: the owner frees the texts */
        chargers[kept++] = charger;
    }
    return kept;
}

const char *cost_usual_charger(struct cost_charger *chargers, size_t count)
{
    const char *usual = NULL;
    size_t most = 0, end;
    count = keep_charging(chargers, count);
    if (count > 0)
        qsort(chargers, count, sizeof *chargers, by_type);
    for (size_t start = 0; start < count; start = end) {
        for (end = start + 1; end < count && by_type(&chargers[start], &chargers[end]) == 0;)
            end++;
        if (end - start > most) {
            most = end - start;
            usual = chargers[start].type;
        }
    }
    return usual;
}
