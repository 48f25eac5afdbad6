/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/signal.h"

#include <string.h>

#define PLACE_STATION(role) false, BOARD_ROLE_##role
#define PLACE_BAY(role)     true, BOARD_BAY_ROLE_##role
#define DIRECTION_INPUT     false
#define DIRECTION_OUTPUT    true
#define SIGNAL_ROW(name, place, role, word, direction, need, alarm, text)                          \
    [GPIO_##name] = {PLACE_##place(role), word, DIRECTION_##direction, GPIO_NEED_##need,           \
                     GPIO_ALARM_##alarm,  text},
static const struct gpio_signal_info SIGNALS[GPIO_SIGNAL_COUNT] = {GPIO_SIGNALS(SIGNAL_ROW)};

const struct gpio_signal_info *gpio_signal_info(enum gpio_signal signal)
{
    return &SIGNALS[signal];
}

enum gpio_signal gpio_signal_find(bool bay, int role, const char *word)
{
    enum gpio_signal signal = 0;
    while (signal < GPIO_SIGNAL_COUNT &&
           (SIGNALS[signal].bay != bay || SIGNALS[signal].role != role ||
            strcmp(SIGNALS[signal].word, word) != 0))
        signal++;
    return signal;
}

bool gpio_has_temperature(bool bay, int role)
{
    return bay ? role == BOARD_BAY_ROLE_sensors : role == BOARD_ROLE_ambient;
}

bool gpio_serves(bool bay, int role)
{
    for (int i = 0; i < GPIO_SIGNAL_COUNT; i++) {
        if (SIGNALS[i].bay == bay && SIGNALS[i].role == role)
            return true;
    }
    return gpio_has_temperature(bay, role);
}

bool gpio_signal_wanted(enum gpio_signal signal, int bay, const struct io_requests *requests)
{
    const struct io_bay_request *of_bay = &requests->bays[bay < 0 ? 0 : bay];
    switch (signal) {
    case GPIO_GATE_OPEN:
        return requests->gate == IO_MOTION_OPEN;
    case GPIO_GATE_CLOSE:
        return requests->gate == IO_MOTION_CLOSE;
    case GPIO_SIREN_ON:
        return requests->siren;
    case GPIO_EXHAUST_ON:
        return requests->exhaust;
    case GPIO_CHARGE_ENABLE:
        return requests->charge_enable;
    case GPIO_DOOR_OPEN:
        return of_bay->door == IO_MOTION_OPEN;
    case GPIO_DOOR_CLOSE:
        return of_bay->door == IO_MOTION_CLOSE;
    case GPIO_LOCK_UNLOCK:
        return of_bay->unlock;
    case GPIO_CONTACTOR_CLOSE:
        return of_bay->contactor;
    case GPIO_FAN_ON:
        return of_bay->fan;
    case GPIO_LIGHT_ON:
        return of_bay->light;
    default: /* inputs */
        return false;
    }
}

void gpio_report_station(const bool on[GPIO_SIGNAL_COUNT], struct io_readings *readings)
{
    readings->gate = IO_GATE_BETWEEN;
    if (on[GPIO_GATE_OPENED] != on[GPIO_GATE_CLOSED])
        readings->gate = on[GPIO_GATE_OPENED] ? IO_GATE_OPEN : IO_GATE_CLOSED;
    readings->gate_obstructed = on[GPIO_GATE_OBSTRUCTED];
    readings->lane_occupied = on[GPIO_LANE_OCCUPIED];
    readings->guard_clear = on[GPIO_GUARD_CLEAR];
    readings->emergency_stop = on[GPIO_ESTOP_PRESSED];
    readings->smoke = on[GPIO_SMOKE_ALARM];
    readings->water = on[GPIO_WATER_ALARM];
    readings->residual_current = on[GPIO_RESIDUAL_TRIPPED];
    readings->mains_lost = !on[GPIO_MAINS_PRESENT];
}

void gpio_report_bay(const bool on[GPIO_SIGNAL_COUNT], struct io_bay *bay)
{
    bay->door = IO_DOOR_BETWEEN;
    if (on[GPIO_DOOR_OPENED] != on[GPIO_DOOR_CLOSED])
        bay->door = on[GPIO_DOOR_OPENED] ? IO_DOOR_OPEN : IO_DOOR_CLOSED;
    bay->door_obstructed = on[GPIO_DOOR_OBSTRUCTED];
    bay->locked = on[GPIO_LOCK_LOCKED];
    bay->contactor_closed = on[GPIO_CONTACTOR_CLOSED];
    bay->present = on[GPIO_BAY_PRESENT];
    bay->smoke = on[GPIO_BAY_SMOKE];
}
