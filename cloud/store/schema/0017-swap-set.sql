-- SPDX-License-Identifier: Apache-2.0
-- Migration 17: swaps of a set of two batteries.

-- How many batteries the station said that the swap exchanges; NULL: it said nothing, so one. The two
-- of a side stand in the order of their serials; which one took whose place is not told.
ALTER TABLE swap ADD COLUMN batteries INTEGER;
ALTER TABLE swap ADD COLUMN bid_in_2 TEXT;
ALTER TABLE swap ADD COLUMN bid_out_2 TEXT;
ALTER TABLE swap ADD COLUMN slot_in_2 INTEGER;
ALTER TABLE swap ADD COLUMN slot_out_2 INTEGER;
ALTER TABLE swap ADD COLUMN soc_in_2 REAL;
ALTER TABLE swap ADD COLUMN soc_out_2 REAL;

DROP VIEW v_swap;
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
    soc_out,
    batteries,
    bid_in_2,
    bid_out_2,
    slot_in_2,
    slot_out_2,
    soc_in_2,
    soc_out_2
FROM swap;
