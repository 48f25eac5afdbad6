/* SPDX-License-Identifier: Apache-2.0 */
/* The board folder: what the shipped one says, and that every mistake is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/strbuf.h"
#include "drivers/board.h"
#include "drivers/driver.h"
#include "firmware/near.h"
#include <stdlib.h>
#include <string.h>

/* Every station role by sim; the tests replace one line of it. */
#define HEAD "[board]\ncompatible = sim\nname = Test\n"
#define ROLES                                                                                      \
    "[gate]\ndriver = sim\n[lane]\ndriver = sim\n[guard]\ndriver = sim\n"                          \
    "[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n[water]\ndriver = sim\n"               \
    "[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n[siren]\ndriver = sim\n"                \
    "[exhaust]\ndriver = sim\n[charge_enable]\ndriver = sim\n"
#define SIM  "[sim]\npacks = nmc:90 empty\nsessions = q.ini\n"
#define BAYS "[bays]\ncount = 2\ndriver = sim\n"
#define GOOD HEAD ROLES BAYS SIM

static struct board_report report;

static struct board *parse_good(const char *text)
{
    struct err err = {0};
    struct board *board = NULL;
    int result = board_parse(text, strlen(text), "t/board.ini", &board, &report, &err);
    if (result != 0)
        print_error("%s\n", err.text);
    assert_int_equal(result, 0);
    assert_int_equal(report.count, 0);
    assert_non_null(board);
    return board;
}

/* The text has exactly this one mistake: its line, role and words. */
static void expect_mistake(const char *text, int line, const char *role, const char *words)
{
    struct err err = {0};
    struct board *board = NULL;
    assert_int_equal(board_parse(text, strlen(text), "t/board.ini", &board, &report, &err),
                     ERR_CONFIG);
    assert_null(board);
    if (report.count != 1 || strstr(report.mistakes[0].text, words) == NULL)
        board_report_print(&report, stderr);
    assert_int_equal(report.count, 1);
    assert_int_equal(report.mistakes[0].line, line);
    assert_string_equal(report.mistakes[0].role, role);
    assert_non_null(strstr(report.mistakes[0].text, words));
    char place[64];
    (void)snprintf(place, sizeof place, line > 0 ? "t/board.ini:%d: " : "t/board.ini: ", line);
    assert_int_equal(strncmp(report.mistakes[0].text, place, strlen(place)), 0);
    assert_string_equal(err.text, report.mistakes[0].text);
}

static void test_shipped_board_is_good(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPE(board_free_scope) struct board *board = NULL;
    int result = board_load(SOURCE_DIR "/boards/sim", NULL, &board, &report, &err);
    if (result != 0)
        board_report_print(&report, stderr);
    assert_int_equal(result, 0);
    assert_string_equal(board->compatible, "sim");
    assert_int_equal(board->bay_count, 8);
    assert_true(board->uses_sim);
    assert_string_equal(board_driver(board, 0), "sim");
    assert_null(board_driver(board, 1));
    assert_string_equal(board->station[BOARD_ROLE_residual_current].driver, "sim");
    assert_near(board->bays[7].power_max_kw, 40, 0);
    /* Quantiles of the sessions came with it. */
    for (int i = 1; i < BOARD_QUANTILES; i++)
        assert_true(board->sim.soc_arrival_percent[i] >= board->sim.soc_arrival_percent[i - 1]);
    assert_near(board->sim.soc_arrival_percent[10], 31, 5);
    assert_int_equal(board_match_machine(board, &err), 0);
}

static void test_bay_sections_override(void **state)
{
    (void)state;
    SCOPE(board_free_scope)
    struct board *board =
        parse_good(HEAD ROLES "[bays]\ncount = 2\ndriver = sim\nfan_driver = none\n"
                              "light_address = lamp{slot}-{slot}\npower_max_kw = 30\n"
                              "[bay 2]\npower_max_kw = 7.5\nlight_driver = none\n"
                              "light_address = two\nfan_driver = sim\n" SIM);
    const struct board_bay *first = &board->bays[0], *second = &board->bays[1];
    assert_near(first->power_max_kw, 30, 0);
    assert_near(second->power_max_kw, 7.5, 0);
    assert_string_equal(first->roles[BOARD_BAY_ROLE_fan].driver, "none");
    assert_string_equal(second->roles[BOARD_BAY_ROLE_fan].driver, "sim");
    assert_string_equal(first->roles[BOARD_BAY_ROLE_light].address, "lamp1-1");
    assert_string_equal(second->roles[BOARD_BAY_ROLE_light].address, "two");
    assert_string_equal(second->roles[BOARD_BAY_ROLE_light].driver, "none");
}

