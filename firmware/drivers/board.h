/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board folder, boards/<id>/ (design/hardware.md "Board folder"): what the hardware is, and which
 * driver serves which role of it. `board.ini` is read by a pure parser that collects every mistake
 * with file, line, role and what would be right, so that one run of `swap-engine --check` shows all
 * that there is to repair.
 *
 *     [board]   compatible = sim         must match the device tree ("sim" excepted)
 *     [gate]    driver = sim             one section per role of the station
 *               address = …              what the driver needs to find it (unused by sim)
 *     [bays]    count = 8                what holds for every bay:
 *               driver = sim             driver of all its roles …
 *               door_driver = gpio       … but of this one
 *               power_max_kw = 40        limits of the bay's charger
 *               lock_address = out=gpiochip1/LOCK{slot} …   {slot} is the number of the bay
 *     [bay 3]   power_max_kw = 20        what differs in one bay
 *     [sim]     seed = 1                 parameters of the simulated plant
 */
#ifndef SWAPSTACK_DRIVERS_BOARD_H
#define SWAPSTACK_DRIVERS_BOARD_H

#include "base/err.h"
#include "core/io.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BOARD_NAME_SIZE 97
#define BOARD_TEXT_SIZE 257

/* Whether a board has to say who serves a role. */
enum board_need {
    BOARD_NEEDED,  /* a station cannot work without it */
    BOARD_OR_NONE, /* or `none`, said on purpose */
    BOARD_IF_ANY,  /* left out: the board has none */
};

/* role, need */
#define BOARD_STATION_ROLES(X)                                                                     \
    X(gate, BOARD_NEEDED)                                                                          \
    X(lane, BOARD_NEEDED)                                                                          \
    X(guard, BOARD_NEEDED)                                                                         \
    X(emergency_stop, BOARD_NEEDED)                                                                \
    X(smoke, BOARD_NEEDED)                                                                         \
    X(water, BOARD_NEEDED)                                                                         \
    X(ambient, BOARD_NEEDED)                                                                       \
    X(residual_current, BOARD_IF_ANY) /* contact of the device: active = tripped */                \
    X(mains, BOARD_IF_ANY)            /* contact of the supply: active = it is there */            \
    X(mains_meter, BOARD_OR_NONE)                                                                  \
    X(siren, BOARD_OR_NONE)                                                                        \
    X(exhaust, BOARD_OR_NONE)                                                                      \
    X(charge_enable, BOARD_NEEDED)                                                                 \
    X(reader, BOARD_IF_ANY) /* tokens of drivers: local start */
#define BOARD_BAY_ROLES(X)                                                                         \
    X(door, BOARD_NEEDED)                                                                          \
    X(lock, BOARD_NEEDED)                                                                          \
    X(charger, BOARD_NEEDED)                                                                       \
    X(contactor, BOARD_NEEDED)                                                                     \
    X(pack, BOARD_NEEDED)                                                                          \
    X(sensors, BOARD_NEEDED)                                                                       \
    X(fan, BOARD_OR_NONE)                                                                          \
    X(light, BOARD_OR_NONE)

#define BOARD_STATION_ENUM(role, need) BOARD_ROLE_##role,
enum board_station_role { BOARD_STATION_ROLES(BOARD_STATION_ENUM) BOARD_STATION_ROLE_COUNT };
#undef BOARD_STATION_ENUM
#define BOARD_BAY_ENUM(role, need) BOARD_BAY_ROLE_##role,
enum board_bay_role { BOARD_BAY_ROLES(BOARD_BAY_ENUM) BOARD_BAY_ROLE_COUNT };
#undef BOARD_BAY_ENUM

/* Who serves a role. */
struct board_binding {
    char driver[33];               /* name of a driver that is built in, or "none" */
    char address[BOARD_TEXT_SIZE]; /* in the driver's own words, "" when it needs none */
    int line;                      /* where the driver was named */
    int address_line;              /* where the address stands, else as `line` */
};

struct board_bay {
    struct board_binding roles[BOARD_BAY_ROLE_COUNT];
    double power_max_kw, current_max_a; /* charger output limits */
    double voltage_min_v, voltage_max_v;
};

#define BOARD_QUANTILES 21 /* 0, 5 … 100 % */

