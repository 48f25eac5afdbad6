/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that come into being, go on after their end, or go on in another bay. */
#include "charging/charging_internal.h"

#include "charging/billing.h"
#include "charging/life.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct charging_process *charging_process_of(const struct charging_process_row *row)
{
    struct charging_process *process = calloc(1, sizeof *process);
    if (!process)
        return NULL;
    process->id = row->id;
    process->slot = row->slot;
    process->start_us = process->newest_us = row->start_date_us;
    process->head = CHARGE_HEAD_NONE;
    memcpy(process->station_id, row->station_id, sizeof process->station_id);
    memcpy(process->bid, row->bid, sizeof process->bid);
    memcpy(process->session_id, row->session_id, sizeof process->session_id);
    memcpy(process->vid, row->vid, sizeof process->vid);
    return process;
}

static int fail_memory(struct err *err)
{
    return err_set(err, ERR_NOMEM, "charging process: out of memory");
}

static void put_text(char to[65], const char *text)
{
    (void)snprintf(to, 65, "%s", text ? text : "");
}

static int insert(struct charging *charging, struct charging_bay *bay,
                  const struct charging_observation *observation, struct err *err)
{
    struct charging_process_row row = {.slot = bay->slot,
                                       .latitude = observation->latitude,
                                       .longitude = observation->longitude,
                                       .start_date_us = observation->at.date_us,
                                       .start_battery_level = observation->soc_percent};
    put_text(row.station_id, observation->station_id);
    put_text(row.bid, observation->bid);
    put_text(row.session_id, observation->session_id);
    put_text(row.vid, observation->vid);
    int status = charging_find_vehicle(charging, row.bid, row.station_id, observation->at.date_us,
                                       row.vid, err);
    if (status >= 0)
        status = charging_process_insert(charging->store, &row, err);
    if (status >= 0)
        status = billing_locate(charging->store, row.id, row.latitude, row.longitude, err);
    if (status < 0)
        return status;
    bay->process = charging_process_of(&row);
    if (!bay->process)
        return fail_memory(err);
    rules_start(&bay->process->state, &charging->limits.rules.limits);
    return charging_process_add(charging, bay->process, observation, err);
}

int charging_process_resume(struct charging *charging, struct charging_bay *bay, int64_t id,
                            const struct charging_observation *observation, struct err *err)
{
    struct charging_process_row row;
    assert(!bay->process);
    int status = charging_process_load_row(charging->store, id, &row, err);
    if (status <= 0)
        return status < 0 ? status
                          : err_set(err, ERR_STORAGE, "database %s: charging process %lld is gone",
                                    store_path(charging->store), (long long)id);
    struct charging_process *process = bay->process = charging_process_of(&row);
    if (!process)
        return fail_memory(err);
    process->slot = bay->slot;
    status = charge_unpack(charging->store, id, &charging->newest_sample, err);
    if (status == 0)
        status = charging_process_load(charging, process, err);
    if (status < 0)
        return status;
    bool late = row.end_date_us != STORE_NULL && observation->at.date_us <= process->newest_us;
    if (!late) {
        status = charging_process_reopen(charging->store, id, err);
        if (status == 0)
            status =
                charging_process_update(charging->store, id, bay->slot, process->start_us, err);
    }
    if (status == 0)
        status = charging_process_add(charging, process, observation, err);
    if (status < 0 || !late)
        return status;
    return charging_process_end(charging, bay, row.end_reason, observation->at.date_us, err);
}

/* The bay of the station in which `id` is open, or NULL. */
static struct charging_bay *find_open(struct charging_station *station, int64_t id)
{
    for (size_t i = 0; i < station->bay_count; i++)
        if (station->bays[i].process && station->bays[i].process->id == id)
            return &station->bays[i];
    return NULL;
}

/* A session that goes on in another bay takes its process there. */
static int take_over(struct charging *charging, struct charging_bay *from, struct charging_bay *bay,
                     const struct charging_observation *observation, struct err *err)
{
    struct charging_process *process = bay->process = from->process;
    from->process = NULL;
    process->slot = bay->slot;
    int status =
        charging_process_update(charging->store, process->id, bay->slot, process->start_us, err);
    return status < 0 ? status : charging_process_add(charging, process, observation, err);
}

int charging_process_begin(struct charging *charging, struct charging_station *station,
                           struct charging_bay *bay, const struct charging_observation *observation,
                           struct err *err)
{
    struct charging_process_row known;
    int found = 0;
    assert(!bay->process);
    if (observation->session_id && observation->session_id[0])
        found = charging_process_find_session(charging->store, station->station_id,
                                              observation->session_id, &known, err);
    if (found < 0)
        return found;
    if (!found)
        return insert(charging, bay, observation, err);
    struct charging_bay *from = find_open(station, known.id);
    return from ? take_over(charging, from, bay, observation, err)
                : charging_process_resume(charging, bay, known.id, observation, err);
}
