/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/board_keys.h"

#include "base/config_keys.h"
#include "drivers/board.h"

#define STATION_ROLE(role, need)                                                                   \
    TEXT(#role, "driver", "", "Driver of this role."),                                             \
        TEXT(#role, "address", "", "Where the driver finds it."),

#define BAYS_ROLE(role, need)                                                                      \
    TEXT("bays", #role "_driver", "", "Driver of this role, if not the bay's."),                   \
        TEXT("bays", #role "_address", "", "Where the driver finds it."),
#define BAY_ROLE(role, need)                                                                       \
    TEXT("bay", #role "_driver", "", "Driver of this role, if not the bay's."),                    \
        TEXT("bay", #role "_address", "", "Where the driver finds it."),

#define BAY_LIMITS(section)                                                                        \
    TEXT(section, "driver", "", "Driver of all roles of the bay."),                                \
        REAL(section, "power_max_kw", "40", 0.1, 1000, "Most that the charger gives."),            \
        REAL(section, "current_max_a", "150", 1, 2000, "Most that charger and contactor carry."),  \
        REAL(section, "voltage_min_v", "150", 0, 1500, "Least that the charger can set."),         \
        REAL(section, "voltage_max_v", "500", 1, 1500, "Most that the charger can set.")

const struct config_key BOARD_KEYS[] = {
    TEXT("board", "compatible", "", "Name in the device tree; sim: runs on any machine."),
    TEXT("board", "name", "", "What people call it."),
    TEXT("board", "location", "", "Where the station stands, in words."),
    REAL("board", "latitude", "0", -90, 90, "Degrees, north positive."),
    REAL("board", "longitude", "0", -180, 180, "Degrees, east positive."),
    TEXT("board", "console", "none", "Serial console for technicians: /dev/ttyS1@115200, none."),
    TEXT("watchdog", "device", "none", "Hardware watchdog: /dev/watchdog0, none."),
    INTEGER("watchdog", "timeout_s", "30", 1, 3600, "It resets the machine after this silence."),
    TEXT("storage", "state", "/var/lib/swapstack", "Folder for the daemons' state."),
    /* clang-format off: the role tables bring their own commas */
    BOARD_STATION_ROLES(STATION_ROLE)
        INTEGER("bays", "count", "1", 1, IO_BAYS_MAX, "Number of bays."),
    BOARD_BAY_ROLES(BAYS_ROLE) BOARD_BAY_ROLES(BAY_ROLE)
    /* clang-format on */
    BAY_LIMITS("bays"),
    BAY_LIMITS("bay"),

    INTEGER("sim", "seed", "1", 0, 9e15, "Same seed, same commands, same times: the same plant."),
    TEXT("sim", "serial_prefix", "SIM-", "Begins every pack's serial; one per station."),
    TEXT("sim", "packs", "", "One word per bay: chemistry:percent (nmc:97.5, lfp:80) or empty."),
    TEXT("sim", "sessions", "", "File in this folder with quantiles of real sessions."),
    TEXT("sim", "faults", "", "File in this folder with faults to inject; none when empty."),
    REAL("sim", "nmc_share_percent", "60", 0, 100, "Of new vehicles' packs; the rest is LFP."),
    REAL("sim", "two_pack_share_percent", "0", 0, 100,
         "Of new vehicles; the others have one pack."),
    REAL("sim", "soh_min_percent", "88", 60, 100, "Health of packs at first sight, least …"),
    REAL("sim", "soh_max_percent", "100", 60, 100, "… and most."),
    REAL("sim", "counter_error_percent", "0.3", 0, 5,
         "Coulomb counters are wrong by at most this."),
    REAL("sim", "ambient_mean_c", "18", -40, 60, "Outside temperature, mean of a day."),
    REAL("sim", "ambient_swing_c", "5", 0, 30, "It is warmest at 15 h and coldest at 3 h by this."),
    REAL("sim", "door_travel_s", "3", 0.1, 60, "Door from closed to open."),
    REAL("sim", "gate_travel_s", "6", 0.1, 120, "Gate from closed to open."),
    REAL("sim", "lock_travel_s", "0.5", 0.05, 10, "Lock from released to locked."),
    REAL("sim", "arrival_min_s", "15", 0, 3600,
         "Vehicle drives in after the gate is open, least …"),
    REAL("sim", "arrival_max_s", "40", 0, 3600, "… and most."),
    REAL("sim", "handling_min_s", "20", 0, 600, "To put a pack in or take one out, least …"),
    REAL("sim", "handling_max_s", "40", 0, 600, "… and most."),
    REAL("sim", "patience_s", "240", 1, 86400, "A driver whom nobody serves leaves after this."),
    REAL("sim", "tow_after_s", "1800", 1, 86400, "A vehicle without pack is towed after this."),
};
const size_t BOARD_KEY_COUNT = sizeof BOARD_KEYS / sizeof BOARD_KEYS[0];

const struct config_key BOARD_SESSION_KEYS[] = {
    TEXT("soc_arrival_percent", "quantiles", "", "State of charge at arrival, 21 quantiles."),
    TEXT("soc_departure_percent", "quantiles", "", "State of charge at departure, 21 quantiles."),
    TEXT("energy_kwh", "quantiles", "", "Energy of a session, 21 quantiles."),
    TEXT("arrival_gap_minutes", "quantiles", "", "From arrival to arrival, 21 quantiles."),
    TEXT("arrival_gap_minutes_by_hour", "median", "", "24 medians, by hour of day."),
    TEXT("arrivals_by_hour", "share", "", "24 shares of a day's arrivals."),
};
const size_t BOARD_SESSION_KEY_COUNT = sizeof BOARD_SESSION_KEYS / sizeof BOARD_SESSION_KEYS[0];
