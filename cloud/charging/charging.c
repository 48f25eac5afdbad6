/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of observations: decides (life.h), carries out (process.c), writes heads. */
#include "charging/charging_internal.h"

#include "alerts/alerts.h"
#include "charging/life.h"
#include "store/charging.h"
#include <math.h>
#include <stdlib.h>

#define US_PER_MINUTE INT64_C(60000000)

int charging_new(struct charging **to, struct store *store, struct alerts *alerts,
                 const struct charging_limits *limits, struct err *err)
{
    struct charging *charging = calloc(1, sizeof *charging);
    if (!charging)
        return err_set(err, ERR_NOMEM, "charging: out of memory");
    *charging = (struct charging){.store = store, .alerts = alerts, .limits = *limits};
    int status = charge_newest_sample(store, &charging->newest_sample, err);
    charging->flushed_sample = charging->newest_sample;
    if (status < 0)
        free(charging);
    else
        *to = charging;
    return status;
}

void charging_forget(struct charging *charging)
{
    textmap_free(&charging->stations, charging_station_free);
    charging->dirty = NULL;
    charging->forgotten = true;
}

void charging_free(struct charging *charging)
{
    if (!charging)
        return;
    charging_forget(charging);
    free(charging);
}

/*
 * After a rollback heads may be behind the samples: those of good messages earlier in the batch
 * were kept in memory only. All heads up to flushed_sample are written (each commit is preceded by
 * a flush); if the database's newest sample is older than that, the whole batch is gone and the
 * heads with it. This may itself run inside the mark of a message that will be undone, therefore
 * only charging_flush moves flushed_sample on.
 */
static int recover(struct charging *charging, struct err *err)
{
    if (!charging->forgotten)
        return 0;
    int64_t newest;
    int status = charge_newest_sample(charging->store, &newest, err);
    if (status == 0 && newest > charging->flushed_sample)
        status = charge_heads_repair(charging->store, charging->flushed_sample, err);
    if (status < 0)
        return status;
    charging->newest_sample = newest;
    if (charging->flushed_sample > newest)
        charging->flushed_sample = newest;
    charging->forgotten = false;
    return 0;
}

int charging_flush(struct charging *charging, struct err *err)
{
    int status = recover(charging, err);
    while (status == 0 && charging->dirty) {
        struct charging_process *process = charging->dirty;
        status = charge_head_save(charging->store, process->id, &process->head, err);
        if (status < 0)
            break;
        charging->dirty = process->next_dirty;
        process->head_dirty = false;
    }
    if (status == 0)
        charging->flushed_sample = charging->newest_sample;
    return status;
}

static struct charging_view view_of(const struct charging_bay *bay)
{
    const struct charging_process *process = bay->process;
    if (!process)
        return (struct charging_view){.open = false};
    return (struct charging_view){true, process->bid, process->session_id, process->newest_us};
}

/* A bare message may come twice (QoS 1): its sample is known by battery and date. 1: known. */
static int is_repeat(struct charging *charging, const struct charging_bay *bay,
                     enum charging_step step, const struct charging_observation *observation,
                     struct err *err)
{
    if (!observation->deduplicate || step == CHARGING_IGNORE)
        return 0;
    int64_t date_us = observation->date_us, id;
    if (step != CHARGING_OPEN) {
        if (date_us > bay->process->newest_us)
            return 0;
        if (date_us == bay->process->newest_us)
            return 1;
        /* The chain is read through its stored head. */
        id = bay->process->id;
        int status = charge_head_save(charging->store, id, &bay->process->head, err);
        return status < 0 ? status : charging_process_holds(charging, id, date_us, err);
    }
    int found =
        charging_process_find_spanning(charging->store, observation->bid, observation->station_id,
                                       observation->slot, date_us, &id, err);
    return found <= 0 ? found : charging_process_holds(charging, id, date_us, err);
}

