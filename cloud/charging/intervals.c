/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/intervals.h"

#include "charging/charging_internal.h"
#include <math.h>
#include <stdlib.h>

double interval_power_kw(const struct evaluate_sample *later, double phases)
{
    double by_current = phases * later->current_a * later->voltage_v / 1000;
    return later->phases == STORE_NULL || isnan(by_current) ? later->power_kw : by_current;
}

int intervals_read(struct store *store, int64_t process, struct intervals *intervals,
                   struct err *err)
{
    *intervals = (struct intervals){0};
    int status = charging_samples_read(store, process, &intervals->samples, &intervals->count, err);
    if (status < 0)
        return status;
    for (size_t i = 0; i < intervals->count; i++)
        evaluate_normalise(&intervals->samples[i]);
    evaluate_samples(intervals->samples, intervals->count, &intervals->figures);
    return 0;
}

void intervals_free(struct intervals *intervals)
{
    free(intervals->samples);
    *intervals = (struct intervals){0};
}

struct interval intervals_at(const struct intervals *intervals, size_t index)
{
    const struct evaluate_sample *before = &intervals->samples[index - 1];
    const struct evaluate_sample *later = &intervals->samples[index];
    double added = decimal_round(later->added_kwh - before->added_kwh, 2);
    return (struct interval){.from_us = before->date_us,
                             .to_us = later->date_us,
                             .power_kw =
                                 interval_power_kw(later, intervals->figures.effective_phases),
                             .added_kwh = added >= 0 ? added : (double)NAN,
                             .later = later};
}
