/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to lines. */
#ifndef SWAPSTACK_DRIVERS_GPIO_OUTPUTS_H
#define SWAPSTACK_DRIVERS_GPIO_OUTPUTS_H

#include "drivers/gpio/lines.h"

/* Sets all outputs as `requests` want them; what goes off does so before anything goes on. The
 * keep-alive (rule 9) toggles once per call that asks for it, and rests at its safe level
 * otherwise. */
void gpio_outputs_write(struct gpio_lines *lines, int64_t now_us,
                        const struct io_requests *requests);

/* Lets outputs fall that have been on for their longest pulse; each is reported. *next_us is
 * lowered to when the next one does. */
void gpio_outputs_pump(struct gpio_lines *lines, int64_t now_us, int64_t *next_us);

/* All outputs to their safe level. */
void gpio_outputs_safe(struct gpio_lines *lines);

#endif
