/* SPDX-License-Identifier: Apache-2.0 */
/* The GPIO chips of this machine: Linux's GPIO character devices, uAPI v2 (<linux/gpio.h>). */
#ifndef SWAPSTACK_DRIVERS_GPIO_CHARDEV_H
#define SWAPSTACK_DRIVERS_GPIO_CHARDEV_H

#include "drivers/gpio/bank.h"

/* Opens the bank of all gpiochip* in `folder` ("/dev"); `links` is the kernel's folder of links
 * that tell which device each belongs to ("/sys/bus/gpio/devices"), where one is missing the chip's
 * device is not known. A chip that this user may not open is left
 * out and named when a chip is missed. Lines of a process that just ended may be held for a moment
 * (by its guardian): a request waits for them, at most a second. ERR_NOMEM, ERR_SYSTEM. */
int gpio_chardev_open(struct gpio_bank *bank, const char *folder, const char *links,
                      struct err *err);

#endif
