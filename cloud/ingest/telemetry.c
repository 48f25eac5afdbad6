/* SPDX-License-Identifier: Apache-2.0 */
/* STATION_INFO: current state, sightings of batteries, charging samples, days of batteries. */
#include "ingest/ingest_internal.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

static int64_t from_message(int64_t value)
{
    return value == MESSAGE_ABSENT ? STORE_NULL : value;
}

static double first_known(double a, double b)
{
    return isnan(a) ? b : a;
}

static int see(struct ingest *ingest, const struct arrival *arrival,
               const struct message_battery *battery, bool bay_is_empty, struct err *err)
{
    const struct message_station *station = &arrival->message.data.station_info.station;
    const struct station_row *row = &arrival->station->row;
    struct tracking_sighting sighting = {
        .bid = battery->bid,
        .station_id = arrival->message.device,
        .bay_is_empty = bay_is_empty,
        .slot = battery->slot,
        .time_us = arrival->moment.time_us,
        .soc_percent = battery->soc_percent,
        .soh_percent = battery->soh_percent,
        .capacity_kwh = battery->capacity_kwh,
        .cycles = from_message(battery->cycles),
        .battery_version = battery->version,
        .latitude = first_known(station->latitude, row->latitude),
        .longitude = first_known(station->longitude, row->longitude),
        .max_temp_c = battery->max_temp_c,
        .min_temp_c = battery->min_temp_c,
        .max_cell_v = battery->max_cell_v,
        .min_cell_v = battery->min_cell_v,
        /* A bare client may have no way to say who it is. */
        .unidentified = !bay_is_empty && !battery->bid[0] && arrival->message.version >= 1};
    struct tracking_source source = ingest_source(arrival);
    return tracking_see_battery(ingest->tracking, &sighting, &source, err);
}

/* `up` orders within the boot of a journal, and counts only there. */
static struct charging_moment moment_of(const struct arrival *arrival)
{
    bool counts = arrival->journal_number != 0 && arrival->moment.place.up != MESSAGE_ABSENT;
    return (struct charging_moment){.date_us = arrival->moment.time_us,
                                    .journal = arrival->journal_number,
                                    .boot = arrival->moment.place.boot,
                                    .up_us = counts ? arrival->moment.place.up * CLOCK_US_PER_MS
                                                    : STORE_NULL,
                                    .estimated = arrival->time_source == CLOCKFIX_ARRIVAL};
}

static int observe(struct ingest *ingest, const struct arrival *arrival,
                   const struct message_battery *battery, bool bay_is_empty, struct err *err)
{
    const struct message *message = &arrival->message;
    const struct station_row *row = &arrival->station->row;
    struct charging_observation observation = {
        .station_id = message->device,
        .slot = battery->slot,
        .bid = battery->bid,
        .session_id = battery->session,
        .vid = battery->vin,
        .charge = battery->charge,
        .empty = bay_is_empty,
        .at = moment_of(arrival),
        .arrived_us = arrival->raw->plant_us,
        .soc_percent = battery->soc_percent,
        .charge_energy_added_kwh = battery->charge_energy_added_kwh,
        .charger_power_kw = battery->charger_power_kw,
        .charger_current_a = battery->charger_current_a,
        .charger_voltage_v = battery->charger_voltage_v,
        .charger_phases = from_message(battery->charger_phases),
        .meter_wh = battery->meter_wh,
        .outside_temp_c = battery->outside_temp_c,
        .ideal_range_km = battery->ideal_range_km,
        .rated_range_km = battery->rated_range_km,
        .fast_charger_type = battery->fast_charger_type,
        .latitude = first_known(message->data.station_info.station.latitude, row->latitude),
        .longitude = first_known(message->data.station_info.station.longitude, row->longitude),
        /* A journal's row comes once by its mark; a bare date has no time to compare. */
        .deduplicate =
            message->place.lane == LANE_ABSENT && message->time.precision == TIMESTAMP_EXACT};
    return charging_observe(ingest->charging, &observation, err);
}

static int note_day(struct ingest *ingest, const struct arrival *arrival,
                    const struct message_battery *battery, struct err *err)
{
    struct day_reading reading = {.at_us = arrival->moment.time_us,
                                  .cell_min_v = battery->min_cell_v,
                                  .cell_max_v = battery->max_cell_v,
                                  .temp_min_c = battery->min_temp_c,
                                  .temp_max_c = battery->max_temp_c};
    if (!battery->bid[0])
        return 0;
    return days_observe(ingest->days, battery->bid, arrival->message.device, &reading,
                        arrival->raw->plant_us, err);
}

static int tell(struct ingest *ingest, const struct arrival *arrival,
                const struct message_battery *battery, bool bay_is_empty, struct err *err)
{
    int status = see(ingest, arrival, battery, bay_is_empty, err);
    if (status == 0)
        status = observe(ingest, arrival, battery, bay_is_empty, err);
    return status < 0 ? status : note_day(ingest, arrival, battery, err);
}

static bool has_battery(const struct message_station_info *info, int64_t slot)
{
    for (size_t i = 0; i < info->battery_count; i++)
        if (info->batteries[i].slot == slot)
            return true;
    return false;
}

/* A bay that says it is EMPTY (not one that does not know) holds no battery: whoever tracks or
 * charges the one that was there must hear it. */
static int tell_empty(struct ingest *ingest, const struct arrival *arrival, struct err *err)
{
    const struct message_station_info *info = &arrival->message.data.station_info;
    int status = 0;
    for (size_t i = 0; i < info->station.bay_count && status == 0; i++) {
        const struct message_bay *bay = &info->station.bays[i];
        if (strcmp(bay->state, "EMPTY") != 0 || has_battery(info, bay->slot))
            continue;
        struct message_battery none;
        message_battery_init(&none);
        none.slot = bay->slot;
        status = tell(ingest, arrival, &none, true, err);
    }
    return status;
}

int ingest_station_info(struct ingest *ingest, struct arrival *arrival, struct err *err)
{
    const struct message_station_info *info = &arrival->message.data.station_info;
    int status =
        state_apply_info(ingest->registry, arrival->station, info, &arrival->moment, NULL, err);
    /* Only who speaks the protocol's own form has an echo. */
    if (status == 0 && arrival->message.version != MESSAGE_ABSENT && info->station.present)
        status = ingest_offer_config(ingest, arrival->station, &info->station.config, err);
    /* Live messages show what is; the history comes through the journal. */
    if (status < 0 || arrival->message.live)
        return status;
    struct tracking_source source = ingest_source(arrival);
    status =
        tracking_place_station(ingest->tracking, arrival->message.device, info->station.latitude,
                               info->station.longitude, arrival->moment.time_us, &source, err);
    for (size_t i = 0; i < info->battery_count && status == 0; i++)
        status = tell(ingest, arrival, &info->batteries[i], false, err);
    ingest->counters[COUNTER_SAMPLES] += (int64_t)info->battery_count;
    if (status == 0)
        status = tell_empty(ingest, arrival, err);
    struct charging_moment moment = moment_of(arrival);
    return status < 0 ? status
                      : charging_advance(ingest->charging, arrival->message.device, &moment, err);
}
