/* SPDX-License-Identifier: Apache-2.0 */
#include "retention/retention.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "retention/process.h"
#include "store/counter.h"
#include "store/retention.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MODULE        "retention"
#define PASS_EVERY_US (6 * INT64_C(3600) * CLOCK_US_PER_SECOND)

/* A step's bounds: about 20 ms of packing, and pages that the WAL takes without growing much. */
#define STEP_PROCESSES 500
#define STEP_SAMPLES   20000
#define STEP_ROWS      500
#define STEP_PAGES     128
/* Free pages that stay in the file for the rows to come: 4 MiB. */
#define SPARE_PAGES 1024

struct retention {
    struct store *store; /* not owned */
    struct retention_limits limits;
    struct retention_state told; /* as the database has it */
    bool tell;                   /* it is to be written */
    bool known;                  /* the database has it */
    bool stale;                  /* `told` may have been undone */
    bool silent;                 /* limits of one pass, not the bridge's: not told */
    bool in_pass;
    int64_t at_us, at_id;     /* the pass is behind this process */
    int64_t rests_until_us;   /* plant; between passes */
    struct retention_done of; /* this pass */
};

static bool keeps_all(const struct retention_limits *limits)
{
    return limits->thin_after_days <= 0 && limits->drop_after_days <= 0 &&
           limits->quarantine_days <= 0 && limits->event_log_days <= 0;
}

void retention_set_limits(struct retention *retention, const struct retention_limits *limits)
{
    struct retention_state *told = &retention->told;
    bool other = told->thin_after_days != limits->thin_after_days ||
                 told->thin_interval_s != limits->thin_interval_s ||
                 told->drop_after_days != limits->drop_after_days ||
                 told->quarantine_days != limits->quarantine_days ||
                 told->event_log_days != limits->event_log_days;
    retention->limits = *limits;
    /* Where nobody was ever told of limits and there are none, there is nothing to tell. */
    retention->tell = other && !retention->silent && (retention->known || !keeps_all(limits));
    retention->rests_until_us = INT64_MIN;
}

static int load_state(struct retention *retention, struct err *err)
{
    const struct retention_limits limits = retention->limits;
    retention->told =
        (struct retention_state){.pass_began_at_us = STORE_NULL, .pass_ended_at_us = STORE_NULL};
    int found = retention_state_load(retention->store, &retention->told, err);
    retention->known = found > 0;
    retention->stale = found < 0;
    retention_set_limits(retention, &limits);
    return found < 0 ? found : 0;
}

int retention_new(struct retention **to, struct store *store, const struct retention_limits *limits,
                  struct err *err)
{
    struct retention *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "retention: out of memory");
    made->store = store;
    made->limits = *limits;
    int status = load_state(made, err);
    if (status < 0)
        free(made);
    else
        *to = made;
    return status;
}

void retention_free(struct retention *retention)
{
    free(retention);
}

void retention_forget(struct retention *retention)
{
    retention->in_pass = false;
    retention->stale = true;
}

bool retention_is_due(const struct retention *retention, int64_t plant_us)
{
    if (retention->tell || (retention->stale && retention->known))
        return true;
    return !keeps_all(&retention->limits) &&
           (retention->stale || retention->in_pass || plant_us >= retention->rests_until_us);
}

static int save_state(struct retention *retention, struct err *err)
{
    const struct retention_limits *limits = &retention->limits;
    struct retention_state *told = &retention->told;
    if (!retention->silent)
        *told = (struct retention_state){.thin_after_days = limits->thin_after_days,
                                         .thin_interval_s = limits->thin_interval_s,
                                         .drop_after_days = limits->drop_after_days,
                                         .quarantine_days = limits->quarantine_days,
                                         .event_log_days = limits->event_log_days,
                                         .pass_began_at_us = told->pass_began_at_us,
                                         .pass_ended_at_us = told->pass_ended_at_us};
    retention->tell = false;
    retention->known = true;
    return retention_state_save(retention->store, &retention->told, err);
}

static void begin_pass(struct retention *retention, int64_t plant_us)
{
    retention->in_pass = true;
    retention->at_us = retention->at_id = INT64_MIN;
    retention->of = (struct retention_done){0};
    retention->told.pass_began_at_us = plant_us;
}

static int end_pass(struct retention *retention, int64_t plant_us, struct err *err)
{
    const struct retention_done *of = &retention->of;
    retention->in_pass = false;
    retention->rests_until_us = plant_us + PASS_EVERY_US;
    retention->told.pass_ended_at_us = plant_us;
    if (of->thinned + of->dropped + of->quarantine + of->event_log + of->damaged > 0)
        log_info(MODULE,
                 "pass thinned=%" PRId64 " dropped=%" PRId64 " samples=%" PRId64 " damaged=%" PRId64
                 " quarantine=%" PRId64 " event_log=%" PRId64,
                 of->thinned, of->dropped, of->samples, of->damaged, of->quarantine, of->event_log);
    return save_state(retention, err);
}

