/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the gpio driver: what a word means, and that every mistake of a board is named with
 * its line and role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/strbuf.h"
#include "drivers/gpio/plan.h"
#include "firmware/gpio_board.h"
#include <string.h>

static struct board_report report;

static struct gpio_spec parse_good(enum gpio_signal signal, const char *chip, const char *text)
{
    struct gpio_spec spec;
    struct err err = {0};
    int code = gpio_spec_parse(signal, chip, text, &spec, &err);
    if (code)
        print_error("%s\n", err.text);
    assert_int_equal(code, 0);
    return spec;
}

static void expect_bad(enum gpio_signal signal, const char *text, const char *words)
{
    struct gpio_spec spec;
    struct err err = {0};
    assert_int_equal(gpio_spec_parse(signal, "", text, &spec, &err), ERR_INVALID);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    /* The sentence begins with the word that is wrong. */
    assert_memory_equal(err.text, gpio_signal_info(signal)->word,
                        strlen(gpio_signal_info(signal)->word));
}

static void test_a_line_by_name_or_offset(void **state)
{
    (void)state;
    struct gpio_spec spec = parse_good(GPIO_GATE_OPENED, "", "pinctrl-bcm2711/GPIO17");
    assert_string_equal(spec.chip, "pinctrl-bcm2711");
    assert_string_equal(spec.line, "GPIO17");
    assert_int_equal(spec.offset, -1);
    assert_false(spec.mode.output);
    assert_false(spec.mode.edges); /* no alarm: the next step is soon enough */
    spec = parse_good(GPIO_GATE_OPENED, "gpiochip3", "017");
    assert_string_equal(spec.chip, "gpiochip3");
    assert_string_equal(spec.line, "");
    assert_int_equal(spec.offset, 17);
    spec = parse_good(GPIO_GATE_OPENED, "gpiochip3", "other/0");
    assert_string_equal(spec.chip, "other");
    char place[GPIO_PLACE_SIZE];
    gpio_spec_place(&spec, place);
    assert_string_equal(place, "other/0");
}

static void test_options(void **state)
{
    (void)state;
    struct gpio_spec spec =
        parse_good(GPIO_ESTOP_PRESSED, "", "c/1,active-low,bias=pull-up,debounce_ms=20");
    assert_true(spec.mode.active_low);
    assert_true(spec.mode.edges);
    assert_int_equal(spec.mode.bias, GPIO_BIAS_PULL_UP);
    assert_int_equal(spec.mode.debounce_us, 20000);
    spec = parse_good(GPIO_EXHAUST_ON, "", "c/1,drive=open-drain,safe=on,max_pulse_ms=3600000");
    assert_true(spec.mode.output);
    assert_true(spec.safe_on);
    assert_int_equal(spec.mode.drive, GPIO_DRIVE_OPEN_DRAIN);
    assert_int_equal(spec.max_pulse_ms, 3600000);
    spec = parse_good(GPIO_LOCK_UNLOCK, "", "c/1,drive=open-source,bias=pull-down,safe=off");
    assert_int_equal(spec.mode.drive, GPIO_DRIVE_OPEN_SOURCE);
    assert_int_equal(spec.mode.bias, GPIO_BIAS_PULL_DOWN);
    assert_false(spec.safe_on);
    spec = parse_good(GPIO_LANE_OCCUPIED, "", "c/1,bias=disabled,debounce_ms=1000");
    assert_int_equal(spec.mode.bias, GPIO_BIAS_DISABLED);
    assert_int_equal(spec.mode.debounce_us, 1000000);
}