static void test_each_mistake_is_named(void **state)
{
    (void)state;
    struct board *good = parse_good(GOOD); /* which names neither of these two */
    assert_string_equal(good->station[BOARD_ROLE_residual_current].driver, "none");
    assert_string_equal(good->station[BOARD_ROLE_mains].driver, "none");
    board_free(good);
    expect_mistake("[board]\nname = Test\n" ROLES BAYS SIM, 0, "board",
                   "[board] compatible is missing");
    expect_mistake("x = 1\n" GOOD, 1, "", "x stands before the first [section]");
    expect_mistake("[gatte]\ndriver = sim\n" GOOD, 1, "gatte", "did you mean [gate]?");
    expect_mistake(GOOD "[bay 3]\n", 32, "bay 3", "the board has 2 bays");
    expect_mistake(GOOD "[bay x]\n", 32, "bay x", "[bay N] with N from 1 to 64");
    expect_mistake(GOOD "[gate]\n", 32, "gate", "stands in line 4 already");
    expect_mistake(GOOD "seed = 3\nseed = 4\n", 33, "sim", "seed is given twice, first in line 32");
    expect_mistake(GOOD "seed = many\n", 32, "sim", "not a whole number");
    expect_mistake(GOOD "sed = 3\n", 32, "sim", "did you mean seed?");
    expect_mistake(GOOD "nonsense\n", 32, "", "\"nonsense\" is neither");
    expect_mistake(GOOD "[bay 2]\npower_max_kw = -1\n", 33, "bay 2", "not a decimal number from");
    expect_mistake(GOOD "[bay 2]\ndoor_driver = can\n", 33, "bay 2 door", "can");
    expect_mistake(GOOD "[bay 2]\nlock_driver = none\n", 33, "bay 2 lock", "cannot work without");
    expect_mistake(GOOD "[bay 2]\npack_driver = simm\n", 33, "bay 2 pack", "did you mean sim?");
    expect_mistake(GOOD "[bay 2]\nvoltage_max_v = 100\n", 33, "bay 2 charger", "not below");
    expect_mistake(GOOD "handling_min_s = 50\n", 0, "sim", "is above handling_max_s");
    expect_mistake(GOOD "serial_prefix = a b\n", 32, "sim", "may stand in a serial");
    expect_mistake(GOOD "[watchdog]\ndevice = dog\n", 33, "watchdog", "/dev/NAME or none");
    expect_mistake(GOOD "[storage]\nstate = here\n", 33, "storage", "absolute path");
    expect_mistake(HEAD ROLES BAYS "[sim]\npacks = nmc:90\nsessions = q\n", 30, "sim",
                   "1 words for 2 bays");
    expect_mistake(HEAD ROLES BAYS "[sim]\npacks = nmc:90 tin:1\nsessions = q\n", 30, "sim",
                   "\"tin:1\" (bay 2)");
    expect_mistake(HEAD ROLES BAYS "[sim]\npacks = nmc:90 empty\n", 0, "sim",
                   "sessions is missing");
    expect_mistake(HEAD ROLES "[bays]\ncount = 65\ndriver = sim\n[sim]\npacks = empty\n"
                              "sessions = q\n",
                   27, "bays", "from 1 to 64");
}

/* Five mistakes of different kinds: all of them are there, not the first only. */
static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    const char *text = "[board]\nname = T\nlatitude = north\n[lane]\ndriver = modbus\n"
                       "garbage\n[bays]\ncount = 1\n[sim]\npacks = empty\nsessions = q\n";
    struct board *board = NULL;
    struct err err = {0};
    assert_int_equal(board_parse(text, strlen(text), "b", &board, &report, &err), ERR_CONFIG);
    SCOPE_STRBUF struct strbuf all = STRBUF_INIT;
    for (size_t i = 0; i < report.count; i++) {
        strbuf_append_text(&all, report.mistakes[i].text);
        strbuf_append_char(&all, '\n');
    }
    static const char *const wanted[] = {"b:3: board: [board] latitude = north",
                                         "b:5: lane: driver = modbus: it serves",
                                         "b:6: \"garbage\"",
                                         "compatible is missing",
                                         "gate: no driver serves this role",
                                         "charge_enable: no driver serves this role",
                                         "b:7: bay 1 door: no driver serves",
                                         "b:7: bay 1 light: no driver serves"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_non_null(strstr(strbuf_text(&all), wanted[i]));
    assert_int_equal(report.count, 3 + 1 + 10 + 8);
    assert_non_null(strstr(err.text, "and 21 more"));
}

