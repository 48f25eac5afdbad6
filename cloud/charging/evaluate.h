/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of a charging process from its samples: rule version 1, which is sections 3
 * (aggregation) and 4 (energy used) of design/charging.md. Pure.
 *
 * Samples are added in date order; of equal dates the one that arrived first comes first. What is
 * kept between them has a fixed size, so that a running process costs no memory per sample, and
 * evaluate_finish may be asked at any time without ending anything. The whole at once
 * (evaluate_samples) goes the same way, hence cannot differ.
 *
 * Where the section is silent:
 * - Only the date is required. An interval whose later sample has no usable power contributes
 *   nothing; a power that was not said is not 0.
 * - A phase count of 0 or below is none.
 * - Numbers that are compared with a bound (mean ratio, its distance from a whole number) pass
 *   through 15 significant digits first, so that "inclusive" holds for the decimals a reader sees.
 */
#ifndef SWAPSTACK_CHARGING_EVALUATE_H
#define SWAPSTACK_CHARGING_EVALUATE_H

#include "base/decimal.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVALUATE_RULE_VERSION 1

/* One sample; NAN and STORE_NULL (INT64_MIN) mean: not known. */
struct evaluate_sample {
    int64_t date_us;
    double battery_level; /* % */
    double added_kwh;     /* counter */
    double power_kw;      /* may be negative */
    double current_a, voltage_v;
    int64_t phases;
    double ideal_range_km, rated_range_km;
    double outside_temp_c;
    double meter_wh; /* register; rule 2 only */
    int64_t arrival; /* order of arrival, which decides among equal dates */
};

/* Rounds the fields to their stored scale (counter and ranges 2 decimals, temperature 1) and makes
 * phases below 1 unknown. Idempotent; evaluate_add does it too. */
void evaluate_normalise(struct evaluate_sample *sample);

/* Energy of the intervals of one way to know the power. */
struct evaluate_energy {
    struct decimal_sum joules_k; /* kW·s, or (A·V)·s */
    int64_t intervals;           /* that contributed, zero ones too */
};

struct evaluate_state {
    int64_t samples;
    struct evaluate_sample first, last;
    double added_max_kwh; /* NAN: no counter yet */
    int64_t temp_tenths;  /* sum in 0.1 °C: exact */
    int64_t temp_count;
    struct decimal_sum ratio; /* of P·1000 / (I·U) */
    int64_t ratio_count;
    int64_t phases_sum, phases_count;
    /* The effective phases are known at the end only, so three sums are kept:
     * intervals whose power is P in each case; those whose power depends on it, once with P and
     * once with I·U (to be multiplied by φ/1000). */
    struct evaluate_energy by_power, else_by_power, by_current;
};

struct evaluate_result {
    int64_t samples;
    int64_t start_date_us, end_date_us; /* INT64_MIN without samples, as all integers below */
    double start_battery_level, end_battery_level;
    double start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km;
    double outside_temp_avg_c; /* 1 decimal */
    int64_t duration_min;
    double charge_energy_added_kwh, charge_energy_used_kwh; /* 2 decimals */
    double charge_energy_used_exact_kwh;                    /* before rounding (tariffs use it) */
    double effective_phases;                                /* φ; NAN: undefined */
};

void evaluate_start(struct evaluate_state *state);
/* The date must not be before the last one's (assert). */
void evaluate_add(struct evaluate_state *state, const struct evaluate_sample *sample);
/* The same for `count` samples that lie column by column; the arrays are at least as long. True:
 * they were added. False: their dates are not in order, nothing was done. */
struct evaluate_columns {
    size_t count;
    const int64_t *date_us, *phases;
    const double *battery_level, *added_kwh, *power_kw, *current_a, *voltage_v;
    const double *ideal_range_km, *rated_range_km, *outside_temp_c, *meter_wh;
};
bool evaluate_add_columns(struct evaluate_state *state, const struct evaluate_columns *columns);
/* One of them; its arrival is its place. */
struct evaluate_sample evaluate_column_sample(const struct evaluate_columns *columns, size_t at);
void evaluate_finish(const struct evaluate_state *state, struct evaluate_result *result);

/* Numbers the samples by their arrival, which is their order in the list, and puts them in the
 * order of their dates; equal dates keep theirs. */
void evaluate_sort(struct evaluate_sample *samples, size_t count);

/* Orders the samples in place (evaluate_sort) and evaluates them. */
void evaluate_samples(struct evaluate_sample *samples, size_t count,
                      struct evaluate_result *result);

/* φ of section 4: `ratio` p (NAN: none), `phases` r (INT64_MIN: none), `samples` n. */
double evaluate_phases(double ratio, int64_t phases, int64_t samples);

#endif
