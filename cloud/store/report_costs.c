/* SPDX-License-Identifier: Apache-2.0 */
/* Tariffs with their windows, and geofences. */
#include "store/report_columns.h"

static const struct report_column tariffs[] = {INTEGER("id", "ID"),
                                               TEXT("station_id", "STATION"),
                                               TEXT("geofence", "GEOFENCE"),
                                               TEXT("billing_type", "BILLED"),
                                               MONEY("cost_per_unit", "PRICE"),
                                               MONEY("session_fee", "FEE"),
                                               INTEGER("window_count", "WINDOWS"),
                                               TIME("valid_from", "FROM"),
                                               TIME("valid_until", "UNTIL"),
                                               INTEGER("geofence_id", NULL),
                                               INTEGER("processes", NULL),
                                               END};
const struct report REPORT_TARIFFS = {
    "tariffs",
    "SELECT t.id, t.station_id, g.name, t.billing_type, t.cost_per_unit, t.session_fee,"
    " (SELECT count(*) FROM tariff_window w WHERE w.tariff_id = t.id), t.valid_from, t.valid_until,"
    " t.geofence_id, (SELECT count(*) FROM charging_bill b WHERE b.tariff_id = t.id) FROM tariff t"
    " LEFT JOIN geofence g ON g.id = t.geofence_id WHERE " EQUALS("t.id", ":id") "AND " EQUALS(
        "t.station_id", ":station") "AND (:to IS NULL OR t.valid_from < :to) "
                                    "AND (:from IS NULL OR t.valid_until IS NULL"
                                    " OR t.valid_until > :from) "
                                    "ORDER BY t.valid_from DESC, t.id DESC LIMIT :limit",
    tariffs};

#define DAY(bit, name) "CASE WHEN days & " #bit " THEN '" name " ' ELSE '' END"
static const struct report_column windows[] = {
    INTEGER("number", "WINDOW"),     TEXT("days", "DAYS"),
    TEXT("from_time", "FROM"),       TEXT("to_time", "TO"),
    MONEY("cost_per_unit", "PRICE"), END};
const struct report REPORT_TARIFF_WINDOWS = {
    "windows",
    "SELECT number, trim(" DAY(1, "mon") " || " DAY(2, "tue") " || " DAY(4, "wed") " || " DAY(
        8, "thu") " || " DAY(16,
                             "fri") " || " DAY(32,
                                               "sat") " || " DAY(64,
                                                                 "sun") "),"
                                                                        " printf('%02d:%02d', "
                                                                        "from_minute / 60, "
                                                                        "from_minute % 60),"
                                                                        " printf('%02d:%02d', "
                                                                        "to_minute / 60, to_minute "
                                                                        "% 60), cost_per_unit FROM "
                                                                        "tariff_window"
                                                                        " WHERE tariff_id = :id "
                                                                        "ORDER BY number",
    windows};

static const struct report_column geofences[] = {INTEGER("id", "ID"),
                                                 TEXT("name", "NAME"),
                                                 REAL("latitude", 5, "LATITUDE"),
                                                 REAL("longitude", 5, "LONGITUDE"),
                                                 REAL("radius_m", 0, "RADIUS M"),
                                                 INTEGER("processes", "PROCESSES"),
                                                 END};
const struct report REPORT_GEOFENCES = {
    "geofences",
    "SELECT g.id, g.name, g.latitude, g.longitude, g.radius_m, (SELECT count(*) FROM"
    " charging_process p WHERE p.geofence_id = g.id) FROM geofence g WHERE g.deleted_at IS NULL"
    " ORDER BY g.id LIMIT :limit",
    geofences};
