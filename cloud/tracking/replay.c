/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/replay.h"

#include "alerts/alerts.h"
#include "alerts/threshold_json.h"
#include "base/scope.h"
#include "protocol/json.h"
#include "store/audit.h"
#include "store/eventlog.h"
#include "store/fleet.h"
#include "store/stream.h"
#include "tracking/area.h"
#include "tracking/form.h"
#include "tracking/form_message.h"
#include "tracking/tracking_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct replay {
    struct store *from, *store;
    struct alerts *alerts;
    struct tracking *tracking;
    int64_t rows;
};

/* A row of the log on its way. */
struct step {
    struct replay *replay;
    const struct eventlog_row *row;
    const cJSON *payload;
    struct tracking_source source;
};

static const char *text(const struct step *step, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(step->payload, name));
    return value ? value : "";
}

static double number(const struct step *step, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(step->payload, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static int64_t integer(const struct step *step, const char *name)
{
    double value = number(step, name);
    return isnan(value) ? STORE_NULL : (int64_t)value;
}

static int battery(const struct step *step, struct tracked_battery **to, struct err *err)
{
    const char *bid = text(step, "bid");
    if (!bid[0])
        return err_set(err, ERR_INVALID, "the payload has no bid");
    return tracked_battery_get(step->replay->tracking, bid, to, err);
}

/* Steps: one per kind of row. */

static int swap_event(struct step *step, struct err *err)
{
    struct message message;
    enum message_quality quality;
    const struct eventlog_row *row = step->row;
    int status = message_decode(row->payload, strlen(row->payload), &message, &quality, err);
    if (status == 0) {
        char comments[FORM_COMMENTS_SIZE];
        /* The time is that of the arrival exactly when nothing else told it. */
        bool unsure =
            message.clock == CLOCK_QUALITY_UNSYNCED && row->event_time_us == row->received_at_us;
        struct tracking_exchange exchange =
            form_swap_event(&message, row->event_time_us, unsure, comments);
        bool repeat;
        step->source.up_ms = message.up_ms;
        if (strcmp(exchange.event, "Timeout") == 0) /* where the battery stands is told apart */
            status = tracked_swap_exchange(step->replay->tracking, &exchange, err);
        else
            status = tracking_add_battery_exchange_task(step->replay->tracking, &exchange,
                                                        &step->source, &repeat, err);
    }
    message_free(&message);
    return status;
}

static int exchange_add(struct step *step, struct err *err)
{
    struct exchange_form form;
    bool repeat;
    int status = form_from_json(step->payload, &form, err);
    if (status < 0)
        return status;
    struct tracking_exchange exchange = form_exchange(&form);
    return tracking_add_battery_exchange_task(step->replay->tracking, &exchange, &step->source,
                                              &repeat, err);
}

static int limits(struct step *step, struct err *err)
{
    struct tracking_limits limits;
    int status = limits_from_json(step->payload, &limits, err);
    if (status == 0)
        tracking_set_limits(step->replay->tracking, &limits);
    return status;
}

static int threshold(struct step *step, bool set, struct err *err)
{
    struct threshold_row row = {.set_at_us = step->row->event_time_us};
    (void)snprintf(row.set_by, sizeof row.set_by, "%s", text_or_empty(step->row->actor_id));
    int status = threshold_from_json(step->payload, !set, &row, err);
    if (status < 0)
        return status;
    status = set ? alerts_put_threshold(step->replay->alerts, &row, err)
                 : alerts_remove_threshold(step->replay->alerts, row.kind, row.model,
                                           row.station_id, err);
    return status < 0 ? status : 0;
}

static int threshold_set(struct step *step, struct err *err)
{
    return threshold(step, true, err);
}

static int threshold_unset(struct step *step, struct err *err)
{
    return threshold(step, false, err);
}

static int swap_end(struct step *step, struct err *err)
{
    return tracking_end_swap(step->replay->tracking, text_or_empty(step->row->station_id),
                             text(step, "request_id"), step->row->event_time_us,
                             text(step, "outcome"), text(step, "reason"), err);
}

static int version(struct step *step, struct err *err)
{
    return tracking_update_battery_version(step->replay->tracking, text(step, "bid"),
                                           text(step, "battery_version"), step->row->event_time_us,
                                           &step->source, err);
}

static int model(struct step *step, struct err *err)
{
    struct tracked_battery *found;
    int status = battery(step, &found, err);
    if (status < 0)
        return status;
    (void)snprintf(found->row.model, sizeof found->row.model, "%s", text(step, "model"));
    return tracked_battery_save(step->replay->tracking, found, err);
}

static int set_number(struct step *step, const char *name, struct err *err)
{
    struct tracked_battery *found;
    int status = battery(step, &found, err);
    if (status < 0)
        return status;
    *(strcmp(name, "soh") == 0 ? &found->row.soh : &found->row.capacity_kwh) = number(step, name);
    return tracked_battery_save(step->replay->tracking, found, err);
}

static int capacity(struct step *step, struct err *err)
{
    return set_number(step, "capacity_kwh", err);
}

static int soh(struct step *step, struct err *err)
{
    return set_number(step, "soh", err);
}

static void raise_last_seen(struct tracked_battery *battery, int64_t at_us)
{
    if (at_us > battery->row.last_seen_at_us)
        battery->row.last_seen_at_us = at_us;
}

static int place(struct step *step, struct err *err)
{
    struct tracked_battery *found;
    int status = battery(step, &found, err);
    if (status < 0)
        return status;
    const char *kind = text(step, "where_kind"), *station = text_or_empty(step->row->station_id);
    bool bay = strcmp(kind, "bay") == 0;
    struct place_claim claim = claim_of(station, step->row->event_time_us, false, &step->source);
    tracked_battery_place(found, kind, bay ? station : NULL, integer(step, "slot"), &claim,
                          &step->source);
    if (bay)
        raise_last_seen(found, step->row->event_time_us);
    return tracked_battery_save(step->replay->tracking, found, err);
}

/* Telemetry confirmed what is known; so it is weighed against the event that follows. */
static int seen(struct step *step, struct err *err)
{
    struct tracked_battery *found;
    int status = battery(step, &found, err);
    if (status < 0)
        return status;
    raise_last_seen(found, integer(step, "last_seen_at"));
    if (found->claim.known && !found->claim.event && step->row->journal) {
        found->claim = claim_of(text_or_empty(step->row->station_id), step->row->event_time_us,
                                false, &step->source);
        (void)snprintf(found->claim_journal, sizeof found->claim_journal, "%s", step->row->journal);
    } else if (found->claim.known && !found->claim.event) {
        found->claim.time_us = step->row->event_time_us;
    }
    return tracked_battery_save(step->replay->tracking, found, err);
}

static int position(struct step *step, struct err *err)
{
    return tracking_place_station(step->replay->tracking, text_or_empty(step->row->station_id),
                                  number(step, "latitude"), number(step, "longitude"),
                                  step->row->event_time_us, &step->source, err);
}

static int area(struct step *step, struct err *err)
{
    struct area_limit limits[AREA_LIMITS_MAX];
    size_t count;
    int status = area_from_json(cJSON_GetObjectItemCaseSensitive(step->payload, "limits"), limits,
                                &count, err);
    return status < 0 ? status
                      : area_save(step->replay->store, text(step, "bid"), limits, count,
                                  step->row->event_time_us, step->row->actor_id, err);
}

static int lock(struct step *step, struct err *err)
{
    struct battery_lock_row row = {.locked_at_us = step->row->event_time_us};
    (void)snprintf(row.reason, sizeof row.reason, "%s", text(step, "reason"));
    (void)snprintf(row.locked_by, sizeof row.locked_by, "%s", text_or_empty(step->row->actor_id));
    return battery_lock_insert(step->replay->store, text(step, "bid"), &row, err);
}

static int unlock(struct step *step, struct err *err)
{
    return battery_lock_remove(step->replay->store, text(step, "bid"), err);
}

static const struct {
    const char *kind;
    bool
        json; /* the payload is an object of ours; a station's message is read by its own decoder */
    int (*take)(struct step *step, struct err *err);
} STEPS[] = {
    {"SWAP_EVENT", false, swap_event},
    {"exchange.add", true, exchange_add},
    {EVENTLOG_LIMITS, true, limits},
    {"swap.end", true, swap_end},
    {"battery.version", true, version},
    {"battery.capacity", true, capacity},
    {"battery.soh", true, soh},
    {"battery.place", true, place},
    {"battery.seen", true, seen},
    {"station.position", true, position},
    {"battery.area", true, area},
    {"battery.lock", true, lock},
    {"battery.unlock", true, unlock},
    {"battery.model", true, model},
    {EVENTLOG_THRESHOLD_SET, true, threshold_set},
    {EVENTLOG_THRESHOLD_UNSET, true, threshold_unset},
};

static int take_row(void *self, int64_t id, const struct eventlog_row *row, struct err *err)
{
    struct replay *replay = self;
    size_t kind = 0;
    while (kind < sizeof STEPS / sizeof STEPS[0] && strcmp(STEPS[kind].kind, row->kind) != 0)
        kind++;
    if (kind == sizeof STEPS / sizeof STEPS[0])
        return 0; /* no matter of tracking's */
    SCOPE_JSON cJSON *payload = NULL;
    struct step step = {.replay = replay,
                        .row = row,
                        .source = {.actor = row->actor,
                                   .actor_id = row->actor_id,
                                   .received_at_us = row->received_at_us,
                                   .journal = text_or_empty(row->journal),
                                   .boot = row->boot,
                                   .up_ms = STORE_NULL}};
    int status = 0;
    if (STEPS[kind].json) {
        status = json_parse(row->payload, strlen(row->payload), &payload, err);
        step.payload = payload;
        step.source.up_ms = integer(&step, "up");
    }
    if (status == 0 && row->journal && row->station_id)
        status = journal_find(replay->from, row->station_id, row->journal,
                              &step.source.journal_number, err);
    if (status >= 0)
        status = STEPS[kind].take(&step, err);
    replay->rows++;
    return status < 0 ? err_prefix(err, "event_log %lld (%s): ", (long long)id, row->kind) : 0;
}

int tracking_replay(struct store *from, struct store *to, int64_t *rows, struct err *err)
{
    struct replay replay = {.from = from, .store = to};
    int status = audit_copy_journals(from, to, err);
    if (status == 0)
        status = alerts_new(&replay.alerts, to, err);
    if (status == 0)
        status = tracking_new(&replay.tracking, to, replay.alerts, &TRACKING_LIMITS_DEFAULT, err);
    if (status == 0)
        status = store_begin(to, err);
    if (status == 0)
        status = eventlog_each(from, take_row, &replay, err);
    if (status == 0)
        status = tracking_flush(replay.tracking, err);
    if (status == 0)
        status = store_commit(to, err);
    if (status < 0)
        store_rollback(to);
    tracking_free(replay.tracking);
    alerts_free(replay.alerts);
    *rows = replay.rows;
    return status;
}
