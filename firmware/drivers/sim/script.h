/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault script of the simulated plant: one rule per line, `#` begins a comment.
 *
 *     at 600: hot_cell bay=3 value=2 for=20          600 s after the plant began
 *     when charging bay=3 after=30: pack_silent for=10
 *     when pack_in vehicle=V7: wrong_serial
 *     when gate_opening: gate_stuck for=60
 *     at 30: vehicle_waits id=V7                     drives in when the gate opens
 *     at 40: token id=CARD-7                         and its driver holds a card to the reader
 *
 * Left of the colon the time, or a condition that must hold, optionally only for one bay or one
 * vehicle, and a delay (`after`, s). Right of it the fault, its bay (default: the bay of the
 * condition), a value where the fault has one, and how long it lasts (`for`, s; default: for good).
 * A rule fires once.
 */
#ifndef SWAPSTACK_SIM_SCRIPT_H
#define SWAPSTACK_SIM_SCRIPT_H

#include "core/io.h"
#include <stdbool.h>
#include <stddef.h>

enum script_scope { SCRIPT_STATION, SCRIPT_BAY, SCRIPT_EITHER };

/* fault, scope, default value, (what it does) */
#define SCRIPT_FAULTS(X)                                                                           \
    X(gate_stuck, SCRIPT_STATION, 0)       /* the gate does not move */                            \
    X(gate_obstructed, SCRIPT_STATION, 0)  /* something stands in the gate */                      \
    X(guard_blocked, SCRIPT_STATION, 0)    /* a person stays in the moving zone */                 \
    X(emergency_stop, SCRIPT_STATION, 0)   /* somebody pressed it: power is cut by hardware */     \
    X(residual_current, SCRIPT_STATION, 0) /* the device tripped: power is cut by hardware */      \
    X(mains_lost, SCRIPT_STATION, 0)       /* no supply; the controller has a battery */           \
    X(water, SCRIPT_STATION, 0)            /* the water detector is wet */                         \
    X(ambient, SCRIPT_STATION, 20)         /* outside temperature is value °C */                  \
    X(station_silent, SCRIPT_STATION, 0)   /* station-wide inputs are no longer heard */           \
    X(read_error, SCRIPT_STATION, 0)       /* the driver cannot be read */                         \
    X(write_error, SCRIPT_STATION, 0)      /* the driver cannot be written: nothing changes */     \
    X(token, SCRIPT_STATION, 0)            /* a driver holds the token id=TEXT to the reader */    \
    X(vehicle_waits, SCRIPT_STATION, 0)    /* id=VEHICLE stands before the gate, called or not */  \
    X(no_vehicle, SCRIPT_STATION, 0)       /* a called vehicle does not come */                    \
    X(not_returned, SCRIPT_STATION, 0)     /* the driver keeps the pack in the vehicle */          \
    X(not_taken, SCRIPT_STATION, 0)        /* the driver does not take the pack offered */         \
    X(not_leaving, SCRIPT_STATION, 0)      /* the vehicle stays in the lane */                     \
    X(smoke, SCRIPT_EITHER, 0)             /* smoke detector: of the bay or the station */         \
    X(bus_off, SCRIPT_EITHER, 0)           /* charger and pack are not heard: bay, or all */       \
    X(door_stuck, SCRIPT_BAY, 0)           /* the door does not move */                            \
    X(door_obstructed, SCRIPT_BAY, 0)      /* something stands in the door */                      \
    X(door_forced, SCRIPT_BAY, 0)          /* somebody breaks lock and door open */                \
    X(lock_stuck, SCRIPT_BAY, 0)           /* the lock does not move */                            \
    X(contactor_stuck, SCRIPT_BAY, 0)      /* the contactor stays as it is */                      \
    X(sensors_frozen, SCRIPT_BAY, 0)       /* the bay's inputs stand still, their age grows */     \
    X(bay_temp, SCRIPT_BAY, -270)          /* the bay's sensor says value °C: open circuit */     \
    X(charger_silent, SCRIPT_BAY, 0)       /* the charger's frames are lost */                     \
    X(charger_offline, SCRIPT_BAY, 0)      /* the charger has no power */                          \
    X(charger_fault, SCRIPT_BAY, 0)        /* the charger reports a fault and gives nothing */     \
    X(charger_dead, SCRIPT_BAY, 0)         /* the charger is on and gives nothing */               \
    X(charger_runs_on, SCRIPT_BAY, 0)      /* the charger does not stop when it is told to */      \
    X(pack_silent, SCRIPT_BAY, 0)          /* the pack's frames are lost */                        \
    X(pack_temp, SCRIPT_BAY, 65)           /* the pack's sensors say value °C */                  \
    X(pack_soc, SCRIPT_BAY, 250)           /* the pack says that it is value % full */             \
    X(cell_voltage, SCRIPT_BAY, 4.5)       /* the pack's highest cell says value V */              \
    X(no_permit, SCRIPT_BAY, 0)            /* the pack forbids charging */                         \
    X(hot_cell, SCRIPT_BAY, 2)             /* one cell heats up by value K/s */                    \
    X(wrong_serial, SCRIPT_BAY, 0)         /* the pack gives a serial that is not its own */

/* condition; holds for */
#define SCRIPT_CONDITIONS(X)                                                                       \
    X(gate_opening)                                                                                \
    X(gate_open)                                                                                   \
    X(gate_closing)                                                                                \
    X(vehicle_in)   /* in the lane */                                                              \
    X(door_opening) /* of a bay, as all below */                                                   \
    X(door_open)                                                                                   \
    X(door_closing)                                                                                \
    X(pack_in)  /* a pack that a driver has put in since the plant began */                        \
    X(offered)  /* door open, pack inside */                                                       \
    X(charging) /* more than 1 A */

#define SCRIPT_FAULT_ENUM(name, scope, value) SCRIPT_FAULT_##name,
enum script_fault { SCRIPT_FAULTS(SCRIPT_FAULT_ENUM) SCRIPT_FAULT_COUNT };
#undef SCRIPT_FAULT_ENUM
#define SCRIPT_CONDITION_ENUM(name) SCRIPT_CONDITION_##name,
enum script_condition { SCRIPT_CONDITIONS(SCRIPT_CONDITION_ENUM) SCRIPT_CONDITION_COUNT };
#undef SCRIPT_CONDITION_ENUM

#define SCRIPT_ANY_BAY   (-1)
#define SCRIPT_RULES_MAX 64

struct script_rule {
    int line;
    bool timed; /* `at`: after_s counts from the beginning of the plant, else from the condition */
    double after_s;
    enum script_condition condition;
    int bay;                  /* of the condition, index from 0 or SCRIPT_ANY_BAY */
    char vehicle[IO_ID_SIZE]; /* "" any */
    enum script_fault fault;
    int fault_bay; /* index from 0, or SCRIPT_ANY_BAY: the condition's, for the station: none */
    double value;
    char id[IO_ID_SIZE]; /* of a token or vehicle */
    double for_s;        /* INFINITY: for good */
};

struct script_mistake {
    int line;
    char text[200];
};

struct script {
    size_t count;
    struct script_rule rules[SCRIPT_RULES_MAX];
    size_t mistake_count; /* those kept, at most 16 */
    struct script_mistake mistakes[16];
};

/* Pure. Good rules are in `script` even when there are mistakes. */
void script_parse(const char *text, size_t length, int bay_count, struct script *script);

const char *script_fault_name(enum script_fault fault);
enum script_scope script_fault_scope(enum script_fault fault);

#endif
