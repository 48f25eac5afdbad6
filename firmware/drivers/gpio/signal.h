/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals of a station that a GPIO line can carry: which role each belongs to, the word that
 * names it in that role's address, its direction, and what it means in readings and requests.
 * One table; check, requests for lines, reading and writing all follow it.
 */
#ifndef SWAPSTACK_DRIVERS_GPIO_SIGNAL_H
#define SWAPSTACK_DRIVERS_GPIO_SIGNAL_H

#include "core/io.h"
#include "drivers/board.h"
#include <stdbool.h>

/* Whether a role's address must name the signal. */
enum gpio_need {
    GPIO_NEED_ALWAYS,
    GPIO_NEED_NEVER,   /* doors that a spring or a hand moves have no motor */
    GPIO_NEED_TO_CLOSE /* rule 4: what shuts by power must feel what stands in its way */
};

/* The level of an input that is an alarm: it wakes the engine, and one that is over before the next
 * step is not lost. */
enum gpio_alarm { GPIO_ALARM_NONE, GPIO_ALARM_ON, GPIO_ALARM_OFF };

/* constant, bay or station, role, word, direction, need, alarm, what it says or does */
#define GPIO_SIGNALS(X)                                                                            \
    X(GATE_OPEN, STATION, gate, "open", OUTPUT, ALWAYS, NONE, "opens the gate")                    \
    X(GATE_CLOSE, STATION, gate, "close", OUTPUT, ALWAYS, NONE, "closes the gate")                 \
    X(GATE_OPENED, STATION, gate, "opened", INPUT, ALWAYS, NONE, "the gate is open")               \
    X(GATE_CLOSED, STATION, gate, "closed", INPUT, ALWAYS, NONE, "the gate is closed")             \
    X(GATE_OBSTRUCTED, STATION, gate, "obstructed", INPUT, TO_CLOSE, ON,                           \
      "something is in the gate's way")                                                            \
    X(LANE_OCCUPIED, STATION, lane, "occupied", INPUT, ALWAYS, NONE, "a vehicle is in the lane")   \
    X(GUARD_CLEAR, STATION, guard, "clear", INPUT, ALWAYS, OFF,                                    \
      "nobody is in the gate's moving zone")                                                       \
    X(ESTOP_PRESSED, STATION, emergency_stop, "pressed", INPUT, ALWAYS, ON,                        \
      "the emergency stop is pressed")                                                             \
    X(SMOKE_ALARM, STATION, smoke, "alarm", INPUT, ALWAYS, ON, "there is smoke in the station")    \
    X(WATER_ALARM, STATION, water, "alarm", INPUT, ALWAYS, NONE, "there is water in the station")  \
    X(RESIDUAL_TRIPPED, STATION, residual_current, "tripped", INPUT, ALWAYS, ON,                   \
      "the residual-current device has tripped")                                                   \
    X(MAINS_PRESENT, STATION, mains, "present", INPUT, ALWAYS, OFF, "the supply is there")         \
    X(SIREN_ON, STATION, siren, "on", OUTPUT, ALWAYS, NONE, "sounds the siren")                    \
    X(EXHAUST_ON, STATION, exhaust, "on", OUTPUT, ALWAYS, NONE, "runs the exhaust")                \
    X(CHARGE_ENABLE, STATION, charge_enable, "keepalive", OUTPUT, ALWAYS, NONE,                    \
      "keeps charging enabled while the engine is well")                                           \
    X(DOOR_OPEN, BAY, door, "open", OUTPUT, NEVER, NONE, "opens the door")                         \
    X(DOOR_CLOSE, BAY, door, "close", OUTPUT, NEVER, NONE, "closes the door")                      \
    X(DOOR_OPENED, BAY, door, "opened", INPUT, ALWAYS, NONE, "the door is open")                   \
    X(DOOR_CLOSED, BAY, door, "closed", INPUT, ALWAYS, NONE, "the door is closed")                 \
    X(DOOR_OBSTRUCTED, BAY, door, "obstructed", INPUT, TO_CLOSE, ON,                               \
      "something is in the door's way")                                                            \
    X(LOCK_UNLOCK, BAY, lock, "unlock", OUTPUT, ALWAYS, NONE, "releases the lock")                 \
    X(LOCK_LOCKED, BAY, lock, "locked", INPUT, ALWAYS, NONE, "the lock is locked")                 \
    X(CONTACTOR_CLOSE, BAY, contactor, "close", OUTPUT, ALWAYS, NONE, "closes the contactor")      \
    X(CONTACTOR_CLOSED, BAY, contactor, "closed", INPUT, ALWAYS, NONE, "the contactor is closed")  \
    X(BAY_PRESENT, BAY, sensors, "present", INPUT, ALWAYS, NONE, "something is in the bay")        \
    X(BAY_SMOKE, BAY, sensors, "smoke", INPUT, ALWAYS, ON, "there is smoke in the bay")            \
    X(FAN_ON, BAY, fan, "on", OUTPUT, ALWAYS, NONE, "runs the fan")                                \
    X(LIGHT_ON, BAY, light, "on", OUTPUT, ALWAYS, NONE, "lights the bay")

#define GPIO_SIGNAL_ENUM(name, place, role, word, direction, need, alarm, text) GPIO_##name,
enum gpio_signal { GPIO_SIGNALS(GPIO_SIGNAL_ENUM) GPIO_SIGNAL_COUNT };
#undef GPIO_SIGNAL_ENUM

struct gpio_signal_info {
    bool bay; /* false: of the station */
    int role; /* enum board_bay_role or enum board_station_role */
    const char *word;
    bool output;
    enum gpio_need need;
    enum gpio_alarm alarm;
    const char *text; /* input: "the gate is open"; output: "opens the gate" */
};

const struct gpio_signal_info *gpio_signal_info(enum gpio_signal signal);
/* The signal that `word` names in the address of a role; GPIO_SIGNAL_COUNT when it has none. */
enum gpio_signal gpio_signal_find(bool bay, int role, const char *word);
/* Whether some signal belongs to the role, and whether its address takes temp=PATH. */
bool gpio_serves(bool bay, int role);
bool gpio_has_temperature(bool bay, int role);

/* What `requests` want of an output; `bay` from 0, unused for the station's. */
bool gpio_signal_wanted(enum gpio_signal signal, int bay, const struct io_requests *requests);

/* States of the inputs of the station or of one bay, by signal, as readings. Contradictory ends of
 * a gate or a door ("open" and "closed" at once) are neither: it stands between. */
void gpio_report_station(const bool on[GPIO_SIGNAL_COUNT], struct io_readings *readings);
void gpio_report_bay(const bool on[GPIO_SIGNAL_COUNT], struct io_bay *bay);

#endif
