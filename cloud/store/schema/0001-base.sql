-- SPDX-License-Identifier: Apache-2.0
-- Migration 1: the data model (design/data-model.md). Units in every column: times INTEGER µs since
-- 1970 UTC; energies REAL kWh; powers kW; °C; V; A; percentages 0-100; money INTEGER
-- ten-thousandths of the configured currency. The views v_... show ISO times and decimal money.

-- Stations ---------------------------------------------------------------------------------------

CREATE TABLE station (
    station_id TEXT PRIMARY KEY NOT NULL,
    location TEXT,
    latitude REAL,
    longitude REAL,
    price_per_kwh INTEGER,                -- ten-thousandths per kWh
    status TEXT NOT NULL DEFAULT 'ACTIVE'
        CHECK (status IN ('ACTIVE', 'CHARGING', 'STOPPED', 'FAULTY', 'DISCONNECTED')),
    approval TEXT NOT NULL DEFAULT 'pending' CHECK (approval IN ('pending', 'approved', 'refused')),
    first_seen_at INTEGER NOT NULL,
    last_connection_time INTEGER,         -- arrival of its newest message
    disconnect_reason TEXT,
    own_topic INTEGER NOT NULL DEFAULT 0, -- 1: seen on info/<device>, no longer believed on info
    mode TEXT,
    gate TEXT,
    board TEXT,
    fw TEXT,
    bays INTEGER,
    journal TEXT,                         -- place of the newest state, for last-writer-wins
    boot INTEGER,
    up_ms INTEGER,
    state_time INTEGER,                   -- time of that state
    conn INTEGER,                         -- newest connection number (STATUS) …
    conn_boot INTEGER,                    -- … within this boot
    journal_depth INTEGER,
    journal_oldest INTEGER,
    journal_dropped INTEGER,
    journal_dead INTEGER,
    meter_import_wh REAL,
    config TEXT                           -- echo of its configuration, JSON
) STRICT;

CREATE TABLE bay (
    station_id TEXT NOT NULL REFERENCES station (station_id),
    slot INTEGER NOT NULL CHECK (slot >= 1),
    state TEXT,
    door TEXT,
    lock TEXT,
    temp REAL,
    smoke INTEGER,
    fan INTEGER,
    charger_online INTEGER,
    bid TEXT,                             -- what it holds, NULL when empty or not identified
    soc REAL,
    charging INTEGER,                     -- 1 while the pack charges
    session_id TEXT,
    changed_at INTEGER,
    PRIMARY KEY (station_id, slot)
) STRICT;

-- Journals of a device in the order in which they were first seen.
CREATE TABLE journal (
    device TEXT NOT NULL,
    journal TEXT NOT NULL,
    number INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    PRIMARY KEY (device, journal)
) STRICT;

-- Marks: the highest seq committed per (device, journal, boot, lane), and how many rows never came.
CREATE TABLE stream (
    device TEXT NOT NULL,
    journal TEXT NOT NULL,
    boot INTEGER NOT NULL,
    lane TEXT NOT NULL CHECK (lane IN ('event', 'telemetry')),
    seq INTEGER NOT NULL,
    gap_rows INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, journal, boot, lane)
) STRICT;

-- Offset between `up` and UTC per boot, learned from a synced message.
CREATE TABLE clock_offset (
    device TEXT NOT NULL,
    journal TEXT NOT NULL,
    boot INTEGER NOT NULL,
    offset_us INTEGER NOT NULL,           -- time - up
    PRIMARY KEY (device, journal, boot)
) STRICT;

CREATE TABLE charging_session (
    session_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    slot INTEGER,
    driver_id TEXT,
    bid TEXT,
    start_time INTEGER,
    end_time INTEGER,
    energy_consumed_kwh REAL,
    total_cost INTEGER,
    status TEXT NOT NULL DEFAULT 'requested' CHECK (
        status IN ('requested', 'authorized', 'in_progress', 'completed', 'cancelled', 'failed')),
    reason TEXT,
    PRIMARY KEY (station_id, session_id)
) STRICT;