static struct alert_subject stalled_subject(const char *station_id, int64_t slot)
{
    return (struct alert_subject){
        .kind = "charge_stalled", .severity = "warning", .station_id = station_id, .slot = slot};
}

/* Any word from the bay ends the alert that it had stopped talking. */
static int clear_stalled(struct charging *charging, struct charging_bay *bay,
                         const struct charging_observation *observation, struct err *err)
{
    if (!bay->stalled)
        return 0;
    struct alert_subject subject = stalled_subject(observation->station_id, bay->slot);
    bay->stalled = false;
    return alerts_clear(charging->alerts, &subject, observation->date_us, err);
}

static int carry_out(struct charging *charging, struct charging_bay *bay,
                     const struct charging_observation *observation, struct err *err)
{
    struct charging_view view = view_of(bay);
    struct charging_move move =
        charging_decide(&view, observation, charging->limits.sample_timeout_us);
    int status = 0;
    if (move.close_first)
        status = charging_process_end(charging, bay, move.close_first, observation->date_us, err);
    if (status == 0)
        status = is_repeat(charging, bay, move.then, observation, err);
    if (status != 0)
        return status < 0 ? status : 0;
    switch (move.then) {
    case CHARGING_IGNORE:
        return 0;
    case CHARGING_OPEN:
        return charging_process_begin(charging, bay, observation, err);
    case CHARGING_APPEND:
        return charging_process_add(charging, bay->process, observation, err);
    case CHARGING_APPEND_AND_STOP:
        status = charging_process_add(charging, bay->process, observation, err);
        return status < 0 ? status
                          : charging_process_end(charging, bay, CHARGING_STOPPED,
                                                 observation->date_us, err);
    }
    return 0;
}

static int observe(struct charging *charging, const struct charging_observation *observation,
                   struct err *err)
{
    struct charging_station *station;
    struct charging_bay *bay;
    int status = recover(charging, err);
    if (status == 0)
        status = charging_station_get(charging, observation->station_id, &station, err);
    if (status == 0)
        status = charging_bay_get(station, observation->slot, &bay, err);
    if (status == 0)
        status = clear_stalled(charging, bay, observation, err);
    return status < 0 ? status : carry_out(charging, bay, observation, err);
}

int charging_observe(struct charging *charging, const struct charging_observation *observation,
                     struct err *err)
{
    int status = observe(charging, observation, err);
    if (status < 0)
        charging_forget(charging); /* memory and database may differ now */
    return status;
}

/* Closes the bay's process when its samples ended too long before `time_us`. */
static int time_out(struct charging *charging, const char *station_id, struct charging_bay *bay,
                    int64_t time_us, struct err *err)
{
    const struct charging_process *process = bay->process;
    int64_t timeout_us = charging->limits.sample_timeout_us;
    if (!process || time_us - process->newest_us <= timeout_us)
        return 0;
    char text[256];
    (void)snprintf(text, sizeof text,
                   "charging of battery %s in bay %lld of station %s: no sample for %lld min",
                   process->bid[0] ? process->bid : "(not identified)", (long long)bay->slot,
                   station_id, (long long)(timeout_us / US_PER_MINUTE));
    int status = charging_process_end(charging, bay, CHARGING_TIMEOUT, time_us, err);
    if (status < 0)
        return status;
    struct alert_subject subject = stalled_subject(station_id, bay->slot);
    bay->stalled = true;
    return alerts_raise(charging->alerts, &subject, time_us, NAN, NAN, text, err);
}

int charging_advance(struct charging *charging, const char *station_id, int64_t time_us,
                     struct err *err)
{
    struct charging_station *station;
    int status = recover(charging, err);
    if (status == 0)
        status = charging_station_get(charging, station_id, &station, err);
    for (size_t i = 0; status == 0 && i < station->bay_count; i++)
        status = time_out(charging, station_id, &station->bays[i], time_us, err);
    if (status < 0)
        charging_forget(charging);
    return status;
}
