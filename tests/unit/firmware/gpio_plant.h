/* SPDX-License-Identifier: Apache-2.0 */
/* The gpio driver, open on the board of gpio_board.h and a fake bank of its two chips. */
#ifndef SWAPSTACK_TESTS_GPIO_PLANT_H
#define SWAPSTACK_TESTS_GPIO_PLANT_H

#include "drivers/gpio/gpio.h"
#include "firmware/fake_gpio.h"
#include "firmware/gpio_board.h"
#include <stdlib.h>

#define MS INT64_C(1000)

struct gpio_plant {
    struct fake_gpio fake;
    struct board *board;
    void *driver; /* NULL: not open */
    int64_t now_us;
    struct io_readings in;
    struct io_requests out;
};

static inline void plant_add_chips(struct fake_gpio *fake)
{
    static const char *const IO[] = {"GATE_OPEN",    "GATE_CLOSE", "GATE_IS_OPEN", "GATE_IS_SHUT",
                                     "GATE_BLOCKED", "LANE",       "GUARD",        "ESTOP",
                                     "SMOKE",        "WATER",      "SIREN",        "EXHAUST",
                                     "ENABLE",       "SPARE"};
    static const char *const BAY[] = {
        "OPEN1",   "SHUT1",    "BLOCKED1", "DRIVE1",  "UNLOCK1", "LOCKED1", "CLOSE1",
        "CLOSED1", "PACK1",    "SMOKE1",   "FAN1",    "BACK1",   "BACK2",   "OPEN2",
        "SHUT2",   "BLOCKED2", "DRIVE2",   "UNLOCK2", "LOCKED2", "CLOSE2",  "CLOSED2",
        "PACK2",   "SMOKE2",   "FAN2",     "LIGHT1",  "LIGHT2"};
    fake_add_chip(fake, "gpiochip0", "io", IO, sizeof IO / sizeof *IO);
    fake_add_chip(fake, "gpiochip1", "bay", BAY, sizeof BAY / sizeof *BAY);
}

static inline struct board *plant_board(const char *text)
{
    static struct board_report report;
    struct board *board = NULL;
    if (board_parse(text, strlen(text), "t/board.ini", &board, &report, NULL) != 0) {
        board_report_print(&report, stderr);
        fail_msg("the board is wrong");
    }
    return board;
}

/* Everything shut, nobody there, all well; active-low inputs are high at rest. */
static inline struct gpio_plant *plant_new(void)
{
    struct gpio_plant *plant = calloc(1, sizeof *plant);
    assert_non_null(plant);
    plant_add_chips(&plant->fake);
    static const char *const HIGH[] = {"GATE_IS_SHUT", "GUARD",   "ESTOP",   "SHUT1",
                                       "SHUT2",        "LOCKED1", "LOCKED2", "PACK1"};
    for (size_t i = 0; i < sizeof HIGH / sizeof *HIGH; i++)
        fake_level(&plant->fake, HIGH[i], true);
    fake_file(&plant->fake, "/sys/ambient", "18500\n");
    fake_file(&plant->fake, "/sys/bay1", "23000\n");
    fake_file(&plant->fake, "/sys/bay2", "-5250\n");
    plant->now_us = 1000000000;
    plant->in.bay_count = 2;
    plant->board = plant_board(GPIO_BOARD);
    return plant;
}

static inline void plant_open(struct gpio_plant *plant)
{
    struct gpio_bank bank = fake_bank(&plant->fake);
    struct err err = {0};
    if (gpio_open_bank(&plant->driver, plant->board, &bank, &err) != 0)
        fail_msg("%s", err.text);
}

static inline void plant_free(struct gpio_plant *plant)
{
    if (plant->driver)
        gpio_driver.close(plant->driver);
    board_free(plant->board);
    free(plant);
}

static inline void plant_wait(struct gpio_plant *plant, int64_t ms)
{
    plant->now_us += ms * MS;
}

static inline const struct io_readings *plant_read(struct gpio_plant *plant)
{
    struct err err = {0};
    assert_int_equal(gpio_driver.read(plant->driver, plant->now_us, &plant->in, &err), 0);
    return &plant->in;
}

static inline void plant_write(struct gpio_plant *plant)
{
    struct err err = {0};
    assert_int_equal(gpio_driver.write(plant->driver, plant->now_us, &plant->out, &plant->in, &err),
                     0);
}

static inline bool plant_pump(struct gpio_plant *plant, int64_t *next_us)
{
    int64_t next = 0;
    bool urgent = gpio_driver.pump(plant->driver, plant->now_us, &next);
    if (next_us)
        *next_us = next;
    return urgent;
}

#endif
