-- SPDX-License-Identifier: Apache-2.0
-- Where things are: positions of stations through time, and the areas that batteries may be in.

-- A station's position as it said so, from `since_at` on; an exchange has that of its station then.
CREATE TABLE station_position (
    station_id TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    PRIMARY KEY (station_id, since_at)
) STRICT;

-- A battery with rows here may only be at the stations and in the circles that they name.
CREATE TABLE battery_area (
    bid TEXT NOT NULL,
    number INTEGER NOT NULL,              -- 1, 2 … in the order in which they were given
    station_id TEXT,                      -- NULL: a circle
    latitude REAL,
    longitude REAL,
    radius_m REAL,
    set_at INTEGER NOT NULL,
    set_by TEXT,
    PRIMARY KEY (bid, number),
    CHECK ((station_id IS NULL) = (latitude NOTNULL AND longitude NOTNULL AND radius_m NOTNULL))
) STRICT;

CREATE VIEW v_station_position AS SELECT
    station_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', since_at / 1000 / 1000.0, 'unixepoch') AS since_at,
    latitude,
    longitude
FROM station_position;

CREATE VIEW v_battery_area AS SELECT
    bid,
    number,
    station_id,
    latitude,
    longitude,
    radius_m,
    strftime('%Y-%m-%dT%H:%M:%fZ', set_at / 1000 / 1000.0, 'unixepoch') AS set_at,
    set_by
FROM battery_area;
