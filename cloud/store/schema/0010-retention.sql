-- SPDX-License-Identifier: Apache-2.0
-- Migration 10: what retention has done (cloud/retention), and the ways to what it looks for.

-- A process that retention has looked at: its samples are all there still (nothing was to be thinned),
-- fewer, or gone. Where they are not all there, the figures stay on record as they were computed from
-- all of them, and cannot be computed again. A process without a row here has all its samples.
CREATE TABLE charge_retention (
    process INTEGER PRIMARY KEY NOT NULL REFERENCES charging_process (id) ON DELETE CASCADE,
    kept TEXT NOT NULL CHECK (kept IN ('all', 'thinned', 'none')),
    interval_s INTEGER,                   -- one sample per so many seconds; NULL: never thinned
    samples_before INTEGER NOT NULL,      -- as many as were measured
    samples INTEGER NOT NULL,             -- as many as are there
    reduced_at INTEGER NOT NULL
) STRICT;

-- One row: what the bridge was last told to keep (0: for ever), and how far it is.
CREATE TABLE retention_state (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    thin_after_days REAL NOT NULL,
    thin_interval_s INTEGER NOT NULL,
    drop_after_days REAL NOT NULL,
    quarantine_days REAL NOT NULL,
    event_log_days REAL NOT NULL,
    pass_began_at INTEGER,
    pass_ended_at INTEGER
) STRICT;

CREATE INDEX charging_process_by_end ON charging_process (end_date) WHERE end_date IS NOT NULL;
-- The table charge of SQL by station, and lists of a station's processes.
CREATE INDEX charging_process_by_station ON charging_process (station_id, start_date);
-- Rows that nothing is made of again (store/eventlog.h); all others stay.
CREATE INDEX event_log_passing ON event_log (received_at)
    WHERE kind IN ('STATUS', 'REGISTER', 'COMMAND_RESULT');

CREATE VIEW v_charge_retention AS SELECT
    process,
    kept,
    interval_s,
    samples_before,
    samples,
    strftime('%Y-%m-%dT%H:%M:%fZ', reduced_at / 1000 / 1000.0, 'unixepoch') AS reduced_at
FROM charge_retention;

CREATE VIEW v_retention_state AS SELECT
    id,
    thin_after_days,
    thin_interval_s,
    drop_after_days,
    quarantine_days,
    event_log_days,
    strftime('%Y-%m-%dT%H:%M:%fZ', pass_began_at / 1000 / 1000.0, 'unixepoch') AS pass_began_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', pass_ended_at / 1000 / 1000.0, 'unixepoch') AS pass_ended_at
FROM retention_state;
