/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an address in board.ini says about one line. Pure.
 *
 *     open=pinctrl-bcm2711/17,max_pulse_ms=20000 closed=pinctrl-bcm2711/GPIO27,active-low
 *     chip=pinctrl-bcm2711 open=17 closed=GPIO27,active-low,bias=pull-up,debounce_ms=5
 *
 * SIGNAL=[CHIP/]LINE[,option…]: CHIP is the label of a chip, its name (gpiochip0) or the device
 * that it belongs to (4804c000.gpio); without it, that of the address's word chip=. LINE is an
 * offset when it has digits only, else the name of the line. Names hold no blank, comma or, for a
 * chip, slash; a line with such a name is told by its offset. Options:
 *
 *     active-low               the signal is on while the line is low
 *     bias=WHERE               pull-up, pull-down, disabled; as the hardware is, when not given
 *     debounce_ms=1…1000       inputs: shorter changes are ignored; at most 20 for an alarm
 *     safe=off|on              outputs: state when no engine drives it; off unless said otherwise
 *     max_pulse_ms=1…3600000   outputs: it falls by itself when it is asked for longer
 *     drive=HOW                outputs: push-pull (default), open-drain, open-source
 */
#ifndef SWAPSTACK_DRIVERS_GPIO_SPEC_H
#define SWAPSTACK_DRIVERS_GPIO_SPEC_H

#include "drivers/gpio/bank.h"
#include "drivers/gpio/signal.h"

struct gpio_spec {
    char chip[GPIO_NAME_SIZE]; /* label, name or device */
    char line[GPIO_NAME_SIZE]; /* name, "" when it is told by offset */
    int64_t offset;            /* -1 when it is told by name */
    struct gpio_mode mode;
    bool safe_on;
    int64_t max_pulse_ms; /* 0: none */
};

/* Reads the value of a signal's word. `chip` is the address's own (chip=), "" when it has none.
 * ERR_INVALID with a sentence that begins with the word. */
int gpio_spec_parse(enum gpio_signal signal, const char *chip, const char *text,
                    struct gpio_spec *spec, struct err *err);

/* "CHIP/LINE" as in the address, the offset without leading zeros. */
#define GPIO_PLACE_SIZE (2 * GPIO_NAME_SIZE)
void gpio_spec_place(const struct gpio_spec *spec, char to[GPIO_PLACE_SIZE]);

#endif
