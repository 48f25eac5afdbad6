/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines, thresholds and operating values of a station (design/hardware.md, Defaults). One table
 * gives the struct, its defaults and the engine's configuration keys [limits].
 *
 * Seconds are seconds of the plant clock. What the table of hardware.md leaves open is judgement
 * and marked (j).
 */
#ifndef SWAPSTACK_CORE_LIMITS_H
#define SWAPSTACK_CORE_LIMITS_H

#include "core/io.h"
#include "core/locks.h"
#include "core/windows.h"
#include <stdint.h>

/* field, default, lowest, highest, help */
#define LIMITS_TABLE(X)                                                                            \
    X(frames_stale_s, 1, 0.05, 60, "Charger and pack frames older than this stop charging.")       \
    X(sensor_stale_s, 5, 0.1, 600, "A sensor reading older than this counts as an alarm.")         \
    X(sensor_min_c, -40, -80, 0, "Lowest plausible temperature in °C.")                            \
    X(sensor_max_c, 125, 50, 300, "Highest plausible temperature in °C.")                          \
    X(current_stop_s, 0.1, 0.01, 10, "Time in which the current falls after a stop decision.")     \
    X(stopped_current_a, 5, 0.1, 50, "Current in A that it must have fallen to by then.")          \
    X(contactor_s, 0.2, 0.02, 10, "Time in which a contactor's feedback follows.")                 \
    X(door_current_a, 1, 0.05, 5, "A door opens only below this current in A.")                    \
    X(lock_s, 2, 0.2, 60, "Time in which a lock's feedback follows.")                              \
    X(door_s, 5, 0.5, 120, "Time in which a door travels.")                                        \
    X(gate_s, 15, 1, 300, "Time in which the gate travels.")                                       \
    X(motion_tries, 3, 1, 10, "Tries of a motion before it is given up.")                          \
    X(guard_s, 60, 1, 3600, "Wait for the guard to be clear before a gate motion is given up.")    \
    X(arrival_s, 300, 5, 3600, "Wait for the vehicle after the gate is open.")                     \
    X(returned_s, 120, 5, 3600, "Wait for the user's battery in the open bay.")                    \
    X(taken_s, 120, 5, 3600, "Wait for the offered battery to be taken.")                          \
    X(leave_s, 120, 5, 3600, "Wait for the vehicle to leave before LaneBlocked is raised.")        \
    X(swap_s, 300, 30, 7200, "Longest whole swap from the vehicle's arrival, then a fault.")       \
    X(settle_s, 2, 0, 60, "How long a battery or vehicle must be there, or gone, to count.")       \
    X(identify_s, 10, 1, 600, "Time in which a pack must say who it is.")                          \
    X(no_current_s, 60, 1, 3600, "Charger on without current for this long is a fault.")           \
    X(charge_retry_s, 60, 1, 86400, "Wait after a failed charge; doubled up to 16 times this.")    \
    X(pack_stop_c, 60, 20, 100, "Pack temperature in °C that stops charging.")                     \
    X(pack_resume_c, 50, 10, 90, "Pack temperature in °C below which it may charge again.")        \
    X(pack_cold_c, 0, -40, 30, "Pack temperature in °C below which no charge begins.")             \
    X(rise_k_per_s, 1, 0.05, 50, "Rise of a pack's temperature in K/s that is a thermal event …")  \
    X(rise_s, 3, 0.5, 60, "… when it lasts this long.")                                            \
    X(cell_max_lfp_v, 3.65, 2, 5, "Cell voltage limit of LFP packs in V.")                         \
    X(cell_max_nmc_v, 4.25, 2, 5, "Cell voltage limit of NMC packs in V.")                         \
    X(cell_max_lto_v, 2.85, 1, 5, "Cell voltage limit of LTO packs in V.")                         \
    X(bay_max_v, 1000, 10, 1500, "Highest charging voltage of a bay in V.")                        \
    X(bay_max_a, 250, 1, 1000, "Highest charging current of a bay in A.")                          \
    X(bay_max_kw, 40, 0.1, 500, "Highest charging power of a bay in kW.")                          \
    X(charger_efficiency, 0.94, 0.5, 1,                                                            \
      "DC out of AC in, at least: for the power cap, in AC (j).")                                  \
    X(uncontrolled_s, 0.5, 0.1, 10, "Current for this long after switching off cuts all power.")   \
    X(fault_hold_s, 5, 0, 600, "A fault is cleared after its cause was gone for this long.")       \
    X(fault_flap_s, 300, 0, 3600, "Each return of a fault doubles that, up to this long.")

struct station_limits {
#define LIMITS_FIELD(field, value, lowest, highest, help) double field;
    LIMITS_TABLE(LIMITS_FIELD)
#undef LIMITS_FIELD
};

void limits_default(struct station_limits *limits);

/* Seconds to µs. */
static inline int64_t limits_us(double seconds)
{
    return (int64_t)(seconds * 1e6);
}

/* Operating values that SET_CONFIG changes (protocol type 34) and the engine keeps. */
struct station_settings {
    double target_soc_percent; /* charging stops, a pack is READY: target_soc, 95 */
    double max_soc_percent;    /* no session may aim higher: max_soc, 100 */
    double hysteresis_percent; /* a READY pack stays so down to target - this: soc_hysteresis, 2 */
    double min_soh_percent;    /* packs below are not dispensed: min_soh, 70 */
    double power_cap_kw;       /* whole station, AC; 0: none: power_cap_kw */
    bool swap_out_in;          /* order of the swaps that begin from now on: swap_order */
    double min_ready;          /* READY packs that are kept outside the windows: min_ready, 0 */
    struct windows windows;    /* when automatic charging runs: charge_windows */
    bool resume_auto;          /* after a restart charging begins by itself: resume_charge */
    struct locks locks;        /* locked.1 … locked.16 */
};

void settings_default(struct station_settings *settings);

/* Sets the value of one SET_CONFIG key; `value` is JSON text (12.5, "auto"). Returns 0; 1 when the
 * key is not the core's; negative with `why` (a constant sentence) when the value is not allowed.
 */
int settings_set(struct station_settings *settings, const char *key, const char *value,
                 const char **why);

/* Whether the values go together: max_soc is not below target_soc. 0; negative with `why`. */
int settings_check(const struct station_settings *settings, const char **why);

/* Cell voltage limit of a chemistry in V; the strictest for IO_CHEMISTRY_UNKNOWN. */
double limits_cell_max_v(const struct station_limits *limits, enum io_chemistry chemistry);

#endif
