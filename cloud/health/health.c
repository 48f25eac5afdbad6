/* SPDX-License-Identifier: Apache-2.0 */
#include "health/health.h"

#include "base/err.h"
#include "base/scope.h"
#include "health/rank.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_DAY    86400e6
#define DAYS_PER_YEAR 365.25
#define NO_DATE       INT64_MIN

const struct health_limits HEALTH_LIMITS_DEFAULT = {.end_of_life_soh_percent = 80,
                                                    .nominal_kwh = NAN,
                                                    .soc_span_min_percent = 30,
                                                    .confidence = 0.95,
                                                    .charges_min = 10,
                                                    .days_min = 30,
                                                    .maintenance_cycles = 500,
                                                    .maintenance_days = 365};

static const struct theil_sen_value UNKNOWN = {NAN, NAN, NAN};

/* The charges that count, as points of both trends. */
struct trend {
    size_t count;
    int64_t *at_us;                              /* owned */
    double *soh;                                 /* owned */
    struct theil_sen_point *by_days, *by_cycles; /* owned; days since the first charge on record */
};

static void trend_free(struct trend *trend)
{
    free(trend->at_us);
    free(trend->soh);
    free(trend->by_days);
    free(trend->by_cycles);
}

static int trend_make(const struct series *series, const struct capacity_charge *charges,
                      struct trend *trend)
{
    size_t room = series->by_verdict[CAPACITY_USED] + 1;
    trend->at_us = calloc(room, sizeof *trend->at_us);
    trend->soh = calloc(room, sizeof *trend->soh);
    trend->by_days = calloc(room, sizeof *trend->by_days);
    trend->by_cycles = calloc(room, sizeof *trend->by_cycles);
    if (!trend->at_us || !trend->soh || !trend->by_days || !trend->by_cycles)
        return ERR_NOMEM;
    for (size_t i = 0; i < series->count; i++) {
        const struct series_item *item = &series->items[i];
        if (item->verdict != CAPACITY_USED)
            continue;
        double days = (double)(charges[i].end_us - charges[0].end_us) / US_PER_DAY;
        size_t at = trend->count++;
        trend->at_us[at] = charges[i].end_us;
        trend->soh[at] = item->soh_percent;
        trend->by_days[at] = (struct theil_sen_point){days, item->soh_percent};
        trend->by_cycles[at] = (struct theil_sen_point){item->cycles, item->soh_percent};
    }
    return 0;
}

/* Forgets what was before the last lift. */
static void cut_at_lift(struct trend *trend, struct health *health)
{
    size_t from =
        capacity_last_lift(trend->soh, trend->count, HEALTH_LIFT_PERCENT, &health->lift_percent);
    if (from == 0)
        return;
    health->lift_at_us = trend->at_us[from];
    trend->count -= from;
    memmove(trend->at_us, trend->at_us + from, trend->count * sizeof *trend->at_us);
    memmove(trend->soh, trend->soh + from, trend->count * sizeof *trend->soh);
    memmove(trend->by_days, trend->by_days + from, trend->count * sizeof *trend->by_days);
    memmove(trend->by_cycles, trend->by_cycles + from, trend->count * sizeof *trend->by_cycles);
}

/* What can be said without a line: the median of the newest charges. */
static void say_present(const struct series *series, const struct trend *trend,
                        struct health *health)
{
    double newest[CAPACITY_WINDOW];
    size_t count = trend->count < CAPACITY_WINDOW ? trend->count : CAPACITY_WINDOW;
    health->trend_charges = trend->count;
    if (count == 0)
        return;
    memcpy(newest, trend->soh + trend->count - count, count * sizeof *newest);
    health->soh_at_us = trend->at_us[trend->count - 1];
    health->soh_percent.estimate = rank_median(newest, count);
    health->capacity_kwh = health->soh_percent.estimate / 100 * series->nominal_kwh;
    health->trend_days = (double)(health->soh_at_us - trend->at_us[0]) / US_PER_DAY;
}

/* False with the reason when a line through so little would say nothing. */
static bool is_enough(const struct series *series, const struct health_limits *limits,
                      struct health *health)
{
    const char *since = health->lift_at_us == NO_DATE ? "" : " since the capacity was lifted";
    if (series->count == 0)
        (void)snprintf(health->reason, sizeof health->reason, "no closed charging process");
    else if (isnan(series->nominal_kwh))
        (void)snprintf(health->reason, sizeof health->reason,
                       "no nominal capacity is known, and none of %zu charges shows one",
                       series->count);
    else if ((int64_t)health->trend_charges < limits->charges_min)
        (void)snprintf(health->reason, sizeof health->reason,
                       "%zu of %zu charges show the capacity%s; at least %lld are needed",
                       health->trend_charges, series->count, since, (long long)limits->charges_min);
    else if (health->trend_days < limits->days_min)
        (void)snprintf(
            health->reason, sizeof health->reason,
            "the charges that show the capacity%s span %.1f days; at least %g are needed", since,
            health->trend_days, limits->days_min);
    return health->reason[0] == '\0';
}

static struct theil_sen_value scaled(struct theil_sen_value value, double factor)
{
    return (struct theil_sen_value){value.estimate * factor, value.low * factor,
                                    value.high * factor};
}

static double left_until(double x, double now)
{
    return isinf(x) ? x : fmax(0, x - now);
}

static struct theil_sen_value until(struct theil_sen_value x, double now)
{
    return (struct theil_sen_value){left_until(x.estimate, now), left_until(x.low, now),
                                    left_until(x.high, now)};
}

