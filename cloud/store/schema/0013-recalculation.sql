-- SPDX-License-Identifier: Apache-2.0
-- Migration 13: how far `swapctl charging recalculate` is, so that one that was killed goes on. One
-- row per selection while it is under way.

CREATE TABLE charging_recalculation (
    selection TEXT PRIMARY KEY NOT NULL,  -- what was asked for, in one canonical form
    position INTEGER NOT NULL,            -- the processes up to this id are done
    looked_at INTEGER NOT NULL,           -- so many
    changed INTEGER NOT NULL,             -- and so many of them
    begun_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE VIEW v_charging_recalculation AS SELECT
    selection,
    position,
    looked_at,
    changed,
    strftime('%Y-%m-%dT%H:%M:%fZ', begun_at / 1000 / 1000.0, 'unixepoch') AS begun_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000 / 1000.0, 'unixepoch') AS updated_at
FROM charging_recalculation;
