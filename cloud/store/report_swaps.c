/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many batteries were put into vehicles. Of one battery or vehicle the events are counted,
 * which are few and lie side by side in an index. By day or station whole days come from
 * swaps_per_day, and only the rest of the first and last day is counted, so that an answer costs
 * what it returns. All batteries or vehicles of a span: the span is read.
 */
#include "store/report_columns.h"

#define LAST_TIME    "9223372036854775807"
#define SINCE(time)  "coalesce(:from, -" LAST_TIME ") <= " time
#define BEFORE(time) time " < coalesce(:to, " LAST_TIME ")"

#define COLUMNS(key, title)                                                                        \
    {                                                                                              \
        TEXT(key, title), INTEGER("swaps", "SWAPS"), TIME("first", "FIRST"), TIME("last", "LAST"), \
            END                                                                                    \
    }
static const struct report_column by_battery[] = COLUMNS("bid", "BATTERY");
static const struct report_column by_vehicle[] = COLUMNS("vid", "VEHICLE");
static const struct report_column by_station[] = COLUMNS("station_id", "STATION");
static const struct report_column by_day[] = COLUMNS("day", "DAY");

/* Counted one by one; `lead`: what the index begins with. */
#define COUNT(what, lead, order)                                                                   \
    "SELECT " what " AS what, count(*) AS swaps, min(event_time), max(event_time)"                 \
    " FROM battery_exchange_task WHERE " lead                                                      \
        SINCE("event_time") " AND " BEFORE("event_time") " AND event = 'On-Load' AND " EQUALS(     \
            "bid", ":bid") "AND " EQUALS("vid",                                                    \
                                         ":vid") "AND " EQUALS("station_id",                       \
                                                               ":station") "GROUP BY what ORDER "  \
                                                                           "BY " order             \
                                                                           " LIMIT :limit"
#define COUNTS(columns, what, order)                                                               \
    {                                                                                              \
        {"swaps", COUNT(what, "bid = :bid AND ", order), columns},                                 \
            {"swaps", COUNT(what, "vid = :vid AND ", order), columns},                             \
            {"swaps", COUNT(what, "station_id = :station AND ", order), columns},                  \
        {                                                                                          \
            "swaps", COUNT(what, "", order), columns                                               \
        }                                                                                          \
    }
#define DAY "strftime('%Y-%m-%d', event_time / 1000000, 'unixepoch')"
static const struct report counts[4][4] = {
    COUNTS(by_battery, "bid", "swaps DESC, what"),
    COUNTS(by_vehicle, "vid", "swaps DESC, what"),
    COUNTS(by_station, "station_id", "swaps DESC, what"),
    COUNTS(by_day, DAY, "what DESC"),
};

/* Whole days of the span: first <= day < last. */
#define DAY_US    "86400000000"
#define NO_SPAN   "CASE WHEN :from IS NULL AND :to IS NULL THEN "
#define FIRST_DAY "CASE WHEN :from IS NULL THEN 0 ELSE (:from + " DAY_US " - 1) / " DAY_US " END"
#define LAST_DAY  "CASE WHEN :to IS NULL THEN 1000000 ELSE :to / " DAY_US " END"
/* Of every station that has any, in the order of the index. */
#define ON_LOADS                                                                                   \
    "FROM swaps_per_day AS known CROSS JOIN battery_exchange_task AS task INDEXED BY "             \
    "exchange_on_loads ON task.station_id = known.station_id WHERE known.day = -1 AND "
#define OF_STATION "FROM battery_exchange_task AS task WHERE task.station_id = :station AND "
/* What is left, counted one by one. Without a limit on that side nothing is: `>= NULL`, `< NULL`.
 */
#define LEFT_OVER(key, lead, from, to, grouped)                                                    \
    " UNION ALL SELECT " key ", count(*), min(event_time), max(event_time) " lead                  \
    "event_time >= " from " AND event_time < " to " AND event = 'On-Load' " grouped
#define SUM(shown, key, whole, rest, lead, grouped, order)                                         \
    "SELECT " shown " AS what, sum(swaps) AS swaps, min(first_at), max(last_at)"                   \
    " FROM (SELECT " key " AS key, swaps, first_at, last_at FROM swaps_per_day WHERE " whole       \
    LEFT_OVER(rest, lead, ":from",                                                                 \
              "min(coalesce(:to, " LAST_TIME "), (" FIRST_DAY ") * " DAY_US ")", grouped)          \
        LEFT_OVER(rest, lead, "max(" FIRST_DAY ", " LAST_DAY ") * " DAY_US, ":to",                 \
                  grouped) ") GROUP BY key ORDER BY " order " LIMIT :limit"

/* What is left at either end lies within one day. */
#define SUM_BY_DAY(lead)                                                                           \
    SUM("strftime('%Y-%m-%d', key * 86400, 'unixepoch')", "day",                                   \
        "station_id = coalesce(:station, '') AND day >= " FIRST_DAY " AND day < " LAST_DAY,        \
        "min(event_time) / " DAY_US, lead, "HAVING count(*) > 0", "key DESC")
/* Of all time: the totals, which stand under day -1. */
#define SUM_BY_STATION(lead, whose, left)                                                          \
    SUM("key", "station_id",                                                                       \
        whose " AND day >= " NO_SPAN "-1 ELSE " FIRST_DAY " END AND day < " NO_SPAN                \
              "0 ELSE " LAST_DAY " END",                                                           \
        left, lead, "GROUP BY 1", "swaps DESC, what")
static const struct report sums[2][2] = {
    {{"swaps", SUM_BY_DAY(ON_LOADS), by_day}, {"swaps", SUM_BY_DAY(OF_STATION), by_day}},
    {{"swaps", SUM_BY_STATION(ON_LOADS, "station_id <> ''", "known.station_id"), by_station},
     {"swaps", SUM_BY_STATION(OF_STATION, "station_id = :station", "task.station_id"), by_station}},
};

const struct report *report_swap_count(enum report_count_by by, const struct report_filter *filter)
{
    if (!filter->bid && !filter->vid && (by == COUNT_BY_DAY || by == COUNT_BY_STATION))
        return &sums[by == COUNT_BY_STATION][filter->station != NULL];
    return &counts[by][filter->bid ? 0 : filter->vid ? 1 : filter->station ? 2 : 3];
}
