/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of a station that the modbus driver serves, and what each asks of a map. Pure. */
#ifndef SWAPSTACK_DRIVERS_MODBUS_ROLES_H
#define SWAPSTACK_DRIVERS_MODBUS_ROLES_H

#include "drivers/board.h"
#include "drivers/modbus/map.h"

enum modbus_role {
    MODBUS_ROLE_NONE, /* one that the driver cannot serve */
    MODBUS_ROLE_MAINS_METER,
    MODBUS_ROLE_AMBIENT,
    MODBUS_ROLE_CHARGER,
    MODBUS_ROLE_SENSORS,
    MODBUS_ROLE_COUNT
};

/* A role that the board gives to this driver. */
struct modbus_served {
    enum modbus_role role;
    int bay;        /* from 0; -1: the station's */
    char label[48]; /* "mains_meter", "bay 3 charger" */
    const struct board_binding *binding;
};

/* The next role that the board gives to the driver named "modbus"; *position is 0 at first. False
 * after the last. */
bool modbus_served_next(const struct board *board, size_t *position, struct modbus_served *served);

/* What the role reads of a map (bits MODBUS_WANT of modbus/plan.h), and how often by default, ms.
 */
uint32_t modbus_role_wants(enum modbus_role role);
int modbus_role_poll_ms(enum modbus_role role);

/* Whether the map has all that the role needs. ERR_CONFIG names what is missing. */
int modbus_role_fits(enum modbus_role role, const struct modbus_map *map, struct err *err);

#endif
