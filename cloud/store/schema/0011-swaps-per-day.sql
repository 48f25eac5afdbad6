-- SPDX-License-Identifier: Apache-2.0
-- Migration 11: how many batteries were put into vehicles, by day and station, so that counting does not read
-- what it counts. Kept by store/exchange.c with each On-Load; audited and rebuilt as the rest.
CREATE TABLE swaps_per_day (
    day INTEGER NOT NULL,                 -- days since 1970-01-01 UTC; -1: all days
    station_id TEXT NOT NULL,             -- '': all stations (not with day -1)
    swaps INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (station_id, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX swaps_per_day_by_day ON swaps_per_day (day, station_id);

-- What is left of the first and last day of a span is counted here, station by station: they come
-- grouped. (With the event, or SQLite looks it up in the table to see what the WHERE says.)
CREATE INDEX exchange_on_loads ON battery_exchange_task (station_id, event_time, event)
    WHERE event = 'On-Load';

INSERT INTO swaps_per_day (day, station_id, swaps, first_at, last_at)
    SELECT event_time / 86400000000, station_id, count(*), min(event_time), max(event_time)
    FROM battery_exchange_task WHERE event = 'On-Load' GROUP BY 1, 2;
INSERT INTO swaps_per_day (day, station_id, swaps, first_at, last_at)
    SELECT day, '', sum(swaps), min(first_at), max(last_at) FROM swaps_per_day GROUP BY day;
INSERT INTO swaps_per_day (day, station_id, swaps, first_at, last_at)
    SELECT -1, station_id, sum(swaps), min(first_at), max(last_at) FROM swaps_per_day
    WHERE station_id <> '' GROUP BY station_id;

CREATE VIEW v_swaps_per_day AS SELECT
    CASE WHEN day >= 0 THEN strftime('%Y-%m-%d', day * 86400, 'unixepoch') END AS day,
    station_id,
    swaps,
    strftime('%Y-%m-%dT%H:%M:%fZ', first_at / 1000 / 1000.0, 'unixepoch') AS first_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1000 / 1000.0, 'unixepoch') AS last_at
FROM swaps_per_day;
