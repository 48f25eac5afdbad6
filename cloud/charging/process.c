/* SPDX-License-Identifier: Apache-2.0 */
/* One charging process: opened, grown by samples, closed with its figures. */
#include "charging/charging_internal.h"

#include "base/log.h"
#include "base/scope.h"
#include "charging/life.h"
#include "store/charging.h"
#include "store/exchange.h"
#include "store/session.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct evaluate_sample to_evaluate(const struct charge_sample *sample)
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

/* The row to store: at the scales of the columns, so that stored and running figures agree. */
static struct charge_sample to_store(const struct charging_observation *observation)
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
        .date_us = observation->date_us,
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

/* All stored samples of a process, open or packed, ready for evaluation; in order of arrival. */
static int read_samples(struct charging *charging, int64_t id, struct evaluate_sample **samples,
                        size_t *count, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples stored;
    *samples = NULL;
    *count = 0;
    int status = charge_samples_read(charging->store, id, &stored, err);
    if (status < 0)
        return status;
    *samples = malloc((stored.count + 1) * sizeof **samples);
    if (!*samples)
        return err_set(err, ERR_NOMEM, "charging process %lld: out of memory", (long long)id);
    *count = stored.count;
    for (size_t i = 0; i < stored.count; i++)
        (*samples)[i] = to_evaluate(&stored.list[i]);
    return 0;
}

int charging_process_load(struct charging *charging, struct charging_process *process,
                          struct err *err)
{
    SCOPE_FREE struct evaluate_sample *samples = NULL;
    size_t count;
    process->head = (struct charge_head){STORE_NULL, 0};
    int status = charge_head_load(charging->store, process->id, &process->head, err);
    if (status >= 0)
        status = read_samples(charging, process->id, &samples, &count, err);
    if (status == ERR_INVALID) { /* an open process without its samples cannot go on */
        status = ERR_STORAGE;
        if (err)
            err->code = status;
    }
    if (status < 0)
        return status;
    struct evaluate_result sorted; /* evaluate_samples puts them in order */
    evaluate_samples(samples, count, &sorted);
    evaluate_start(&process->state);
    for (size_t i = 0; i < count; i++)
        evaluate_add(&process->state, &samples[i]);
    process->newest_us = count ? samples[count - 1].date_us : process->start_us;
    process->late = false;
    return 0;
}

int charging_process_holds(struct charging *charging, int64_t id, int64_t date_us, struct err *err)
{
    SCOPE_FREE struct evaluate_sample *samples = NULL;
    size_t count;
    int status = read_samples(charging, id, &samples, &count, err);
    if (status < 0)
        return status;
    for (size_t i = 0; i < count; i++)
        if (samples[i].date_us == date_us)
            return 1;
    return 0;
}

/* The vehicle that returned the pack: of its newest Off-Load into this station. */
static int find_vehicle(struct charging *charging, const char *bid, const char *station_id,
                        int64_t until_us, char vid[65], struct err *err)
{
    if (!bid || !bid[0])
        return 0;
    return exchange_vehicle_of_off_load(charging->store, bid, station_id, until_us, vid, err);
}

static int insert_row(struct charging *charging, struct charging_process *process,
                      const struct charging_observation *observation, struct err *err)
{
    struct charging_process_row row = {.slot = process->slot,
                                       .latitude = observation->latitude,
                                       .longitude = observation->longitude,
                                       .start_date_us = observation->date_us,
                                       .start_battery_level = observation->soc_percent};
    if (observation->vid)
        (void)snprintf(process->vid, sizeof process->vid, "%s", observation->vid);
    int status = find_vehicle(charging, process->bid, process->station_id, observation->date_us,
                              process->vid, err);
    if (status < 0)
        return status;
    memcpy(row.bid, process->bid, sizeof row.bid);
    memcpy(row.station_id, process->station_id, sizeof row.station_id);
    memcpy(row.session_id, process->session_id, sizeof row.session_id);
    memcpy(row.vid, process->vid, sizeof row.vid);
    status = charging_process_insert(charging->store, &row, err);
    process->id = row.id;
    process->head = (struct charge_head){STORE_NULL, 0};
    process->start_us = process->newest_us = observation->date_us;
    evaluate_start(&process->state);
    return status;
}

/* A session that was closed and goes on. Its sample may also be a late one from before the end: it
 * is taken in, and the process closed again for the reason that it was closed for. */
static int resume(struct charging *charging, struct charging_bay *bay,
                  const struct charging_process_row *closed,
                  const struct charging_observation *observation, struct err *err)
{
    struct charging_process *process = bay->process;
    process->id = closed->id;
    process->start_us = closed->start_date_us;
    memcpy(process->vid, closed->vid, sizeof process->vid);
    memcpy(process->bid, closed->bid, sizeof process->bid); /* the record's, as after a restart */
    int status = charge_unpack(charging->store, process->id, &charging->newest_sample, err);
    if (status == 0)
        status = charging_process_load(charging, process, err);
    if (status < 0)
        return status;
    bool late = observation->date_us <= process->newest_us;
    if (!late && (status = charging_process_reopen(charging->store, process->id, err)) < 0)
        return status;
    status = charging_process_add(charging, process, observation, err);
    if (status < 0 || !late)
        return status;
    return charging_process_end(charging, bay, closed->end_reason, observation->date_us, err);
}

