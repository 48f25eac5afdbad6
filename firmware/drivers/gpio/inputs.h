/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and thermometers to readings. */
#ifndef SWAPSTACK_DRIVERS_GPIO_INPUTS_H
#define SWAPSTACK_DRIVERS_GPIO_INPUTS_H

#include "drivers/gpio/lines.h"

/* Reads all inputs and fills what they say. A group of inputs (the station's; a bay's) is as old as
 * its oldest: one that cannot be read ages (rule 7). An alarm that came and went since the last
 * call is in the readings once. */
void gpio_inputs_read(struct gpio_lines *lines, int64_t now_us, struct io_readings *readings);

/* Takes edges, and looks at alarms of chips without interrupts. True: an alarm began that the last
 * readings did not have. *next_us is lowered to when it wants to be called again. */
bool gpio_inputs_pump(struct gpio_lines *lines, int64_t now_us, int64_t *next_us);

#endif
