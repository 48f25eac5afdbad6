/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of the 22 messages of GB/T 27930-2015 (clause 10, tables 8 to 29), one line each. The
 * structs of message.h and the codec's tables are both made of these lines.
 *
 *     F(type, name, SPN, byte, bit, bits, divisor, offset, low, high, unit, choices, label)
 *
 * `byte` and `bit` count from 1 as in the standard, low byte first (clause 4.4). The value is
 * (raw + offset) / divisor in `unit`; raw values outside low..high are out of range. All ones,
 * where that is above `high`, says "not available" (clause 7.9). Types:
 *
 *     REAL    double, NAN: not available          COUNT  int64_t, -1: not available
 *     BCD     as COUNT, packed decimal digits     CODE   uint8_t, one of `choices`
 *     STATUS  uint8_t, two bits, one of `choices`; 0 is what it should be, 3 not given
 *     TEXT    char[], ASCII, "" not available     BYTES  uint8_t[]
 *
 * Currents are negative when charging, as in the standard (clause 4.5).
 */
#ifndef SWAPSTACK_GBT27930_FIELDS_H
#define SWAPSTACK_GBT27930_FIELDS_H

#define GBT_ANY16 65534
#define GBT_ANY32 UINT32_C(0xFFFFFFFF)

#define GBT_NORMAL   "0:normal;1:abnormal;2:untrusted;3:not given"
#define GBT_REACHED  "0:not reached;1:reached;2:untrusted;3:not given"
#define GBT_STOPPED  "0:no;1:yes;2:untrusted;3:not given"
#define GBT_LEVEL    "0:normal;1:high;2:low;3:not given"
#define GBT_EXCESS   "0:normal;1:too high;2:untrusted;3:not given"
#define GBT_TIMED    "0:normal;1:time-out;2:untrusted;3:not given"
#define GBT_READY    "0:not ready;170:ready;255:invalid"
#define GBT_IDENTITY "0:pack not identified;170:pack identified"
#define GBT_ALLOWED  "0:forbidden;1:allowed;2:untrusted;3:not given"
#define GBT_GOING    "0:pause;1:go;2:untrusted;3:not given"
#define GBT_MODE     "1:constant voltage;2:constant current"
#define GBT_OWNER    "0:leased;1:owned;255:not given"
#define GBT_CELLS    "1:lead-acid;2:NiMH;3:LFP;4:LMO;5:LCO;6:NMC;7:Li-ion polymer;8:LTO;255:other"

/* Shorthands for the units that come again and again. */
#define GBT_VOLTAGE(F, name, spn, byte, label)                                                     \
    F(REAL, name, spn, byte, 1, 16, 10, 0, 0, GBT_ANY16, "V", NULL, label)
#define GBT_CURRENT(F, name, spn, byte, label)                                                     \
    F(REAL, name, spn, byte, 1, 16, 10, -4000, 0, GBT_ANY16, "A", NULL, label)
#define GBT_CELL(F, name, spn, byte, bits, label)                                                  \
    F(REAL, name, spn, byte, 1, bits, 100, 0, 0, 2400, "V", NULL, label)
#define GBT_TEMPERATURE(F, name, spn, byte, label)                                                 \
    F(REAL, name, spn, byte, 1, 8, 1, -50, 0, 250, "C", NULL, label)
#define GBT_STATUS(F, name, spn, byte, bit, choices, label)                                        \
    F(STATUS, name, spn, byte, bit, 2, 1, 0, 0, 3, "", choices, label)

/* Table 8. V1.1 is 01 01 00. */
#define GBT_CHM_FIELDS(F)                                                                          \
    F(COUNT, version_minor, 2600, 1, 1, 8, 1, 0, 0, 255, "", NULL, "version minor")                \
    F(COUNT, version_major, 2600, 2, 1, 16, 1, 0, 0, GBT_ANY16, "", NULL, "version major")

/* Table 9 */
#define GBT_BHM_FIELDS(F) GBT_VOLTAGE(F, max_voltage_v, 2601, 1, "max voltage")

/* Table 10 */
#define GBT_CRM_FIELDS(F)                                                                          \
    F(CODE, result, 2560, 1, 1, 8, 1, 0, 0, 255, "", GBT_IDENTITY, "result")                       \
    F(COUNT, charger_number, 2561, 2, 1, 32, 1, 0, 0, GBT_ANY32, "", NULL, "charger number")       \
    F(TEXT, region, 2562, 6, 1, 24, 1, 0, 0, 0, "", NULL, "region")

