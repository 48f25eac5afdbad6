/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic ageing with known truth: random numbers from a seed, batteries that wear as they are
 * told. Header only. */
#ifndef SWAPSTACK_TEST_CLOUD_HEALTH_SUPPORT_H
#define SWAPSTACK_TEST_CLOUD_HEALTH_SUPPORT_H

#include "health/health.h"

#include "cloud/support.h"

#include <math.h>

#define DAY_US   INT64_C(86400000000)
#define BEGIN_US INT64_C(1600000000000000)

/* splitmix64: every seed is a good one. */
struct dice {
    uint64_t state;
};

SUPPORT uint64_t dice_next(struct dice *dice)
{
    uint64_t z = (dice->state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Above 0, up to 1. */
SUPPORT double dice_share(struct dice *dice)
{
    return ((double)(dice_next(dice) >> 11) + 1) / 9007199254740992.0;
}

SUPPORT double dice_between(struct dice *dice, double least, double most)
{
    return least + (most - least) * dice_share(dice);
}

/* Mean 0, deviation 1 (Box and Muller). */
SUPPORT double dice_normal(struct dice *dice)
{
    double radius = sqrt(-2 * log(dice_share(dice)));
    return radius * cos(2 * 3.14159265358979323846 * dice_share(dice));
}

/* How a synthetic battery lives. Its health falls in a straight line; each charge shows it with an
 * error. */
struct ageing {
    double nominal_kwh, soh_first_percent, soh_per_year;
    double charges_per_day, days;
    double noise_percent;      /* deviation of what one charge shows, in percent points */
    double noise_cold_percent; /* more of it at the coldest of the year */
    double outlier_share;      /* of charges that show anything from 40 to 125 % */
    double gap_from, gap_days; /* no charge in these days */
    double repair_day;         /* then the health is lifted … */
    double repair_percent;     /* … by so much; 0: never */
};

SUPPORT double ageing_truth(const struct ageing *ageing, double day)
{
    double lift =
        ageing->repair_percent > 0 && day >= ageing->repair_day ? ageing->repair_percent : 0;
    return ageing->soh_first_percent + lift + ageing->soh_per_year * day / 365.25;
}

static double shown(const struct ageing *ageing, double day, struct dice *dice)
{
    if (dice_share(dice) < ageing->outlier_share)
        return dice_between(dice, 40, 125);
    double winter = (1 + cos(2 * 3.14159265358979323846 * day / 365.25)) / 2;
    double noise = ageing->noise_percent + ageing->noise_cold_percent * winter;
    return ageing_truth(ageing, day) + noise * dice_normal(dice);
}

/* Fills `charges` with at most `room` of them; the number. */
SUPPORT size_t ageing_charges(const struct ageing *ageing, struct dice *dice,
                              struct capacity_charge *charges, size_t room)
{
    size_t count = 0;
    for (double day = 0; day < ageing->days && count < room;
         day += dice_between(dice, 0.7, 1.3) / ageing->charges_per_day) {
        if (day >= ageing->gap_from && day < ageing->gap_from + ageing->gap_days)
            continue;
        double from = dice_between(dice, 10, 45), to = dice_between(dice, 80, 95);
        double capacity_kwh = ageing->nominal_kwh * shown(ageing, day, dice) / 100;
        int64_t start_us = BEGIN_US + (int64_t)(day * (double)DAY_US);
        charges[count++] = (struct capacity_charge){.start_us = start_us,
                                                    .end_us = start_us + DAY_US / 24,
                                                    .start_soc_percent = from,
                                                    .end_soc_percent = to,
                                                    .added_kwh = capacity_kwh * (to - from) / 100,
                                                    .used_kwh = NAN};
    }
    return count;
}

/* The day on which the truth reaches a health. */
SUPPORT double ageing_end_day(const struct ageing *ageing, double soh_percent)
{
    double lift = ageing->repair_percent > 0 ? ageing->repair_percent : 0;
    return (soh_percent - ageing->soh_first_percent - lift) / ageing->soh_per_year * 365.25;
}

#endif
