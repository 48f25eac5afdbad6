-- SPDX-License-Identifier: Apache-2.0
-- Migration 15: thresholds of alerts per battery model and station, and the model of a battery.

-- What `swapctl threshold set` said; where no row fits, the configuration's defaults hold. The most
-- specific row that fits counts: model and station, station, model, any.
CREATE TABLE threshold (
    kind TEXT NOT NULL,                   -- low_capacity … (alerts/threshold.h has their units)
    model TEXT,                           -- NULL: any battery model
    station_id TEXT,                      -- NULL: any station
    raise_value REAL NOT NULL,            -- beyond it the alert is raised …
    clear_value REAL NOT NULL,            -- … and it ends only on the other side of this one
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)), -- 0: no such alert there
    set_at INTEGER NOT NULL,
    set_by TEXT
) STRICT;
-- A NULL is equal to none in a unique index; '' is no model and no station.
CREATE UNIQUE INDEX threshold_key ON threshold (kind, ifnull(model, ''), ifnull(station_id, ''));

-- Set by an operator; NULL: not known, only thresholds of any model fit.
ALTER TABLE battery ADD COLUMN model TEXT;

-- Alerts of one battery: which of them are open is asked when it is first seen.
CREATE INDEX alert_open_by_battery ON alert (bid, kind) WHERE cleared_at IS NULL AND bid IS NOT NULL;

CREATE VIEW v_threshold AS SELECT
    kind,
    model,
    station_id,
    raise_value,
    clear_value,
    enabled,
    strftime('%Y-%m-%dT%H:%M:%fZ', set_at / 1000 / 1000.0, 'unixepoch') AS set_at,
    set_by
FROM threshold;

DROP VIEW v_battery;
CREATE VIEW v_battery AS SELECT
    bid,
    battery_version,
    capacity_kwh,
    soh,
    soc,
    cycles,
    strftime('%Y-%m-%dT%H:%M:%fZ', last_seen_at / 1000 / 1000.0, 'unixepoch') AS last_seen_at,
    where_kind,
    where_id,
    slot,
    strftime('%Y-%m-%dT%H:%M:%fZ', where_since / 1000 / 1000.0, 'unixepoch') AS where_since,
    where_journal,
    where_boot,
    where_up_ms,
    latitude,
    longitude,
    charge_efficiency,
    where_source,
    model
FROM battery;