/* Table 11; 41 bytes, up to the VIN, in the edition of 2011. */
#define GBT_BRM_FIELDS(F)                                                                          \
    F(COUNT, version_minor, 2565, 1, 1, 8, 1, 0, 0, 255, "", NULL, "version minor")                \
    F(COUNT, version_major, 2565, 2, 1, 16, 1, 0, 0, GBT_ANY16, "", NULL, "version major")         \
    F(CODE, chemistry, 2566, 4, 1, 8, 1, 0, 0, 255, "", GBT_CELLS, "chemistry")                    \
    F(REAL, rated_ah, 2567, 5, 1, 16, 10, 0, 0, GBT_ANY16, "Ah", NULL, "rated")                    \
    GBT_VOLTAGE(F, rated_v, 2568, 7, "rated voltage")                                              \
    F(TEXT, maker, 2569, 9, 1, 32, 1, 0, 0, 0, "", NULL, "maker")                                  \
    F(COUNT, pack_number, 2570, 13, 1, 32, 1, 0, 0, GBT_ANY32 - 1, "", NULL, "pack number")        \
    F(COUNT, year, 2571, 17, 1, 8, 1, 1985, 0, 250, "", NULL, "year")                              \
    F(COUNT, month, 2571, 18, 1, 8, 1, 0, 1, 12, "", NULL, "month")                                \
    F(COUNT, day, 2571, 19, 1, 8, 1, 0, 1, 31, "", NULL, "day")                                    \
    F(COUNT, cycles, 2572, 20, 1, 24, 1, 0, 0, 0xFFFFFE, "", NULL, "cycles")                       \
    F(CODE, ownership, 2573, 23, 1, 8, 1, 0, 0, 255, "", GBT_OWNER, "ownership")                   \
    F(TEXT, vin, 2575, 25, 1, 136, 1, 0, 0, 0, "", NULL, "VIN")                                    \
    F(BYTES, software, 2576, 42, 1, 64, 1, 0, 0, 0, "", NULL, "BMS software")

/* Table 12 */
#define GBT_BCP_FIELDS(F)                                                                          \
    GBT_CELL(F, max_cell_v, 2816, 1, 16, "max cell")                                               \
    GBT_CURRENT(F, max_current_a, 2817, 3, "max current")                                          \
    F(REAL, energy_kwh, 2818, 5, 1, 16, 10, 0, 0, 10000, "kWh", NULL, "nominal energy")            \
    GBT_VOLTAGE(F, max_voltage_v, 2819, 7, "max voltage")                                          \
    GBT_TEMPERATURE(F, max_temperature_c, 2820, 9, "max temperature")                              \
    F(REAL, soc_percent, 2821, 10, 1, 16, 10, 0, 0, 1000, "%", NULL, "SOC")                        \
    GBT_VOLTAGE(F, voltage_v, 2822, 12, "voltage")

/* Table 13: packed decimal digits. */
#define GBT_CTS_FIELDS(F)                                                                          \
    F(BCD, second, 2823, 1, 1, 8, 1, 0, 0, 59, "", NULL, "second")                                 \
    F(BCD, minute, 2823, 2, 1, 8, 1, 0, 0, 59, "", NULL, "minute")                                 \
    F(BCD, hour, 2823, 3, 1, 8, 1, 0, 0, 23, "", NULL, "hour")                                     \
    F(BCD, day, 2823, 4, 1, 8, 1, 0, 1, 31, "", NULL, "day")                                       \
    F(BCD, month, 2823, 5, 1, 8, 1, 0, 1, 12, "", NULL, "month")                                   \
    F(BCD, year, 2823, 6, 1, 16, 1, 0, 0, 9999, "", NULL, "year")

/* Table 14; 6 bytes, without the least current, in the edition of 2011. */
#define GBT_CML_FIELDS(F)                                                                          \
    GBT_VOLTAGE(F, max_voltage_v, 2824, 1, "max voltage")                                          \
    GBT_VOLTAGE(F, min_voltage_v, 2825, 3, "min voltage")                                          \
    GBT_CURRENT(F, max_current_a, 2826, 5, "max current")                                          \
    GBT_CURRENT(F, min_current_a, 2827, 7, "min current")

/* Tables 15 and 16 */
#define GBT_BRO_FIELDS(F) F(CODE, ready, 2829, 1, 1, 8, 1, 0, 0, 255, "", GBT_READY, "pack")
#define GBT_CRO_FIELDS(F) F(CODE, ready, 2830, 1, 1, 8, 1, 0, 0, 255, "", GBT_READY, "charger")

/* Table 17 */
#define GBT_BCL_FIELDS(F)                                                                          \
    GBT_VOLTAGE(F, voltage_v, 3072, 1, "wants voltage")                                            \
    GBT_CURRENT(F, current_a, 3073, 3, "current")                                                  \
    F(CODE, mode, 3074, 5, 1, 8, 1, 0, 0, 255, "", GBT_MODE, "mode")

