/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with the roles that a board gives to the modbus driver. */
#ifndef SWAPSTACK_DRIVERS_MODBUS_CHECK_H
#define SWAPSTACK_DRIVERS_MODBUS_CHECK_H

#include "drivers/board.h"

/* Addresses, and what is the matter between them. Pure. */
void modbus_check(const struct board *board, struct board_report *report);
/* The maps that they name, and whether these fit the roles and the bays' limits. Reads files. */
void modbus_check_files(const struct board *board, struct board_report *report);

#endif
