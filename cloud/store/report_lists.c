/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of swapctl. Every filter is written `:x IS NULL OR …`, so that one statement serves
 * with and without it; lists are read by people now and then, not on a hot path. */
#include "store/report_columns.h"

static const struct report_column stations[] = {TEXT("station_id", "STATION"),
                                                TEXT("status", "STATUS"),
                                                TEXT("approval", "APPROVAL"),
                                                TIME("last_connection_time", "LAST HEARD"),
                                                INTEGER("bays", "BAYS"),
                                                TEXT("mode", "MODE"),
                                                TEXT("location", "LOCATION"),
                                                TEXT("board", NULL),
                                                TEXT("fw", NULL),
                                                TEXT("gate", NULL),
                                                REAL("latitude", 5, NULL),
                                                REAL("longitude", 5, NULL),
                                                MONEY("price_per_kwh", NULL),
                                                TIME("first_seen_at", NULL),
                                                TEXT("disconnect_reason", NULL),
                                                TIME("state_time", NULL),
                                                INTEGER("journal_depth", NULL),
                                                INTEGER("journal_dropped", NULL),
                                                INTEGER("journal_dead", NULL),
                                                TEXT("config", NULL),
                                                TEXT("zone", NULL),
                                                END};
const struct report REPORT_STATIONS = {
    "stations",
    "SELECT station_id, status, approval, last_connection_time, bays, mode, location, board, fw,"
    " gate, latitude, longitude, price_per_kwh, first_seen_at, disconnect_reason, state_time,"
    " journal_depth, journal_dropped, journal_dead, config, zone FROM station"
    " WHERE " EQUALS("station_id", ":station") "ORDER BY station_id LIMIT :limit",
    stations};

static const struct report_column bays[] = {TEXT("station_id", NULL),
                                            INTEGER("slot", "BAY"),
                                            TEXT("state", "STATE"),
                                            TEXT("bid", "BATTERY"),
                                            REAL("soc", 1, "SOC %"),
                                            BOOL("charging", "CHARGING"),
                                            TEXT("door", "DOOR"),
                                            TEXT("lock", "LOCK"),
                                            REAL("temp", 1, "TEMP C"),
                                            TEXT("session_id", "SESSION"),
                                            TIME("changed_at", NULL),
                                            BOOL("smoke", NULL),
                                            BOOL("fan", NULL),
                                            BOOL("charger_online", NULL),
                                            END};
const struct report REPORT_BAYS = {
    "bays",
    "SELECT station_id, slot, state, bid, soc, charging, door, lock, temp, session_id, changed_at,"
    " smoke, fan, charger_online FROM bay WHERE " EQUALS(
        "station_id", ":station") "ORDER BY station_id, slot LIMIT :limit",
    bays};

static const struct report_column batteries[] = {TEXT("bid", "BATTERY"),
                                                 TEXT("model", NULL),
                                                 TEXT("battery_version", "VERSION"),
                                                 REAL("capacity_kwh", 1, "KWH"),
                                                 REAL("soc", 1, "SOC %"),
                                                 REAL("soh", 1, "SOH %"),
                                                 INTEGER("cycles", "CYCLES"),
                                                 TEXT("where_kind", "WHERE"),
                                                 TEXT("where_id", "ID"),
                                                 INTEGER("slot", "BAY"),
                                                 TIME("where_since", "SINCE"),
                                                 TIME("last_seen_at", NULL),
                                                 REAL("latitude", 5, NULL),
                                                 REAL("longitude", 5, NULL),
                                                 REAL("charge_efficiency", 5, NULL),
                                                 END};
const struct report REPORT_BATTERIES = {
    "batteries",
    "SELECT bid, model, battery_version, capacity_kwh, soc, soh, cycles, where_kind, where_id, "
    "slot,"
    " where_since, last_seen_at, latitude, longitude, charge_efficiency FROM battery"
    " WHERE " EQUALS("bid", ":bid") "ORDER BY bid LIMIT :limit",
    batteries};

static const struct report_column versions[] = {
    TEXT("bid", NULL), TEXT("battery_version", "VERSION"), TIME("since_at", "SINCE"),
    TEXT("source", "SOURCE"), END};
const struct report REPORT_BATTERY_VERSIONS = {
    "versions",
    "SELECT bid, battery_version, since_at, source FROM battery_version"
    " WHERE " EQUALS("bid", ":bid") "AND " WITHIN(
        "since_at") "ORDER BY bid, since_at, battery_version LIMIT :limit",
    versions};

static const struct report_column exchanges[] = {TIME("event_time", "TIME"),
                                                 TEXT("event", "EVENT"),
                                                 TEXT("bid", "BATTERY"),
                                                 TEXT("vid", "VEHICLE"),
                                                 TEXT("station_id", "STATION"),
                                                 INTEGER("slot", "BAY"),
                                                 REAL("soc", 1, "SOC %"),
                                                 TEXT("comments", "COMMENTS"),
                                                 TIME("start_time", NULL),
                                                 TIME("end_time", NULL),
                                                 TEXT("request_id", NULL),
                                                 REAL("soh", 1, NULL),
                                                 TEXT("battery_version", NULL),
                                                 TEXT("task_id", NULL),
                                                 REAL("latitude", 5, NULL),
                                                 REAL("longitude", 5, NULL),
                                                 END};
