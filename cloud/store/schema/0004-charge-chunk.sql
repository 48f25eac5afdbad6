-- SPDX-License-Identifier: Apache-2.0
-- Migration 4: the samples of a closed charging process, packed (store/chunk.h). Processes that
-- were closed before keep their rows in charge_open; both are read alike.

CREATE TABLE charge_chunk (
    process INTEGER PRIMARY KEY NOT NULL REFERENCES charging_process (id),
    samples INTEGER NOT NULL,
    chunk BLOB NOT NULL
) STRICT;

CREATE VIEW v_charge_chunk AS SELECT
    process,
    samples,
    length(chunk) || ' bytes' AS chunk
FROM charge_chunk;
