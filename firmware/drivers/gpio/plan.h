/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All lines and temperature files that a board gives to this driver: its addresses, read and
 * checked. Pure.
 */
#ifndef SWAPSTACK_DRIVERS_GPIO_PLAN_H
#define SWAPSTACK_DRIVERS_GPIO_PLAN_H

#include "drivers/address.h"
#include "drivers/gpio/spec.h"

#define GPIO_ROLE_SIZE 48

/* A line, from its word in board.ini to its state. */
struct gpio_line {
    enum gpio_signal signal;
    int bay;                   /* from 0; -1: of the station */
    int file_line;             /* in board.ini */
    char role[GPIO_ROLE_SIZE]; /* "gate", "bay 3 door" */
    struct gpio_spec spec;
    /* Where it was found; set when lines are taken (lines.h). */
    size_t chip, request, index; /* index: in the request */
    uint32_t offset;
    /* State. */
    bool on;          /* input: as last read; output: as asked of the chip */
    bool latched;     /* input: its alarm was seen since it was read last */
    bool wanted;      /* output: as last asked by the engine */
    bool spent;       /* output: it fell because of its longest pulse, and stays down */
    int64_t since_us; /* output: since when it is wanted; keep-alive: of the last toggle */
};

/* A file with a temperature in millidegrees, as hwmon and IIO give it. */
struct gpio_thermometer {
    int bay; /* -1: ambient */
    int file_line;
    char role[GPIO_ROLE_SIZE];
    char pattern[ADDRESS_VALUE_SIZE]; /* absolute path, glob(7) */
    double temp_c;                    /* NAN: implausible */
    int64_t at_us;                    /* last time that it could be read, 0: never */
    int64_t tried_us;                 /* last attempt */
    bool failed;                      /* of that attempt; said already */
};

struct gpio_plan {
    struct gpio_line *lines; /* owned, as thermometers */
    size_t line_count, line_capacity;
    struct gpio_thermometer *thermometers;
    size_t thermometer_count, thermometer_capacity;
};

/* Reads the addresses of all roles that `board` gives to the driver "gpio"; each mistake goes to
 * `report` once, also when the same address holds for several bays. ERR_NOMEM, else 0. Free in each
 * case. */
int gpio_plan(struct gpio_plan *plan, const struct board *board, struct board_report *report,
              struct err *err);
void gpio_plan_free(struct gpio_plan *plan);

#endif