#define POSITION(column) STATION_POSITION(column, "x.station_id", "x.event_time")
const struct report REPORT_EXCHANGES = {
    "exchanges",
    "SELECT event_time, event, bid, vid, station_id, slot, soc, comments, start_time, end_time,"
    " request_id, soh, battery_version, task_id, " POSITION("latitude") ", " POSITION(
        "longitude") " FROM battery_exchange_task x"
                     " WHERE " EQUALS("bid", ":bid") "AND " EQUALS("vid", ":vid") "AND " EQUALS(
                         "station_id", ":station") "AND " WITHIN("event_time") "ORDER BY "
                                                                               "event_time DESC, "
                                                                               "event ASC, "
                                                                               "task_id LIMIT "
                                                                               ":limit",
    exchanges};

static const struct report_column swaps[] = {
    TIME("started_at", "STARTED"), TEXT("station_id", "STATION"),
    TEXT("vid", "VEHICLE"),        TEXT("outcome", "OUTCOME"),
    TEXT("bid_in", "IN"),          REAL("soc_in", 1, "SOC %"),
    TEXT("bid_out", "OUT"),        REAL("soc_out", 1, "SOC %"),
    TEXT("reason", "REASON"),      TIME("ended_at", NULL),
    TEXT("request_id", NULL),      TEXT("user_id", NULL),
    INTEGER("slot_in", NULL),      INTEGER("slot_out", NULL),
    INTEGER("batteries", NULL),    TEXT("bid_in_2", "IN 2"),
    REAL("soc_in_2", 1, NULL),     INTEGER("slot_in_2", NULL),
    TEXT("bid_out_2", "OUT 2"),    REAL("soc_out_2", 1, NULL),
    INTEGER("slot_out_2", NULL),   END};
const struct report REPORT_SWAPS = {
    "swaps",
    "SELECT started_at, station_id, vid, outcome, bid_in, soc_in, bid_out, soc_out, reason,"
    " ended_at, request_id, user_id, slot_in, slot_out, batteries, bid_in_2, soc_in_2, slot_in_2,"
    " bid_out_2, soc_out_2, slot_out_2 FROM swap"
    " WHERE " EQUALS("station_id", ":station") "AND " EQUALS(
        "vid",
        ":vid") "AND "
                "(:bid IS NULL OR :bid IN (bid_in, bid_out, bid_in_2, bid_out_2)) AND " WITHIN(
                    "coalesce(started_at, ended_at)") "ORDER BY coalesce(started_at, ended_at) "
                                                      "DESC, station_id, request_id LIMIT :limit",
    swaps};

static const struct report_column charging[] = {INTEGER("id", "ID"),
                                                TEXT("station_id", "STATION"),
                                                INTEGER("slot", "BAY"),
                                                TEXT("bid", "BATTERY"),
                                                TIME("start_date", "START"),
                                                INTEGER("duration_min", "MIN"),
                                                REAL("start_soc", 1, "FROM %"),
                                                REAL("end_soc", 1, "TO %"),
                                                REAL("charge_energy_added", 2, "ADDED"),
                                                REAL("charge_energy_used", 2, "USED"),
                                                TEXT("end_reason", "END"),
                                                TIME("end_date", NULL),
                                                TEXT("session_id", NULL),
                                                TEXT("vid", NULL),
                                                REAL("start_battery_level", 1, NULL),
                                                REAL("end_battery_level", 1, NULL),
                                                REAL("start_ideal_range_km", 2, NULL),
                                                REAL("end_ideal_range_km", 2, NULL),
                                                REAL("start_rated_range_km", 2, NULL),
                                                REAL("end_rated_range_km", 2, NULL),
                                                REAL("outside_temp_avg", 1, NULL),
                                                MONEY("cost", "COST"),
                                                TEXT("cost_source", NULL),
                                                INTEGER("rule_version", NULL),
                                                REAL("latitude", 5, NULL),
                                                REAL("longitude", 5, NULL),
                                                INTEGER("geofence_id", NULL),
                                                TEXT("cost_basis", NULL),
                                                INTEGER("tariff_id", NULL),
                                                TEXT("samples_kept", NULL),
                                                END};
const struct report REPORT_CHARGING = {
    "charging",
    "SELECT id, station_id, slot, bid, start_date, duration_min, start_soc, end_soc,"
    " charge_energy_added, charge_energy_used, CASE WHEN end_date IS NULL THEN 'charging'"
    " ELSE end_reason END, end_date, session_id, vid, start_battery_level, end_battery_level,"
    " start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km,"
    " outside_temp_avg, cost, cost_source, rule_version, latitude, longitude, geofence_id,"
    " (SELECT basis FROM charging_bill WHERE process_id = id),"
    " (SELECT tariff_id FROM charging_bill WHERE process_id = id),"
    " (SELECT ifnull(max(kept), 'all') FROM charge_retention WHERE process = charging_process.id)"
    " FROM charging_process WHERE " EQUALS("id", ":id") "AND " EQUALS(
        "station_id",
        ":station") "AND " EQUALS("bid",
                                  ":bid") "AND " WITHIN("start_date") "ORDER BY start_date DESC, "
                                                                      "id DESC LIMIT :limit",
    charging};

