/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples that come after later ones. A journal's rows come in order, so this is about bare
 * messages: what a client kept while it had no connection, or what another one sends beside it.
 *
 * A late sample goes where it had gone in time: into the run of its battery in its bay that spans
 * it; to the end of one that ended without a word within the time-out before it; to the beginning
 * of one that began within the time-out after it; both at once, and the two are one run. What says
 * that charging was over divides the run that spans it. What is open, or of another battery, is not
 * disturbed. The result is that of the same samples in order, but for what is not on record: a
 * report of an idle bay that came before the run it would have ended.
 */
#include "charging/charging_internal.h"

#include "base/scope.h"
#include "charging/billing.h"
#include "charging/life.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEIGHBOURS 8

struct neighbours {
    struct charging_process_row *inside, *before, *after;
    bool before_is_open_ended; /* nothing is known to have been between it and what comes after */
    struct charging_process_row rows[NEIGHBOURS];
};

/* The newest date of a row; that of the open one is in memory only. */
static int64_t newest_of(const struct charging_bay *bay, const struct charging_process_row *row)
{
    return row->end_date_us != STORE_NULL ? row->end_date_us : bay->process->newest_us;
}

static bool ended_silently(const struct charging_process_row *row)
{
    return row->end_date_us == STORE_NULL || strcmp(row->end_reason, CHARGING_TIMEOUT) == 0 ||
           strcmp(row->end_reason, CHARGING_GONE) == 0 ||
           strcmp(row->end_reason, CHARGING_REPAIRED) == 0;
}

/* A run that was superseded by what came late itself was not, if no other battery charged there
 * before it went on. */
static int look_between(struct charging *charging, struct neighbours *near,
                        const struct charging_observation *observation, struct err *err)
{
    const struct charging_process_row *before = near->before, *after = near->after;
    near->before_is_open_ended = before && ended_silently(before);
    if (!before || near->before_is_open_ended || !after ||
        strcmp(before->end_reason, CHARGING_SUPERSEDED) != 0)
        return 0;
    int other =
        charging_process_is_other(charging->store, observation->station_id, before->slot,
                                  observation->bid, before->end_date_us, after->start_date_us, err);
    near->before_is_open_ended = other == 0;
    return other < 0 ? other : 0;
}

static int find_neighbours(struct charging *charging, const struct charging_bay *bay,
                           const struct charging_observation *observation, struct neighbours *to,
                           struct err *err)
{
    int64_t date_us = observation->at.date_us, timeout_us = charging->limits.sample_timeout_us;
    *to = (struct neighbours){0};
    int count = charging_process_list_near(charging->store, observation->bid,
                                           observation->station_id, bay->slot, date_us - timeout_us,
                                           date_us + timeout_us, to->rows, NEIGHBOURS, err);
    for (int i = 0; i < count; i++) {
        struct charging_process_row *row = &to->rows[i];
        bool open = row->end_date_us == STORE_NULL;
        if (open && !(bay->process && bay->process->id == row->id))
            continue; /* of a database from elsewhere: charging_tick ends it */
        int64_t newest_us = newest_of(bay, row);
        if (row->start_date_us > date_us) {
            if (!to->after)
                to->after = row;
        } else if (newest_us >= date_us) {
            to->inside = row;
        } else if (date_us - newest_us <= timeout_us) {
            to->before = row;
        }
    }
    return count < 0 ? count : look_between(charging, to, observation, err);
}

/* The process as memory of `bay`, open for more samples, whatever it is on record. */
static int take_up(struct charging *charging, struct charging_bay *bay,
                   const struct charging_process_row *row, struct err *err)
{
    bay->process = charging_process_of(row);
    if (!bay->process)
        return err_set(err, ERR_NOMEM, "charging process: out of memory");
    int status = charge_unpack(charging->store, row->id, &charging->newest_sample, err);
    return status < 0 ? status : charging_process_load(charging, bay->process, err);
}

/* As take_up, of a process that may be the open one of `bay`. */
static int take_over(struct charging *charging, struct charging_bay *bay, struct charging_bay *work,
                     const struct charging_process_row *row, struct err *err)
{
    *work = (struct charging_bay){.slot = bay->slot};
    if (!bay->process || bay->process->id != row->id)
        return take_up(charging, work, row, err);
    work->process = bay->process;
    bay->process = NULL;
    return 0;
}

/* Ends the process of `work` as it was ended before, or gives it back to `bay` if it was open. */
static int put_back(struct charging *charging, struct charging_bay *bay, struct charging_bay *work,
                    bool open, const char *reason, int64_t at_us, struct err *err)
{
    if (!open)
        return charging_process_end(charging, work, reason, at_us, err);
    bay->process = work->process;
    work->process = NULL;
    return 0;
}

