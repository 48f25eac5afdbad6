/* SPDX-License-Identifier: Apache-2.0 */
/* Which process is open in which bay: in memory, read from the database at a station's first use.
 */
#include "charging/charging_internal.h"

#include "base/scope.h"
#include "store/charging.h"
#include <stdlib.h>

void charging_station_free(void *value)
{
    struct charging_station *station = value;
    if (!station)
        return;
    for (size_t i = 0; i < station->bay_count; i++)
        free(station->bays[i].process);
    free(station->bays);
    free(station);
}

static void station_free_scope(struct charging_station **station)
{
    charging_station_free(*station);
}

int charging_bay_get(struct charging_station *station, int64_t slot, struct charging_bay **bay,
                     struct err *err)
{
    for (size_t i = 0; i < station->bay_count; i++)
        if (station->bays[i].slot == slot) {
            *bay = &station->bays[i];
            return 0;
        }
    if (station->bay_count == station->bay_capacity) {
        size_t capacity = station->bay_capacity ? station->bay_capacity * 2 : 8;
        struct charging_bay *bigger = realloc(station->bays, capacity * sizeof *bigger);
        if (!bigger)
            return err_set(err, ERR_NOMEM, "station %s: out of memory", station->station_id);
        station->bays = bigger;
        station->bay_capacity = capacity;
    }
    *bay = &station->bays[station->bay_count++];
    /* Whether an alert is open is not known: the first observation asks the database. */
    **bay = (struct charging_bay){.slot = slot, .stalled = true};
    return 0;
}

/* charging_observe keeps one open process per bay; should a database from elsewhere hold two, the
 * newer one goes on. */
static int add_open(void *self, const struct charging_process_row *row)
{
    struct charging_station *station = self;
    struct charging_bay *bay;
    int status = charging_bay_get(station, row->slot, &bay, NULL);
    if (status < 0)
        return status;
    if (!bay->process)
        bay->process = calloc(1, sizeof *bay->process);
    if (!bay->process)
        return ERR_NOMEM;
    struct charging_process *process = bay->process;
    process->id = row->id;
    process->slot = row->slot;
    process->start_us = row->start_date_us;
    (void)snprintf(process->station_id, sizeof process->station_id, "%s", row->station_id);
    (void)snprintf(process->bid, sizeof process->bid, "%s", row->bid);
    (void)snprintf(process->session_id, sizeof process->session_id, "%s", row->session_id);
    (void)snprintf(process->vid, sizeof process->vid, "%s", row->vid);
    return 0;
}

static int load_station(struct charging *charging, struct charging_station *station,
                        struct err *err)
{
    int status =
        charging_process_each_open(charging->store, station->station_id, add_open, station, err);
    for (size_t i = 0; status >= 0 && i < station->bay_count; i++)
        status = charging_process_load(charging, station->bays[i].process, err);
    return status;
}

int charging_station_get(struct charging *charging, const char *station_id,
                         struct charging_station **to, struct err *err)
{
    *to = textmap_find(&charging->stations, station_id);
    if (*to)
        return 0;
    SCOPE(station_free_scope) struct charging_station *station = calloc(1, sizeof *station);
    if (!station)
        return err_set(err, ERR_NOMEM, "station %s: out of memory", station_id);
    (void)snprintf(station->station_id, sizeof station->station_id, "%s", station_id);
    int status = load_station(charging, station, err);
    if (status < 0)
        return status;
    if (textmap_add(&charging->stations, station->station_id, station) < 0)
        return err_set(err, ERR_NOMEM, "station %s: out of memory", station_id);
    *to = SCOPE_STEAL(station);
    return 0;
}
