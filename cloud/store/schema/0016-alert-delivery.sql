-- SPDX-License-Identifier: Apache-2.0
-- Migration 16: telling subscribers of alerts. A row of alert_delivery is written with the alert, in
-- the same transaction, and closed only when the subscriber has it: at least once.

CREATE TABLE alert_channel (
    name TEXT PRIMARY KEY NOT NULL,       -- mqtt and command: kept as the bridge's configuration says
    kind TEXT NOT NULL CHECK (kind IN ('mqtt', 'command', 'webhook')),
    kinds TEXT,                           -- kinds of alerts, with commas between; NULL: all
    url TEXT,                             -- of a webhook
    secret_file TEXT,                     -- of a webhook; NULL: not signed
    set_at INTEGER NOT NULL,
    set_by TEXT
) STRICT;

CREATE TABLE alert_delivery (
    id INTEGER PRIMARY KEY,
    alert_id INTEGER NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('raised', 'cleared', 'acknowledged', 'test')),
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,                   -- of the alert
    payload TEXT NOT NULL,                -- JSON, as things were then
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,          -- these three on the wall's clock, as back-off is
    next_at INTEGER NOT NULL,             -- not tried before
    closed_at INTEGER,
    last_error TEXT
) STRICT;
CREATE INDEX alert_delivery_waiting ON alert_delivery (channel, id) WHERE state = 'waiting';
CREATE INDEX alert_delivery_closed ON alert_delivery (closed_at) WHERE state <> 'waiting';
CREATE INDEX alert_delivery_by_alert ON alert_delivery (alert_id);

CREATE VIEW v_alert_channel AS SELECT
    name,
    kind,
    kinds,
    url,
    secret_file,
    strftime('%Y-%m-%dT%H:%M:%fZ', set_at / 1000 / 1000.0, 'unixepoch') AS set_at,
    set_by
FROM alert_channel;

CREATE VIEW v_alert_delivery AS SELECT
    id,
    alert_id,
    event,
    channel,
    kind,
    payload,
    state,
    attempts,
    strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000 / 1000.0, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', next_at / 1000 / 1000.0, 'unixepoch') AS next_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', closed_at / 1000 / 1000.0, 'unixepoch') AS closed_at,
    last_error
FROM alert_delivery;