static const struct report_column evaluations[] = {INTEGER("rule_version", "RULE"),
                                                   REAL("charge_energy_added", 2, "ADDED"),
                                                   REAL("charge_energy_used", 2, "USED"),
                                                   REAL("charge_energy_metered", 2, "BY METER"),
                                                   REAL("charge_energy_gap", 2, "IN GAPS"),
                                                   REAL("gap_s", 1, "GAP S"),
                                                   REAL("unmeasured_s", 1, "UNMEASURED S"),
                                                   REAL("efficiency", 3, "EFFICIENCY"),
                                                   REAL("peak_power", 2, "PEAK KW"),
                                                   TIME("evaluated_at", NULL),
                                                   END};
const struct report REPORT_CHARGING_EVALUATIONS = {
    "evaluations",
    "SELECT rule_version, charge_energy_added, charge_energy_used, charge_energy_metered,"
    " charge_energy_gap, gap_us / 1e6, unmeasured_us / 1e6, efficiency, peak_power, evaluated_at"
    " FROM charging_evaluation WHERE process_id = :id ORDER BY rule_version",
    evaluations};

static const struct report_column flags[] = {
    INTEGER("rule_version", "RULE"), TEXT("flag", "FLAG"),     INTEGER("times", "TIMES"),
    TIME("first_at", "FIRST"),       TEXT("reason", "REASON"), END};
const struct report REPORT_CHARGING_FLAGS = {
    "flags",
    "SELECT rule_version, flag, times, first_at, reason FROM charging_flag"
    " WHERE process_id = :id ORDER BY rule_version, first_at, flag",
    flags};

/* Open samples and packed ones (store/charge_table.c). */
static const struct report_column samples[] = {TIME("date", "TIME"),
                                               REAL("battery_level", 1, "LEVEL %"),
                                               REAL("charge_energy_added", 2, "ADDED"),
                                               REAL("charger_power", 2, "KW"),
                                               REAL("charger_voltage", 1, "V"),
                                               REAL("charger_actual_current", 1, "A"),
                                               INTEGER("charger_phases", "PHASES"),
                                               REAL("outside_temp", 1, "OUTSIDE C"),
                                               REAL("meter_wh", 0, "METER WH"),
                                               REAL("ideal_battery_range_km", 2, NULL),
                                               REAL("rated_battery_range_km", 2, NULL),
                                               TEXT("fast_charger_type", NULL),
                                               END};
const struct report REPORT_CHARGING_SAMPLES = {
    "samples",
    "SELECT date, battery_level, charge_energy_added, charger_power, charger_voltage,"
    " charger_actual_current, charger_phases, outside_temp, meter_wh, ideal_battery_range_km,"
    " rated_battery_range_km, fast_charger_type FROM charge WHERE process = :id AND damaged IS NULL"
    " AND " WITHIN("date") "ORDER BY date, number LIMIT :limit",
    samples};

static const struct report_column damage[] = {
    INTEGER("process", "ID"),    TEXT("station_id", "STATION"),
    INTEGER("slot", "BAY"),      TEXT("bid", "BATTERY"),
    TIME("start_date", "START"), TEXT("problem", "PROBLEM"),
    TIME("end_date", NULL),      END};
const struct report REPORT_CHARGING_DAMAGE = {
    "damage",
    "SELECT process, station_id, slot, bid, start_date, problem, end_date FROM charge_damage"
    " WHERE " EQUALS("process", ":id") "AND " EQUALS("station_id",
                                                     ":station") "AND " EQUALS("bid", ":bid") "",
    damage};

static const struct report_column quarantine[] = {
    INTEGER("id", "ID"),      TIME("received_at", "RECEIVED"),         TEXT("topic", "TOPIC"),
    TEXT("reason", "REASON"), {"payload", REPORT_BYTES, 0, "PAYLOAD"}, END};
const struct report REPORT_QUARANTINE = {
    "quarantine",
    "SELECT id, received_at, topic, reason, payload FROM quarantine WHERE " WITHIN(
        "received_at") "ORDER BY id DESC LIMIT :limit",
    quarantine};

static const struct report_column commands[] = {
    INTEGER("id", "ID"),      TIME("issued_at", "ISSUED"), TEXT("device", "DEVICE"),
    INTEGER("type", "TYPE"),  TEXT("outcome", "OUTCOME"),  TEXT("reason", "REASON"),
    TIME("closed_at", NULL),  TEXT("issued_by", "BY"),     TEXT("message_id", NULL),
    TEXT("digest", "DIGEST"), TEXT("payload", NULL),       END};
const struct report REPORT_COMMANDS = {
    "commands",
    "SELECT id, issued_at, device, type, outcome, reason, closed_at, issued_by, message_id, digest,"
    " payload FROM command WHERE " EQUALS("device", ":station") "AND " WITHIN(
        "issued_at") "ORDER BY id DESC LIMIT :limit",
    commands};
