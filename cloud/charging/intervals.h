/* SPDX-License-Identifier: Apache-2.0 */
/* The stored samples of one process as intervals of constant power, which is what energy is divided
 * by: over hours, prices, bands. The power is that of rule version 1 (design/charging.md, section
 * 4): the later sample's holds over the interval. */
#ifndef SWAPSTACK_CHARGING_INTERVALS_H
#define SWAPSTACK_CHARGING_INTERVALS_H

#include "base/err.h"
#include "charging/evaluate.h"
#include "store/store.h"

/* kW of a sample; NAN: not known. `phases`: the process's effective phases, NAN where undefined. */
double interval_power_kw(const struct evaluate_sample *later, double phases);

/* What one process has. */
struct intervals {
    struct evaluate_sample *samples; /* owned; in order of date */
    size_t count;
    struct evaluate_result figures;
};

/* ERR_INVALID when its samples are damaged. Release with intervals_free in any case. */
int intervals_read(struct store *store, int64_t process, struct intervals *intervals,
                   struct err *err);
void intervals_free(struct intervals *intervals);

/* The interval that ends at sample `index` (from 1 on). */
struct interval {
    int64_t from_us, to_us;
    double power_kw;  /* NAN: not known; below 0: it flowed back */
    double added_kwh; /* by the counter; NAN: not known, or it went back */
    const struct evaluate_sample *later;
};
struct interval intervals_at(const struct intervals *intervals, size_t index);

#endif