/* Goes on through the processes; *all: none is left. */
static int step_processes(struct retention *retention, int64_t plant_us,
                          struct retention_done *done, bool *all, struct err *err)
{
    int64_t before_us = retention_horizon(&retention->limits, plant_us), samples = 0;
    *all = before_us == INT64_MIN;
    for (int i = 0; i < STEP_PROCESSES && samples < STEP_SAMPLES && !*all; i++) {
        struct retention_process process;
        int found = retention_next_process(retention->store, retention->at_us, retention->at_id,
                                           before_us, &process, err);
        if (found < 0)
            return found;
        *all = found == 0;
        if (*all)
            break;
        int touched = retention_treat(retention->store, &retention->limits, &process, plant_us,
                                      true, done, err);
        if (touched < 0)
            return touched;
        samples += touched ? process.samples : 0;
        retention->at_us = process.end_date_us;
        retention->at_id = process.id;
    }
    return 0;
}

static int step_rows(struct retention *retention, int64_t plant_us, struct retention_done *done,
                     struct err *err)
{
    const struct retention_limits *limits = &retention->limits;
    int status = 0;
    if (limits->quarantine_days > 0)
        status = retention_trim_quarantine(retention->store,
                                           retention_before(limits->quarantine_days, plant_us),
                                           STEP_ROWS, &done->quarantine, err);
    if (status == 0 && limits->event_log_days > 0)
        status = retention_trim_event_log(retention->store,
                                          retention_before(limits->event_log_days, plant_us),
                                          STEP_ROWS, &done->event_log, err);
    if (status == 0)
        status =
            retention_release_pages(retention->store, SPARE_PAGES, STEP_PAGES, &done->pages, err);
    return status;
}

static int count(struct store *store, const struct retention_done *done, struct err *err)
{
    const struct {
        const char *name;
        int64_t value;
    } counters[] = {
        {"retention.thinned", done->thinned},     {"retention.dropped", done->dropped},
        {"retention.samples", done->samples},     {"retention.quarantine", done->quarantine},
        {"retention.event_log", done->event_log}, {"retention.pages", done->pages},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0] && status == 0; i++)
        if (counters[i].value != 0)
            status = counter_add(store, counters[i].name, counters[i].value, err);
    return status;
}

static void add(struct retention_done *to, const struct retention_done *done)
{
    to->thinned += done->thinned;
    to->dropped += done->dropped;
    to->samples += done->samples;
    to->damaged += done->damaged;
    to->quarantine += done->quarantine;
    to->event_log += done->event_log;
    to->pages += done->pages;
}

int retention_step(struct retention *retention, int64_t plant_us, struct retention_done *done,
                   struct err *err)
{
    struct retention_done now = {0};
    bool all = true;
    if (!retention_is_due(retention, plant_us))
        return 0;
    int status = retention->stale ? load_state(retention, err) : 0;
    if (status == 0 && retention->tell)
        status = save_state(retention, err);
    if (status < 0 || keeps_all(&retention->limits))
        return status;
    if (!retention->in_pass)
        begin_pass(retention, plant_us);
    status = step_processes(retention, plant_us, &now, &all, err);
    if (status == 0)
        status = step_rows(retention, plant_us, &now, err);
    if (status == 0)
        status = count(retention->store, &now, err);
    if (status < 0)
        return status;
    add(&retention->of, &now);
    add(done, &now);
    bool more = !all || now.quarantine == STEP_ROWS || now.event_log == STEP_ROWS || now.pages > 0;
    return more ? 0 : end_pass(retention, plant_us, err);
}

int retention_preview(struct store *store, const struct retention_limits *limits, int64_t plant_us,
                      struct retention_done *done, struct err *err)
{
    int64_t before_us = retention_horizon(limits, plant_us), at_us = INT64_MIN, at_id = INT64_MIN;
    struct retention_process process;
    int found = 0;
    *done = (struct retention_done){0};
    while (before_us != INT64_MIN &&
           (found = retention_next_process(store, at_us, at_id, before_us, &process, err)) == 1) {
        int touched = retention_treat(store, limits, &process, plant_us, false, done, err);
        if (touched < 0)
            return touched;
        at_us = process.end_date_us;
        at_id = process.id;
    }
    if (found < 0)
        return found;
    return retention_count_old(store, retention_before(limits->quarantine_days, plant_us),
                               retention_before(limits->event_log_days, plant_us),
                               &done->quarantine, &done->event_log, err);
}

int retention_pass(struct store *store, const struct retention_limits *limits, int64_t plant_us,
                   struct retention_done *done, struct err *err)
{
    struct retention retention = {.store = store, .limits = *limits, .silent = true};
    int status = load_state(&retention, err);
    while (status == 0 && retention_is_due(&retention, plant_us)) {
        status = store_begin(store, err);
        if (status == 0)
            status = retention_step(&retention, plant_us, done, err);
        if (status == 0)
            status = store_commit(store, err);
        if (status < 0)
            store_rollback(store);
    }
    return status;
}
