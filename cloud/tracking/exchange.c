/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange event: recorded, paired, checked, and what it says of battery, place and swap. */
#include "alerts/alerts.h"
#include "base/decimal.h"
#include "base/scope.h"
#include "tracking/custody.h"
#include "tracking/pairing.h"
#include "tracking/remarks.h"
#include "tracking/tracking_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", text_or_empty(from));
}

static int check_exchange(const struct tracking_exchange *exchange, struct err *err)
{
    if (!exchange->bid || !exchange->bid[0])
        return err_set(err, ERR_INVALID, "%s of station %s: the battery's bid is missing",
                       exchange->event, exchange->station_id);
    if (strcmp(exchange->event, EXCHANGE_ON_LOAD) != 0 &&
        strcmp(exchange->event, EXCHANGE_OFF_LOAD) != 0)
        return err_set(err, ERR_INVALID, "event \"%s\" of battery %s is neither %s nor %s",
                       exchange->event, exchange->bid, EXCHANGE_ON_LOAD, EXCHANGE_OFF_LOAD);
    return 0;
}

static struct exchange_row to_row(const struct tracking_exchange *exchange)
{
    struct exchange_row row = {.event_time_us = exchange->event_time_us,
                               .start_time_us = STORE_NULL,
                               .end_time_us = STORE_NULL,
                               .slot = exchange->slot,
                               .soc = exchange->soc_percent,
                               .soh = decimal_round(exchange->soh_percent, 1),
                               .capacity_kwh = decimal_round(exchange->capacity_kwh, 2)};
    copy(row.bid, sizeof row.bid, exchange->bid);
    copy(row.station_id, sizeof row.station_id, exchange->station_id);
    copy(row.vid, sizeof row.vid, exchange->vid);
    copy(row.event, sizeof row.event, exchange->event);
    copy(row.request_id, sizeof row.request_id, exchange->request_id);
    copy(row.battery_version, sizeof row.battery_version, exchange->battery_version);
    copy(row.remarks, sizeof row.remarks, exchange->comments);
    copy(row.task_id, sizeof row.task_id, exchange->task_id);
    if (!row.task_id[0])
        pairing_task_id(row.bid, row.event, row.event_time_us, row.station_id, row.request_id,
                        row.task_id);
    return row;
}

/* An Off-Load without its On-Load raises an alert; when none is left at the station, it ends. */
static int alert_pairing(struct tracking *tracking, const struct exchange_row *row, bool failed,
                         bool healed, struct err *err)
{
    struct alert_subject subject = {.kind = "missing_on_load",
                                    .severity = "warning",
                                    .bid = row->bid,
                                    .vid = row->vid,
                                    .station_id = row->station_id,
                                    .slot = STORE_NULL};
    if (failed) {
        char text[REMARK_SIZE];
        remark_missing_on_load(row->bid, row->vid, text);
        return alerts_raise(tracking->alerts, &subject, row->event_time_us, NAN, NAN, text, err);
    }
    if (!healed)
        return 0;
    int left = exchange_any_failed(tracking->store, row->bid, row->station_id, err);
    return left != 0 ? (left < 0 ? left : 0)
                     : alerts_clear(tracking->alerts, &subject, row->event_time_us, err);
}

/* Makes interval and comments of a row on record again from its neighbours; writes what changed. */
static int refresh(struct tracking *tracking, struct exchange_row *row, struct err *err)
{
    struct exchange_row before, after, before_any, fresh = *row;
    char custody[REMARK_SIZE];
    int64_t on_loads = 0;
    int has_before = exchange_before(tracking->store, row, &before, err);
    int has_after = has_before < 0 ? has_before : exchange_after(tracking->store, row, &after, err);
    int has_any =
        has_after < 0 ? has_after : exchange_before_any(tracking->store, row, &before_any, err);
    if (has_any < 0)
        return has_any;
    struct tracking_limits limits;
    int status = tracked_limits(tracking, row->bid, row->station_id, &limits, err);
    if (status == 0)
        status = exchange_count_on_loads(tracking->store, row->bid,
                                         row->event_time_us - limits.frequent_window_us,
                                         row->event_time_us, &on_loads, err);
    if (status < 0)
        return status;
    struct pairing pairing =
        pairing_of(has_before ? &before : NULL, row, has_after ? &after : NULL);
    fresh.start_time_us = pairing.start_time_us;
    fresh.end_time_us = pairing.end_time_us;
    (void)custody_contradicts(has_any ? &before_any : NULL, row, &pairing, custody);
    remarks_compose(row, pairing.failed, custody, on_loads, &limits, fresh.comments,
                    sizeof fresh.comments);
    if (fresh.start_time_us == row->start_time_us && fresh.end_time_us == row->end_time_us &&
        strcmp(fresh.comments, row->comments) == 0)
        return 0;
    status = exchange_update(tracking->store, &fresh, err);
    if (status == 0)
        status = custody_alert(tracking, &fresh, custody,
                               strstr(row->comments, EXCHANGE_CUSTODY) != NULL, err);
    if (status < 0 || pairing_is_on_load(row))
        return status;
    bool healed = strncmp(row->comments, "failed:", 7) == 0 && !pairing.failed;
    return alert_pairing(tracking, &fresh, pairing.failed, healed, err);
}