static int append_all(struct charging *charging, struct charging_process *process,
                      const struct charge_samples *samples, int64_t from_us, int64_t until_us,
                      struct err *err)
{
    int status = 0;
    for (size_t i = 0; i < samples->count && status == 0; i++) {
        int64_t date_us = samples->list[i].date_us;
        if (date_us >= from_us && date_us <= until_us)
            status = charging_process_append(charging, process, &samples->list[i], err);
    }
    return status;
}

static void samples_free_scope(struct charge_samples *samples)
{
    charge_samples_free(samples);
}

/* The later of two runs becomes part of the earlier one, which is in `work`. */
static int swallow(struct charging *charging, struct charging_bay *bay, struct charging_bay *work,
                   const struct charging_process_row *after, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples samples = {0};
    struct charging_bay gone;
    int status = take_over(charging, bay, &gone, after, err);
    if (status == 0)
        status = charge_head_save(charging->store, after->id, &gone.process->head, err);
    if (status == 0)
        status = charge_samples_read(charging->store, after->id, &samples, err);
    if (status == 0)
        status = append_all(charging, work->process, &samples, INT64_MIN, INT64_MAX, err);
    if (status == 0)
        status = charge_samples_drop(charging->store, after->id, err);
    if (status == 0)
        status = charging_process_remove(charging->store, after->id, err);
    charging_process_forget(charging, gone.process);
    return status;
}

/* Into `row`; and `after`, when it is given, into the same. */
static int join(struct charging *charging, struct charging_bay *bay,
                const struct charging_process_row *row, const struct charging_process_row *after,
                const struct charging_observation *observation, struct err *err)
{
    struct charging_bay work;
    const struct charging_process_row *last = after ? after : row;
    bool open = last->end_date_us == STORE_NULL && observation->charge != 0;
    const char *reason = observation->charge == 0 ? CHARGING_STOPPED : last->end_reason;
    int status = take_over(charging, bay, &work, row, err);
    if (status == 0)
        status = charging_process_add(charging, work.process, observation, err);
    if (status == 0 && after)
        status = swallow(charging, bay, &work, after, err);
    if (status == 0 && after && open)
        status = charging_process_reopen(charging->store, row->id, err);
    if (status == 0)
        status = put_back(charging, bay, &work, open, reason, observation->at.date_us, err);
    free(work.process); /* of a failure: the caller drops all memory */
    return status;
}

/* A run that ended within the one on record: what is later than the sample is another run. */
static int divide(struct charging *charging, struct charging_bay *bay,
                  const struct charging_process_row *row,
                  const struct charging_observation *observation, struct err *err)
{
    SCOPE(samples_free_scope) struct charge_samples samples = {0};
    struct charging_bay first, second = {.slot = bay->slot};
    int64_t date_us = observation->at.date_us;
    struct charging_process_row later = *row;
    bool open = row->end_date_us == STORE_NULL;
    later.start_date_us = newest_of(bay, row);
    int status = take_over(charging, bay, &first, row, err);
    if (status == 0)
        status = charge_head_save(charging->store, row->id, &first.process->head, err);
    if (status == 0)
        status = charge_samples_read(charging->store, row->id, &samples, err);
    if (status == 0)
        status = charge_samples_drop(charging->store, row->id, err);
    charging_process_forget(charging, first.process);
    if (status == 0)
        status = charging_process_insert(charging->store, &later, err);
    if (status == 0)
        status = billing_locate(charging->store, later.id, later.latitude, later.longitude, err);
    if (status < 0)
        return status;
    first.process = charging_process_of(row);
    second.process = charging_process_of(&later);
    if (!first.process || !second.process)
        status = err_set(err, ERR_NOMEM, "charging process: out of memory");
    if (status == 0)
        status = append_all(charging, first.process, &samples, INT64_MIN, date_us, err);
    if (status == 0)
        status = charging_process_add(charging, first.process, observation, err);
    if (status == 0)
        status = append_all(charging, second.process, &samples, date_us + 1, INT64_MAX, err);
    if (status == 0)
        status = charging_process_end(charging, &first, CHARGING_STOPPED, date_us, err);
    if (status == 0)
        status = put_back(charging, bay, &second, open, row->end_reason, date_us, err);
    free(first.process);
    free(second.process);
    return status;
}

/* A run of which nothing else is known. */
static int open_and_end(struct charging *charging, struct charging_station *station,
                        const struct charging_bay *bay,
                        const struct charging_observation *observation, struct err *err)
{
    struct charging_bay work = {.slot = bay->slot};
    const char *reason = observation->charge == 0 ? CHARGING_STOPPED : CHARGING_TIMEOUT;
    int status = charging_process_begin(charging, station, &work, observation, err);
    if (status == 0 && work.process)
        status = charging_process_end(charging, &work, reason, observation->at.date_us, err);
    free(work.process);
    return status;
}

