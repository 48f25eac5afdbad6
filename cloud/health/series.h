/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A battery's closed charging processes as a series: the capacity that each shows, the equivalent
 * full cycles until then. Pure.
 *
 *     equivalent full cycles = Σ energy added of all charging processes / nominal capacity
 *
 * (energy throughput of the charging half; in the long run the battery gives as much as it took,
 * less losses). Charges before the first on record are not in it, nor those whose energy nobody
 * said; `unknown` counts the latter.
 *
 * Nominal capacity, first match: as configured; the first that an exchange event reported; the
 * highest that charges showed (capacity_highest), where there are enough for it; what the battery
 * reported last; the median of the few charges.
 */
#ifndef SWAPSTACK_HEALTH_SERIES_H
#define SWAPSTACK_HEALTH_SERIES_H

#include "health/capacity.h"

enum series_nominal {
    NOMINAL_UNKNOWN,
    NOMINAL_CONFIGURED,
    NOMINAL_FIRST_REPORTED,
    NOMINAL_HIGHEST_MEASURED,
    NOMINAL_LAST_REPORTED,
};

struct series_input {
    const struct capacity_charge *charges; /* in order of their ends */
    size_t count;
    double configured_kwh, first_reported_kwh, last_reported_kwh; /* NAN: none */
    double soc_span_min_percent;
};

struct series_item {
    enum capacity_verdict verdict;
    double capacity_kwh; /* NAN: cannot be said */
    double soh_percent;  /* of the nominal capacity */
    double cycles;       /* equivalent full ones until the end of this charge */
};

struct series {
    double nominal_kwh; /* NAN: unknown */
    enum series_nominal nominal_source;
    struct series_item *items; /* owned; one a charge, in the same order */
    size_t count;
    size_t by_verdict[CAPACITY_VERDICTS];
    size_t unknown; /* charges without a known energy */
    double throughput_kwh, cycles;
};

/* ERR_NOMEM; series_free also after an error. */
int series_make(const struct series_input *input, struct series *series);
void series_free(struct series *series);

/* "configured", "first_reported", "highest_measured", "last_reported", "unknown". */
const char *series_nominal_name(enum series_nominal source);

#endif