/* Parameters of the simulated plant; what they mean is said by the key table in board_keys.c. */
struct board_sim {
    int64_t seed;
    char serial_prefix[25];
    char packs[BOARD_TEXT_SIZE * 4]; /* one word per bay: nmc:97.5, lfp:80, empty */
    double two_pack_share_percent;
    double nmc_share_percent, soh_min_percent, soh_max_percent, counter_error_percent;
    double ambient_mean_c, ambient_swing_c;
    double door_travel_s, gate_travel_s, lock_travel_s;
    double arrival_min_s, arrival_max_s, handling_min_s, handling_max_s;
    double patience_s, tow_after_s;
    double soc_arrival_percent[BOARD_QUANTILES]; /* from the file that `sessions` names */
    char *faults; /* text of the fault script, owned by the board; NULL: none */
    char faults_origin[BOARD_TEXT_SIZE];
};

struct board {
    char origin[BOARD_TEXT_SIZE]; /* file it was read from */
    char folder[BOARD_TEXT_SIZE]; /* that it lies in; "" when it was read from text */
    char compatible[BOARD_NAME_SIZE], name[BOARD_NAME_SIZE], location[BOARD_TEXT_SIZE];
    double latitude, longitude;     /* degrees; NAN: not said */
    char console[BOARD_NAME_SIZE];  /* tty and speed for swap-console, "none" */
    char watchdog[BOARD_NAME_SIZE]; /* device, "none" */
    int64_t watchdog_timeout_s;
    char state_folder[BOARD_TEXT_SIZE]; /* where the daemons' --state should lie */
    struct board_binding station[BOARD_STATION_ROLE_COUNT];
    int bay_count; /* 1 .. IO_BAYS_MAX */
    struct board_bay bays[IO_BAYS_MAX];
    bool uses_sim; /* some role is served by the sim driver */
    struct board_sim sim;
    char sessions[BOARD_TEXT_SIZE], faults[BOARD_TEXT_SIZE]; /* files in the folder, "" none */
};

struct board_mistake {
    int line;       /* 0: of the file as a whole */
    char role[48];  /* "gate", "bay 3 door", "sim"; "" when it is no role's */
    char text[512]; /* whole sentence, begins with FILE:LINE */
};

#define BOARD_MISTAKES_MAX 64
struct board_report {
    size_t count; /* all mistakes; the first BOARD_MISTAKES_MAX are kept */
    struct board_mistake mistakes[BOARD_MISTAKES_MAX];
};

/* Reads the text of a board.ini. Pure. `origin` names it in sentences. Returns 0 and a board that
 * the caller owns (board_free), or ERR_CONFIG, *board NULL and each mistake in `report` (may be
 * NULL; emptied first); `err` holds the first one and how many there are. Files that the text names
 * are not read: sim.faults is NULL and sim.soc_arrival_percent 35 throughout. */
int board_parse(const char *text, size_t length, const char *origin, struct board **board,
                struct board_report *report, struct err *err);

/* Reads folder/board.ini and the files that it names. SWAPSTACK_SIM_<KEY> in the environment
 * (NULL-terminated like environ, may be NULL) overrides keys of [sim], and of nothing else: which
 * pin is the gate is no matter of the environment. Otherwise as board_parse. */
int board_load(const char *folder, char *const *environment, struct board **board,
               struct board_report *report, struct err *err);
void board_free(struct board *board);
void board_free_scope(struct board **board); /* for SCOPE() */

/* One line per mistake, and a last one when some were not kept. */
void board_report_print(const struct board_report *report, FILE *to);
/* Adds a mistake (printf-style). `line` and `role` as in struct board_mistake. */
void board_report_add(struct board_report *report, const char *origin, int line, const char *role,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether this board may drive a machine whose device tree has this list of NUL-terminated names
 * (the bytes of /proc/device-tree/compatible). "sim" runs anywhere. ERR_CONFIG names both sides.
 */
int board_matches(const struct board *board, const char *names, size_t length, struct err *err);
/* The same for the machine that it runs on; a machine without device tree matches "sim" and
 * "generic-x86" only. */
int board_match_machine(const struct board *board, struct err *err);

/* Name of the driver number `index` from 0 that some role of the board needs, each once; NULL
 * after the last. */
const char *board_driver(const struct board *board, size_t index);

/* "gate", "door" … */
const char *board_station_role_name(enum board_station_role role);
const char *board_bay_role_name(enum board_bay_role role);

#endif
