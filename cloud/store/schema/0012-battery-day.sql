-- SPDX-License-Identifier: Apache-2.0
-- Migration 12: a day of a battery at a station as telemetry showed it: temperatures and the
-- imbalance of its cells (health/day.h). Single readings are not kept anywhere, so that these rows
-- are what there is: `swapctl rebuild`, which goes by event_log, leaves them as they are.

CREATE TABLE battery_day (
    bid TEXT NOT NULL,
    day INTEGER NOT NULL,                 -- its 00:00 UTC
    station_id TEXT NOT NULL,             -- each station's readings come in their own order
    readings INTEGER NOT NULL,
    last_at INTEGER NOT NULL,             -- date of the newest one
    temp_min REAL,                        -- °C, of the coldest and the hottest cell
    temp_max REAL,
    temp_s REAL NOT NULL,                 -- seconds that the sum below is over
    temp_sum REAL NOT NULL,               -- °C · s of the middle between the two: sum / s is the mean
    temp_high_s REAL NOT NULL,            -- seconds with a cell above the upper limit …
    temp_low_s REAL NOT NULL,             -- … below the lower limit
    temp_spread_max REAL,                 -- °C between the hottest and the coldest cell
    temp_spread_sum REAL NOT NULL,        -- °C · s, over temp_s
    cell_min REAL,                        -- V
    cell_max REAL,
    cell_s REAL NOT NULL,
    cell_spread_max REAL,                 -- V between the highest and the lowest cell
    cell_spread_sum REAL NOT NULL,        -- V · s, over cell_s
    cell_spread_high_s REAL NOT NULL,     -- seconds with more between them than the limit
    PRIMARY KEY (bid, day, station_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_battery_day AS SELECT
    bid,
    strftime('%Y-%m-%d', day / 1000 / 1000, 'unixepoch') AS day,
    station_id,
    readings,
    strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000 / 1000.0, 'unixepoch') AS last_at,
    temp_min,
    temp_max,
    temp_s,
    temp_sum,
    temp_high_s,
    temp_low_s,
    temp_spread_max,
    temp_spread_sum,
    cell_min,
    cell_max,
    cell_s,
    cell_spread_max,
    cell_spread_sum,
    cell_spread_high_s
FROM battery_day;
