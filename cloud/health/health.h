/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How worn a battery is, and how long it will last (issue 4, point 6). Pure.
 *
 * State of health: charge-derived capacity (health/capacity.h) over nominal capacity
 * (health/series.h), in percent. Its trend is the Theil–Sen line (health/theil_sen.h) through all
 * charges that count since the capacity was last lifted (capacity_last_lift); once over time and
 * once over equivalent full cycles. Remaining life is where the line, or the band around it,
 * reaches the state of health at which a battery's life ends. "Not enough data" is an answer, and
 * says what is missing.
 *
 * The line is straight. Ageing that gets faster ends a life earlier than it says; the newest
 * charges are no more to it than the oldest.
 */
#ifndef SWAPSTACK_HEALTH_HEALTH_H
#define SWAPSTACK_HEALTH_HEALTH_H

#include "health/maintenance.h"
#include "health/series.h"
#include "health/theil_sen.h"

struct health_limits {
    double end_of_life_soh_percent; /* default 80 */
    double nominal_kwh;             /* NAN: the battery's own (series.h) */
    double soc_span_min_percent;    /* default 30 */
    double confidence;              /* share, default 0.95 */
    int64_t charges_min;            /* default 10; at least THEIL_SEN_POINTS_MIN */
    double days_min;                /* default 30: from the first to the last charge that counts */
    double maintenance_cycles;      /* default 500; 0: not by cycles */
    double maintenance_days;        /* default 365; 0: not by the calendar */
};
extern const struct health_limits HEALTH_LIMITS_DEFAULT;

/* A lift of the capacity, in percent points of health, that ends the series before it. */
#define HEALTH_LIFT_PERCENT 4.0
/* What lies further ahead is not said. */
#define HEALTH_HORIZON_DAYS 10957.5 /* 30 years */
/* The trend over cycles needs a span too. */
#define HEALTH_CYCLES_SPAN_MIN 10.0

enum health_state {
    HEALTH_NOT_ENOUGH_DATA,
    HEALTH_STEADY, /* a fall cannot be told from none: the interval of the slope holds 0 */
    HEALTH_DECLINING,
    HEALTH_END_OF_LIFE, /* the line was there at the newest charge that counts */
};

/* A time of the future, or of the past. STORE_NULL (INT64_MIN): not before the horizon. */
struct health_date {
    int64_t estimate_us, earliest_us, latest_us;
};

struct health {
    enum health_state state;
    char reason[200]; /* why not enough, or why no estimate; "" otherwise */

    struct theil_sen_value soh_percent; /* at the newest charge that counts; without a trend the
                                           median of the last ones, and no interval */
    int64_t soh_at_us;                  /* of that charge; STORE_NULL: none */
    double capacity_kwh;                /* the same of the capacity */

    size_t trend_charges; /* that count since the last lift */
    double trend_days;    /* from the first to the last of them */
    int64_t lift_at_us;   /* STORE_NULL: no lift */
    double lift_percent;

    /* NAN, STORE_NULL: not known. */
    struct theil_sen_value soh_per_year;       /* slope, percent points */
    struct theil_sen_value soh_per_100_cycles; /* the same over equivalent full cycles */
    struct health_date end_of_life;
    struct theil_sen_value days_left;   /* from now; INFINITY: beyond the horizon */
    struct theil_sen_value cycles_left; /* from the newest charge */

    double cycles_per_day; /* of the last MAINTENANCE_PACE_DAYS on record; NAN */
    struct maintenance maintenance;
};

/* `series` is that of `charges` (series_make). ERR_NOMEM. */
int health_assess(const struct series *series, const struct capacity_charge *charges,
                  const struct health_limits *limits, int64_t now_us, struct health *health);

/* "not_enough_data", "steady", "declining", "end_of_life". */
const char *health_state_name(enum health_state state);

#endif
