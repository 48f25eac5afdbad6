/* SPDX-License-Identifier: Apache-2.0 */
/* The battery object. Bounds are wide: they keep out what no sensor can mean, not bad batteries. */
#include "protocol/parts.h"

#include <string.h>

typedef struct message_battery battery;

const struct field message_battery_fields[] = {
    TEXT_FIELD("bid", battery, bid, FIELD_ANY),
    INTEGER_FIELD("slot", battery, slot, 1, MESSAGE_BAYS_MAX, FIELD_ANY),
    TEXT_FIELD("session", battery, session, FIELD_ANY),
    PLAIN_FIELD("bluetooth", FIELD_TRI, battery, bluetooth, FIELD_ANY),
    PLAIN_FIELD("charge", FIELD_TRI, battery, charge, FIELD_ANY),
    REAL_FIELD("maxVol", battery, max_cell_v, -100000, 100000, FIELD_ANY),
    REAL_FIELD("minVol", battery, min_cell_v, -100000, 100000, FIELD_ANY),
    REAL_FIELD("maxTemp", battery, max_temp_c, -273, 1000, FIELD_ANY),
    REAL_FIELD("minTemp", battery, min_temp_c, -273, 1000, FIELD_ANY),
    REAL_FIELD("vol", battery, pack_v, -100000, 100000, FIELD_ANY),
    REAL_FIELD("cur", battery, pack_a, -100000, 100000, FIELD_ANY),
    REAL_FIELD("soc", battery, soc_percent, 0, 100, FIELD_ANY),
    REAL_FIELD("soh", battery, soh_percent, 0, 100, FIELD_ANY),
    INTEGER_FIELD("cycles", battery, cycles, 0, 1e9, FIELD_ANY),
    TEXT_FIELD("version", battery, version, FIELD_ANY),
    REAL_FIELD("capacityKwh", battery, capacity_kwh, 0, 100000, FIELD_ANY),
    PLAIN_FIELD("errors", FIELD_JOINED, battery, errors, FIELD_SIZE(battery, errors)),
    TEXT_FIELD("vin", battery, vin, FIELD_ANY),
    REAL_FIELD("chargeEnergyAdded", battery, charge_energy_added_kwh, 0, 1e9, FIELD_ANY),
    REAL_FIELD("chargerPower", battery, charger_power_kw, -100000, 100000, FIELD_ANY),
    REAL_FIELD("chargerActualCurrent", battery, charger_current_a, -100000, 100000, FIELD_ANY),
    REAL_FIELD("chargerVoltage", battery, charger_voltage_v, -100000, 100000, FIELD_ANY),
    INTEGER_FIELD("chargerPhases", battery, charger_phases, 1, 9, FIELD_ANY),
    REAL_FIELD("meterWh", battery, meter_wh, 0, 1e15, FIELD_ANY),
    REAL_FIELD("outsideTemp", battery, outside_temp_c, -273, 1000, FIELD_ANY),
    REAL_FIELD("idealRange", battery, ideal_range_km, 0, 100000, FIELD_ANY),
    REAL_FIELD("ratedRange", battery, rated_range_km, 0, 100000, FIELD_ANY),
    TEXT_FIELD("fastChargerType", battery, fast_charger_type, FIELD_ANY),
    FIELDS_END,
};

void message_battery_init(struct message_battery *to)
{
    memset(to, 0, sizeof *to); /* padding too: batteries are compared by their bytes */
    fields_init(message_battery_fields, to);
}
