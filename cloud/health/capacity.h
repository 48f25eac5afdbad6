/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one closed charging process says about the capacity of its battery (issue 4, point 6):
 *
 *     capacity = energy added / (state of charge at its end - at its start) · 100     kWh
 *
 * The energy is the counter's (`charge_energy_added`), hence what the charger or the pack counted:
 * where it includes losses of charging, so does the capacity. An error of 1 % in the span of the
 * state of charge is one of 1/span in the capacity, so only wide spans count. Pure.
 */
#ifndef SWAPSTACK_HEALTH_CAPACITY_H
#define SWAPSTACK_HEALTH_CAPACITY_H

#include <stddef.h>
#include <stdint.h>

/* A closed charging process. NAN: not known. */
struct capacity_charge {
    int64_t start_us, end_us;
    double start_soc_percent, end_soc_percent;
    double added_kwh;
    double used_kwh; /* by the charger's power */
};

/* Why a process says nothing about the capacity. */
enum capacity_verdict {
    CAPACITY_USED,
    CAPACITY_UNKNOWN, /* energy or state of charge is not known, or the energy is not above 0 */
    CAPACITY_SHORT,   /* the state of charge rose by too little */
    CAPACITY_ENERGY,  /* energy added and energy used contradict each other */
    CAPACITY_POWER,   /* more than CAPACITY_C_RATE_MAX nominal capacities an hour */
    CAPACITY_FAR,     /* outside CAPACITY_SHARE_MIN … _MAX of the nominal capacity */
    CAPACITY_VERDICTS,
};

/* Energy used is the charger's output by its power samples; more than it cannot have arrived. The
 * tolerance is that of samples 10 s to minutes apart. */
#define CAPACITY_USED_PER_ADDED_MIN 0.8
#define CAPACITY_USED_PER_ADDED_MAX 1.5
#define CAPACITY_C_RATE_MAX         6.0
/* A worn-out battery keeps more than a third; a new one has little more than is written on it. */
#define CAPACITY_SHARE_MIN 0.3
#define CAPACITY_SHARE_MAX 1.3

/* *capacity_kwh is set where the energy and a positive span are known, else NAN. `nominal_kwh` NAN:
 * what needs it is not checked. */
enum capacity_verdict capacity_of_charge(const struct capacity_charge *charge,
                                         double soc_span_min_percent, double nominal_kwh,
                                         double *capacity_kwh);

/* "used", "short" …: one word, as in JSON. */
const char *capacity_verdict_name(enum capacity_verdict verdict);

/* The highest median of CAPACITY_WINDOW successive values: what the battery could once do, whatever
 * single charges said. Of fewer values their median; NAN of none. */
#define CAPACITY_WINDOW 9
double capacity_highest(const double *capacities_kwh, size_t count);

/* Where the series was lastly lifted for good (a repair, exchanged modules; the meaning of a number
 * changed): the index of the first value after it, 0 where it never was. Ageing only falls, so the
 * line of a trend must not go through such a lift.
 *
 * A lift is where the values after it are higher than those before by more than `rise_least`
 * (medians of up to 30 on each side, at least 12) and by the Mann–Whitney test with z above 3.5 (H.
 * B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947); about 1 in 4 000 at each
 * place where there is none). */
#define CAPACITY_LIFT_WINDOW 30
#define CAPACITY_LIFT_LEAST  12
size_t capacity_last_lift(const double *values, size_t count, double rise_least, double *rise);

#endif
