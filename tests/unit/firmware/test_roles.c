/* SPDX-License-Identifier: Apache-2.0 */
/* Several drivers serve one station: what each says, put together by role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/address.h"
#include "engine/roles.h"
#include <string.h>

static struct board *board_of(const char *pack, const char *sensors)
{
    static struct board board;
    memset(&board, 0, sizeof board);
    board.bay_count = 2;
    for (int i = 0; i < BOARD_STATION_ROLE_COUNT; i++)
        strcpy(board.station[i].driver, "gpio");
    for (int bay = 0; bay < 2; bay++)
        for (int i = 0; i < BOARD_BAY_ROLE_COUNT; i++)
            strcpy(board.bays[bay].roles[i].driver, "gpio");
    strcpy(board.bays[1].roles[BOARD_BAY_ROLE_pack].driver, pack);
    strcpy(board.bays[1].roles[BOARD_BAY_ROLE_sensors].driver, sensors);
    return &board;
}

static struct io_readings said(double temp_c, int64_t at_us, const char *bid)
{
    struct io_readings in = {.bay_count = 2, .at_us = at_us, .ambient_c = temp_c};
    for (int i = 0; i < 2; i++) {
        in.bays[i] = (struct io_bay){.at_us = at_us, .temp_c = temp_c, .door = IO_DOOR_CLOSED};
        in.bays[i].pack.at_us = at_us;
        strcpy(in.bays[i].pack.bid, bid);
    }
    return in;
}

static void each_field_comes_from_its_driver(void **state)
{
    (void)state;
    const struct board *board = board_of("can", "modbus");
    struct io_readings gpio = said(20, 500, "no"), can = said(99, 400, "PACK"),
                       modbus = said(31, 300, "no"), merged = {.bay_count = 2};
    struct plant_roles roles;
    roles_begin(&merged, 600);
    gpio.residual_current = can.mains_lost = true;
    roles_of(&roles, board, "gpio");
    roles_take(&roles, &gpio, &merged);
    roles_of(&roles, board, "can");
    roles_take(&roles, &can, &merged);
    roles_of(&roles, board, "modbus");
    roles_take(&roles, &modbus, &merged);
    roles_end(&merged);
    assert_int_equal(merged.now_us, 600);
    assert_int_equal(merged.at_us, 500); /* all of the station is gpio's */
    assert_true(merged.ambient_c == 20);
    assert_true(merged.residual_current && !merged.mains_lost);
    assert_true(merged.bays[0].temp_c == 20 && merged.bays[1].temp_c == 31);
    assert_int_equal(merged.bays[0].at_us, 500);
    assert_int_equal(merged.bays[1].at_us, 300); /* the oldest of door, lock, contactor, sensors */
    assert_string_equal(merged.bays[0].pack.bid, "no");
    assert_string_equal(merged.bays[1].pack.bid, "PACK");
    assert_int_equal(merged.bays[1].pack.at_us, 400); /* ages of its own */
}

static void a_single_driver_serves_all(void **state)
{
    (void)state;
    struct io_readings in = said(20, 500, "P"), merged = {.bay_count = 2};
    roles_begin(&merged, 600);
    roles_take(NULL, &in, &merged);
    roles_end(&merged);
    in.now_us = 600;
    in.bay_count = 2;
    assert_memory_equal(&merged, &in, sizeof in);
}

static void what_nobody_serves_was_never_heard(void **state)
{
    (void)state;
    struct io_readings merged = {.bay_count = 2};
    roles_begin(&merged, 600);
    roles_end(&merged);
    assert_int_equal(merged.at_us, 0);
    assert_int_equal(merged.bays[1].at_us, 0);
}

static void words_of_an_address(void **state)
{
    (void)state;
    struct address_word word;
    struct err err = {0};
    const char *at = "  can0 node=0x1A  ";
    assert_int_equal(address_next(&at, &word, &err), 1);
    assert_string_equal(word.key, "");
    assert_string_equal(word.value, "can0");
    assert_int_equal(address_next(&at, &word, &err), 1);
    assert_string_equal(word.key, "node");
    int64_t node = 0;
    assert_true(address_integer(word.value, 1, 127, &node));
    assert_int_equal(node, 26);
    assert_int_equal(address_next(&at, &word, &err), 0);
    assert_false(address_integer("12x", 0, 99, &node));
    assert_false(address_integer("", 0, 99, &node));
    assert_false(address_integer("100", 0, 99, &node));
    double real = 0;
    assert_true(address_real("0.5", 0, 1, &real));
    assert_false(address_real("nan", 0, 1, &real));
    assert_null(address_find("a=1 b=2", "c", &word));
    assert_string_equal(address_find("a=1 b=2", "b", &word), "2");
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    at = longest;
    assert_int_equal(address_next(&at, &word, &err), ERR_INVALID);
    assert_int_equal(address_next(&at, &word, &err), 0);
}

/* A token is news once and has no age: a reader that is silent for long makes nothing stale. */
static void a_reader_adds_no_age(void **state)
{
    (void)state;
    struct board *board = board_of("gpio", "gpio");
    strcpy(board->station[BOARD_ROLE_reader].driver, "reader");
    struct io_readings gpio = said(20, 500, "no"), reader = said(99, 0, "no"),
                       merged = {.bay_count = 2};
    struct plant_roles roles;
    strcpy(gpio.token, "NOT-MINE");
    strcpy(reader.token, "CARD-7");
    reader.token_number = 3;
    roles_begin(&merged, 600);
    roles_of(&roles, board, "gpio");
    roles_take(&roles, &gpio, &merged);
    roles_of(&roles, board, "reader");
    roles_take(&roles, &reader, &merged);
    roles_end(&merged);
    assert_string_equal(merged.token, "CARD-7");
    assert_int_equal(merged.token_number, 3);
    assert_int_equal(merged.at_us, 500);
    assert_true(merged.ambient_c == 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_comes_from_its_driver),
        cmocka_unit_test(a_single_driver_serves_all),
        cmocka_unit_test(what_nobody_serves_was_never_heard),
        cmocka_unit_test(a_reader_adds_no_age),
        cmocka_unit_test(words_of_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
