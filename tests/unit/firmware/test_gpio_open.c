/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a board's lines from the chips of a machine: what is missing, double or in use fails
 * closed, with file, line and role; and driving the safe levels without an engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "firmware/gpio_plant.h"

static int set_up(void **state)
{
    *state = plant_new();
    return 0;
}

static int tear_down(void **state)
{
    plant_free(*state);
    return 0;
}

static int try_open(struct gpio_plant *plant, struct err *err)
{
    struct gpio_bank bank = fake_bank(&plant->fake);
    return gpio_open_bank(&plant->driver, plant->board, &bank, err);
}

/* It does not open: this code, these words; the bank is closed and nothing moves. */
static void expect_refusal(struct gpio_plant *plant, int code, const char *words)
{
    struct err err = {0};
    assert_int_equal(try_open(plant, &err), code);
    assert_null(plant->driver);
    assert_true(plant->fake.closed);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    for (size_t chip = 0; chip < plant->fake.chip_count; chip++)
        for (size_t i = 0; i < FAKE_LINES; i++) {
            const struct fake_line *line = &plant->fake.chips[chip].lines[i];
            if (line->output)
                assert_true(fake_is_on(line) == (strcmp(line->name, "EXHAUST") == 0));
        }
}

static void test_few_requests(void **state)
{
    struct gpio_plant *plant = *state;
    plant_open(plant);
    /* Inputs, alarms, the debounced stop, outputs of one chip; three of the other. */
    assert_int_equal(plant->fake.request_count, 7);
}

static void test_no_such_chip(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(plant->fake.chips[1].info.label, "boy");
    expect_refusal(
        plant, ERR_UNAVAILABLE,
        "t/board.ini:45: bay 1 door: opened=bay/OPEN1: no GPIO chip has the label, "
        "name or device bay; there are gpiochip0 [io], gpiochip1 [boy]; /dev/gpiochip9 cannot be "
        "opened");
}

static void test_a_chip_by_its_name(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(plant->fake.chips[1].info.label, "");
    strcpy(plant->fake.chips[1].info.name, "bay");
    plant_open(plant);
}

/* Labels of some chips follow the order in which they were found (gpio-omap): told by the device
 * they are the right ones whatever they are called. */
static void test_a_chip_by_its_device(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(plant->fake.chips[0].info.label, "gpio-96-127");
    strcpy(plant->fake.chips[0].info.device, "io");
    strcpy(plant->fake.chips[1].info.label, "gpio-0-31");
    strcpy(plant->fake.chips[1].info.device, "bay");
    plant_open(plant);
}

/* A label and a device of the same name are two chips, not one of them. */
static void test_a_device_like_a_label(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(plant->fake.chips[1].info.device, "io");
    expect_refusal(
        plant, ERR_CONFIG,
        "gate: open=io/GATE_OPEN: two GPIO chips are called io, gpiochip0 and gpiochip1: "
        "name one of them");
}

static void test_two_chips(void **state)
{
    struct gpio_plant *plant = *state;
    static const char *const NONE[] = {""};
    fake_add_chip(&plant->fake, "gpiochip2", "io", NONE, 1);
    expect_refusal(plant, ERR_CONFIG,
                   "t/board.ini:6: gate: open=io/GATE_OPEN: two GPIO chips are called io, "
                   "gpiochip0 and gpiochip2: name one of them");
}

static void test_no_such_line(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(fake_line(&plant->fake, "SMOKE")->name, "SMOK");
    expect_refusal(plant, ERR_CONFIG,
                   "t/board.ini:18: smoke: alarm=io/SMOKE: no line of gpiochip0 [io] has this "
                   "name (gpioinfo lists them)");
}

static void test_two_lines(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(fake_line(&plant->fake, "SPARE")->name, "SMOKE");
    expect_refusal(plant, ERR_CONFIG,
                   "alarm=io/SMOKE: lines 8 and 13 of gpiochip0 have this name: tell it by its "
                   "offset");
}

static void test_an_offset_beyond(void **state)
{
    struct gpio_plant *plant = *state;
    plant->fake.chips[1].info.lines = 11;
    expect_refusal(plant, ERR_CONFIG, "close=bay/11: gpiochip1 [bay] has lines 0 to 10");
}

/* The same chip under its label and its name: only the machine can tell. */
static void test_one_line_under_two_names(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(plant->board->station[BOARD_ROLE_siren].address, "on=gpiochip0/5");
    expect_refusal(plant, ERR_CONFIG,
                   "t/board.ini:29: siren: on=gpiochip0/5: it is the line of lane already "
                   "(occupied=)");
}

static void test_a_line_in_use(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(fake_line(&plant->fake, "WATER")->user, "sysfs");
    expect_refusal(plant, ERR_BUSY, "water: alarm=io/WATER: the line is in use by sysfs");
}

