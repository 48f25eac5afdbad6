/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware as the core sees it (design/hardware.md): what drivers read and what they are asked
 * to do. Plain data; a driver fills and obeys the roles that it serves. Times are plant µs.
 *
 * A reading whose `at_us` is older than its stale limit, or a real that is NAN or implausible,
 * counts as an alarm (rule 7). An output is a request with feedback and a deadline (rule 2).
 */
#ifndef SWAPSTACK_CORE_IO_H
#define SWAPSTACK_CORE_IO_H

#include <stdbool.h>
#include <stdint.h>

#define IO_BAYS_MAX 64
#define IO_ID_SIZE  65

enum io_chemistry { IO_CHEMISTRY_UNKNOWN, IO_CHEMISTRY_LFP, IO_CHEMISTRY_NMC, IO_CHEMISTRY_LTO };

/* The pack's own electronics, over its bus. `at_us` 0: never heard. */
struct io_pack {
    int64_t at_us;
    char bid[IO_ID_SIZE]; /* serial, "" not identified */
    char vin[IO_ID_SIZE];
    char version[IO_ID_SIZE];
    enum io_chemistry chemistry;
    double rated_v, rated_ah, rated_kwh;
    double pack_v, pack_a; /* charging positive */
    double soc_percent, soh_percent;
    double cell_max_v, cell_min_v;
    double temp_max_c, temp_min_c;
    double request_v, request_a; /* what it wants to be charged with */
    double capacity_kwh;         /* full energy at its present health */
    double energy_added_kwh;     /* its coulomb-counter energy since the pack was put in */
    bool permit;                 /* the pack permits charging */
    bool cells_untold; /* its bus has no word for cell voltages (CiA 418): the voltage that it wants
                        * is what limits its cells */
    bool resting; /* its bus tells cells and temperatures only while it is charged (GB/T 27930): now
                     they are NAN, and that is no alarm */
    bool bluetooth;
    int64_t cycles;
    uint32_t faults; /* bit mask of the pack's own faults, 0: none */
};

struct io_charger {
    int64_t at_us;
    bool online;
    bool fault;
    double dc_v, dc_a; /* output */
    double ac_kw;      /* power taken from the mains */
    double ac_v, ac_a; /* per phase */
    int64_t ac_phases;
    double meter_wh; /* register, never reset by us */
};

enum io_door { IO_DOOR_BETWEEN, IO_DOOR_CLOSED, IO_DOOR_OPEN };

struct io_bay {
    int64_t at_us; /* door, lock, contactor, sensors */
    enum io_door door;
    bool door_obstructed;
    bool locked;           /* lock feedback */
    bool contactor_closed; /* contactor feedback */
    bool present;          /* something is in the bay */
    bool smoke;
    double temp_c;
    struct io_charger charger;
    struct io_pack pack;
};

enum io_gate { IO_GATE_BETWEEN, IO_GATE_CLOSED, IO_GATE_OPEN };

struct io_readings {
    int64_t now_us;
    int64_t at_us; /* station-wide inputs */
    enum io_gate gate;
    bool gate_obstructed;
    bool lane_occupied;
    char lane_vehicle[IO_ID_SIZE]; /* vehicle id from a reader at the lane, "" when there is none */
    bool guard_clear;              /* no person in the moving zone */
    bool emergency_stop, smoke, water;
    /* What a driver held to the station's reader last ("" nothing yet), and its number: it grows
     * with each token, also when the same one comes again. Has no age: a token is news once. */
    char token[IO_ID_SIZE];
    int64_t token_number;
    bool residual_current; /* the residual-current device has tripped */
    bool mains_lost;       /* no supply; the controller runs on its own battery */
    double ambient_c;
    double mains_import_wh;
    int bay_count;
    struct io_bay bays[IO_BAYS_MAX]; /* [0] is slot 1 */
};

enum io_motion { IO_MOTION_HOLD, IO_MOTION_OPEN, IO_MOTION_CLOSE };

struct io_bay_request {
    bool unlock; /* energise the lock: released */
    enum io_motion door;
    bool contactor; /* close it */
    bool charger_on;
    double charge_v, charge_a;
    bool fan;
    bool light;
};

/* All zero is the safe level. */
struct io_requests {
    enum io_motion gate;
    char announce[IO_ID_SIZE]; /* vehicle called to the lane (display); "" none */
    char notice[IO_ID_SIZE]; /* for who stands at the reader: "accepted", or why not; "" nothing */
    bool siren, exhaust;
    bool charge_enable; /* keep-alive level; the engine toggles the line (rule 9) */
    struct io_bay_request bays[IO_BAYS_MAX];
};

#endif