/* Did the run before the sample go on to it? One that was displaced may have: what displaced it
 * came after the sample, unless the battery was back by then. */
static bool went_on(const struct neighbours *near, int64_t date_us)
{
    const struct charging_process_row *before = near->before, *after = near->after;
    if (!before || strcmp(before->end_reason, CHARGING_STOPPED) == 0 ||
        strcmp(before->end_reason, CHARGING_DAMAGED) == 0)
        return false;
    return near->before_is_open_ended || !after ||
           date_us - before->end_date_us <= after->start_date_us - date_us;
}

static int place(struct charging *charging, struct charging_station *station,
                 struct charging_bay *bay, const struct charging_observation *observation,
                 const struct neighbours *near, struct err *err)
{
    const struct charging_process_row *before = near->before, *after = near->after;
    bool stops = observation->charge == 0;
    bool merge = after && !stops && !after->billed_by_hand && near->before_is_open_ended;
    if (near->inside)
        return stops ? divide(charging, bay, near->inside, observation, err)
                     : join(charging, bay, near->inside, NULL, observation, err);
    if (went_on(near, observation->at.date_us))
        return join(charging, bay, before, merge ? after : NULL, observation, err);
    if (observation->charge != 1)
        return 0;
    return after ? join(charging, bay, after, NULL, observation, err)
                 : open_and_end(charging, station, bay, observation, err);
}

static bool says_session(const struct charging_observation *observation)
{
    return observation->session_id && observation->session_id[0];
}

/* Sessions have their own key; only what else is open must not be disturbed. */
static int place_session(struct charging *charging, struct charging_station *station,
                         struct charging_bay *bay, const struct charging_observation *observation,
                         bool *done, struct err *err)
{
    const struct charging_process *open = bay->process;
    *done = open && observation->at.date_us < bay->newest_us &&
            strcmp(open->session_id, observation->session_id) != 0;
    return *done && observation->charge == 1
               ? open_and_end(charging, station, bay, observation, err)
               : 0;
}

/* 1: the sample is there already. */
static int is_known(struct charging *charging, const struct charging_bay *bay,
                    const struct charging_process_row *row, int64_t date_us, struct err *err)
{
    int status = 0;
    if (bay->process && bay->process->id == row->id) /* read through its stored head */
        status = charge_head_save(charging->store, row->id, &bay->process->head, err);
    return status < 0 ? status : charging_process_holds(charging, row->id, date_us, err);
}

/* Behind the bay's newest run, which had ended without a word: it goes on. */
static int go_on(struct charging *charging, struct charging_bay *bay,
                 const struct charging_process_row *row,
                 const struct charging_observation *observation, struct err *err)
{
    int status = charging_process_resume(charging, bay, row->id, observation, err);
    return status < 0 || observation->charge != 0
               ? status
               : charging_process_end(charging, bay, CHARGING_STOPPED, observation->at.date_us,
                                      err);
}

static int place_run(struct charging *charging, struct charging_station *station,
                     struct charging_bay *bay, const struct charging_observation *observation,
                     bool *done, struct err *err)
{
    struct neighbours near;
    int64_t date_us = observation->at.date_us;
    int status = 0;
    if (bay->newest_us == STORE_NULL)
        status = charging_process_newest_date(charging->store, station->station_id, bay->slot,
                                              &bay->newest_us, err);
    if (status == 0)
        status = find_neighbours(charging, bay, observation, &near, err);
    if (status < 0)
        return status;
    bool in_open = near.inside && near.inside->end_date_us == STORE_NULL;
    bool late = date_us < bay->newest_us || near.inside || near.after;
    bool goes_on = !late && !bay->process && near.before && ended_silently(near.before);
    *done = (late || goes_on) && !(in_open && observation->charge != 0);
    if (!*done)
        return 0;
    bay->silent_known = false;
    int known = near.inside ? is_known(charging, bay, near.inside, date_us, err) : 0;
    if (known != 0)
        return known < 0 ? known : 0;
    return late ? place(charging, station, bay, observation, &near, err)
                : go_on(charging, bay, near.before, observation, err);
}

int charging_late_place(struct charging *charging, struct charging_station *station,
                        struct charging_bay *bay, const struct charging_observation *observation,
                        bool *done, struct err *err)
{
    *done = observation->empty && observation->at.date_us < bay->newest_us;
    if (observation->empty)
        return 0;
    return says_session(observation) ? place_session(charging, station, bay, observation, done, err)
                                     : place_run(charging, station, bay, observation, done, err);
}