/* All others whose window an On-Load falls into, also of its own instant. */
static int refresh_window(struct tracking *tracking, const struct exchange_row *row,
                          struct err *err)
{
    SCOPE_FREE struct exchange_row *window = NULL;
    size_t count = 0;
    int status = exchange_list(tracking->store, row->bid, row->event_time_us,
                               row->event_time_us + tracking->limits.frequent_window_us, &window,
                               &count, err);
    for (size_t i = 0; i < count && status == 0; i++)
        if (strcmp(window[i].task_id, row->task_id) != 0)
            status = refresh(tracking, &window[i], err);
    return status;
}

/* The rows that the new one can change: its neighbours of the vehicle, the battery's next of
 * whatever vehicle (without it nothing is later), itself, and, when it is an On-Load, all whose
 * window it falls into. */
static int refresh_around(struct tracking *tracking, struct exchange_row *row, struct err *err)
{
    struct exchange_row neighbour;
    int found = exchange_before(tracking->store, row, &neighbour, err);
    int status = found == 1 ? refresh(tracking, &neighbour, err) : found;
    if (status < 0)
        return status;
    int later = exchange_after_any(tracking->store, row, &neighbour, err);
    status = later == 1 ? refresh(tracking, &neighbour, err) : later;
    if (status == 0 && later == 1) {
        found = exchange_after(tracking->store, row, &neighbour, err);
        status = found == 1 ? refresh(tracking, &neighbour, err) : found;
    }
    if (status == 0)
        status = refresh(tracking, row, err);
    return status < 0 || !pairing_is_on_load(row) ? status : refresh_window(tracking, row, err);
}

static void take(double *to, double said, bool telemetry_is_newer)
{
    if (!isnan(said) && (isnan(*to) || !telemetry_is_newer))
        *to = said;
}

/* Capacity, health and level as the newest event that says each; telemetry that is newer than all
 * events knows better. */
static int take_facts(struct tracking *tracking, struct tracked_battery *battery,
                      const struct exchange_row *newest, struct err *err)
{
    struct battery_row *row = &battery->row;
    struct battery_facts facts;
    int status = battery_event_facts(tracking->store, row->bid, &facts, err);
    if (status < 0)
        return status;
    bool telemetry = row->last_seen_at_us > newest->event_time_us;
    take(&row->capacity_kwh, facts.capacity_kwh, telemetry);
    take(&row->soh, facts.soh, telemetry);
    take(&row->soc, facts.soc, telemetry);
    if (newest->event_time_us > row->last_seen_at_us)
        row->last_seen_at_us = newest->event_time_us;
    return 0;
}

static int take_place(struct tracking *tracking, struct tracked_battery *battery,
                      const struct exchange_row *row, const struct tracking_source *source,
                      struct err *err)
{
    struct place_claim claim = claim_of(row->station_id, row->event_time_us, true, source);
    int status = tracked_battery_resolve(tracking, battery, row->station_id, err);
    if (status < 0)
        return status;
    bool unknown = strcmp(battery->row.where_kind, "unknown") == 0;
    if (!place_event_counts(&battery->claim, unknown, &claim))
        return 0;
    if (pairing_is_on_load(row))
        tracked_battery_place(battery, "vehicle", row->vid, STORE_NULL, &claim, source);
    else
        tracked_battery_place(battery, "bay", row->station_id, row->slot, &claim, source);
    double latitude, longitude;
    status = tracked_position(tracking, row->station_id, &latitude, &longitude, err);
    if (status < 0)
        return status;
    battery->row.latitude = latitude;
    battery->row.longitude = longitude;
    return tracked_area_check(tracking, battery, row->station_id, true, row->event_time_us, err);
}