static int64_t date_of(double days, int64_t origin_us)
{
    return isinf(days) ? NO_DATE : origin_us + (int64_t)llround(days * US_PER_DAY);
}

static int judge_by_time(struct trend *trend, int64_t origin_us, const struct series *series,
                         const struct health_limits *limits, int64_t now_us, struct health *health)
{
    double first = trend->by_days[0].x, newest = trend->by_days[trend->count - 1].x;
    double now = (double)(now_us - origin_us) / US_PER_DAY;
    struct theil_sen fit;
    int status = theil_sen_fit(trend->by_days, trend->count, limits->confidence, &fit);
    if (status < 0)
        return status;
    health->soh_percent = theil_sen_at(&fit, newest);
    health->capacity_kwh = health->soh_percent.estimate / 100 * series->nominal_kwh;
    health->soh_per_year = scaled(fit.slope, DAYS_PER_YEAR);
    struct theil_sen_value end = theil_sen_reaches(&fit, limits->end_of_life_soh_percent, first,
                                                   fmax(now, newest) + HEALTH_HORIZON_DAYS);
    bool falls = fit.slope.high < 0;
    if (health->soh_percent.estimate <= limits->end_of_life_soh_percent)
        health->state = HEALTH_END_OF_LIFE;
    else
        health->state = falls ? HEALTH_DECLINING : HEALTH_STEADY;
    if (health->state == HEALTH_STEADY) {
        end.estimate = end.high = INFINITY;
        (void)snprintf(health->reason, sizeof health->reason,
                       "a fall cannot be told from none: %+.2f to %+.2f %% a year",
                       health->soh_per_year.low, health->soh_per_year.high);
    }
    if (health->state == HEALTH_DECLINING && end.estimate <= now)
        (void)snprintf(health->reason, sizeof health->reason,
                       "the end was expected since the last charge that shows the capacity, "
                       "%.0f days ago",
                       now - newest);
    health->end_of_life =
        (struct health_date){date_of(end.estimate, origin_us), date_of(end.low, origin_us),
                             date_of(end.high, origin_us)};
    health->days_left = until(end, now);
    return 0;
}

static int judge_by_cycles(struct trend *trend, double cycles, const struct health_limits *limits,
                           struct health *health)
{
    double first = trend->by_cycles[0].x;
    struct theil_sen fit;
    if (cycles - first < HEALTH_CYCLES_SPAN_MIN)
        return 0;
    int status = theil_sen_fit(trend->by_cycles, trend->count, limits->confidence, &fit);
    if (status < 0)
        return status == ERR_INVALID ? 0 : status;
    health->soh_per_100_cycles = scaled(fit.slope, 100);
    /* As far ahead as the horizon, at ten full cycles a day: faster than any battery is swapped. */
    struct theil_sen_value end = theil_sen_reaches(&fit, limits->end_of_life_soh_percent, first,
                                                   cycles + HEALTH_HORIZON_DAYS * 10);
    if (health->state == HEALTH_STEADY || fit.slope.high >= 0)
        end.estimate = end.high = INFINITY;
    health->cycles_left = until(end, cycles);
    return 0;
}

/* Of the last days on record before now. */
static double pace(const struct series *series, const struct capacity_charge *charges,
                   int64_t now_us)
{
    int64_t from_us = now_us - (int64_t)(MAINTENANCE_PACE_DAYS * US_PER_DAY);
    size_t i = 0;
    if (series->count == 0)
        return NAN;
    while (i < series->count && charges[i].end_us < from_us)
        i++;
    double before = i > 0 ? series->items[i - 1].cycles : 0;
    int64_t since_us = charges[0].start_us > from_us ? charges[0].start_us : from_us;
    double days = (double)(now_us - since_us) / US_PER_DAY;
    return days >= 1 ? (series->cycles - before) / days : NAN;
}

int health_assess(const struct series *series, const struct capacity_charge *charges,
                  const struct health_limits *limits, int64_t now_us, struct health *health)
{
    *health = (struct health){.soh_percent = UNKNOWN,
                              .soh_at_us = NO_DATE,
                              .capacity_kwh = NAN,
                              .lift_at_us = NO_DATE,
                              .lift_percent = NAN,
                              .soh_per_year = UNKNOWN,
                              .soh_per_100_cycles = UNKNOWN,
                              .end_of_life = {NO_DATE, NO_DATE, NO_DATE},
                              .days_left = UNKNOWN,
                              .cycles_left = UNKNOWN,
                              .cycles_per_day = pace(series, charges, now_us)};
    SCOPE(trend_free) struct trend trend = {0};
    int status = trend_make(series, charges, &trend);
    if (status < 0)
        return status;
    cut_at_lift(&trend, health);
    say_present(series, &trend, health);
    if (series->count > 0)
        health->maintenance = maintenance_next(&(struct maintenance_input){
            charges[0].start_us, now_us, series->cycles, health->cycles_per_day,
            limits->maintenance_cycles, limits->maintenance_days});
    if (!is_enough(series, limits, health))
        return 0;
    status = judge_by_time(&trend, charges[0].end_us, series, limits, now_us, health);
    return status < 0 ? status : judge_by_cycles(&trend, series->cycles, limits, health);
}

const char *health_state_name(enum health_state state)
{
    static const char *const names[] = {"not_enough_data", "steady", "declining", "end_of_life"};
    return names[state];
}
