/* SPDX-License-Identifier: Apache-2.0 */
/* Between the database and the evaluation: samples and figures in the form of each. */
#include "charging/charging_internal.h"

#include "base/scope.h"
#include <stdlib.h>

struct evaluate_sample charging_sample_of(const struct charge_sample *sample)
{
    return (struct evaluate_sample){
        .date_us = sample->date_us,
        .battery_level = sample->battery_level,
        .added_kwh = sample->charge_energy_added,
        .power_kw = sample->charger_power,
        .current_a = sample->charger_actual_current,
        .voltage_v = sample->charger_voltage,
        .phases = sample->charger_phases,
        .ideal_range_km = sample->ideal_battery_range_km,
        .rated_range_km = sample->rated_battery_range_km,
        .outside_temp_c = sample->outside_temp,
        .meter_wh = sample->meter_wh,
    };
}

struct charge_sample charging_sample_to_store(const struct charging_observation *observation)
{
    struct evaluate_sample scaled = {
        .added_kwh = observation->charge_energy_added_kwh,
        .phases = observation->charger_phases,
        .ideal_range_km = observation->ideal_range_km,
        .rated_range_km = observation->rated_range_km,
        .outside_temp_c = observation->outside_temp_c,
    };
    evaluate_normalise(&scaled);
    return (struct charge_sample){
        .date_us = observation->at.date_us,
        .battery_level = observation->soc_percent,
        .charge_energy_added = scaled.added_kwh,
        .charger_power = observation->charger_power_kw,
        .charger_actual_current = observation->charger_current_a,
        .charger_voltage = observation->charger_voltage_v,
        .charger_phases = scaled.phases,
        .ideal_battery_range_km = scaled.ideal_range_km,
        .rated_battery_range_km = scaled.rated_range_km,
        .outside_temp = scaled.outside_temp_c,
        .fast_charger_type = observation->fast_charger_type,
        .meter_wh = observation->meter_wh,
    };
}

static void samples_free_scope(struct charge_samples *samples)
{
    charge_samples_free(samples);
}

int charging_samples_read(struct store *store, int64_t id, struct evaluate_sample **samples,
                          size_t *count, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples stored;
    *samples = NULL;
    *count = 0;
    int status = charge_samples_read(store, id, &stored, err);
    if (status < 0)
        return status;
    *samples = malloc((stored.count + 1) * sizeof **samples);
    if (!*samples)
        return err_set(err, ERR_NOMEM, "charging process %lld: out of memory", (long long)id);
    *count = stored.count;
    for (size_t i = 0; i < stored.count; i++)
        (*samples)[i] = charging_sample_of(&stored.list[i]);
    return 0;
}
