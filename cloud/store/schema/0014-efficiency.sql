-- SPDX-License-Identifier: Apache-2.0
-- The processes that a vehicle's efficiency factor is made from, and the kind of range that all
-- factors were last made for.

CREATE INDEX charging_process_by_vehicle ON charging_process (vid) WHERE charge_energy_added > 0;
CREATE INDEX event_log_preferred_range ON event_log (id) WHERE kind = 'charging.preferred_range';
