/* SPDX-License-Identifier: Apache-2.0 */
/* Reports for work on charging processes. */
#include "store/report_columns.h"

static const struct report_column idle[] = {INTEGER("id", "ID"),
                                            TEXT("station_id", "STATION"),
                                            INTEGER("slot", "BAY"),
                                            TEXT("bid", "BATTERY"),
                                            TEXT("session_id", "SESSION"),
                                            TIME("start_date", "START"),
                                            TIME("last_sample_date", "LAST SAMPLE"),
                                            TIME("touched_at", "ARRIVED"),
                                            INTEGER("samples", "SAMPLES"),
                                            END};
const struct report REPORT_CHARGING_IDLE = {
    "idle",
    "SELECT p.id, station_id, slot, bid, session_id, start_date, (SELECT date FROM charge_open o"
    " WHERE o.id = last_sample), touched_at, ifnull(samples, 0) FROM charging_process p LEFT JOIN"
    " charge_head ON process = p.id WHERE end_date IS NULL AND ifnull(touched_at, start_date) < :to"
    " AND " EQUALS("station_id", ":station") "AND " EQUALS("bid", ":bid") "ORDER BY p.id LIMIT"
                                                                          " :limit",
    idle};