static void test_wrong_words(void **state)
{
    (void)state;
    expect_bad(GPIO_GATE_OPENED, "17", "no chip is named: CHIP/LINE, or chip=CHIP in front");
    expect_bad(GPIO_GATE_OPENED, "c/", "no line is named");
    expect_bad(GPIO_GATE_OPENED, "", "no chip is named");
    expect_bad(GPIO_GATE_OPENED, "c/99999999999", "no chip has so many lines");
    expect_bad(GPIO_GATE_OPENED, "c/12345678901234567890123456789012x", "at most 31");
    expect_bad(GPIO_GATE_OPENED, "12345678901234567890123456789012/1", "at most 31");
    expect_bad(GPIO_GATE_OPENED, "c/1,activelow", "did you mean active-low?");
    expect_bad(GPIO_GATE_OPENED, "c/1,", "there is no option");
    expect_bad(GPIO_GATE_OPENED, "c/1,active-low=1", "active-low takes no value");
    expect_bad(GPIO_GATE_OPENED, "c/1,active-low,active-low", "active-low is given twice");
    expect_bad(GPIO_GATE_OPENED, "c/1,bias=", "bias= is none of pull-up, pull-down, disabled");
    expect_bad(GPIO_GATE_OPENED, "c/1,bias=up", "is none of pull-up, pull-down, disabled");
    expect_bad(GPIO_GATE_OPENED, "c/1,safe=off", "safe is for outputs, and this is an input");
    expect_bad(GPIO_GATE_OPENED, "c/1,debounce_ms=1001", "from 1 to 1000");
    expect_bad(GPIO_ESTOP_PRESSED, "c/1,debounce_ms=21", "from 1 to 20");
    expect_bad(GPIO_GATE_OPEN, "c/1,debounce_ms=5",
               "debounce_ms is for inputs, and this is an "
               "output");
    expect_bad(GPIO_GATE_OPEN, "c/1,drive=strong", "none of push-pull, open-drain, open-source");
    expect_bad(GPIO_GATE_OPEN, "c/1,max_pulse_ms=0", "from 1 to 3600000");
    expect_bad(GPIO_SIREN_ON, "c/1,safe=1", "safe=1 is none of off, on");
    /* Nothing that moves or powers something may stay on without an engine (rule 9). */
    static const enum gpio_signal FALL[] = {
        GPIO_GATE_OPEN,   GPIO_GATE_CLOSE,      GPIO_DOOR_OPEN,     GPIO_DOOR_CLOSE,
        GPIO_LOCK_UNLOCK, GPIO_CONTACTOR_CLOSE, GPIO_CHARGE_ENABLE,
    };
    for (size_t i = 0; i < sizeof FALL / sizeof *FALL; i++)
        expect_bad(FALL[i], "c/1,safe=on", "may stay on without an engine");
    expect_bad(GPIO_CHARGE_ENABLE, "c/1,max_pulse_ms=100", "a keep-alive toggles");
}

/* --- whole boards --- */

/* `text` with its only occurrence of `from` replaced; *line is where that begins. */
static void replace(struct strbuf *to, const char *text, const char *from, const char *with,
                    int *line)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    assert_null(strstr(at + 1, from));
    *line = 1;
    for (const char *c = text; c < at; c++)
        *line += *c == '\n';
    strbuf_append(to, text, (size_t)(at - text));
    strbuf_append_text(to, with);
    strbuf_append_text(to, at + strlen(from));
}

