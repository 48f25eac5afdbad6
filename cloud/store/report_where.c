/* SPDX-License-Identifier: Apache-2.0 */
/* A battery's way through stations, and where it may be; what a station holds of what it was sent.
 */
#include "store/report_columns.h"

#define POSITION(column) STATION_POSITION(column, "x.station_id", "x.at")

static const struct report_column way[] = {TIME("arrived_at", "ARRIVED"),
                                           TIME("left_at", "LEFT"),
                                           TEXT("station_id", "STATION"),
                                           TEXT("from_vid", "FROM VEHICLE"),
                                           TEXT("to_vid", "TO VEHICLE"),
                                           REAL("latitude", 5, "LATITUDE"),
                                           REAL("longitude", 5, "LONGITUDE"),
                                           INTEGER("slot", NULL),
                                           TEXT("location", NULL),
                                           END};
/* An Off-Load begins a visit, the On-Load that follows it directly at the same station ends it; an
 * On-Load without one is the end of a visit whose beginning nobody told. */
const struct report REPORT_BATTERY_WAY = {
    "visits",
    "SELECT arrived, departed, x.station_id, from_vid, to_vid, " POSITION("latitude") ", " POSITION(
        "longitude") ", slot, (SELECT location FROM station s WHERE s.station_id = x.station_id)"
                     " FROM (SELECT station_id, slot, event_time AS at,"
                     " CASE event WHEN 'Off-Load' THEN event_time END AS arrived,"
                     " CASE event WHEN 'Off-Load' THEN vid END AS from_vid,"
                     " CASE WHEN event = 'On-Load' THEN event_time WHEN next_event = 'On-Load'"
                     " AND next_station = station_id THEN next_time END AS departed,"
                     " CASE WHEN event = 'On-Load' THEN vid WHEN next_event = 'On-Load'"
                     " AND next_station = station_id THEN next_vid END AS to_vid"
                     " FROM (SELECT *, lag(event) OVER w AS last_event,"
                     " lag(station_id) OVER w AS last_station, lead(event) OVER w AS next_event,"
                     " lead(station_id) OVER w AS next_station, lead(event_time) OVER w AS "
                     "next_time, lead(vid) OVER w AS next_vid FROM battery_exchange_task"
                     " WHERE bid = :bid WINDOW w AS (ORDER BY event_time, event, task_id))"
                     " WHERE NOT (event = 'On-Load' AND last_event IS 'Off-Load'"
                     " AND last_station = station_id)) x"
                     " WHERE (:from IS NULL OR departed IS NULL OR departed >= :from)"
                     " AND (:to IS NULL OR at < :to)"
                     " ORDER BY at DESC LIMIT :limit",
    way};

static const struct report_column areas[] = {TEXT("bid", "BATTERY"),
                                             TEXT("station_id", "STATION"),
                                             REAL("latitude", 5, "LATITUDE"),
                                             REAL("longitude", 5, "LONGITUDE"),
                                             REAL("radius_m", 0, "RADIUS M"),
                                             TIME("set_at", "SET"),
                                             TEXT("set_by", "BY"),
                                             END};
const struct report REPORT_BATTERY_AREAS = {
    "areas",
    "SELECT bid, station_id, latitude, longitude, radius_m, set_at, set_by FROM battery_area "
    "WHERE " EQUALS("bid", ":bid") "ORDER BY bid, number LIMIT :limit",
    areas};

static const struct report_column locks[] = {
    TEXT("bid", "BATTERY"),      TIME("locked_at", "SINCE"),
    TEXT("locked_by", "BY"),     TEXT("reason", "REASON"),
    TEXT("where_kind", "WHERE"), TEXT("where_id", "ID"),
    INTEGER("slot", "BAY"),      END};
const struct report REPORT_BATTERY_LOCKS = {
    "locks",
    "SELECT bid, locked_at, locked_by, reason, where_kind, where_id, slot FROM battery_lock "
    "LEFT JOIN battery USING (bid) WHERE " EQUALS("bid", ":bid") "ORDER BY bid LIMIT :limit",
    locks};

static const struct report_column auth_lists[] = {
    TEXT("station_id", "STATION"), INTEGER("version", "LIST"), INTEGER("tokens", "TOKENS"),
    TIME("state_time", "SAID"), END};
const struct report REPORT_AUTH_LISTS = {
    "auth",
    "SELECT station_id, json_extract(config, '$.auth_list.version'),"
    " json_extract(config, '$.auth_list.value'), state_time FROM station"
    " WHERE " EQUALS("station_id", ":station") "ORDER BY station_id LIMIT :limit",
    auth_lists};
