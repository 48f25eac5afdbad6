/* SPDX-License-Identifier: Apache-2.0 */
/* How the report_*.c files write columns and filters. Nobody else includes this. */
#ifndef SWAPSTACK_STORE_REPORT_COLUMNS_H
#define SWAPSTACK_STORE_REPORT_COLUMNS_H

#include "store/report.h"

#define TEXT(name, title)                                                                          \
    {                                                                                              \
        name, REPORT_TEXT, 0, title                                                                \
    }
#define INTEGER(name, title)                                                                       \
    {                                                                                              \
        name, REPORT_INTEGER, 0, title                                                             \
    }
#define REAL(name, decimals, title)                                                                \
    {                                                                                              \
        name, REPORT_REAL, decimals, title                                                         \
    }
#define TIME(name, title)                                                                          \
    {                                                                                              \
        name, REPORT_TIME, 0, title                                                                \
    }
#define MONEY(name, title)                                                                         \
    {                                                                                              \
        name, REPORT_MONEY, 0, title                                                               \
    }
#define BOOL(name, title)                                                                          \
    {                                                                                              \
        name, REPORT_BOOL, 0, title                                                                \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, REPORT_TEXT, 0, NULL                                                                 \
    }
#define WITHIN(column)                                                                             \
    "(:from IS NULL OR " column " >= :from) AND (:to IS NULL OR " column " < :to) "
/* Where a station stood at a time: what it had said last by then, else what it said first. */
#define STATION_POSITION(column, station, at)                                                      \
    "coalesce((SELECT " column " FROM station_position p WHERE p.station_id = " station            \
    " AND p.since_at <= " at " ORDER BY p.since_at DESC LIMIT 1), (SELECT " column                 \
    " FROM station_position p WHERE p.station_id = " station " ORDER BY p.since_at LIMIT 1))"
#define EQUALS(column, parameter) "(" parameter " IS NULL OR " column " = " parameter ") "

#endif
