-- SPDX-License-Identifier: Apache-2.0
-- Migration 3: exchanges in their order over all batteries (export, swaps of a day) without sorting
-- them first, and the limits that tracking last ran with.

-- In text order 'Off-Load' comes before 'On-Load', as in the order of events (store/exchange.h).
CREATE INDEX exchange_by_time ON battery_exchange_task (event_time, event, task_id);
CREATE INDEX event_log_limits ON event_log (id) WHERE kind = 'tracking.limits';
