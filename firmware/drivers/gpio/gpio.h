/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver `gpio`: the roles of a station that are lines of Linux's GPIO character devices, and
 * temperatures that hwmon or IIO give as files. What an address says is in spec.h and signal.h,
 * docs/boards.md tells it to people.
 */
#ifndef SWAPSTACK_DRIVERS_GPIO_GPIO_H
#define SWAPSTACK_DRIVERS_GPIO_GPIO_H

#include "drivers/driver.h"
#include "drivers/gpio/bank.h"

extern const struct driver_ops gpio_driver;

/* What gpio_driver's open and rescue do, on any bank of chips (which is closed with the instance,
 * and on an error). */
int gpio_open_bank(void **self, const struct board *board, const struct gpio_bank *bank,
                   struct err *err);
int gpio_rescue_bank(const struct board *board, const struct gpio_bank *bank, struct err *err);

#endif
