-- SPDX-License-Identifier: Apache-2.0
-- Migration 8: what rule version 2 says of a charging process (charging/evaluate2.h). Derived from
-- the samples; NULL where a rule has no such figure. Processes that were closed before have rows of
-- rule 1 only until they are evaluated again.

ALTER TABLE charging_evaluation ADD COLUMN charge_energy_metered REAL; -- part of used by the meter
ALTER TABLE charging_evaluation ADD COLUMN charge_energy_gap REAL;     -- estimate, not in used
ALTER TABLE charging_evaluation ADD COLUMN gap_us INTEGER;
ALTER TABLE charging_evaluation ADD COLUMN unmeasured_us INTEGER;
ALTER TABLE charging_evaluation ADD COLUMN efficiency REAL;            -- added / (used + gap)
ALTER TABLE charging_evaluation ADD COLUMN peak_power REAL;

CREATE TABLE charging_flag (
    process_id INTEGER NOT NULL REFERENCES charging_process (id) ON DELETE CASCADE,
    rule_version INTEGER NOT NULL,
    flag TEXT NOT NULL,
    times INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (process_id, rule_version, flag)
) STRICT;

DROP VIEW v_charging_evaluation;
CREATE VIEW v_charging_evaluation AS SELECT
    process_id,
    rule_version,
    charge_energy_added,
    charge_energy_used,
    strftime('%Y-%m-%dT%H:%M:%fZ', evaluated_at / 1000 / 1000.0, 'unixepoch') AS evaluated_at,
    charge_energy_metered,
    charge_energy_gap,
    (gap_us / 1000000.0) || ' s' AS gap_us,
    (unmeasured_us / 1000000.0) || ' s' AS unmeasured_us,
    efficiency,
    peak_power
FROM charging_evaluation;

CREATE VIEW v_charging_flag AS SELECT
    process_id,
    rule_version,
    flag,
    times,
    strftime('%Y-%m-%dT%H:%M:%fZ', first_at / 1000 / 1000.0, 'unixepoch') AS first_at,
    reason
FROM charging_flag;