/* The good board with one part replaced has this one mistake, in the line of that part. */
static void expect_mistake(const char *from, const char *with, const char *role, const char *words)
{
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct board *board;
    int line;
    replace(&text, GPIO_BOARD, from, with, &line);
    assert_int_equal(
        board_parse(strbuf_text(&text), text.length, "t/board.ini", &board, &report, NULL),
        ERR_CONFIG);
    if (report.count != 1)
        board_report_print(&report, stderr);
    assert_int_equal(report.count, 1);
    assert_string_equal(report.mistakes[0].role, role);
    assert_int_equal(report.mistakes[0].line, line);
    if (strstr(report.mistakes[0].text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", report.mistakes[0].text, words);
}

static void test_a_good_board(void **state)
{
    (void)state;
    SCOPE(board_free_scope) struct board *board = NULL;
    struct err err = {0};
    int code = board_parse(GPIO_BOARD, strlen(GPIO_BOARD), "t/board.ini", &board, &report, &err);
    if (code)
        board_report_print(&report, stderr);
    assert_int_equal(code, 0);
    SCOPE(gpio_plan_free) struct gpio_plan plan;
    assert_int_equal(gpio_plan(&plan, board, &report, &err), 0);
    assert_int_equal(report.count, 0);
    assert_int_equal(plan.line_count, 13 + 2 * 13);
    assert_int_equal(plan.thermometer_count, 3);
    assert_string_equal(plan.thermometers[2].pattern, "/sys/bay2");
    assert_int_equal(plan.thermometers[2].bay, 1);
    const struct gpio_line *last = &plan.lines[plan.line_count - 1];
    assert_string_equal(last->role, "bay 2 light");
    assert_string_equal(last->spec.line, "LIGHT2");
    assert_int_equal(last->bay, 1);
}

static void test_each_mistake_is_named(void **state)
{
    (void)state;
    expect_mistake("open=GATE_OPEN,", "opn=GATE_OPEN open=GATE_OPEN,", "gate",
                   "the word opn= is not known here; did you mean open=?");
    expect_mistake("pressed=io/ESTOP", "button=io/9 pressed=io/ESTOP", "emergency_stop",
                   "the word button= is not known here; known are chip= pressed=");
    expect_mistake("occupied=io/LANE", "occupied=io/LANE extra", "lane",
                   "the word extra is not known here");
    expect_mistake("occupied=io/LANE", "occupied=LANE", "lane", "no chip is named");
    expect_mistake("occupied=io/LANE", "occupied=io/LANE occupied=io/1", "lane",
                   "the word occupied= is given twice");
    expect_mistake("obstructed=GATE_BLOCKED", "", "gate",
                   "the word obstructed=CHIP/LINE is missing: the input that says that something");
    expect_mistake("alarm=io/SMOKE", "", "smoke", "the word alarm=CHIP/LINE is missing");
    expect_mistake("temp=/sys/ambient", "", "ambient", "the word temp=PATH is missing");
    expect_mistake("temp=/sys/ambient", "temp=ambient", "ambient", "an absolute path is needed");
    expect_mistake("temp=/sys/ambient", "tmp=/sys/x temp=/sys/ambient", "ambient",
                   "did you mean temp=?");
    expect_mistake("driver = none", "driver = gpio", "mains_meter", "cannot serve this role");
    /* What is wrong in an address for all bays is said once. */
    expect_mistake("locked=bay/LOCKED{slot}", "", "bay 1 lock",
                   "the word locked=CHIP/LINE is missing: the input that says that the lock is");
    expect_mistake("closed=bay/CLOSED{slot}", "", "bay 1 contactor", "the word closed=");
    expect_mistake("unlock=bay/UNLOCK{slot}", "unlock=bay/UNLOCK{slot},safe=on", "bay 1 lock",
                   "it releases the lock, and nothing of that kind may stay on");
    expect_mistake("unlock=bay/UNLOCK{slot}", "unlock=bay/UNLOCK", "bay 2 lock",
                   "unlock=bay/UNLOCK is a line of bay 1 lock already (unlock=): {slot}");
    /* Two words for one line, however it is told. */
    expect_mistake("on=io/SIREN", "on=io/LANE", "siren",
                   "on=io/LANE is a line of lane already (occupied=)");
    expect_mistake("present=PACK{slot}", "present=01{slot}", "bay 1 sensors",
                   "present=bay/11 is a line of bay 1 door already (close=)");
}

/* Doors that a hand or a spring moves: no motor, so nothing that could squeeze. */
static void test_doors_without_motor(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    SCOPE(board_free_scope) struct board *board = NULL;
    int line;
    replace(&text, GPIO_BOARD,
            " obstructed=BLOCKED{slot} open=DRIVE{slot},max_pulse_ms=5000 "
            "close=1{slot}",
            "", &line);
    assert_int_equal(
        board_parse(strbuf_text(&text), text.length, "t/board.ini", &board, &report, NULL), 0);
    expect_mistake("obstructed=BLOCKED{slot} ", "", "bay 1 door", "the word obstructed=");
    expect_mistake("opened=OPEN{slot} ", "", "bay 1 door", "the word opened=");
}

static void test_many_mistakes_in_one_address(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct board *board;
    int line;
    replace(&text, GPIO_BOARD, "unlock=bay/UNLOCK{slot} locked=bay/LOCKED{slot}",
            "unlock=bay/UNLOCK,bias=x lokced=1 chip=a chip=b", &line);
    assert_int_equal(
        board_parse(strbuf_text(&text), text.length, "t/board.ini", &board, &report, NULL),
        ERR_CONFIG);
    assert_int_equal(report.count, 4); /* bias, lokced, chip twice, locked missing */
    for (size_t i = 0; i < report.count; i++)
        assert_string_equal(report.mistakes[i].role, "bay 1 lock");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_by_name_or_offset),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_wrong_words),
        cmocka_unit_test(test_a_good_board),
        cmocka_unit_test(test_each_mistake_is_named),
        cmocka_unit_test(test_doors_without_motor),
        cmocka_unit_test(test_many_mistakes_in_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
