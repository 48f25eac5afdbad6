/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver `can`: packs over CAN, one profile per bay (docs/can.md). `gbt27930` is the charger's side
 * of GB/T 27930, one bus per bay, because addresses are fixed; `cia418` asks a CANopen node per
 * bay, many on one bus. It serves the role `pack` and knows no other.
 */
#ifndef SWAPSTACK_DRIVERS_CAN_H
#define SWAPSTACK_DRIVERS_CAN_H

#include "can/canport.h"
#include "drivers/driver.h"

extern const struct driver_ops can_driver;

/* Adds what is wrong with the addresses of `board` (driver_ops.check). */
void can_check(const struct board *board, struct board_report *report);

/* As can_driver.open with buses of the caller's, for tests. `opener` outlives the driver; NULL: the
 * machine's interfaces, and captures. */
int can_open_with(void **self, const struct board *board, const struct env *env,
                  const struct canopener *opener, struct err *err);

#endif