CREATE TABLE command (
    id INTEGER PRIMARY KEY,
    message_id TEXT,
    digest TEXT NOT NULL,
    device TEXT NOT NULL,
    type INTEGER NOT NULL,
    payload TEXT NOT NULL,
    issued_by TEXT,
    issued_at INTEGER NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'sent'
        CHECK (outcome IN ('sent', 'accepted', 'refused', 'done', 'failed', 'expired')),
    reason TEXT,
    closed_at INTEGER
) STRICT;
CREATE INDEX command_by_message_id ON command (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX command_by_digest ON command (device, digest);
CREATE INDEX command_open ON command (outcome) WHERE outcome IN ('sent', 'accepted');

CREATE TABLE fault (
    id INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL,
    slot INTEGER,                         -- NULL: the station itself
    code TEXT NOT NULL,
    severity TEXT,
    failure_info TEXT,
    raised_at INTEGER NOT NULL,
    cleared_at INTEGER,
    count INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX fault_open ON fault (station_id, code, slot) WHERE cleared_at IS NULL;

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    topic TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL                 -- raw bytes, cut at the configured size
) STRICT;

-- Counters that outlive a restart: quarantine.total, quarantine.dropped, ...
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;

-- Every accepted event message and every fact derived from telemetry, with its actor: enough to
-- rebuild tracking from zero.
CREATE TABLE event_log (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    event_time INTEGER NOT NULL,
    actor TEXT NOT NULL CHECK (actor IN ('station', 'operator', 'import', 'system')),
    actor_id TEXT,
    station_id TEXT,
    kind TEXT NOT NULL,                   -- SWAP_EVENT, FAULT, ..., derived: battery.version, bay.bid
    journal TEXT,
    boot INTEGER,
    lane TEXT,
    seq INTEGER,
    payload TEXT NOT NULL                 -- JSON
) STRICT;

-- Tracking ---------------------------------------------------------------------------------------

CREATE TABLE vehicle (
    vid TEXT PRIMARY KEY NOT NULL,
    model TEXT,
    owner_id TEXT,
    efficiency REAL
) STRICT;

CREATE TABLE battery (
    bid TEXT PRIMARY KEY NOT NULL,
    battery_version TEXT,
    capacity_kwh REAL,
    soh REAL,
    soc REAL,
    cycles INTEGER,
    last_seen_at INTEGER,
    where_kind TEXT NOT NULL DEFAULT 'unknown'
        CHECK (where_kind IN ('vehicle', 'bay', 'storage', 'unknown')),
    where_id TEXT,                        -- vehicle or station
    slot INTEGER,
    where_since INTEGER,
    where_journal TEXT,                   -- place of that fact, for last-writer-wins
    where_boot INTEGER,
    where_up_ms INTEGER,
    latitude REAL,
    longitude REAL,
    charge_efficiency REAL,
    where_source TEXT CHECK (where_source IN ('event', 'telemetry'))
) STRICT;
-- What a bay holds.
CREATE INDEX battery_by_bay ON battery (where_id, slot) WHERE where_kind = 'bay';

CREATE TABLE battery_version (
    bid TEXT NOT NULL REFERENCES battery (bid),
    battery_version TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    source TEXT,
    PRIMARY KEY (bid, battery_version, since_at)
) STRICT;

CREATE TABLE battery_exchange_task (
    task_id TEXT PRIMARY KEY NOT NULL,    -- hash of (bid, event, event_time, station_id, request_id)
    bid TEXT NOT NULL,
    station_id TEXT NOT NULL,
    vid TEXT,
    event TEXT NOT NULL CHECK (event IN ('On-Load', 'Off-Load')),
    event_time INTEGER NOT NULL,
    start_time INTEGER,
    end_time INTEGER,
    comments TEXT,
    request_id TEXT,
    slot INTEGER,
    soc REAL,
    soh REAL,
    battery_version TEXT,
    -- What comments are made of, so that they can be made again when a late event changes what came
    -- before: the capacity said by the event or known then, and the station's own part of them.
    capacity_kwh REAL,
    remarks TEXT
) STRICT;
-- Pairing asks for the neighbours of the same battery and vehicle.
CREATE INDEX exchange_by_pair ON battery_exchange_task (bid, vid, event_time);
CREATE INDEX exchange_by_battery ON battery_exchange_task (bid, event_time);
CREATE INDEX exchange_by_vehicle ON battery_exchange_task (vid, event_time);
CREATE INDEX exchange_by_station ON battery_exchange_task (station_id, event_time);

CREATE TABLE swap (
    request_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    vid TEXT,
    user_id TEXT,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('running', 'done', 'failed', 'timeout')),
    reason TEXT,
    bid_in TEXT,
    bid_out TEXT,
    slot_in INTEGER,
    slot_out INTEGER,
    soc_in REAL,
    soc_out REAL,
    PRIMARY KEY (station_id, request_id)
) STRICT;

CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    bid TEXT,
    vid TEXT,
    station_id TEXT,
    slot INTEGER,
    raised_at INTEGER NOT NULL,
    cleared_at INTEGER,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    value REAL,
    threshold REAL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX alert_open ON alert (kind, bid, station_id, slot) WHERE cleared_at IS NULL;

-- Charging ---------------------------------------------------------------------------------------

CREATE TABLE geofence (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    radius_m REAL NOT NULL
) STRICT;

CREATE TABLE charging_process (
    id INTEGER PRIMARY KEY,
    bid TEXT,
    station_id TEXT NOT NULL,
    slot INTEGER NOT NULL,
    session_id TEXT,
    vid TEXT,                             -- vehicle that returned the pack
    latitude REAL,
    longitude REAL,
    geofence_id INTEGER REFERENCES geofence (id),
    start_date INTEGER NOT NULL,
    end_date INTEGER,
    start_soc REAL,
    end_soc REAL,
    start_battery_level REAL,
    end_battery_level REAL,
    charge_energy_added REAL,
    charge_energy_used REAL,
    start_ideal_range_km REAL,
    end_ideal_range_km REAL,
    start_rated_range_km REAL,
    end_rated_range_km REAL,
    outside_temp_avg REAL,
    duration_min INTEGER,
    cost INTEGER,
    cost_source TEXT CHECK (cost_source IN ('tariff', 'manual')),
    rule_version INTEGER,
    end_reason TEXT,
    UNIQUE (session_id, station_id)
) STRICT;
CREATE INDEX charging_process_open ON charging_process (station_id, slot) WHERE end_date IS NULL;
CREATE INDEX charging_process_by_battery ON charging_process (bid, start_date);

CREATE TABLE charging_evaluation (
    process_id INTEGER NOT NULL REFERENCES charging_process (id),
    rule_version INTEGER NOT NULL,
    charge_energy_added REAL,
    charge_energy_used REAL,
    evaluated_at INTEGER NOT NULL,
    PRIMARY KEY (process_id, rule_version)
) STRICT;

-- Samples: appended, no secondary index on the hot path (48 k instead of 620 k rows/s measured).
-- `previous` is the rowid of the process's sample before, so that one process reads back in as many
-- steps as it has samples.
CREATE TABLE charge_open (
    id INTEGER PRIMARY KEY,
    process INTEGER NOT NULL,
    previous INTEGER,
    date INTEGER NOT NULL,
    battery_level REAL,
    charge_energy_added REAL,
    charger_power REAL,
    charger_actual_current REAL,
    charger_voltage REAL,
    charger_phases INTEGER,
    ideal_battery_range_km REAL,
    rated_battery_range_km REAL,
    outside_temp REAL,
    fast_charger_type TEXT,
    meter_wh REAL
) STRICT;

-- Where a process's chain of samples ends. Written with the batch that grew it.
CREATE TABLE charge_head (
    process INTEGER PRIMARY KEY NOT NULL REFERENCES charging_process (id),
    last_sample INTEGER NOT NULL,         -- charge_open.id
    samples INTEGER NOT NULL
) STRICT;

CREATE TABLE tariff (
    id INTEGER PRIMARY KEY,
    station_id TEXT,                      -- NULL: every station
    billing_type TEXT NOT NULL CHECK (billing_type IN ('per_kwh', 'per_minute')),
    cost_per_unit INTEGER,                -- ten-thousandths
    session_fee INTEGER,                  -- ten-thousandths
    valid_from INTEGER NOT NULL,
    valid_until INTEGER
) STRICT;