static void test_what_a_chip_cannot_do(void **state)
{
    struct gpio_plant *plant = *state;
    plant->fake.chips[0].no_bias = true;
    expect_refusal(plant, ERR_CONFIG, "emergency_stop: pressed=io/ESTOP: the chip cannot");
}

static void test_debouncing_needs_interrupts(void **state)
{
    struct gpio_plant *plant = *state;
    plant->fake.chips[0].no_interrupts = true;
    expect_refusal(plant, ERR_CONFIG, "emergency_stop: pressed=io/ESTOP: the chip has no");
}

/* Whichever request fails: nothing is left open, and no output is on. */
static void test_each_request_may_fail(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 7; i++) {
        struct gpio_plant *plant = plant_new();
        plant->fake.fail_request = i;
        expect_refusal(plant, ERR_UNAVAILABLE, "out of order");
        plant_free(plant);
    }
}

static void test_a_wrong_board(void **state)
{
    struct gpio_plant *plant = *state;
    strcpy(plant->board->station[BOARD_ROLE_gate].address, "open=io/1");
    expect_refusal(plant, ERR_CONFIG, "the word close=CHIP/LINE is missing");
}

/* --- safe levels without an engine --- */

static int rescue(struct gpio_plant *plant, struct err *err)
{
    struct gpio_bank bank = fake_bank(&plant->fake);
    return gpio_rescue_bank(plant->board, &bank, err);
}

/* What a dead engine left on. */
static void leave_on(struct gpio_plant *plant)
{
    static const char *const ON[] = {"GATE_CLOSE", "ENABLE", "CLOSE1", "UNLOCK2", "DRIVE1"};
    for (size_t i = 0; i < sizeof ON / sizeof *ON; i++)
        fake_line(&plant->fake, ON[i])->high = true;
}

static void test_rescue(void **state)
{
    struct gpio_plant *plant = *state;
    struct err err = {0};
    leave_on(plant);
    /* No input is needed for it: some are gone. */
    strcpy(fake_line(&plant->fake, "ESTOP")->name, "");
    strcpy(fake_line(&plant->fake, "LOCKED1")->user, "somebody");
    assert_int_equal(rescue(plant, &err), 0);
    assert_true(plant->fake.closed);
    static const char *const OFF[] = {"GATE_CLOSE", "ENABLE", "CLOSE1", "UNLOCK2", "DRIVE1"};
    for (size_t i = 0; i < sizeof OFF / sizeof *OFF; i++) {
        assert_true(fake_line(&plant->fake, OFF[i])->output);
        assert_false(fake_on(&plant->fake, OFF[i]));
    }
    assert_true(fake_on(&plant->fake, "EXHAUST"));
    assert_false(fake_line(&plant->fake, "SMOKE")->output);
}

static void test_rescue_does_what_it_can(void **state)
{
    struct gpio_plant *plant = *state;
    struct err err = {0};
    leave_on(plant);
    strcpy(fake_line(&plant->fake, "ENABLE")->name, "ENABEL");
    strcpy(fake_line(&plant->fake, "UNLOCK2")->user, "gpioset");
    assert_int_equal(rescue(plant, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "charge_enable: keepalive=io/ENABLE: no line"));
    assert_false(fake_on(&plant->fake, "CLOSE1")); /* all the others are safe */
    assert_false(fake_on(&plant->fake, "GATE_CLOSE"));
    assert_true(fake_on(&plant->fake, "UNLOCK2"));
    strcpy(fake_line(&plant->fake, "ENABEL")->name, "ENABLE");
    for (size_t i = 0; i < FAKE_LINES; i++)
        for (size_t chip = 0; chip < 2; chip++)
            plant->fake.chips[chip].lines[i].user[0] = '\0';
    strcpy(fake_line(&plant->fake, "UNLOCK2")->user, "gpioset");
    plant->fake.request_count = 0;
    assert_int_equal(rescue(plant, &err), ERR_BUSY);
    assert_non_null(strstr(err.text, "bay 2 lock: unlock=bay/UNLOCK2: the line is in use by "
                                     "gpioset"));
    assert_false(fake_on(&plant->fake, "ENABLE"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_few_requests),
        TEST(test_no_such_chip),
        TEST(test_a_chip_by_its_name),
        TEST(test_a_chip_by_its_device),
        TEST(test_a_device_like_a_label),
        TEST(test_two_chips),
        TEST(test_no_such_line),
        TEST(test_two_lines),
        TEST(test_an_offset_beyond),
        TEST(test_one_line_under_two_names),
        TEST(test_a_line_in_use),
        TEST(test_what_a_chip_cannot_do),
        TEST(test_debouncing_needs_interrupts),
        cmocka_unit_test(test_each_request_may_fail),
        TEST(test_a_wrong_board),
        TEST(test_rescue),
        TEST(test_rescue_does_what_it_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