static void test_report_is_bounded(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    for (int i = 0; i < 500; i++)
        strbuf_append_text(&text, "garbage\n");
    struct board *board = NULL;
    assert_int_equal(board_parse(strbuf_text(&text), text.length, "b", &board, &report, NULL),
                     ERR_CONFIG);
    assert_true(report.count > 500);
    assert_int_equal(report.mistakes[BOARD_MISTAKES_MAX - 1].line, BOARD_MISTAKES_MAX);
    SCOPE_FREE char *printed = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&printed, &size);
    assert_non_null(to);
    board_report_print(&report, to);
    assert_int_equal(fclose(to), 0);
    assert_non_null(strstr(printed, " more\n"));
}

static void test_device_tree(void **state)
{
    (void)state;
    static const char machine[] = "raspberrypi,4-compute-module\0brcm,bcm2711";
    struct err err = {0};
    SCOPE(board_free_scope) struct board *board = parse_good(GOOD);
    assert_int_equal(board_matches(board, machine, sizeof machine, &err), 0); /* sim: anywhere */
    (void)snprintf(board->compatible, sizeof board->compatible, "brcm,bcm2711");
    assert_int_equal(board_matches(board, machine, sizeof machine, &err), 0);
    (void)snprintf(board->compatible, sizeof board->compatible, "brcm,bcm27");
    assert_int_equal(board_matches(board, machine, sizeof machine, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "raspberrypi,4-compute-module, brcm,bcm2711"));
    assert_int_equal(board_matches(board, "", 0, &err), ERR_CONFIG);
}

static void test_environment_reaches_sim_only(void **state)
{
    (void)state;
    char seed[] = "SWAPSTACK_SIM_SEED=77", gate[] = "SWAPSTACK_GATE_DRIVER=gpio";
    char *environment[] = {seed, gate, NULL};
    struct err err = {0};
    SCOPE(board_free_scope) struct board *board = NULL;
    assert_int_equal(board_load(SOURCE_DIR "/boards/sim", environment, &board, &report, &err), 0);
    assert_int_equal(board->sim.seed, 77);
    assert_string_equal(board->station[BOARD_ROLE_gate].driver, "sim");
    char bad[] = "SWAPSTACK_SIM_SEED=x";
    char *wrong[] = {bad, NULL};
    struct board *none = NULL;
    assert_int_equal(board_load(SOURCE_DIR "/boards/sim", wrong, &none, &report, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "SWAPSTACK_SIM_SEED"));
}

/* Files that the board names and that are not there, or not a board at all. */
static void test_missing_files(void **state)
{
    (void)state;
    struct err err = {0};
    struct board *board = NULL;
    assert_int_equal(board_load(SOURCE_DIR "/boards/none", NULL, &board, &report, &err),
                     ERR_CONFIG);
    assert_int_equal(report.count, 1);
    assert_non_null(strstr(err.text, "boards/none/board.ini"));
    char faults[] = "SWAPSTACK_SIM_FAULTS=no-such-file", sessions[] = "SWAPSTACK_SIM_SESSIONS=gone";
    char *environment[] = {faults, sessions, NULL};
    assert_int_equal(board_load(SOURCE_DIR "/boards/sim", environment, &board, &report, NULL),
                     ERR_CONFIG);
    assert_int_equal(report.count, 2);
    assert_non_null(strstr(report.mistakes[0].text, "gone"));
    assert_non_null(strstr(report.mistakes[1].text, "no-such-file"));
}

static void test_registry(void **state)
{
    (void)state;
    assert_non_null(driver_find("sim"));
    assert_true(driver_find("sim")->steppable);
    assert_null(driver_find("nonsense"));
    assert_ptr_equal(driver_at(0), driver_find("sim"));
    size_t count = 0;
    for (const struct driver_ops *ops; (ops = driver_at(count)) != NULL; count++)
        assert_ptr_equal(driver_find(ops->name), ops); /* each name once */
    assert_null(driver_at(count + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_board_is_good),
        cmocka_unit_test(test_bay_sections_override),
        cmocka_unit_test(test_each_mistake_is_named),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_report_is_bounded),
        cmocka_unit_test(test_device_tree),
        cmocka_unit_test(test_environment_reaches_sim_only),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
