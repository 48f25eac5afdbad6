/* SPDX-License-Identifier: Apache-2.0 */
/* Which process is open in which bay: in memory, read from the database at a station's first use.
 */
#include "charging/charging_internal.h"

#include "base/scope.h"
#include "charging/life.h"
#include <stdlib.h>
#include <string.h>

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
    **bay = (struct charging_bay){
        .slot = slot, .stalled = true, .seen_us = STORE_NULL, .newest_us = STORE_NULL};
    return 0;
}

int charging_bay_read_silent(struct charging *charging, const struct charging_station *station,
                             struct charging_bay *bay, struct err *err)
{
    struct charging_process_row row;
    if (bay->silent_known)
        return 0;
    int found =
        charging_process_find_silent(charging->store, station->station_id, bay->slot, &row, err);
    if (found < 0)
        return found;
    bay->silent_known = true;
    bay->silent = (struct charging_silent){0};
    if (!found)
        return 0;
    bay->silent.id = row.id;
    bay->silent.newest_us = row.end_date_us;
    memcpy(bay->silent.bid, row.bid, sizeof bay->silent.bid);
    memcpy(bay->silent.session_id, row.session_id, sizeof bay->silent.session_id);
    return 0;
}

/* charging_observe keeps one open process per bay; should a database from elsewhere hold two, the
 * newer one goes on, and charging_tick ends the other. */
static int add_open(void *self, const struct charging_process_row *row)
{
    struct charging_station *station = self;
    struct charging_bay *bay;
    int status = charging_bay_get(station, row->slot, &bay, NULL);
    if (status < 0)
        return status;
    free(bay->process);
    bay->process = charging_process_of(row);
    return bay->process ? 0 : ERR_NOMEM;
}

static int load_bay(struct charging *charging, struct charging_bay *bay, struct err *err)
{
    struct err why = {0};
    int status = charging_process_load(charging, bay->process, &why);
    if (status == 0)
        return 0;
    if (status != ERR_INVALID)
        return err_set(err, status, "%s", why.text);
    status = charging_process_give_up(charging, bay->process, &why, err);
    free(bay->process);
    bay->process = NULL;
    return status;
}

static int load_station(struct charging *charging, struct charging_station *station,
                        struct err *err)
{
    int status =
        charging_process_each_open(charging->store, station->station_id, add_open, station, err);
    for (size_t i = 0; status >= 0 && i < station->bay_count; i++)
        status = load_bay(charging, &station->bays[i], err);
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
