/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "modbus": meters, chargers and sensors behind Modbus RTU and TCP, through libmodbus.
 * A map file says which registers hold what (modbus/map.h), an address in board.ini where the
 * device is (modbus/place.h). Each bus has a thread of its own (modbus/bus.h).
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_MODBUS_H
#define SWAPSTACK_DRIVERS_MODBUS_MODBUS_H

#include "drivers/driver.h"

extern const struct driver_ops modbus_driver;

#endif
