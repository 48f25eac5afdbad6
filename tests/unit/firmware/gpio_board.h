/* SPDX-License-Identifier: Apache-2.0 */
/* Boards whose roles the gpio driver serves, for tests: one that is right, and parts to replace. */
#ifndef SWAPSTACK_TESTS_GPIO_BOARD_H
#define SWAPSTACK_TESTS_GPIO_BOARD_H

#include "drivers/board.h"

/* Each part has as many lines as its name says, so that tests can tell where a mistake stands. */
#define GPIO_HEAD_3 "[board]\ncompatible = generic-x86\nname = Test\n"
#define GPIO_GATE_3                                                                                \
    "[gate]\ndriver = gpio\n"                                                                      \
    "address = chip=io open=GATE_OPEN,max_pulse_ms=500 close=GATE_CLOSE opened=GATE_IS_OPEN "      \
    "closed=GATE_IS_SHUT obstructed=GATE_BLOCKED\n"
#define GPIO_ALARMS_15                                                                             \
    "[lane]\ndriver = gpio\naddress = occupied=io/LANE\n"                                          \
    "[guard]\ndriver = gpio\naddress = clear=io/GUARD\n"                                           \
    "[emergency_stop]\ndriver = gpio\n"                                                            \
    "address = pressed=io/ESTOP,active-low,bias=pull-up,debounce_ms=5\n"                           \
    "[smoke]\ndriver = gpio\naddress = alarm=io/SMOKE\n"                                           \
    "[water]\ndriver = gpio\naddress = alarm=io/WATER\n"
#define GPIO_REST_14                                                                               \
    "[ambient]\ndriver = gpio\naddress = temp=/sys/ambient\n"                                      \
    "[mains_meter]\ndriver = none\n"                                                               \
    "[siren]\ndriver = gpio\naddress = on=io/SIREN\n"                                              \
    "[exhaust]\ndriver = gpio\naddress = on=io/EXHAUST,safe=on\n"                                  \
    "[charge_enable]\ndriver = gpio\naddress = keepalive=io/ENABLE\n"
#define GPIO_STATION GPIO_HEAD_3 GPIO_GATE_3 GPIO_ALARMS_15 GPIO_REST_14 /* 35 lines */
#define GPIO_BAYS                                                                                  \
    "[bays]\ncount = 2\ndriver = sim\ndoor_driver = gpio\nlock_driver = gpio\n"                    \
    "contactor_driver = gpio\nsensors_driver = gpio\nfan_driver = gpio\nlight_driver = gpio\n"
#define GPIO_BAY_ADDRESSES                                                                         \
    "door_address = chip=bay opened=OPEN{slot} closed=SHUT{slot} obstructed=BLOCKED{slot} "        \
    "open=DRIVE{slot},max_pulse_ms=5000 close=1{slot}\n"                                           \
    "lock_address = unlock=bay/UNLOCK{slot} locked=bay/LOCKED{slot}\n"                             \
    "contactor_address = close=bay/CLOSE{slot} closed=bay/CLOSED{slot}\n"                          \
    "sensors_address = chip=bay present=PACK{slot} smoke=SMOKE{slot} temp=/sys/bay{slot}\n"        \
    "fan_address = on=bay/FAN{slot}\n"                                                             \
    "light_address = on=bay/LIGHT{slot}\n"
#define GPIO_SIM   "[sim]\npacks = nmc:40 empty\nsessions = q.ini\n"
#define GPIO_BOARD GPIO_STATION GPIO_BAYS GPIO_BAY_ADDRESSES GPIO_SIM

#endif
