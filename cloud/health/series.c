/* SPDX-License-Identifier: Apache-2.0 */
#include "health/series.h"

#include "base/err.h"
#include "base/scope.h"
#include <math.h>
#include <stdlib.h>

/* *used: the charges that it is made of. */
static int measure_highest(const struct series_input *input, double *highest_kwh, size_t *used)
{
    SCOPE_FREE double *capacities = calloc(input->count + 1, sizeof *capacities);
    *used = 0;
    if (!capacities)
        return ERR_NOMEM;
    for (size_t i = 0; i < input->count; i++)
        if (capacity_of_charge(&input->charges[i], input->soc_span_min_percent, NAN,
                               &capacities[*used]) == CAPACITY_USED)
            ++*used;
    *highest_kwh = capacity_highest(capacities, *used);
    return 0;
}

static void set_nominal(struct series *series, double kwh, enum series_nominal source)
{
    series->nominal_kwh = kwh;
    series->nominal_source = kwh > 0 ? source : NOMINAL_UNKNOWN;
}

static int find_nominal(const struct series_input *input, struct series *series)
{
    double highest_kwh;
    size_t used;
    if (input->configured_kwh > 0) {
        set_nominal(series, input->configured_kwh, NOMINAL_CONFIGURED);
        return 0;
    }
    if (input->first_reported_kwh > 0) {
        set_nominal(series, input->first_reported_kwh, NOMINAL_FIRST_REPORTED);
        return 0;
    }
    int status = measure_highest(input, &highest_kwh, &used);
    if (status < 0)
        return status;
    if (used < CAPACITY_WINDOW && input->last_reported_kwh > 0)
        set_nominal(series, input->last_reported_kwh, NOMINAL_LAST_REPORTED);
    else
        set_nominal(series, highest_kwh, NOMINAL_HIGHEST_MEASURED);
    return 0;
}

int series_make(const struct series_input *input, struct series *series)
{
    *series = (struct series){.count = input->count};
    series->items = calloc(input->count + 1, sizeof *series->items);
    if (!series->items)
        return ERR_NOMEM;
    int status = find_nominal(input, series);
    for (size_t i = 0; i < input->count && status == 0; i++) {
        const struct capacity_charge *charge = &input->charges[i];
        struct series_item *item = &series->items[i];
        if (charge->added_kwh >= 0)
            series->throughput_kwh += charge->added_kwh;
        else
            series->unknown++;
        item->verdict = capacity_of_charge(charge, input->soc_span_min_percent, series->nominal_kwh,
                                           &item->capacity_kwh);
        item->soh_percent = item->capacity_kwh / series->nominal_kwh * 100;
        item->cycles = series->throughput_kwh / series->nominal_kwh;
        series->by_verdict[item->verdict]++;
    }
    series->cycles = series->throughput_kwh / series->nominal_kwh;
    return status;
}

void series_free(struct series *series)
{
    free(series->items);
    *series = (struct series){0};
}

const char *series_nominal_name(enum series_nominal source)
{
    static const char *const names[] = {"unknown", "configured", "first_reported",
                                        "highest_measured", "last_reported"};
    return names[source];
}
