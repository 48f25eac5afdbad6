-- SPDX-License-Identifier: Apache-2.0
-- Migration 2: a view v_<table> per table for people with the sqlite3 shell: times as ISO 8601 UTC
-- with milliseconds, money with its decimal point. Programs read the tables.

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
    config
FROM station;

CREATE VIEW v_bay AS SELECT
    station_id,
    slot,
    state,
    door,
    lock,
    temp,
    smoke,
    fan,
    charger_online,
    bid,
    soc,
    charging,
    session_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', changed_at / 1000 / 1000.0, 'unixepoch') AS changed_at
FROM bay;

CREATE VIEW v_journal AS SELECT
    device,
    journal,
    number,
    strftime('%Y-%m-%dT%H:%M:%fZ', first_seen_at / 1000 / 1000.0, 'unixepoch') AS first_seen_at
FROM journal;

CREATE VIEW v_stream AS SELECT
    device,
    journal,
    boot,
    lane,
    seq,
    gap_rows
FROM stream;

CREATE VIEW v_clock_offset AS SELECT
    device,
    journal,
    boot,
    offset_us
FROM clock_offset;

CREATE VIEW v_charging_session AS SELECT
    session_id,
    station_id,
    slot,
    driver_id,
    bid,
    strftime('%Y-%m-%dT%H:%M:%fZ', start_time / 1000 / 1000.0, 'unixepoch') AS start_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', end_time / 1000 / 1000.0, 'unixepoch') AS end_time,
    energy_consumed_kwh,
    CASE WHEN total_cost IS NOT NULL THEN printf('%.4f', total_cost / 10000.0) END AS total_cost,
    status,
    reason
FROM charging_session;

CREATE VIEW v_command AS SELECT
    id,
    message_id,
    digest,
    device,
    type,
    payload,
    issued_by,
    strftime('%Y-%m-%dT%H:%M:%fZ', issued_at / 1000 / 1000.0, 'unixepoch') AS issued_at,
    outcome,
    reason,
    strftime('%Y-%m-%dT%H:%M:%fZ', closed_at / 1000 / 1000.0, 'unixepoch') AS closed_at
FROM command;

CREATE VIEW v_fault AS SELECT
    id,
    station_id,
    slot,
    code,
    severity,
    failure_info,
    strftime('%Y-%m-%dT%H:%M:%fZ', raised_at / 1000 / 1000.0, 'unixepoch') AS raised_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', cleared_at / 1000 / 1000.0, 'unixepoch') AS cleared_at,
    count
FROM fault;

CREATE VIEW v_quarantine AS SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%fZ', received_at / 1000 / 1000.0, 'unixepoch') AS received_at,
    topic,
    reason,
    CAST(payload AS TEXT) AS payload
FROM quarantine;

CREATE VIEW v_counter AS SELECT
    name,
    value
FROM counter;

CREATE VIEW v_event_log AS SELECT
    id,
    strftime('%Y-%m-%dT%H:%M:%fZ', received_at / 1000 / 1000.0, 'unixepoch') AS received_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', event_time / 1000 / 1000.0, 'unixepoch') AS event_time,
    actor,
    actor_id,
    station_id,
    kind,
    journal,
    boot,
    lane,
    seq,
    payload
FROM event_log;

CREATE VIEW v_vehicle AS SELECT
    vid,
    model,
    owner_id,
    efficiency
FROM vehicle;

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

CREATE VIEW v_battery_version AS SELECT
    bid,
    battery_version,
    strftime('%Y-%m-%dT%H:%M:%fZ', since_at / 1000 / 1000.0, 'unixepoch') AS since_at,
    source
FROM battery_version;

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

CREATE VIEW v_swap AS SELECT
    request_id,
    station_id,
    vid,
    user_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000 / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000 / 1000.0, 'unixepoch') AS ended_at,
    outcome,
    reason,
    bid_in,
    bid_out,
    slot_in,
    slot_out,
    soc_in,
    soc_out
FROM swap;

CREATE VIEW v_alert AS SELECT
    id,
    kind,
    severity,
    bid,
    vid,
    station_id,
    slot,
    strftime('%Y-%m-%dT%H:%M:%fZ', raised_at / 1000 / 1000.0, 'unixepoch') AS raised_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', cleared_at / 1000 / 1000.0, 'unixepoch') AS cleared_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', acknowledged_at / 1000 / 1000.0, 'unixepoch') AS acknowledged_at,
    acknowledged_by,
    value,
    threshold,
    text
FROM alert;

CREATE VIEW v_geofence AS SELECT
    id,
    name,
    latitude,
    longitude,
    radius_m
FROM geofence;

CREATE VIEW v_charging_process AS SELECT
    id,
    bid,
    station_id,
    slot,
    session_id,
    vid,
    latitude,
    longitude,
    geofence_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', start_date / 1000 / 1000.0, 'unixepoch') AS start_date,
    strftime('%Y-%m-%dT%H:%M:%fZ', end_date / 1000 / 1000.0, 'unixepoch') AS end_date,
    start_soc,
    end_soc,
    start_battery_level,
    end_battery_level,
    charge_energy_added,
    charge_energy_used,
    start_ideal_range_km,
    end_ideal_range_km,
    start_rated_range_km,
    end_rated_range_km,
    outside_temp_avg,
    duration_min,
    CASE WHEN cost IS NOT NULL THEN printf('%.4f', cost / 10000.0) END AS cost,
    cost_source,
    rule_version,
    end_reason
FROM charging_process;

CREATE VIEW v_charging_evaluation AS SELECT
    process_id,
    rule_version,
    charge_energy_added,
    charge_energy_used,
    strftime('%Y-%m-%dT%H:%M:%fZ', evaluated_at / 1000 / 1000.0, 'unixepoch') AS evaluated_at
FROM charging_evaluation;

CREATE VIEW v_charge_open AS SELECT
    id,
    process,
    previous,
    strftime('%Y-%m-%dT%H:%M:%fZ', date / 1000 / 1000.0, 'unixepoch') AS date,
    battery_level,
    charge_energy_added,
    charger_power,
    charger_actual_current,
    charger_voltage,
    charger_phases,
    ideal_battery_range_km,
    rated_battery_range_km,
    outside_temp,
    fast_charger_type,
    meter_wh
FROM charge_open;

CREATE VIEW v_charge_head AS SELECT
    process,
    last_sample,
    samples
FROM charge_head;

CREATE VIEW v_tariff AS SELECT
    id,
    station_id,
    billing_type,
    CASE WHEN cost_per_unit IS NOT NULL THEN printf('%.4f', cost_per_unit / 10000.0) END AS cost_per_unit,
    CASE WHEN session_fee IS NOT NULL THEN printf('%.4f', session_fee / 10000.0) END AS session_fee,
    strftime('%Y-%m-%dT%H:%M:%fZ', valid_from / 1000 / 1000.0, 'unixepoch') AS valid_from,
    strftime('%Y-%m-%dT%H:%M:%fZ', valid_until / 1000 / 1000.0, 'unixepoch') AS valid_until
FROM tariff;
