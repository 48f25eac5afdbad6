/* SPDX-License-Identifier: Apache-2.0 */
/* What the live view follows. Each table gives its newest rows only (rowid order), so that a view
 * that refreshes every second stays cheap on a large database. */
#include "store/report.h"

static const struct report_column activity[] = {{"kind", REPORT_TEXT, 0, "KIND"},
                                                {"key", REPORT_TEXT, 0, NULL},
                                                {"state", REPORT_TEXT, 0, "STATE"},
                                                {"at", REPORT_TIME, 0, "TIME"},
                                                {"station_id", REPORT_TEXT, 0, "STATION"},
                                                {"text", REPORT_TEXT, 0, "TEXT"},
                                                {NULL, REPORT_TEXT, 0, NULL}};

/* What is NULL makes its whole phrase NULL, which coalesce then leaves out. */
const struct report REPORT_ACTIVITY = {
    "activity",
    "SELECT * FROM (SELECT 'swap' AS kind, station_id || '/' || request_id AS key,"
    " coalesce(outcome, 'running') AS state, coalesce(ended_at, started_at) AS at, station_id,"
    " coalesce(vid, '?')"
    " || coalesce(': in ' || bid_in, '')"
    " || coalesce(' ' || CAST(round(soc_in) AS INTEGER) || ' %', '')"
    " || coalesce(' + ' || bid_in_2, '')"
    " || coalesce(' ' || CAST(round(soc_in_2) AS INTEGER) || ' %', '')"
    " || coalesce(', out ' || bid_out, '')"
    " || coalesce(' ' || CAST(round(soc_out) AS INTEGER) || ' %', '')"
    " || coalesce(' + ' || bid_out_2, '')"
    " || coalesce(' ' || CAST(round(soc_out_2) AS INTEGER) || ' %', '')"
    " || coalesce(' - ' || reason, '') AS text"
    " FROM swap ORDER BY rowid DESC LIMIT :limit) "
    "UNION ALL SELECT * FROM (SELECT 'command', CAST(id AS TEXT), outcome,"
    " coalesce(closed_at, issued_at), device,"
    " CASE type WHEN 1 THEN 'SERVER_ASK_CHARGE' WHEN 2 THEN 'SERVER_ASK_INFO'"
    " WHEN 3 THEN 'SERVER_ASK_RESTART' WHEN 4 THEN 'SERVER_ASK_DISCONNECT'"
    " ELSE 'type ' || type END || ' ' || coalesce(message_id, digest)"
    " || coalesce(' - ' || reason, '')"
    " FROM command ORDER BY id DESC LIMIT :limit) "
    "UNION ALL SELECT * FROM (SELECT 'alert', CAST(id AS TEXT),"
    " CASE WHEN cleared_at IS NULL THEN 'raised' ELSE 'cleared' END,"
    " coalesce(cleared_at, raised_at), station_id, kind || ': ' || text"
    " FROM alert ORDER BY id DESC LIMIT :limit) "
    "UNION ALL SELECT * FROM (SELECT 'fault', CAST(id AS TEXT),"
    " CASE WHEN cleared_at IS NULL THEN 'raised' ELSE 'cleared' END,"
    " coalesce(cleared_at, raised_at), station_id,"
    " code || coalesce(' bay ' || slot, '') || coalesce(' - ' || failure_info, '')"
    " FROM fault ORDER BY id DESC LIMIT :limit) "
    "UNION ALL SELECT * FROM (SELECT 'charging', CAST(id AS TEXT),"
    " CASE WHEN end_date IS NULL THEN 'begun' ELSE 'ended' END, coalesce(end_date, start_date),"
    " station_id, 'bay ' || slot || coalesce(' ' || bid, '')"
    " || coalesce(' ' || CAST(round(start_soc) AS INTEGER) || ' %', '')"
    " || coalesce(' to ' || CAST(round(end_soc) AS INTEGER) || ' %', '')"
    " || iif(charge_energy_added IS NULL, '', printf(', added %.2f kWh', charge_energy_added))"
    " || iif(charge_energy_used IS NULL, '', printf(', used %.2f kWh', charge_energy_used))"
    " || coalesce(' - ' || end_reason, '')"
    " FROM charging_process ORDER BY id DESC LIMIT :limit) "
    "ORDER BY 4, 1, 2",
    activity};

static const struct report_column counters[] = {{"name", REPORT_TEXT, 0, "NAME"},
                                                {"value", REPORT_INTEGER, 0, "VALUE"},
                                                {NULL, REPORT_TEXT, 0, NULL}};
const struct report REPORT_COUNTERS = {
    "counters",
    "SELECT name, value FROM counter "
    "UNION ALL SELECT 'swaps.' || coalesce(outcome, 'running'), count(*) FROM swap"
    " WHERE (:station IS NULL OR station_id = :station) GROUP BY 1 "
    "UNION ALL SELECT 'alerts.open', count(*) FROM alert"
    " WHERE cleared_at IS NULL AND (:station IS NULL OR station_id = :station) "
    "ORDER BY 1",
    counters};
