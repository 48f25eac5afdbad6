/* SPDX-License-Identifier: Apache-2.0 */
/* The lists about alerts: they, their thresholds, and whom they are told. */
#include "store/report_columns.h"

static const struct report_column alerts[] = {INTEGER("id", "ID"),
                                              TIME("raised_at", "RAISED"),
                                              TEXT("severity", "SEVERITY"),
                                              TEXT("kind", "KIND"),
                                              TEXT("state", "STATE"),
                                              TEXT("text", "TEXT"),
                                              TEXT("station_id", NULL),
                                              TEXT("bid", NULL),
                                              TEXT("vid", NULL),
                                              INTEGER("slot", NULL),
                                              TIME("cleared_at", NULL),
                                              TIME("acknowledged_at", NULL),
                                              TEXT("acknowledged_by", NULL),
                                              REAL("value", 2, NULL),
                                              REAL("threshold", 2, NULL),
                                              END};
const struct report REPORT_ALERTS = {
    "alerts",
    "SELECT id, raised_at, severity, kind, CASE WHEN cleared_at NOTNULL THEN 'cleared'"
    " WHEN acknowledged_at NOTNULL THEN 'acknowledged' ELSE 'open' END, text, station_id, bid, vid,"
    " slot, cleared_at, acknowledged_at, acknowledged_by, value, threshold FROM alert WHERE "
    "(NOT :open OR cleared_at IS NULL) AND " EQUALS("kind", ":kind") "AND " EQUALS(
        "station_id",
        ":station") "AND " EQUALS("bid",
                                  ":bid") "AND " EQUALS("vid",
                                                        ":vid") "AND " WITHIN("raised_at") "ORDER "
                                                                                           "BY "
                                                                                           "raised_"
                                                                                           "at "
                                                                                           "DESC, "
                                                                                           "id "
                                                                                           "DESC "
                                                                                           "LIMIT "
                                                                                           ":limit",
    alerts};

static const struct report_column thresholds[] = {TEXT("kind", "KIND"),
                                                  TEXT("model", "MODEL"),
                                                  TEXT("station_id", "STATION"),
                                                  REAL("raise_value", 2, "RAISE"),
                                                  REAL("clear_value", 2, "CLEAR"),
                                                  BOOL("enabled", "ENABLED"),
                                                  TIME("set_at", "SET"),
                                                  TEXT("set_by", "BY"),
                                                  END};
const struct report REPORT_THRESHOLDS = {
    "thresholds",
    "SELECT kind, model, station_id, raise_value, clear_value, enabled, set_at, set_by"
    " FROM threshold WHERE " EQUALS("kind", ":kind") "AND " EQUALS(
        "station_id", ":station") "ORDER BY kind, model, station_id LIMIT :limit",
    thresholds};

static const struct report_column channels[] = {
    TEXT("name", "CHANNEL"),     TEXT("kind", "KIND"),
    TEXT("kinds", "ALERTS"),     INTEGER("waiting", "WAITING"),
    TIME("oldest_at", "OLDEST"), TEXT("url", "URL"),
    TEXT("secret_file", NULL),   TIME("set_at", NULL),
    TEXT("set_by", NULL),        END};
const struct report REPORT_CHANNELS = {
    "channels",
    "SELECT name, kind, kinds, (SELECT count(*) FROM alert_delivery WHERE channel = name AND "
    "state = 'waiting'), (SELECT min(created_at) FROM alert_delivery WHERE channel = name AND "
    "state = 'waiting'), url, secret_file, set_at, set_by FROM alert_channel ORDER BY name",
    channels};

static const struct report_column deliveries[] = {INTEGER("id", "ID"),
                                                  TIME("created_at", "CREATED"),
                                                  INTEGER("alert_id", "ALERT"),
                                                  TEXT("kind", "KIND"),
                                                  TEXT("event", "EVENT"),
                                                  TEXT("channel", "CHANNEL"),
                                                  TEXT("state", "STATE"),
                                                  INTEGER("attempts", "TRIES"),
                                                  TEXT("last_error", "LAST ERROR"),
                                                  TIME("next_at", NULL),
                                                  TIME("closed_at", NULL),
                                                  TEXT("payload", NULL),
                                                  END};
const struct report REPORT_DELIVERIES = {
    "deliveries",
    "SELECT id, created_at, alert_id, kind, event, channel, state, attempts, last_error,"
    " CASE state WHEN 'waiting' THEN next_at END, closed_at, payload FROM alert_delivery "
    "WHERE " EQUALS("alert_id", ":id") "AND " EQUALS("state", ":state") "AND " EQUALS(
        "kind", ":kind") "AND " WITHIN("created_at") "ORDER BY id DESC LIMIT :limit",
    deliveries};