int charging_process_begin(struct charging *charging, struct charging_bay *bay,
                           const struct charging_observation *observation, struct err *err)
{
    assert(!bay->process);
    struct charging_process *process = bay->process = calloc(1, sizeof *process);
    if (!process)
        return err_set(err, ERR_NOMEM, "charging process: out of memory");
    process->slot = bay->slot;
    (void)snprintf(process->station_id, sizeof process->station_id, "%s", observation->station_id);
    (void)snprintf(process->bid, sizeof process->bid, "%s",
                   observation->bid ? observation->bid : "");
    (void)snprintf(process->session_id, sizeof process->session_id, "%s",
                   observation->session_id ? observation->session_id : "");
    struct charging_process_row closed;
    int found = 0;
    if (process->session_id[0])
        found = charging_process_find_session(charging->store, process->station_id,
                                              process->session_id, &closed, err);
    if (found < 0)
        return found;
    if (found)
        return resume(charging, bay, &closed, observation, err);
    int status = insert_row(charging, process, observation, err);
    return status < 0 ? status : charging_process_add(charging, process, observation, err);
}

int charging_process_add(struct charging *charging, struct charging_process *process,
                         const struct charging_observation *observation, struct err *err)
{
    struct charge_sample sample = to_store(observation);
    int64_t id = charging->newest_sample + 1;
    int status = charge_sample_append(charging->store, id, process->id, process->head.last_sample,
                                      &sample, err);
    if (status < 0)
        return status;
    charging->newest_sample = id;
    process->head.last_sample = id;
    process->head.samples++;
    if (sample.date_us < process->newest_us) {
        process->late = true;
    } else {
        process->newest_us = sample.date_us;
        struct evaluate_sample add = to_evaluate(&sample);
        if (!process->late)
            evaluate_add(&process->state, &add);
    }
    if (!process->head_dirty) {
        process->head_dirty = true;
        process->next_dirty = charging->dirty;
        charging->dirty = process;
    }
    return 0;
}

static void forget_dirty(struct charging *charging, struct charging_process *process)
{
    for (struct charging_process **at = &charging->dirty; *at; at = &(*at)->next_dirty)
        if (*at == process) {
            *at = process->next_dirty;
            break;
        }
    process->head_dirty = false;
}

static struct charging_figures to_figures(const struct evaluate_result *result)
{
    return (struct charging_figures){
        .start_date_us = result->start_date_us,
        .end_date_us = result->end_date_us,
        .start_battery_level = result->start_battery_level,
        .end_battery_level = result->end_battery_level,
        .charge_energy_added = result->charge_energy_added_kwh,
        .charge_energy_used = result->charge_energy_used_kwh,
        .start_ideal_range_km = result->start_ideal_range_km,
        .end_ideal_range_km = result->end_ideal_range_km,
        .start_rated_range_km = result->start_rated_range_km,
        .end_rated_range_km = result->end_rated_range_km,
        .outside_temp_avg = result->outside_temp_avg_c,
        .duration_min = result->duration_min,
        .rule_version = EVALUATE_RULE_VERSION,
    };
}

/* Samples that cannot be packed, because some are damaged, stay as they are: the figures are
 * written, and the rest of the station must go on. */
static int pack(struct charging *charging, int64_t id, struct err *err)
{
    struct err why = {0};
    int status = charge_pack(charging->store, id, &why);
    if (status != ERR_INVALID)
        return status < 0 ? err_set(err, status, "%s", why.text) : 0;
    log_warning("charging", "samples stay unpacked: %s", why.text);
    return 0;
}

int charging_process_end(struct charging *charging, struct charging_bay *bay, const char *reason,
                         int64_t at_us, struct err *err)
{
    struct charging_process *process = bay->process;
    int status = charge_head_save(charging->store, process->id, &process->head, err);
    if (status == 0 && process->late)
        status = charging_process_load(charging, process, err);
    if (status < 0)
        return status;
    struct evaluate_result result;
    evaluate_finish(&process->state, &result);
    struct charging_figures figures = to_figures(&result);
    char vid[65] = "";
    status =
        find_vehicle(charging, process->bid, process->station_id, figures.end_date_us, vid, err);
    figures.vid = vid;
    figures.end_reason = reason;
    figures.evaluated_at_us = at_us;
    if (status >= 0)
        status = charging_process_close(charging->store, process->id, &figures, err);
    if (status >= 0 && process->session_id[0])
        status = charging_session_fill_energy(charging->store, process->station_id,
                                              process->session_id, err);
    if (status >= 0)
        status = pack(charging, process->id, err);
    forget_dirty(charging, process);
    free(process);
    bay->process = NULL;
    return status;
}
