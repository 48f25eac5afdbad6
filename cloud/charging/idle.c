/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of which nothing is heard: none is left open for ever. The station's stream closes what
 * it does not mention for the time-out; the bridge's own clock what no stream touches for long; an
 * operator whatever is left. Each is closed at its last sample, and goes on when a sample shows
 * that it had not ended (charging/life.h).
 */
#include "charging/charging_internal.h"

#include "alerts/alerts.h"
#include "charging/life.h"
#include "charging/vehicle_efficiency.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_MINUTE INT64_C(60000000)
#define TICK_MAX_US   (10 * US_PER_MINUTE) /* idle processes are looked for at least this often */
#define TICK_SHARE    16                   /* and this often within their time-out */
#define TICK_BATCH    64                   /* closed in one transaction: a few ms */

static int raise_stalled(struct charging *charging, const struct charging_process *process,
                         int64_t silent_us, int64_t at_us, struct err *err)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "charging of battery %s in bay %lld of station %s: no sample for %lld min",
                   process->bid[0] ? process->bid : "(not identified)", (long long)process->slot,
                   process->station_id, (long long)(silent_us / US_PER_MINUTE));
    struct alert_subject subject = {.kind = "charge_stalled",
                                    .severity = "warning",
                                    .station_id = process->station_id,
                                    .slot = process->slot};
    return alerts_raise(charging->alerts, &subject, at_us, NAN, NAN, text, err);
}

static int end_stalled(struct charging *charging, struct charging_bay *bay, const char *reason,
                       int64_t silent_us, int64_t at_us, struct err *err)
{
    int status = raise_stalled(charging, bay->process, silent_us, at_us, err);
    bay->stalled = true;
    return status < 0 ? status : charging_process_end(charging, bay, reason, at_us, err);
}

/* Was the battery of this bay's process seen in another bay by the message of `date_us`, which did
 * not speak of this bay? */
static bool has_moved(const struct charging_station *station, const struct charging_bay *bay,
                      int64_t date_us)
{
    const char *bid = bay->process->bid;
    if (!bid[0] || bay->seen_us == date_us)
        return false;
    for (size_t i = 0; i < station->bay_count; i++) {
        const struct charging_bay *other = &station->bays[i];
        if (other != bay && other->seen_us == date_us && strcmp(other->seen_bid, bid) == 0)
            return date_us > bay->process->newest_us;
    }
    return false;
}

static int advance(struct charging *charging, const struct charging_station *station,
                   struct charging_bay *bay, const struct charging_moment *moment, struct err *err)
{
    if (!bay->process)
        return 0;
    if (has_moved(station, bay, moment->date_us))
        return charging_process_end(charging, bay, CHARGING_MOVED, moment->date_us, err);
    int64_t timeout_us = charging->limits.sample_timeout_us;
    if (charging_clock_since_newest(bay->process, moment) <= timeout_us)
        return 0;
    return end_stalled(charging, bay, CHARGING_TIMEOUT, timeout_us, moment->date_us, err);
}

int charging_advance(struct charging *charging, const char *station_id,
                     const struct charging_moment *moment, struct err *err)
{
    struct charging_station *station;
    int status = charging_recover(charging, err);
    if (status == 0)
        status = charging_station_get(charging, station_id, &station, err);
    for (size_t i = 0; status == 0 && i < station->bay_count; i++)
        status = advance(charging, station, &station->bays[i], moment, err);
    if (status < 0)
        charging_forget(charging);
    return status;
}

/* One that is open in the database but not in its bay's memory: a database from elsewhere may hold
 * two of one bay. */
static int end_unclaimed(struct charging *charging, const struct charging_process_row *row,
                         const char *reason, int64_t at_us, struct err *err)
{
    struct charging_bay nowhere = {.slot = row->slot, .process = charging_process_of(row)};
    struct err why = {0};
    if (!nowhere.process)
        return err_set(err, ERR_NOMEM, "charging process: out of memory");
    int status = charging_process_load(charging, nowhere.process, &why);
    if (status == ERR_INVALID)
        status = charging_process_give_up(charging, nowhere.process, &why, err);
    else if (status < 0)
        status = err_set(err, status, "%s", why.text);
    else
        status = charging_process_end(charging, &nowhere, reason, at_us, err);
    free(nowhere.process);
    return status;
}

/* Ends the process `id` if it is open and was not touched since `idle_since_us`. */
static int end_idle(struct charging *charging, int64_t id, int64_t idle_since_us,
                    const char *reason, int64_t plant_us, bool *closed, struct err *err)
{
    struct charging_process_row row;
    struct charging_station *station;
    struct charging_bay *bay;
    *closed = false;
    int status = charging_process_load_row(charging->store, id, &row, err);
    if (status <= 0 || row.end_date_us != STORE_NULL)
        return status < 0 ? status : 0;
    status = charging_station_get(charging, row.station_id, &station, err);
    if (status == 0)
        status = charging_bay_get(station, row.slot, &bay, err);
    if (status < 0)
        return status;
    struct charging_process *process = bay->process;
    bool claimed = process && process->id == id;
    if (claimed && process->head.touched_us >= idle_since_us)
        return 0;
    *closed = true;
    if (!claimed)
        return end_unclaimed(charging, &row, reason, plant_us, err);
    if (strcmp(reason, CHARGING_GONE) != 0)
        return charging_process_end(charging, bay, reason, plant_us, err);
    return end_stalled(charging, bay, reason, plant_us - process->head.touched_us, plant_us, err);
}

int charging_repair(struct charging *charging, int64_t id, int64_t idle_since_us, int64_t plant_us,
                    bool *closed, struct err *err)
{
    int status = charging_recover(charging, err);
    if (status == 0)
        status = end_idle(charging, id, idle_since_us, CHARGING_REPAIRED, plant_us, closed, err);
    if (status < 0)
        charging_forget(charging);
    return status;
}

static int tick(struct charging *charging, int64_t plant_us, struct err *err)
{
    int64_t before_us = plant_us - charging->limits.gone_timeout_us, ids[TICK_BATCH];
    int status = charging_recover(charging, err);
    if (status == 0)
        status =
            efficiency_prefer(charging->store, charging->limits.preferred_range, plant_us, err);
    if (status == 0)
        status = charging_process_list_idle(charging->store, before_us, ids, TICK_BATCH, err);
    int count = status;
    for (int i = 0; i < count && status >= 0; i++) {
        bool closed;
        status = end_idle(charging, ids[i], before_us, CHARGING_GONE, plant_us, &closed, err);
    }
    /* A full batch: more are waiting, for the next transaction. */
    if (status >= 0 && count < TICK_BATCH)
        charging->ticked_us = plant_us;
    return status < 0 ? status : 0;
}

int charging_tick(struct charging *charging, int64_t plant_us, struct err *err)
{
    int64_t every_us = charging->limits.gone_timeout_us / TICK_SHARE;
    if (every_us > TICK_MAX_US)
        every_us = TICK_MAX_US;
    if (llabs(plant_us - charging->ticked_us) < every_us)
        return 0;
    int status = tick(charging, plant_us, err);
    if (status < 0)
        charging_forget(charging);
    return status;
}