/* Table 18 */
#define GBT_BCS_FIELDS(F)                                                                          \
    GBT_VOLTAGE(F, voltage_v, 3075, 1, "measured voltage")                                         \
    GBT_CURRENT(F, current_a, 3076, 3, "current")                                                  \
    GBT_CELL(F, max_cell_v, 3077, 5, 12, "max cell")                                               \
    F(COUNT, max_cell_group, 3077, 6, 5, 4, 1, 0, 0, 15, "", NULL, "in group")                     \
    F(REAL, soc_percent, 3078, 7, 1, 8, 1, 0, 0, 100, "%", NULL, "SOC")                            \
    F(COUNT, remaining_min, 3079, 8, 1, 16, 1, 0, 0, 600, "min", NULL, "remaining")

/* Table 19; 6 bytes, without permission, in the edition of 2011; 7 in class A of 2023. */
#define GBT_CCS_FIELDS(F)                                                                          \
    GBT_VOLTAGE(F, voltage_v, 3081, 1, "output voltage")                                           \
    GBT_CURRENT(F, current_a, 3082, 3, "current")                                                  \
    F(COUNT, charging_min, 3083, 5, 1, 16, 1, 0, 0, 600, "min", NULL, "charging for")              \
    GBT_STATUS(F, permit, 3929, 7, 1, GBT_GOING, "output")

/* Table 20 */
#define GBT_BSM_FIELDS(F)                                                                          \
    F(COUNT, max_cell_number, 3085, 1, 1, 8, 1, 1, 0, 255, "", NULL, "max cell number")            \
    GBT_TEMPERATURE(F, max_temperature_c, 3086, 2, "max temperature")                              \
    F(COUNT, max_temperature_point, 3087, 3, 1, 8, 1, 1, 0, 127, "", NULL, "at point")             \
    GBT_TEMPERATURE(F, min_temperature_c, 3088, 4, "min temperature")                              \
    F(COUNT, min_temperature_point, 3089, 5, 1, 8, 1, 1, 0, 127, "", NULL, "at point")             \
    GBT_STATUS(F, cell_voltage, 3090, 6, 1, GBT_LEVEL, "cell voltage")                             \
    GBT_STATUS(F, soc, 3091, 6, 3, GBT_LEVEL, "SOC")                                               \
    GBT_STATUS(F, current, 3092, 6, 5, GBT_EXCESS, "current")                                      \
    GBT_STATUS(F, temperature, 3093, 6, 7, GBT_EXCESS, "temperature")                              \
    GBT_STATUS(F, insulation, 3094, 7, 1, GBT_NORMAL, "insulation")                                \
    GBT_STATUS(F, connector, 3095, 7, 3, GBT_NORMAL, "connector")                                  \
    F(CODE, permit, 3096, 7, 5, 2, 1, 0, 0, 3, "", GBT_ALLOWED, "charging")

/* Tables 21, 22 and 23: one item of the list, bytes counted from its first. */
#define GBT_BMV_ITEM(F)                                                                            \
    GBT_CELL(F, voltage_v, 3101, 1, 12, "cell")                                                    \
    F(COUNT, group, 3101, 2, 5, 4, 1, 0, 0, 15, "", NULL, "group")
#define GBT_BMT_ITEM(F) GBT_TEMPERATURE(F, temperature_c, 0, 1, "point")
#define GBT_BSP_ITEM(F) F(COUNT, value, 3491, 1, 1, 8, 1, 0, 0, 255, "", NULL, "reserved")

/* Table 24 */
#define GBT_BST_FIELDS(F)                                                                          \
    GBT_STATUS(F, soc_reached, 3511, 1, 1, GBT_REACHED, "SOC")                                     \
    GBT_STATUS(F, voltage_reached, 3511, 1, 3, GBT_REACHED, "total voltage")                       \
    GBT_STATUS(F, cell_reached, 3511, 1, 5, GBT_REACHED, "cell voltage")                           \
    GBT_STATUS(F, charger_stopped, 3511, 1, 7, GBT_STOPPED, "charger stopped")                     \
    GBT_STATUS(F, insulation, 3512, 2, 1, GBT_NORMAL, "insulation")                                \
    GBT_STATUS(F, connector_hot, 3512, 2, 3, GBT_NORMAL, "output connector temperature")           \
    GBT_STATUS(F, bms_hot, 3512, 2, 5, GBT_NORMAL, "BMS temperature")                              \
    GBT_STATUS(F, connector, 3512, 2, 7, GBT_NORMAL, "connector")                                  \
    GBT_STATUS(F, pack_hot, 3512, 3, 1, GBT_NORMAL, "pack temperature")                            \
    GBT_STATUS(F, relay, 3512, 3, 3, GBT_NORMAL, "high-voltage relay")                             \
    GBT_STATUS(F, point2, 3512, 3, 5, GBT_NORMAL, "detection point 2")                             \
    GBT_STATUS(F, other, 3512, 3, 7, GBT_NORMAL, "other")                                          \
    GBT_STATUS(F, current, 3513, 4, 1, GBT_EXCESS, "current")                                      \
    GBT_STATUS(F, voltage, 3513, 4, 3, GBT_NORMAL, "voltage")