static int take_version(struct tracking *tracking, struct tracked_battery *battery,
                        const struct exchange_row *row, struct err *err)
{
    struct version_row statement = {.since_us = row->event_time_us, .source = "exchange"};
    struct version_change change;
    if (!row->battery_version[0])
        return 0;
    memcpy(statement.version, row->battery_version, sizeof statement.version);
    return tracked_version(tracking, battery, &statement, row, &change, err);
}

/* What the event says of the battery itself. */
static int update_battery(struct tracking *tracking, struct tracked_battery *battery,
                          const struct exchange_row *row, const struct tracking_source *source,
                          struct err *err)
{
    struct exchange_row newest;
    bool low;
    int status = exchange_newest(tracking->store, row->bid, &newest, err);
    if (status < 0)
        return status;
    if (strcmp(newest.task_id, row->task_id) == 0)
        status = take_place(tracking, battery, row, source, err);
    else
        status = 0;
    if (status == 0)
        status = take_facts(tracking, battery, &newest, err);
    if (status == 0)
        status = take_version(tracking, battery, row, err);
    if (status == 0)
        status = tracked_battery_save(tracking, battery, err);
    if (status == 0)
        status = tracked_judge(tracking, battery, row->station_id, row->event_time_us, &low, err);
    return status == 0 ? tracked_judge_frequency(tracking, battery, &newest, err) : status;
}

static int record(struct tracking *tracking, const struct tracking_exchange *exchange,
                  const struct tracking_source *source, bool *repeat, struct err *err)
{
    struct tracked_battery *battery;
    struct exchange_row row = to_row(exchange);
    int status = exchange_exists(tracking->store, row.task_id, err);
    *repeat = status == 1;
    if (status != 0)
        return status < 0 ? status : 0;
    status = tracked_limits_log(tracking, source, err);
    if (status == 0)
        status = tracked_battery_get(tracking, row.bid, &battery, err);
    if (status == 0)
        status = tracked_battery_resolve(tracking, battery, row.station_id, err);
    if (status == 0)
        status = derived_log_seen(tracking, battery, source, err);
    if (status == 0 && row.vid[0])
        status = vehicle_ensure(tracking->store, row.vid, err);
    if (status < 0)
        return status;
    if (isnan(row.capacity_kwh)) /* not said: as far as it is known */
        row.capacity_kwh = battery->row.capacity_kwh;
    status = exchange_insert(tracking->store, &row, err);
    if (status == 0)
        status = refresh_around(tracking, &row, err);
    if (status == 0)
        status = update_battery(tracking, battery, &row, source, err);
    if (status == 0)
        status = custody_alert_future(tracking, &row, source->received_at_us, err);
    return status == 0 ? tracked_swap_exchange(tracking, exchange, err) : status;
}

int tracking_add_battery_exchange_task(struct tracking *tracking,
                                       const struct tracking_exchange *exchange,
                                       const struct tracking_source *source, bool *repeat,
                                       struct err *err)
{
    *repeat = false;
    int status = check_exchange(exchange, err);
    if (status < 0)
        return status;
    if (source->received_at_us > tracking->heard_us)
        tracking->heard_us = source->received_at_us;
    status = record(tracking, exchange, source, repeat, err);
    if (status < 0)
        tracking_forget(tracking); /* memory and database may differ now */
    return status;
}

int tracking_add_timeout(struct tracking *tracking, const struct tracking_exchange *exchange,
                         const struct tracking_source *source, struct err *err)
{
    struct tracking_exchange event = *exchange;
    event.bid = text_or_empty(exchange->bid);
    event.event = "Timeout";
    int status = tracked_swap_exchange(tracking, &event, err);
    if (status < 0 || !event.bid[0] || exchange->slot == STORE_NULL)
        return status;
    /* The orphan stands in its bay: as good as a sighting, at the event's place in the journal. */
    struct tracking_sighting sighting = {.bid = event.bid,
                                         .station_id = exchange->station_id,
                                         .slot = exchange->slot,
                                         .time_us = exchange->event_time_us,
                                         .soc_percent = exchange->soc_percent,
                                         .soh_percent = exchange->soh_percent,
                                         .capacity_kwh = exchange->capacity_kwh,
                                         .cycles = STORE_NULL,
                                         .battery_version = exchange->battery_version,
                                         .latitude = NAN,
                                         .longitude = NAN,
                                         .max_temp_c = NAN,
                                         .min_temp_c = NAN,
                                         .max_cell_v = NAN,
                                         .min_cell_v = NAN};
    return tracking_see_battery(tracking, &sighting, source, err);
}
