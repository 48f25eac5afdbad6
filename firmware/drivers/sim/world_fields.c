/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/world_fields.h"

#include "drivers/sim/world.h"

/* Far beyond any plant, but finite: a damaged exponent is found. */
#define BIG     1e15
#define TIME_US 9e15

#define REAL(of, name, min, max)                                                                   \
    {                                                                                              \
#name, FIELD_REAL, offsetof(struct of, name), min, max, false                              \
    }
#define INTEGER(of, name, min, max)                                                                \
    {                                                                                              \
#name, FIELD_INTEGER, offsetof(struct of, name), min, max, false                           \
    }
#define INT(of, name, min, max)                                                                    \
    {                                                                                              \
#name, FIELD_INT, offsetof(struct of, name), min, max, false                               \
    }
#define NEWER_INT(of, name, min, max)                                                              \
    {                                                                                              \
#name, FIELD_INT, offsetof(struct of, name), min, max, true                                \
    }
#define BOOL(of, name)                                                                             \
    {                                                                                              \
#name, FIELD_BOOL, offsetof(struct of, name), 0, 0, false                                  \
    }
#define TEXT(of, name)                                                                             \
    {                                                                                              \
#name, FIELD_TEXT, offsetof(struct of, name), 0, 0, false                                  \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, FIELD_REAL, 0, 0, 0, false                                                           \
    }

_Static_assert(sizeof(enum io_chemistry) == sizeof(int), "enums are saved as int");

const struct field PACK_FIELDS[] = {TEXT(sim_pack, bid),
                                    TEXT(sim_pack, vin),
                                    TEXT(sim_pack, version),
                                    INT(sim_pack, chemistry, IO_CHEMISTRY_LFP, IO_CHEMISTRY_NMC),
                                    REAL(sim_pack, soc, 0, 1),
                                    REAL(sim_pack, counted_soc, 0, 1),
                                    REAL(sim_pack, counter_gain, -0.1, 0.1),
                                    REAL(sim_pack, health, 0.5, 1),
                                    REAL(sim_pack, cycles, 0, BIG),
                                    REAL(sim_pack, throughput_ah, 0, BIG),
                                    REAL(sim_pack, temp_c, -100, 1000),
                                    REAL(sim_pack, hot_k, 0, 1000),
                                    REAL(sim_pack, imbalance, 0, 1),
                                    REAL(sim_pack, current_a, -BIG, BIG),
                                    REAL(sim_pack, added_wh, 0, BIG),
                                    REAL(sim_pack, stored_wh, 0, BIG),
                                    REAL(sim_pack, heat_wh, 0, BIG),
                                    BOOL(sim_pack, full),
                                    INT(sim_pack, faults, 0, 7),
                                    END};

const struct field CHARGER_FIELDS[] = {
    REAL(sim_charger, dc_v, -BIG, BIG),  REAL(sim_charger, dc_a, -BIG, BIG),
    REAL(sim_charger, ac_kw, -BIG, BIG), REAL(sim_charger, meter_wh, 0, BIG),
    REAL(sim_charger, loss_wh, 0, BIG),  END};

const struct field BAY_FIELDS[] = {REAL(sim_bay, door, 0, 1),
                                   REAL(sim_bay, lock, 0, 1),
                                   BOOL(sim_bay, contactor_closed),
                                   REAL(sim_bay, contactor_wait_s, 0, BIG),
                                   REAL(sim_bay, air_c, -100, 1000),
                                   BOOL(sim_bay, has_pack),
                                   BOOL(sim_bay, returned),
                                   REAL(sim_bay, awake_s, 0, BIG),
                                   INTEGER(sim_bay, sensors_at_us, -TIME_US, TIME_US),
                                   INTEGER(sim_bay, charger_at_us, -TIME_US, TIME_US),
                                   INTEGER(sim_bay, pack_at_us, -TIME_US, TIME_US),
                                   END};

const struct field VEHICLE_FIELDS[] = {TEXT(sim_vehicle, id),
                                       INTEGER(sim_vehicle, visits, 0, BIG),
                                       INTEGER(sim_vehicle, left_at_us, -TIME_US, TIME_US),
                                       REAL(sim_vehicle, loaded_soc, 0, 1),
                                       NEWER_INT(sim_vehicle, set, 1, VEHICLE_SET_MAX),
                                       BOOL(sim_vehicle, recorded),
                                       END};

const struct field VISIT_FIELDS[] = {INT(sim_visit, state, 0, VISIT_STATE_COUNT - 1),
                                     TEXT(sim_visit, vehicle),
                                     REAL(sim_visit, wait_s, -BIG, BIG),
                                     REAL(sim_visit, patience_s, -BIG, BIG),
                                     INT(sim_visit, bay, 0, IO_BAYS_MAX - 1),
                                     NEWER_INT(sim_visit, came, 0, VEHICLE_PACKS_MAX),
                                     NEWER_INT(sim_visit, used, 0, VEHICLE_PACKS_MAX),
                                     BOOL(sim_visit, gave),
                                     BOOL(sim_visit, took),
                                     BOOL(sim_visit, just_gave),
                                     INT(sim_visit, gave_bay, 0, IO_BAYS_MAX - 1),
                                     BOOL(sim_visit, crossing),
                                     END};

const struct field FAULT_FIELDS[] = {REAL(fault_state, condition_s, -1, BIG),
                                     BOOL(fault_state, fired), REAL(fault_state, since_s, 0, BIG),
                                     INT(fault_state, bay, SCRIPT_ANY_BAY, IO_BAYS_MAX - 1), END};

const struct field WORLD_FIELDS[] = {INTEGER(sim_world, now_us, -TIME_US, TIME_US),
                                     INTEGER(sim_world, age_us, 0, TIME_US),
                                     REAL(sim_world, gate, 0, 1),
                                     REAL(sim_world, station_wh, 0, BIG),
                                     INTEGER(sim_world, station_at_us, -TIME_US, TIME_US),
                                     END};
