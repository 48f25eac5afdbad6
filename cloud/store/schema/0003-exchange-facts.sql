-- SPDX-License-Identifier: Apache-2.0
-- Migration 3: an exchange row holds all that its comments are made of, so that they can be made
-- again when a late event changes what came before; and a battery's place says what put it there.

ALTER TABLE battery_exchange_task ADD COLUMN capacity_kwh REAL; -- said by the event, or known then
ALTER TABLE battery_exchange_task ADD COLUMN remarks TEXT;      -- the station's own part of comments

ALTER TABLE battery ADD COLUMN where_source TEXT CHECK (where_source IN ('event', 'telemetry'));

-- Pairing asks for the neighbours of the same battery and vehicle; a bay for what it holds.
CREATE INDEX exchange_by_pair ON battery_exchange_task (bid, vid, event_time);
CREATE INDEX battery_by_bay ON battery (where_id, slot) WHERE where_kind = 'bay';

DROP VIEW v_battery_exchange_task;
CREATE VIEW v_battery_exchange_task AS SELECT
    task_id,
    bid,
    station_id,
    vid,
    event,
    strftime('%Y-%m-%dT%H:%M:%fZ', event_time / 1000 / 1000.0, 'unixepoch') AS event_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', start_time / 1000 / 1000.0, 'unixepoch') AS start_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', end_time / 1000 / 1000.0, 'unixepoch') AS end_time,
    comments,
    request_id,
    slot,
    soc,
    soh,
    battery_version,
    capacity_kwh,
    remarks
FROM battery_exchange_task;

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
    where_source
FROM battery;
