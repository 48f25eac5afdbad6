/* SPDX-License-Identifier: Apache-2.0 */
#include "tracking/area.h"

#include "alerts/alerts.h"
#include "charging/geofence.h"
#include "store/battery.h"
#include "store/eventlog.h"
#include "store/exchange.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum area_verdict area_judge(const struct area_limit *limits, size_t count, const char *station_id,
                             double latitude, double longitude)
{
    bool placed = !isnan(latitude) && !isnan(longitude), circles = false;
    for (size_t i = 0; i < count; i++) {
        const struct area_limit *limit = &limits[i];
        if (limit->station_id[0]
                ? strcmp(limit->station_id, station_id) == 0
                : placed && geofence_distance_m(limit->latitude, limit->longitude, latitude,
                                                longitude) <= limit->radius_m)
            return AREA_INSIDE;
        circles = circles || !limit->station_id[0];
    }
    return count == 0 ? AREA_INSIDE : circles && !placed ? AREA_NOT_KNOWN : AREA_OUTSIDE;
}

static int judge(struct store *store, struct alerts *alerts, const char *bid,
                 const struct area_limit *limits, size_t count, const char *station_id,
                 int64_t at_us, struct err *err)
{
    struct alert_subject subject = {
        .kind = "outside_area", .severity = "warning", .bid = bid, .slot = STORE_NULL};
    struct position_row position = {.latitude = NAN, .longitude = NAN};
    int status = position_find(store, station_id, INT64_MAX, false, &position, err);
    if (status < 0)
        return status;
    switch (area_judge(limits, count, station_id, position.latitude, position.longitude)) {
    case AREA_INSIDE:
        return alerts_clear(alerts, &subject, at_us, err);
    case AREA_NOT_KNOWN:
        return 0;
    case AREA_OUTSIDE:
        break;
    }
    char text[256];
    (void)snprintf(text, sizeof text, "battery %s is at station %s, outside its area", bid,
                   station_id);
    return alerts_raise(alerts, &subject, at_us, (double)NAN, (double)NAN, text, err);
}

int area_check(struct store *store, struct alerts *alerts, const char *bid, const char *station_id,
               int64_t at_us, struct err *err)
{
    struct area_limit limits[AREA_LIMITS_MAX];
    size_t count;
    int status = area_load(store, bid, limits, &count, err);
    if (status < 0 || count == 0)
        return status;
    return judge(store, alerts, bid, limits, count, station_id, at_us, err);
}

/* The station where it was last seen; 0: none. */
static int last_station(struct store *store, const char *bid, char station_id[65], struct err *err)
{
    struct battery_row battery;
    struct exchange_row exchange;
    int found = battery_load(store, bid, &battery, err);
    if (found <= 0)
        return found;
    if (strcmp(battery.where_kind, "bay") == 0) {
        memcpy(station_id, battery.where_id, sizeof battery.where_id);
        return 1;
    }
    found = exchange_newest(store, bid, &exchange, err);
    if (found == 1)
        memcpy(station_id, exchange.station_id, sizeof exchange.station_id);
    return found;
}

static int log_area(struct store *store, const char *bid, const struct area_limit *limits,
                    size_t count, const char *actor, int64_t at_us, struct err *err)
{
    cJSON *object = cJSON_CreateObject();
    bool made = object && cJSON_AddStringToObject(object, "bid", bid) &&
                cJSON_AddItemToObject(object, "limits", area_to_json(limits, count));
    char *payload = made ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!payload)
        return err_set(err, ERR_NOMEM, "area of battery %s: out of memory", bid);
    struct eventlog_row row = {.received_at_us = at_us,
                               .event_time_us = at_us,
                               .actor = "operator",
                               .actor_id = actor,
                               .kind = "battery.area",
                               .boot = STORE_NULL,
                               .seq = STORE_NULL,
                               .payload = payload};
    int status = eventlog_append(store, &row, err);
    cJSON_free(payload);
    return status;
}

int area_set(struct store *store, struct alerts *alerts, const char *bid,
             const struct area_limit *limits, size_t count, const char *actor, int64_t at_us,
             struct err *err)
{
    char station_id[65];
    int status = area_save(store, bid, limits, count, at_us, actor, err);
    if (status == 0)
        status = log_area(store, bid, limits, count, actor, at_us, err);
    if (status < 0)
        return status;
    int found = last_station(store, bid, station_id, err);
    if (found < 0 || (found == 0 && count > 0))
        return found;
    return judge(store, alerts, bid, limits, count, found ? station_id : "", at_us, err);
}
