/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The efficiency factor of a vehicle (kWh per km of range) from its completed charging processes:
 * section 5 of design/charging.md. Pure.
 *
 * The section describes a model and its traps; both are here:
 * - EFFICIENCY_AS_MODELLED: a null or negative quotient that is the most frequent spoils its step.
 *   Of equally frequent ones the usable comes before the null, the smaller before the larger.
 * - EFFICIENCY_MENDED: such quotients take no part, and of equally frequent ones the one whose
 *   processes agree most at 5 decimals wins, then the smaller.
 */
#ifndef SWAPSTACK_CHARGING_EFFICIENCY_H
#define SWAPSTACK_CHARGING_EFFICIENCY_H

#include <stddef.h>
#include <stdint.h>

enum efficiency_rule { EFFICIENCY_AS_MODELLED, EFFICIENCY_MENDED };

/* A completed process. NAN and INT64_MIN: not known. */
struct efficiency_process {
    int64_t duration_min;
    double end_battery_level; /* % */
    double added_kwh;
    double start_range_km, end_range_km; /* of the preferred kind */
};

/* *factor: kWh/km. Returns 1; 0 when no step succeeds (the old factor stays then, *factor is
 * untouched); ERR_NOMEM. */
int efficiency_factor(const struct efficiency_process *processes, size_t count,
                      enum efficiency_rule rule, double *factor);

#endif
