/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a plan on a machine's chips: found by name, taken in as few requests as possible. */
#ifndef SWAPSTACK_DRIVERS_GPIO_LINES_H
#define SWAPSTACK_DRIVERS_GPIO_LINES_H

#include "drivers/gpio/plan.h"

/* One request to the kernel: lines of one chip with one mode. */
struct gpio_taken {
    size_t chip;
    int handle;
    struct gpio_mode mode;
    bool polled;  /* the chip has no interrupts: alarms are looked for */
    bool station; /* it has lines of the station */
    size_t count;
    size_t lines[GPIO_REQUEST_LINES]; /* numbers in the plan; the position is the bit in values */
    uint64_t values;                  /* inputs: as read last; outputs: as set last */
    uint64_t safe;                    /* outputs: without an engine */
    int64_t at_us;                    /* when that was, 0: never */
    int64_t polled_us;                /* polled: when alarms were looked for last */
    bool failed;                      /* the chip did not answer then; said already */
};

struct gpio_lines {
    struct gpio_plan plan; /* owned, as bank and taken */
    struct gpio_bank bank;
    char origin[BOARD_TEXT_SIZE]; /* the board's file, for sentences */
    size_t most;                  /* lines of one request */
    struct gpio_taken *taken;
    size_t taken_count, taken_capacity;
};

/* Takes all lines of `plan`; outputs go to their safe level. Fails closed: a chip or line that is
 * not there, or there twice, or in use, is an error whose sentence names file, line and role
 * (ERR_UNAVAILABLE: no such chip now; ERR_BUSY: in use; ERR_CONFIG: the board asks for what the
 * chip does not have or cannot do). Both `plan` and `bank` belong to `lines` from here on; release
 * with gpio_lines_free, also after an error (outputs that were taken have had their safe level by
 * then). */
int gpio_lines_take(struct gpio_lines *lines, const struct gpio_plan *plan,
                    const struct gpio_bank *bank, const char *origin, struct err *err);

/* The same for outputs only, each in a request of its own: one that cannot be taken does not keep
 * the others from their safe level. Each failure is logged, the first is returned. */
int gpio_lines_take_outputs(struct gpio_lines *lines, const struct gpio_plan *plan,
                            const struct gpio_bank *bank, const char *origin, struct err *err);

void gpio_lines_free(struct gpio_lines *lines);

/* The chip of a request did (code 0) or did not do what it was asked for: says so in the log when
 * that changes, not each time. */
void gpio_taken_note(struct gpio_lines *lines, struct gpio_taken *taken, int code,
                     const struct err *err);

#endif