/* Table 25 */
#define GBT_CST_FIELDS(F)                                                                          \
    GBT_STATUS(F, condition_reached, 3521, 1, 1, GBT_REACHED, "charger's condition")               \
    GBT_STATUS(F, manual, 3521, 1, 3, GBT_STOPPED, "stopped by hand")                              \
    GBT_STATUS(F, fault, 3521, 1, 5, GBT_STOPPED, "stopped by fault")                              \
    GBT_STATUS(F, pack_stopped, 3521, 1, 7, GBT_STOPPED, "pack stopped")                           \
    GBT_STATUS(F, charger_hot, 3522, 2, 1, GBT_NORMAL, "charger temperature")                      \
    GBT_STATUS(F, connector, 3522, 2, 3, GBT_NORMAL, "connector")                                  \
    GBT_STATUS(F, inside_hot, 3522, 2, 5, GBT_NORMAL, "inside temperature")                        \
    GBT_STATUS(F, energy, 3522, 2, 7, GBT_NORMAL, "energy transfer")                               \
    GBT_STATUS(F, emergency_stop, 3522, 3, 1, GBT_NORMAL, "emergency stop")                        \
    GBT_STATUS(F, other, 3522, 3, 3, GBT_NORMAL, "other")                                          \
    GBT_STATUS(F, current, 3523, 4, 1, GBT_NORMAL, "current match")                                \
    GBT_STATUS(F, voltage, 3523, 4, 3, GBT_NORMAL, "voltage")

/* Table 26 */
#define GBT_BSD_FIELDS(F)                                                                          \
    F(REAL, soc_percent, 3601, 1, 1, 8, 1, 0, 0, 100, "%", NULL, "SOC")                            \
    GBT_CELL(F, min_cell_v, 3602, 2, 16, "min cell")                                               \
    GBT_CELL(F, max_cell_v, 3603, 4, 16, "max cell")                                               \
    GBT_TEMPERATURE(F, min_temperature_c, 3604, 6, "min temperature")                              \
    GBT_TEMPERATURE(F, max_temperature_c, 3605, 7, "max temperature")

/* Table 27. The number has an offset of 1 here and none in table 10. */
#define GBT_CSD_FIELDS(F)                                                                          \
    F(COUNT, charging_min, 3611, 1, 1, 16, 1, 0, 0, 600, "min", NULL, "charged for")               \
    F(REAL, energy_kwh, 3612, 3, 1, 16, 10, 0, 0, 10000, "kWh", NULL, "energy")                    \
    F(COUNT, charger_number, 3613, 5, 1, 32, 1, 1, 0, GBT_ANY32 - 1, "", NULL, "charger number")

/* Table 28 */
#define GBT_BEM_FIELDS(F)                                                                          \
    GBT_STATUS(F, crm_unidentified, 3901, 1, 1, GBT_TIMED, "CRM 00")                               \
    GBT_STATUS(F, crm_identified, 3902, 1, 3, GBT_TIMED, "CRM AA")                                 \
    GBT_STATUS(F, cts_cml, 3903, 2, 1, GBT_TIMED, "CTS and CML")                                   \
    GBT_STATUS(F, cro, 3904, 2, 3, GBT_TIMED, "CRO")                                               \
    GBT_STATUS(F, ccs, 3905, 3, 1, GBT_TIMED, "CCS")                                               \
    GBT_STATUS(F, cst, 3906, 3, 3, GBT_TIMED, "CST")                                               \
    GBT_STATUS(F, csd, 3907, 4, 1, GBT_TIMED, "CSD")                                               \
    F(COUNT, other, 0, 4, 3, 6, 1, 0, 0, 62, "", NULL, "other")

/* Table 29 */
#define GBT_CEM_FIELDS(F)                                                                          \
    GBT_STATUS(F, brm, 3921, 1, 1, GBT_TIMED, "BRM")                                               \
    GBT_STATUS(F, bcp, 3922, 2, 1, GBT_TIMED, "BCP")                                               \
    GBT_STATUS(F, bro, 3923, 2, 3, GBT_TIMED, "BRO")                                               \
    GBT_STATUS(F, bcs, 3924, 3, 1, GBT_TIMED, "BCS")                                               \
    GBT_STATUS(F, bcl, 3925, 3, 3, GBT_TIMED, "BCL")                                               \
    GBT_STATUS(F, bst, 3926, 3, 5, GBT_TIMED, "BST")                                               \
    GBT_STATUS(F, bsd, 3927, 4, 1, GBT_TIMED, "BSD")                                               \
    F(COUNT, other, 0, 4, 3, 6, 1, 0, 0, 62, "", NULL, "other")

#endif
