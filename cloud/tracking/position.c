/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions of stations. A statement ("here at this time") is kept where it contradicts the one
 * before it. Every report repeats it, so that the history is right to within a report even when
 * statements come late.
 */
#include "base/decimal.h"
#include "tracking/area.h"
#include "tracking/tracking_internal.h"

#include "store/eventlog.h"
#include "store/where.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEGREE_DECIMALS 6 /* 0.1 m; a receiver's noise is more, but stations are configured */

static bool same(const struct position_row *a, const struct position_row *b)
{
    return a->latitude == b->latitude && a->longitude == b->longitude;
}

static int keep(struct tracking *tracking, const char *station_id, const struct position_row *said,
                bool *changed, struct err *err)
{
    struct position_row before, after;
    int known = position_find(tracking->store, station_id, said->since_us, false, &before, err);
    *changed = known == 0 || (known == 1 && !same(&before, said));
    if (known < 0 || !*changed)
        return known < 0 ? known : 0;
    int follows = position_find(tracking->store, station_id, said->since_us, true, &after, err);
    if (follows < 0)
        return follows;
    int status = 0;
    if (follows == 1 && same(&after, said))
        status = position_remove(tracking->store, station_id, after.since_us, err);
    return status < 0 ? status : position_insert(tracking->store, station_id, said, err);
}

static int log_position(struct tracking *tracking, const char *station_id,
                        const struct position_row *said, const struct tracking_source *source,
                        struct err *err)
{
    char payload[96];
    (void)snprintf(payload, sizeof payload, "{\"latitude\":%.6f,\"longitude\":%.6f}",
                   said->latitude, said->longitude);
    struct eventlog_row row = {.received_at_us = source->received_at_us,
                               .event_time_us = said->since_us,
                               .actor = source->actor,
                               .actor_id = source->actor_id,
                               .station_id = station_id,
                               .kind = "station.position",
                               .journal = source->journal,
                               .boot = source->boot,
                               .seq = STORE_NULL,
                               .payload = payload};
    return eventlog_append(tracking->store, &row, err);
}

/* The station in memory, so that what it always says costs no SQL. */
static int get_station(struct tracking *tracking, const char *station_id,
                       struct tracked_station **to, struct err *err)
{
    *to = textmap_find(&tracking->stations, station_id);
    if (*to)
        return 0;
    struct tracked_station *station = calloc(1, sizeof *station);
    if (!station)
        return err_set(err, ERR_NOMEM, "station %s: out of memory", station_id);
    (void)snprintf(station->station_id, sizeof station->station_id, "%s", station_id);
    station->newest = (struct position_row){INT64_MAX, NAN, NAN};
    int found = position_find(tracking->store, station_id, INT64_MAX, false, &station->newest, err);
    if (found < 0 || textmap_add(&tracking->stations, station->station_id, station) < 0) {
        free(station);
        return found < 0 ? found : err_set(err, ERR_NOMEM, "station: out of memory");
    }
    *to = station;
    return 0;
}

int tracking_place_station(struct tracking *tracking, const char *station_id, double latitude,
                           double longitude, int64_t time_us, const struct tracking_source *source,
                           struct err *err)
{
    struct position_row said = {.since_us = time_us,
                                .latitude = decimal_round(latitude, DEGREE_DECIMALS),
                                .longitude = decimal_round(longitude, DEGREE_DECIMALS)};
    struct tracked_station *station;
    bool changed;
    if (isnan(latitude) || isnan(longitude))
        return 0;
    int status = get_station(tracking, station_id, &station, err);
    if (status < 0 || (time_us >= station->newest.since_us && same(&station->newest, &said)))
        return status;
    status = keep(tracking, station_id, &said, &changed, err);
    if (status == 0 && changed)
        status = log_position(tracking, station_id, &said, source, err);
    if (status == 0 && changed) {
        tracking->moves++;
        status =
            position_find(tracking->store, station_id, INT64_MAX, false, &station->newest, err);
    }
    if (status < 0)
        tracking_forget(tracking);
    return status < 0 ? status : 0;
}

int tracked_position(struct tracking *tracking, const char *station_id, double *latitude,
                     double *longitude, struct err *err)
{
    struct tracked_station *station;
    int status = get_station(tracking, station_id, &station, err);
    if (status < 0)
        return status;
    *latitude = station->newest.latitude;
    *longitude = station->newest.longitude;
    return 0;
}

int tracked_area_check(struct tracking *tracking, struct tracked_battery *battery,
                       const char *station_id, bool moved, int64_t at_us, struct err *err)
{
    if (!moved && battery->looked_at_moves == tracking->moves)
        return 0;
    battery->looked_at_moves = tracking->moves;
    return area_check(tracking->store, tracking->alerts, battery->row.bid, station_id, at_us, err);
}
