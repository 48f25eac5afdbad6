/* SPDX-License-Identifier: Apache-2.0 */
/* Days of a battery, over all stations that saw it. */
#include "store/report_columns.h"

#define OF_DAYS                                                                                    \
    " FROM battery_day WHERE bid = :bid AND (:from IS NULL OR day + 86400000000 > :from)"          \
    " AND (:to IS NULL OR day < :to) GROUP BY day ORDER BY day DESC LIMIT :limit"
#define DAY "SELECT strftime('%Y-%m-%d', day / 1000000, 'unixepoch'), "

static const struct report_column temperature[] = {TEXT("day", "DAY"),
                                                   REAL("temp_min", 1, "MIN C"),
                                                   REAL("temp_mean", 1, "MEAN C"),
                                                   REAL("temp_max", 1, "MAX C"),
                                                   REAL("temp_high_s", 0, "S ABOVE LIMIT"),
                                                   REAL("temp_low_s", 0, "S BELOW LIMIT"),
                                                   REAL("temp_s", 0, "S SEEN"),
                                                   INTEGER("readings", "READINGS"),
                                                   INTEGER("stations", "STATIONS"),
                                                   END};
const struct report REPORT_BATTERY_TEMPERATURE = {
    "temperature",
    DAY "min(temp_min), sum(temp_sum) / nullif(sum(temp_s), 0), max(temp_max), sum(temp_high_s),"
        " sum(temp_low_s), sum(temp_s), sum(readings), count(*)" OF_DAYS,
    temperature};

static const struct report_column imbalance[] = {TEXT("day", "DAY"),
                                                 REAL("cell_min", 3, "MIN V"),
                                                 REAL("cell_max", 3, "MAX V"),
                                                 REAL("cell_spread_mean", 4, "MEAN SPREAD V"),
                                                 REAL("cell_spread_max", 4, "MAX SPREAD V"),
                                                 REAL("cell_spread_high_s", 0, "S ABOVE LIMIT"),
                                                 REAL("temp_spread_mean", 2, "MEAN SPREAD C"),
                                                 REAL("temp_spread_max", 2, "MAX SPREAD C"),
                                                 REAL("cell_s", 0, "S SEEN"),
                                                 INTEGER("readings", "READINGS"),
                                                 INTEGER("stations", "STATIONS"),
                                                 END};
const struct report REPORT_BATTERY_IMBALANCE = {
    "imbalance",
    DAY "min(cell_min), max(cell_max), sum(cell_spread_sum) / nullif(sum(cell_s), 0),"
        " max(cell_spread_max), sum(cell_spread_high_s),"
        " sum(temp_spread_sum) / nullif(sum(temp_s), 0), max(temp_spread_max), sum(cell_s),"
        " sum(readings), count(*)" OF_DAYS,
    imbalance};
