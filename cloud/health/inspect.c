/* SPDX-License-Identifier: Apache-2.0 */
#include "health/inspect.h"

#include "base/scope.h"
#include <stdlib.h>

static int read_charges(struct store *store, int64_t before_us, struct inspection *inspection,
                        size_t *count, struct err *err)
{
    SCOPE_FREE struct health_charge_row *rows = NULL;
    int status = health_charge_list(store, inspection->battery.bid, before_us, &rows, count, err);
    if (status < 0)
        return status;
    inspection->charges = malloc((*count + 1) * sizeof *inspection->charges);
    inspection->ids = malloc((*count + 1) * sizeof *inspection->ids);
    if (!inspection->charges || !inspection->ids)
        return ERR_NOMEM;
    for (size_t i = 0; i < *count; i++) {
        inspection->ids[i] = rows[i].id;
        inspection->charges[i] =
            (struct capacity_charge){.start_us = rows[i].start_date_us,
                                     .end_us = rows[i].end_date_us,
                                     .start_soc_percent = rows[i].start_battery_level,
                                     .end_soc_percent = rows[i].end_battery_level,
                                     .added_kwh = rows[i].charge_energy_added,
                                     .used_kwh = rows[i].charge_energy_used};
    }
    return 0;
}

static int fail_memory(const struct inspection *inspection, struct err *err)
{
    return err_set(err, ERR_NOMEM, "battery %s: no memory for its health", inspection->battery.bid);
}

int inspection_read(struct store *store, const struct health_battery_row *battery,
                    const struct health_limits *limits, int64_t before_us,
                    struct inspection *inspection, struct err *err)
{
    *inspection = (struct inspection){.battery = *battery};
    struct series_input input = {.configured_kwh = limits->nominal_kwh,
                                 .first_reported_kwh = battery->first_capacity_kwh,
                                 .last_reported_kwh = battery->capacity_kwh,
                                 .soc_span_min_percent = limits->soc_span_min_percent};
    int status = read_charges(store, before_us, inspection, &input.count, err);
    if (status < 0)
        return status == ERR_NOMEM ? fail_memory(inspection, err) : status;
    input.charges = inspection->charges;
    return series_make(&input, &inspection->series) < 0 ? fail_memory(inspection, err) : 0;
}

int inspection_judge(struct inspection *inspection, const struct health_limits *limits,
                     int64_t now_us, struct err *err)
{
    int status = health_assess(&inspection->series, inspection->charges, limits, now_us,
                               &inspection->health);
    return status < 0 ? fail_memory(inspection, err) : 0;
}

void inspection_let_go(struct inspection *inspection)
{
    free(inspection->series.items);
    free(inspection->charges);
    free(inspection->ids);
    inspection->series.items = NULL;
    inspection->charges = NULL;
    inspection->ids = NULL;
}

void inspection_free(struct inspection *inspection)
{
    inspection_let_go(inspection);
    *inspection = (struct inspection){0};
}
