-- SPDX-License-Identifier: Apache-2.0
-- Migration 7: locked batteries, and the configuration that all stations are to have.

-- Made from event_log (battery.lock, battery.unlock).
CREATE TABLE battery_lock (
    bid TEXT PRIMARY KEY NOT NULL,
    reason TEXT NOT NULL,
    locked_at INTEGER NOT NULL,
    locked_by TEXT
) STRICT;

-- What SET_CONFIG tells every station until it echoes the version. Not made from event_log: a
-- version that was once told to a station must never come again with another value.
CREATE TABLE fleet_config (
    key TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    value TEXT NOT NULL                   -- JSON
) STRICT;

CREATE VIEW v_battery_lock AS SELECT
    bid,
    reason,
    strftime('%Y-%m-%dT%H:%M:%fZ', locked_at / 1000 / 1000.0, 'unixepoch') AS locked_at,
    locked_by
FROM battery_lock;

CREATE VIEW v_fleet_config AS SELECT
    key,
    version,
    value
FROM fleet_config;
