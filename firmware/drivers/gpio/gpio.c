/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/gpio/gpio.h"

#include "base/log.h"
#include "base/scope.h"
#include "drivers/gpio/chardev.h"
#include "drivers/gpio/inputs.h"
#include "drivers/gpio/outputs.h"
#include <stdlib.h>

static void check(const struct board *board, struct board_report *report)
{
    struct gpio_plan plan;
    struct err err = {0};
    if (gpio_plan(&plan, board, report, &err) != 0)
        board_report_add(report, board->origin, 0, "", "%s", err.text);
    gpio_plan_free(&plan);
}

/* The plan of a board, which its check has found good. */
static int plan_of(struct gpio_plan *plan, const struct board *board, struct err *err)
{
    SCOPE_FREE struct board_report *report = calloc(1, sizeof *report);
    if (!report)
        return err_set(err, ERR_NOMEM, "out of memory for the board's lines");
    int code = gpio_plan(plan, board, report, err);
    if (!code && report->count)
        code = err_set(err, ERR_CONFIG, "%s", report->mistakes[0].text);
    if (code)
        gpio_plan_free(plan);
    return code;
}

static void free_lines(struct gpio_lines **lines)
{
    if (*lines)
        gpio_lines_free(*lines);
    free(*lines);
}

int gpio_open_bank(void **self, const struct board *board, const struct gpio_bank *bank,
                   struct err *err)
{
    struct gpio_plan plan;
    SCOPE(free_lines) struct gpio_lines *lines = calloc(1, sizeof *lines);
    *self = NULL;
    int code = lines ? plan_of(&plan, board, err)
                     : err_set(err, ERR_NOMEM, "out of memory for the board's lines");
    if (code) {
        bank->close(bank->self);
        return code;
    }
    code = gpio_lines_take(lines, &plan, bank, board->origin, err);
    if (code)
        return code;
    for (size_t i = 0; i < lines->taken_count; i++) {
        const struct gpio_taken *taken = &lines->taken[i];
        if (taken->polled)
            log_info("gpio", "%s: its chip tells no edges, so alarms are looked for",
                     plan.lines[taken->lines[0]].role);
    }
    log_info("gpio", "open lines=%zu requests=%zu thermometers=%zu", plan.line_count,
             lines->taken_count, plan.thermometer_count);
    *self = SCOPE_STEAL(lines);
    return 0;
}

int gpio_rescue_bank(const struct board *board, const struct gpio_bank *bank, struct err *err)
{
    struct gpio_plan plan;
    struct gpio_lines lines;
    int code = plan_of(&plan, board, err);
    if (code) {
        bank->close(bank->self);
        return code;
    }
    code = gpio_lines_take_outputs(&lines, &plan, bank, board->origin, err);
    size_t done = 0;
    for (size_t i = 0; i < lines.taken_count; i++)
        done += lines.taken[i].handle >= 0;
    log_info("gpio", "outputs at their safe level lines=%zu", done);
    gpio_lines_free(&lines);
    return code;
}

/* Links gpiochip0 … to the device of each chip. */
static const char DEVICE_LINKS[] = "/sys/bus/gpio/devices";

static int open_driver(void **self, const struct board *board, const struct env *env,
                       struct err *err)
{
    struct gpio_bank bank;
    (void)env; /* readings carry the engine's time */
    *self = NULL;
    int code = gpio_chardev_open(&bank, "/dev", DEVICE_LINKS, err);
    return code ? code : gpio_open_bank(self, board, &bank, err);
}

static int rescue(const struct board *board, struct err *err)
{
    struct gpio_bank bank;
    int code = gpio_chardev_open(&bank, "/dev", DEVICE_LINKS, err);
    return code ? code : gpio_rescue_bank(board, &bank, err);
}

/* Never an error: what cannot be read ages, and the log has it once (lines.h). */
static int read_driver(void *self, int64_t now_us, struct io_readings *readings, struct err *err)
{
    (void)err;
    gpio_inputs_read(self, now_us, readings);
    return 0;
}

static int write_driver(void *self, int64_t now_us, const struct io_requests *requests,
                        const struct io_readings *readings, struct err *err)
{
    (void)readings;
    (void)err;
    gpio_outputs_write(self, now_us, requests);
    return 0;
}

static bool pump(void *self, int64_t now_us, int64_t *next_us)
{
    *next_us = INT64_MAX;
    bool urgent = gpio_inputs_pump(self, now_us, next_us);
    gpio_outputs_pump(self, now_us, next_us);
    return urgent;
}

static int wake_fd(void *self)
{
    const struct gpio_lines *lines = self;
    return lines->bank.wake_fd(lines->bank.self);
}

static void make_safe(void *self)
{
    gpio_outputs_safe(self);
}

static void close_driver(void *self)
{
    struct gpio_lines *lines = self;
    gpio_outputs_safe(lines);
    free_lines(&lines);
}

const struct driver_ops gpio_driver = {
    .name = "gpio",
    .check = check,
    .open = open_driver,
    .read = read_driver,
    .write = write_driver,
    .pump = pump,
    .wake_fd = wake_fd,
    .make_safe = make_safe,
    .rescue = rescue,
    .close = close_driver,
};
