/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of observations: decides (life.h), carries out (begin.c, process.c), writes heads. */
#include "charging/charging_internal.h"

#include "alerts/alerts.h"
#include "charging/life.h"
#include <stdio.h>
#include <stdlib.h>

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

void charging_set_limits(struct charging *charging, const struct charging_limits *limits)
{
    struct rules_settings rules = charging->limits.rules; /* open processes run by them */
    charging->limits = *limits;
    charging->limits.rules = rules;
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
int charging_recover(struct charging *charging, struct err *err)
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
    int status = charging_recover(charging, err);
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

static struct charging_view view_open(const struct charging_bay *bay)
{
    const struct charging_process *process = bay->process;
    if (!process)
        return (struct charging_view){.there = false};
    return (struct charging_view){true, process->bid, process->session_id, process->newest_us};
}

static struct charging_view view_silent(const struct charging_bay *bay)
{
    const struct charging_silent *silent = &bay->silent;
    return (struct charging_view){silent->id != 0, silent->bid, silent->session_id,
                                  silent->newest_us};
}

/* A bare message may come twice (QoS 1): its sample is known by battery and date. 1: known. */
static int is_repeat(struct charging *charging, const struct charging_bay *bay,
                     enum charging_step step, const struct charging_observation *observation,
                     struct err *err)
{
    if (!observation->deduplicate || step == CHARGING_IGNORE)
        return 0;
    int64_t date_us = observation->at.date_us, id;
    if (step == CHARGING_APPEND || step == CHARGING_APPEND_AND_STOP) {
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

/* Any word from the bay ends the alert that it had stopped talking. */
static int clear_stalled(struct charging *charging, struct charging_bay *bay,
                         const struct charging_observation *observation, struct err *err)
{
    if (!bay->stalled)
        return 0;
    struct alert_subject subject = {.kind = "charge_stalled",
                                    .severity = "warning",
                                    .station_id = observation->station_id,
                                    .slot = bay->slot};
    bay->stalled = false;
    return alerts_clear(charging->alerts, &subject, observation->at.date_us, err);
}

/* The step of a move whose first part is done. */
static int step(struct charging *charging, struct charging_station *station,
                struct charging_bay *bay, enum charging_step step,
                const struct charging_observation *observation, struct err *err)
{
    int status = 0;
    switch (step) {
    case CHARGING_IGNORE:
        return 0;
    case CHARGING_OPEN:
        return charging_process_begin(charging, station, bay, observation, err);
    case CHARGING_APPEND:
    case CHARGING_APPEND_AND_STOP:
        status = charging_process_add(charging, bay->process, observation, err);
        break;
    case CHARGING_RESUME:
    case CHARGING_RESUME_AND_STOP:
        status = charging_process_resume(charging, bay, bay->silent.id, observation, err);
        break;
    }
    if (status < 0 || step == CHARGING_APPEND || step == CHARGING_RESUME)
        return status;
    if (bay->process)
        return charging_process_end(charging, bay, CHARGING_STOPPED, observation->at.date_us, err);
    bay->silent_known = false; /* a clock set back: the sample was taken in before the end */
    return charging_process_set_reason(charging->store, bay->silent.id, CHARGING_STOPPED, err);
}

/* The station has spoken: why the process ended is known now. */
static int end_silent(struct charging *charging, struct charging_bay *bay, const char *reason,
                      struct err *err)
{
    int64_t id = bay->silent.id;
    bay->silent = (struct charging_silent){0};
    return charging_process_set_reason(charging->store, id, reason, err);
}

static int carry_out(struct charging *charging, struct charging_station *station,
                     struct charging_bay *bay, const struct charging_observation *observation,
                     struct err *err)
{
    struct charging_view open = view_open(bay), silent = view_silent(bay);
    struct charging_move move =
        charging_decide(&open, &silent, observation, charging->limits.sample_timeout_us);
    int status = 0;
    if (move.close_first && bay->process)
        status =
            charging_process_end(charging, bay, move.close_first, observation->at.date_us, err);
    else if (move.close_first)
        status = end_silent(charging, bay, move.close_first, err);
    if (status == 0)
        status = is_repeat(charging, bay, move.then, observation, err);
    if (status != 0)
        return status < 0 ? status : 0;
    return step(charging, station, bay, move.then, observation, err);
}

/* A bare message has no place in a stream: it may come late. */
static int observe_in_order(struct charging *charging, struct charging_station *station,
                            struct charging_bay *bay,
                            const struct charging_observation *observation, struct err *err)
{
    bool done = false;
    int status = 0;
    if (bay->process && bay->newest_us < bay->process->newest_us)
        bay->newest_us = bay->process->newest_us;
    if (observation->deduplicate)
        status = charging_late_place(charging, station, bay, observation, &done, err);
    if (bay->newest_us < observation->at.date_us)
        bay->newest_us = observation->at.date_us;
    if (status < 0 || done)
        return status;
    if (!bay->process)
        status = charging_bay_read_silent(charging, station, bay, err);
    return status < 0 ? status : carry_out(charging, station, bay, observation, err);
}

static void note_seen(struct charging_bay *bay, const struct charging_observation *observation)
{
    (void)snprintf(bay->seen_bid, sizeof bay->seen_bid, "%s",
                   observation->bid ? observation->bid : "");
    bay->seen_us = observation->at.date_us;
}

static int observe(struct charging *charging, const struct charging_observation *given,
                   struct err *err)
{
    struct charging_observation observation = *given;
    struct charging_station *station;
    struct charging_bay *bay;
    int status = charging_recover(charging, err);
    if (status == 0)
        status = charging_station_get(charging, observation.station_id, &station, err);
    if (status == 0)
        status = charging_bay_get(station, observation.slot, &bay, err);
    if (status < 0)
        return status;
    note_seen(bay, &observation);
    status = clear_stalled(charging, bay, &observation, err);
    if (status == 0 && bay->process)
        status = charging_clock_settle(charging, bay->process, &observation, err);
    return status < 0 ? status : observe_in_order(charging, station, bay, &observation, err);
}

int charging_observe(struct charging *charging, const struct charging_observation *observation,
                     struct err *err)
{
    int status = observe(charging, observation, err);
    if (status < 0)
        charging_forget(charging); /* memory and database may differ now */
    return status;
}
