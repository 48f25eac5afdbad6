/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about tracking. What a question is about leads an index (battery, vehicle or station
 * with time), so that an answer costs what it returns and not what the table holds. */
#include "store/report_columns.h"

/* The order of events at one instant is that of the text: 'Off-Load' before 'On-Load'. */
#define NEWEST_FIRST "event_time DESC, event DESC, task_id DESC"
#define SINCE(time)  "coalesce(:from, -9223372036854775807) <= " time
#define BEFORE(time) time " < coalesce(:to, 9223372036854775807)"

/* An On-Load begins a stay; an Off-Load without its On-Load is the end of one whose beginning is
 * not known. */
static const struct report_column stays[] = {TIME("start_time", "FROM"),
                                             TIME("end_time", "TO"),
                                             TEXT("bid", "BATTERY"),
                                             TEXT("vid", "VEHICLE"),
                                             TEXT("battery_version", "VERSION"),
                                             TEXT("station_on", "TAKEN AT"),
                                             REAL("soc_on", 1, "SOC %"),
                                             TEXT("station_off", "RETURNED AT"),
                                             REAL("soc_off", 1, "SOC %"),
                                             TEXT("comments", "COMMENTS"),
                                             REAL("hours", 2, NULL),
                                             END};
#define STAYS(whose)                                                                               \
    "SELECT x.start_time, x.end_time, x.bid, x.vid, x.battery_version,"                            \
    " CASE x.event WHEN 'On-Load' THEN x.station_id END,"                                          \
    " CASE x.event WHEN 'On-Load' THEN x.soc END,"                                                 \
    " CASE x.event WHEN 'On-Load' THEN e.station_id ELSE x.station_id END,"                        \
    " CASE x.event WHEN 'On-Load' THEN e.soc ELSE x.soc END, x.comments,"                          \
    " (x.end_time - x.start_time) / 3.6e9"                                                         \
    " FROM battery_exchange_task x LEFT JOIN battery_exchange_task e ON x.event = 'On-Load'"       \
    " AND e.task_id = (SELECT task_id FROM battery_exchange_task WHERE bid = x.bid"                \
    " AND vid IS x.vid AND event_time = x.end_time AND event = 'Off-Load'"                         \
    " AND start_time = x.start_time LIMIT 1)"                                                      \
    " WHERE " whose " AND (x.event = 'On-Load' OR x.start_time IS NULL) AND " BEFORE(              \
        "x.event_time") " AND (x.end_time IS NULL OR " SINCE("x.end_time") ")"                     \
                                                                           " ORDER BY "            \
                                                                           "x.event_time DESC, "   \
                                                                           "x.event DESC, "        \
                                                                           "x.task_id DESC LIMIT " \
                                                                           ":limit"
const struct report REPORT_BATTERY_STAYS = {"stays", STAYS("x.bid = :bid"), stays};
const struct report REPORT_VEHICLE_STAYS = {"stays", STAYS("x.vid = :vid"), stays};

static const struct report_column where[] = {TEXT("bid", "BATTERY"),
                                             TEXT("where_kind", "WHERE"),
                                             TEXT("where_id", "ID"),
                                             INTEGER("slot", "BAY"),
                                             TIME("where_since", "SINCE"),
                                             TEXT("where_source", "SAID BY"),
                                             TIME("last_seen_at", "LAST SEEN"),
                                             REAL("latitude", 5, NULL),
                                             REAL("longitude", 5, NULL),
                                             END};
const struct report REPORT_BATTERY_WHERE = {
    "battery",
    "SELECT bid, where_kind, where_id, slot, where_since, where_source, last_seen_at, latitude,"
    " longitude FROM battery WHERE bid = :bid",
    where};

static const struct report_column holder[] = {TEXT("bid", "BATTERY"),
                                              TIME("at", "AT"),
                                              TEXT("where_kind", "WHERE"),
                                              TEXT("where_id", "ID"),
                                              INTEGER("slot", "BAY"),
                                              TIME("since", "SINCE"),
                                              TEXT("battery_version", "VERSION"),
                                              END};
const struct report REPORT_BATTERY_HOLDER = {
    "holder",
    "SELECT :bid, :to, CASE event WHEN 'On-Load' THEN 'vehicle' WHEN 'Off-Load' THEN 'bay'"
    " ELSE 'unknown' END, CASE event WHEN 'On-Load' THEN vid ELSE station_id END,"
    " CASE event WHEN 'Off-Load' THEN slot END, event_time, battery_version"
    " FROM (SELECT 1) LEFT JOIN (SELECT * FROM battery_exchange_task WHERE bid = :bid"
    " AND event_time <= :to ORDER BY " NEWEST_FIRST " LIMIT 1)",
    holder};

static const struct report_column utilisation[] = {TEXT("bid", "BATTERY"),
                                                   TIME("from", "FROM"),
                                                   TIME("to", "TO"),
                                                   REAL("vehicle_percent", 2, "VEHICLE %"),
                                                   REAL("bay_percent", 2, "BAY %"),
                                                   REAL("idle_percent", 2, "IDLE %"),
                                                   INTEGER("on_loads", "ON-LOADS"),
                                                   END};
/* The events of the span and the last one before it, which says how the span begins; each holds
 * until the next. Two of one instant: the first of them holds for no time. */
#define SHARE(event_name)                                                                          \
    "100.0 * coalesce(sum(CASE event WHEN '" event_name "' THEN"                                   \
    " max(0, min(coalesce(next, b), b) - max(event_time, a)) END), 0) / nullif(b - a, 0)"
const struct report REPORT_BATTERY_UTILISATION = {
    "utilisation",
    "WITH span AS (SELECT coalesce(:from, (SELECT min(event_time) FROM battery_exchange_task"
    " WHERE bid = :bid)) AS a, :to AS b),"
    " told AS (SELECT event, event_time, lead(event_time) OVER (ORDER BY event_time, event,"
    " task_id) AS next FROM battery_exchange_task, span WHERE bid = :bid AND event_time < b"
    " AND event_time >= coalesce((SELECT max(event_time) FROM battery_exchange_task"
    " WHERE bid = :bid AND event_time <= a), a)),"
    " shares AS (SELECT a, b, " SHARE("On-Load") " AS vehicle, " SHARE(
        "Off-Load") " AS bay,"
                    " sum(event = 'On-Load' AND event_time >= a) AS on_loads FROM span LEFT JOIN "
                    "told)"
                    "SELECT :bid, a, b, vehicle, bay, 100.0 - vehicle - bay, coalesce(on_loads, 0) "
                    "FROM shares",
    utilisation};
