-- SPDX-License-Identifier: Apache-2.0
-- Migration 6: what an open charging process knows of time beside its samples. Together with the
-- samples it is all that memory holds of the process.

-- When (plant clock of the bridge) its newest sample arrived: a process whose station went away is
-- closed by that, because its stream's time stands still.
ALTER TABLE charge_head ADD COLUMN touched_at INTEGER;
-- The clock of its newest sample: the station's journal (journal.number) and boot, date - up, and
-- the first of its samples that was told in this boot. NULL: the sample said no `up`.
ALTER TABLE charge_head ADD COLUMN clock_journal INTEGER;
ALTER TABLE charge_head ADD COLUMN clock_boot INTEGER;
ALTER TABLE charge_head ADD COLUMN clock_offset INTEGER;
ALTER TABLE charge_head ADD COLUMN clock_since INTEGER;

-- Closed without a word of its station's stream: one at most per bay, until the stream tells.
CREATE INDEX charging_process_silent ON charging_process (station_id, slot)
    WHERE end_reason IN ('gone', 'repaired');

DROP VIEW v_charge_head;
CREATE VIEW v_charge_head AS SELECT
    process,
    last_sample,
    samples,
    strftime('%Y-%m-%dT%H:%M:%fZ', touched_at / 1000 / 1000.0, 'unixepoch') AS touched_at,
    clock_journal,
    clock_boot,
    clock_offset,
    clock_since
FROM charge_head;
