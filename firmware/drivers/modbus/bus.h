/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One bus and the thread that works on it, so that no device, however it hangs, holds up the
 * engine. The thread owns the wire and its points; the two sides exchange orders and readings by
 * copy under a mutex that nobody holds while he waits. One request is under way at a time, so an
 * order to switch off waits for at most one answer.
 */
#ifndef SWAPSTACK_DRIVERS_MODBUS_BUS_H
#define SWAPSTACK_DRIVERS_MODBUS_BUS_H

#include "drivers/modbus/link.h"
#include "drivers/modbus/point.h"

/* An engine that gave no order for so long hangs: its chargers are switched off. */
#define MODBUS_ENGINE_SILENT_US (2 * INT64_C(1000000))
/* Time for modbus_bus_stop to switch off what the bus has, and to end. */
#define MODBUS_STOP_US (900 * INT64_C(1000))

struct modbus_bus;

/* Makes the bus of `place` with room for `capacity` points, and takes over `link`, in any case.
 * `wake` (an eventfd of the caller, outlives the bus) is written to when the engine should read at
 * once. Release with modbus_bus_stop. */
int modbus_bus_new(struct modbus_bus **bus, const struct modbus_bus_place *place,
                   struct modbus_link link, int capacity, int wake, struct err *err);
const struct modbus_bus_place *modbus_bus_place_of(const struct modbus_bus *bus);
/* Adds a point, copied, before the start. Returns its index; -1 when there is no room. */
int modbus_bus_add(struct modbus_bus *bus, const struct modbus_point *point);
/* Starts the thread. Every charger is told to be off first. */
int modbus_bus_start(struct modbus_bus *bus, struct err *err);

/* Both never wait for the wire. Giving an order, also an unchanged one, says that the engine lives.
 */
void modbus_bus_order(struct modbus_bus *bus, int index, const struct modbus_order *order);
void modbus_bus_reading(struct modbus_bus *bus, int index, struct modbus_reading *reading);

/* Asks the thread to switch all chargers off and to end; does not wait. */
void modbus_bus_begin_stop(struct modbus_bus *bus);
/* The same, and waits for it (at most about MODBUS_STOP_US), and releases the bus. */
void modbus_bus_stop(struct modbus_bus *bus);

#endif
