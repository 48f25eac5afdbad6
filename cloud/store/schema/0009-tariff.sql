-- SPDX-License-Identifier: Apache-2.0
-- What charging costs. Configuration, but for charging_bill; each change of it is in
-- event_log (tariff.add, geofence.change, ...).

-- IANA name; NULL: UTC. Time-of-use windows and hours of the day are in it.
ALTER TABLE station ADD COLUMN zone TEXT;

-- A tariff holds for a station, else for a geofence, else (both NULL) everywhere.
ALTER TABLE tariff ADD COLUMN geofence_id INTEGER REFERENCES geofence (id);
CREATE INDEX tariff_by_station ON tariff (station_id, valid_from);

-- Hours of the day with a price of their own, on the clock of the station's zone.
CREATE TABLE tariff_window (
    tariff_id INTEGER NOT NULL REFERENCES tariff (id),
    number INTEGER NOT NULL,              -- from 1, as they were given
    days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 127), -- bit 0 Monday ... 6 Sunday: it begins
    from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute INTEGER NOT NULL CHECK (to_minute BETWEEN 1 AND 1440), -- <= from_minute: next day
    cost_per_unit INTEGER NOT NULL,       -- ten-thousandths
    PRIMARY KEY (tariff_id, number)
) STRICT;

-- A geofence that was deleted takes no new process, and old ones are relinked; its tariffs remain
-- as the record of what was billed.
ALTER TABLE geofence ADD COLUMN deleted_at INTEGER;

-- Vehicles that charge at certain chargers without paying. (A table of its own: `vehicle` is made
-- again by `swapctl rebuild`.)
CREATE TABLE free_supercharging (
    vid TEXT PRIMARY KEY NOT NULL,
    since_at INTEGER NOT NULL
) STRICT;

-- How charging_process.cost came about; no row where there is none.
CREATE TABLE charging_bill (
    process_id INTEGER PRIMARY KEY NOT NULL REFERENCES charging_process (id),
    basis TEXT NOT NULL CHECK (basis IN (
        'tariff', 'station_price', 'free_supercharging', 'total', 'per_kwh', 'per_minute')),
    tariff_id INTEGER REFERENCES tariff (id), -- of basis tariff
    billed_at INTEGER NOT NULL
) STRICT;

DROP VIEW v_station;
CREATE VIEW v_station AS SELECT
    station_id,
    location,
    latitude,
    longitude,
    CASE WHEN price_per_kwh IS NOT NULL THEN printf('%.4f', price_per_kwh / 10000.0) END AS price_per_kwh,
    status,
    approval,
    strftime('%Y-%m-%dT%H:%M:%fZ', first_seen_at / 1000 / 1000.0, 'unixepoch') AS first_seen_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', last_connection_time / 1000 / 1000.0, 'unixepoch') AS last_connection_time,
    disconnect_reason,
    own_topic,
    mode,
    gate,
    board,
    fw,
    bays,
    journal,
    boot,
    up_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', state_time / 1000 / 1000.0, 'unixepoch') AS state_time,
    conn,
    conn_boot,
    journal_depth,
    strftime('%Y-%m-%dT%H:%M:%fZ', journal_oldest / 1000 / 1000.0, 'unixepoch') AS journal_oldest,
    journal_dropped,
    journal_dead,
    meter_import_wh,
    config,
    zone
FROM station;

CREATE VIEW v_tariff_window AS SELECT
    tariff_id,
    number,
    days,
    printf('%02d:%02d', from_minute / 60, from_minute % 60) AS from_minute,
    printf('%02d:%02d', to_minute / 60, to_minute % 60) AS to_minute,
    printf('%.4f', cost_per_unit / 10000.0) AS cost_per_unit
FROM tariff_window;

CREATE VIEW v_free_supercharging AS SELECT
    vid,
    strftime('%Y-%m-%dT%H:%M:%fZ', since_at / 1000 / 1000.0, 'unixepoch') AS since_at
FROM free_supercharging;

CREATE VIEW v_charging_bill AS SELECT
    process_id,
    basis,
    tariff_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', billed_at / 1000 / 1000.0, 'unixepoch') AS billed_at
FROM charging_bill;

DROP VIEW v_tariff;
CREATE VIEW v_tariff AS SELECT
    id,
    station_id,
    billing_type,
    CASE WHEN cost_per_unit IS NOT NULL THEN printf('%.4f', cost_per_unit / 10000.0) END AS cost_per_unit,
    CASE WHEN session_fee IS NOT NULL THEN printf('%.4f', session_fee / 10000.0) END AS session_fee,
    strftime('%Y-%m-%dT%H:%M:%fZ', valid_from / 1000 / 1000.0, 'unixepoch') AS valid_from,
    strftime('%Y-%m-%dT%H:%M:%fZ', valid_until / 1000 / 1000.0, 'unixepoch') AS valid_until,
    geofence_id
FROM tariff;

DROP VIEW v_geofence;
CREATE VIEW v_geofence AS SELECT
    id,
    name,
    latitude,
    longitude,
    radius_m,
    strftime('%Y-%m-%dT%H:%M:%fZ', deleted_at / 1000 / 1000.0, 'unixepoch') AS deleted_at
FROM geofence;
