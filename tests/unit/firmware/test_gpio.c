/* SPDX-License-Identifier: Apache-2.0 */
/* The gpio driver on a fake bank: readings, outputs, alarms, and what happens when a chip fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "drivers/gpio/signal.h"
#include "firmware/gpio_plant.h"
#include "firmware/near.h"
#include <fcntl.h>
#include <unistd.h>

static int set_up(void **state)
{
    struct gpio_plant *plant = plant_new();
    plant_open(plant);
    *state = plant;
    return 0;
}

static int tear_down(void **state)
{
    plant_free(*state);
    return 0;
}

/* --- inputs --- */

static void test_readings(void **state)
{
    struct gpio_plant *plant = *state;
    const struct io_readings *in = plant_read(plant);
    assert_int_equal(in->at_us, plant->now_us);
    assert_int_equal(in->gate, IO_GATE_CLOSED);
    assert_true(in->guard_clear);
    assert_false(in->lane_occupied || in->emergency_stop || in->smoke || in->water ||
                 in->gate_obstructed);
    assert_near(in->ambient_c, 18.5, 1e-9);
    assert_int_equal(in->bays[0].at_us, plant->now_us);
    assert_int_equal(in->bays[0].door, IO_DOOR_CLOSED);
    assert_true(in->bays[0].locked && in->bays[0].present);
    assert_false(in->bays[0].contactor_closed || in->bays[0].smoke || in->bays[0].door_obstructed);
    assert_false(in->bays[1].present);
    assert_near(in->bays[0].temp_c, 23, 1e-9);
    assert_near(in->bays[1].temp_c, -5.25, 1e-9);

    static const char *const HIGH[] = {"GATE_IS_OPEN", "GATE_BLOCKED", "LANE",   "SMOKE",
                                       "WATER",        "OPEN2",        "SMOKE2", "BLOCKED2",
                                       "CLOSED2",      "PACK2"};
    static const char *const LOW[] = {"GATE_IS_SHUT", "GUARD", "ESTOP", "SHUT2", "LOCKED2"};
    for (size_t i = 0; i < sizeof HIGH / sizeof *HIGH; i++)
        fake_level(&plant->fake, HIGH[i], true);
    for (size_t i = 0; i < sizeof LOW / sizeof *LOW; i++)
        fake_level(&plant->fake, LOW[i], false);
    plant_wait(plant, 100);
    in = plant_read(plant);
    assert_int_equal(in->gate, IO_GATE_OPEN);
    assert_true(in->lane_occupied && in->emergency_stop && in->smoke && in->water &&
                in->gate_obstructed);
    assert_false(in->guard_clear);
    assert_int_equal(in->bays[1].door, IO_DOOR_OPEN);
    assert_true(in->bays[1].contactor_closed && in->bays[1].smoke && in->bays[1].door_obstructed &&
                in->bays[1].present);
    assert_false(in->bays[1].locked);
    assert_int_equal(in->bays[0].door, IO_DOOR_CLOSED); /* the other bay's lines are its own */
}

/* The optional contacts of residual-current device and supply. */
static void test_contacts_of_the_supply(void **state)
{
    (void)state;
    bool on[GPIO_SIGNAL_COUNT] = {false};
    static struct io_readings in;
    gpio_report_station(on, &in);
    assert_true(in.mains_lost && !in.residual_current);
    on[GPIO_MAINS_PRESENT] = on[GPIO_RESIDUAL_TRIPPED] = true;
    gpio_report_station(on, &in);
    assert_true(!in.mains_lost && in.residual_current);
    assert_int_equal(gpio_signal_find(false, BOARD_ROLE_mains, "present"), GPIO_MAINS_PRESENT);
    assert_int_equal(gpio_signal_find(false, BOARD_ROLE_residual_current, "tripped"),
                     GPIO_RESIDUAL_TRIPPED);
}

static void test_ends_that_contradict(void **state)
{
    struct gpio_plant *plant = *state;
    fake_level(&plant->fake, "GATE_IS_OPEN", true); /* and shut as well */
    fake_level(&plant->fake, "SHUT1", false);       /* neither open nor shut */
    const struct io_readings *in = plant_read(plant);
    assert_int_equal(in->gate, IO_GATE_BETWEEN);
    assert_int_equal(in->bays[0].door, IO_DOOR_BETWEEN);
}

static void test_temperatures(void **state)
{
    struct gpio_plant *plant = *state;
    int64_t began_us = plant->now_us;
    plant_read(plant);
    plant_read(plant);
    assert_int_equal(plant->fake.file_reads, 3); /* once a second each, not in every step */

    fake_file(&plant->fake, "/sys/bay1", NULL); /* cannot be read: its bay ages, others do not */
    fake_file(&plant->fake, "/sys/bay2", "warm\n");
    fake_file(&plant->fake, "/sys/ambient", "126000\n");
    plant_wait(plant, 1000);
    const struct io_readings *in = plant_read(plant);
    assert_int_equal(in->bays[0].at_us, began_us);
    assert_near(in->bays[0].temp_c, 23, 1e-9);
    assert_int_equal(in->bays[1].at_us, plant->now_us);
    assert_true(isnan(in->bays[1].temp_c)); /* implausible is an alarm at once (rule 7) */
    assert_true(isnan(in->ambient_c));
    assert_int_equal(in->at_us, plant->now_us);

    fake_file(&plant->fake, "/sys/bay1", "24000\n");
    fake_file(&plant->fake, "/sys/bay2", "-40001\n");
    plant_wait(plant, 1000);
    in = plant_read(plant);
    assert_int_equal(in->bays[0].at_us, plant->now_us);
    assert_near(in->bays[0].temp_c, 24, 1e-9);
    assert_true(isnan(in->bays[1].temp_c));
}

static void test_a_thermometer_that_never_answered(void **state)
{
    struct gpio_plant *plant = *state;
    fake_file(&plant->fake, "/sys/bay1", NULL);
    const struct io_readings *in = plant_read(plant);
    assert_int_equal(in->bays[0].at_us, 0); /* never heard: the bay stays UNKNOWN */
    assert_int_equal(in->bays[1].at_us, plant->now_us);
}

/* --- alarms --- */

static void test_an_edge_wakes_the_engine(void **state)
{
    struct gpio_plant *plant = *state;
    int64_t next_us;
    assert_int_equal(gpio_driver.wake_fd(plant->driver), 77);
    plant_read(plant);
    assert_false(plant_pump(plant, &next_us));
    assert_int_equal(next_us, INT64_MAX);

    static const struct {
        const char *line;
        bool level;
    } ALARMS[] = {{"ESTOP", false}, {"SMOKE", true},        {"SMOKE2", true},
                  {"GUARD", false}, {"GATE_BLOCKED", true}, {"BLOCKED1", true}};
    for (size_t i = 0; i < sizeof ALARMS / sizeof *ALARMS; i++) {
        fake_level(&plant->fake, ALARMS[i].line, ALARMS[i].level);
        assert_true(plant_pump(plant, NULL));
        assert_false(plant_pump(plant, NULL)); /* said once */
        plant_read(plant);
        fake_level(&plant->fake, ALARMS[i].line, !ALARMS[i].level);
        assert_false(plant_pump(plant, NULL)); /* its end can wait for the next step */
        plant_read(plant);
    }
    fake_level(&plant->fake, "LANE", true);
    assert_false(plant_pump(plant, NULL)); /* no alarm */
}

/* A kernel may tell two quick changes as the last one: the end of an alarm that nobody saw begin.
 */
static void test_an_end_without_a_beginning_is_an_alarm(void **state)
{
    struct gpio_plant *plant = *state;
    plant_read(plant);
    fake_level(&plant->fake, "ESTOP", false);
    fake_level(&plant->fake, "ESTOP", true);
    struct fake_request *request = &plant->fake.requests[fake_line(&plant->fake, "ESTOP")->request];
    assert_int_equal(request->edge_count, 2);
    request->edges[0] = request->edges[1];
    request->edge_count = 1;
    assert_true(plant_pump(plant, NULL));
    assert_true(plant_read(plant)->emergency_stop);
    assert_false(plant_read(plant)->emergency_stop); /* once */
}

/* A stop that somebody hits for a moment is seen once, even if it is over before the step. */
static void test_a_short_alarm_is_not_lost(void **state)
{
    struct gpio_plant *plant = *state;
    plant_read(plant);
    fake_level(&plant->fake, "ESTOP", false);
    fake_level(&plant->fake, "ESTOP", true);
    fake_level(&plant->fake, "GUARD", false);
    fake_level(&plant->fake, "GUARD", true);
    assert_true(plant_pump(plant, NULL));
    const struct io_readings *in = plant_read(plant);
    assert_true(in->emergency_stop);
    assert_false(in->guard_clear);
    in = plant_read(plant);
    assert_false(in->emergency_stop);
    assert_true(in->guard_clear);
}

/* A line that flutters does not keep the engine from its work: one alarm is news once. */
static void test_a_fluttering_line(void **state)
{
    struct gpio_plant *plant = *state;
    plant_read(plant);
    int urgent = 0;
    for (int i = 0; i < 300; i++) {
        fake_level(&plant->fake, "SMOKE", i % 2 == 0);
        if (i % 30 == 0) {
            urgent += plant_pump(plant, NULL);
            assert_true(plant_read(plant)->smoke);
        }
    }
    assert_int_equal(urgent, 1);
}

static void test_a_chip_without_interrupts(void **state)
{
    struct gpio_plant *plant = *state;
    plant_free(plant);
    *state = plant = plant_new();
    /* Debouncing would need interrupts as well; that stop has none here. */
    board_free(plant->board);
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    const char *at = strstr(GPIO_BOARD, ",debounce_ms=5");
    strbuf_append(&text, GPIO_BOARD, (size_t)(at - GPIO_BOARD));
    strbuf_append_text(&text, at + strlen(",debounce_ms=5"));
    plant->board = plant_board(strbuf_text(&text));
    plant->fake.chips[0].no_interrupts = true;
    plant_open(plant);
    plant_read(plant);

    int64_t next_us;
    assert_false(plant_pump(plant, &next_us));
    assert_true(next_us - plant->now_us <= 20 * MS); /* well within the 50 ms of a stop */
    fake_level(&plant->fake, "ESTOP", false);
    plant->now_us = next_us;
    assert_true(plant_pump(plant, &next_us));
    assert_true(next_us > plant->now_us);
    assert_true(plant_read(plant)->emergency_stop);
}

/* Bays' expanders are not asked between two steps: their alarms are in the next readings. */
static void test_expanders_without_interrupts(void **state)
{
    struct gpio_plant *plant = *state;
    plant_free(plant);
    *state = plant = plant_new();
    plant->fake.chips[1].no_interrupts = true;
    plant_open(plant);
    plant_read(plant);
    size_t gets = plant->fake.gets;
    int64_t next_us;
    fake_level(&plant->fake, "SMOKE1", true);
    assert_false(plant_pump(plant, &next_us));
    assert_int_equal(next_us, INT64_MAX);
    assert_int_equal(plant->fake.gets, gets);
    assert_true(plant_read(plant)->bays[0].smoke);
}

/* --- outputs --- */

static void test_everything_begins_safe(void **state)
{
    struct gpio_plant *plant = *state;
    static const char *const OFF[] = {"GATE_OPEN", "GATE_CLOSE", "SIREN",  "ENABLE", "DRIVE1",
                                      "BACK1",     "UNLOCK1",    "CLOSE1", "FAN1",   "LIGHT1"};
    for (size_t i = 0; i < sizeof OFF / sizeof *OFF; i++) {
        assert_true(fake_line(&plant->fake, OFF[i])->output);
        assert_false(fake_on(&plant->fake, OFF[i]));
    }
    assert_true(fake_on(&plant->fake, "EXHAUST")); /* safe=on */
    assert_false(fake_line(&plant->fake, "SPARE")->output);
    assert_int_equal(fake_line(&plant->fake, "ESTOP")->mode.debounce_us, 5000);
    assert_int_equal(fake_line(&plant->fake, "ESTOP")->mode.bias, GPIO_BIAS_PULL_UP);
}

static void test_requests(void **state)
{
    struct gpio_plant *plant = *state;
    plant->out = (struct io_requests){.gate = IO_MOTION_OPEN, .siren = true};
    plant->out.bays[0] =
        (struct io_bay_request){.unlock = true, .door = IO_MOTION_OPEN, .fan = true};
    plant->out.bays[1] =
        (struct io_bay_request){.contactor = true, .door = IO_MOTION_CLOSE, .light = true};
    plant_write(plant);
    static const char *const ON[] = {"GATE_OPEN", "SIREN",  "UNLOCK1", "DRIVE1",
                                     "FAN1",      "CLOSE2", "BACK2",   "LIGHT2"};
    static const char *const OFF[] = {"GATE_CLOSE", "EXHAUST", "ENABLE", "UNLOCK2", "DRIVE2",
                                      "BACK1",      "CLOSE1",  "FAN2",   "LIGHT1"};
    for (size_t i = 0; i < sizeof ON / sizeof *ON; i++)
        assert_true(fake_on(&plant->fake, ON[i]));
    for (size_t i = 0; i < sizeof OFF / sizeof *OFF; i++)
        assert_false(fake_on(&plant->fake, OFF[i]));
    memset(&plant->out, 0, sizeof plant->out);
    plant_write(plant);
    for (size_t i = 0; i < sizeof ON / sizeof *ON; i++)
        assert_false(fake_on(&plant->fake, ON[i]));
}

static void test_a_motor_never_has_both_directions(void **state)
{
    struct gpio_plant *plant = *state;
    static const char *const MOTORS[][2] = {{"GATE_OPEN", "GATE_CLOSE"}, {"DRIVE1", "BACK1"}};
    for (size_t i = 0; i < 2; i++) {
        memcpy(plant->fake.motor, MOTORS[i], sizeof plant->fake.motor);
        for (int turn = 0; turn < 6; turn++) {
            enum io_motion motion = turn % 2 ? IO_MOTION_CLOSE : IO_MOTION_OPEN;
            plant->out.gate = plant->out.bays[0].door = motion;
            plant_write(plant);
            assert_true(fake_on(&plant->fake, MOTORS[i][turn % 2]));
            assert_false(plant->fake.collided);
        }
    }
}

static void test_keep_alive(void **state)
{
    struct gpio_plant *plant = *state;
    plant->out.charge_enable = true;
    int toggles = 0;
    bool was = fake_on(&plant->fake, "ENABLE");
    for (int step = 0; step < 20; step++) {
        plant_wait(plant, 100);
        plant_write(plant);
        plant_write(plant); /* a step that stops something writes twice: one sign of life */
        bool now = fake_on(&plant->fake, "ENABLE");
        toggles += now != was;
        was = now;
    }
    assert_int_equal(toggles, 20); /* a change every 100 ms */
    size_t sets = plant->fake.sets;
    plant_pump(plant, NULL);
    plant_read(plant);
    assert_int_equal(plant->fake.sets, sets); /* only the loop that decides keeps it alive */
    plant->out.charge_enable = false;
    for (int step = 0; step < 3; step++) {
        plant_wait(plant, 100);
        plant_write(plant);
        assert_false(fake_on(&plant->fake, "ENABLE"));
    }
}

static void test_longest_pulse(void **state)
{
    struct gpio_plant *plant = *state;
    int64_t next_us;
    plant->out.gate = IO_MOTION_OPEN;
    plant_write(plant);
    plant_pump(plant, &next_us);
    assert_int_equal(next_us, plant->now_us + 500 * MS);
    plant_wait(plant, 499);
    plant_write(plant);
    plant_pump(plant, NULL);
    assert_true(fake_on(&plant->fake, "GATE_OPEN"));
    plant_wait(plant, 1);
    assert_false(plant_pump(plant, &next_us));
    assert_false(fake_on(&plant->fake, "GATE_OPEN"));
    assert_int_equal(next_us, INT64_MAX);
    plant_wait(plant, 100);
    plant_write(plant); /* still asked for: it stays down */
    assert_false(fake_on(&plant->fake, "GATE_OPEN"));
    plant->out.gate = IO_MOTION_HOLD;
    plant_write(plant);
    plant->out.gate = IO_MOTION_OPEN;
    plant_write(plant); /* asked for anew */
    assert_true(fake_on(&plant->fake, "GATE_OPEN"));
    /* Without a pump the next write lets it fall. */
    plant_wait(plant, 600);
    plant_write(plant);
    assert_false(fake_on(&plant->fake, "GATE_OPEN"));
}

/* Outputs that do not change are not set in every step, but once a second. */
static void test_outputs_are_refreshed(void **state)
{
    struct gpio_plant *plant = *state;
    plant->out.bays[0].fan = true;
    plant_write(plant);
    fake_line(&plant->fake, "FAN1")->high = false; /* an expander forgot */
    size_t sets = plant->fake.sets;
    plant_wait(plant, 100);
    plant_write(plant);
    assert_int_equal(plant->fake.sets, sets);
    plant_wait(plant, 900);
    plant_write(plant);
    assert_true(fake_on(&plant->fake, "FAN1"));
}

static void test_close_is_safe(void **state)
{
    struct gpio_plant *plant = *state;
    plant->out = (struct io_requests){.gate = IO_MOTION_CLOSE, .charge_enable = true};
    plant->out.bays[0].contactor = plant->out.bays[1].unlock = true;
    plant_write(plant);
    assert_true(fake_on(&plant->fake, "ENABLE"));
    assert_false(fake_on(&plant->fake, "EXHAUST"));
    gpio_driver.make_safe(plant->driver); /* the guardian's part: the same, without closing */
    assert_false(fake_on(&plant->fake, "CLOSE1"));
    assert_false(plant->fake.closed);
    plant_write(plant);
    fake_line(&plant->fake, "CLOSE1")->high = true;
    gpio_driver.close(plant->driver);
    plant->driver = NULL;
    assert_true(plant->fake.closed);
    static const char *const OFF[] = {"GATE_CLOSE", "ENABLE", "CLOSE1", "UNLOCK2"};
    for (size_t i = 0; i < sizeof OFF / sizeof *OFF; i++)
        assert_false(fake_on(&plant->fake, OFF[i]));
    assert_true(fake_on(&plant->fake, "EXHAUST"));
}

/* --- a chip that vanishes --- */

/* Standard error of what runs between the two, counted in lines. */
static int divert(FILE *to)
{
    int before = dup(STDERR_FILENO);
    assert_true(before >= 0 && dup2(fileno(to), STDERR_FILENO) >= 0);
    return before;
}

static int lines_of(FILE *file, int before)
{
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    int lines = 0;
    rewind(file);
    for (int c; (c = fgetc(file)) != EOF;)
        lines += c == '\n';
    return lines;
}

static void test_a_chip_that_vanishes(void **state)
{
    struct gpio_plant *plant = *state;
    plant_read(plant);
    int64_t heard_us = plant->now_us;
    plant->fake.chips[1].gone = true;
    FILE *log = tmpfile();
    assert_non_null(log);
    int before = divert(log);
    for (int step = 0; step < 100; step++) {
        plant_wait(plant, 100);
        plant->out.bays[0].fan = step % 2 == 0;
        plant_pump(plant, NULL);
        plant_read(plant);
        plant_write(plant);
    }
    size_t failing = 0; /* requests for lines of that chip */
    for (size_t i = 0; i < plant->fake.request_count; i++)
        failing += plant->fake.requests[i].chip == 1;
    assert_int_equal(lines_of(log, before), failing); /* said once each, not in each step */
    fclose(log);
    assert_int_equal(plant->in.bays[0].at_us, heard_us); /* old: an alarm by rule 7 */
    assert_int_equal(plant->in.bays[1].at_us, heard_us);
    assert_int_equal(plant->in.at_us, plant->now_us); /* the station's chip is well */
    assert_int_equal(plant->in.bays[0].door, IO_DOOR_CLOSED);

    plant->fake.chips[1].gone = false;
    plant_wait(plant, 100);
    plant->out.bays[0].fan = true;
    plant_read(plant);
    plant_write(plant);
    assert_int_equal(plant->in.bays[0].at_us, plant->now_us);
    assert_true(fake_on(&plant->fake, "FAN1"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_readings),
        cmocka_unit_test(test_contacts_of_the_supply),
        TEST(test_ends_that_contradict),
        TEST(test_temperatures),
        TEST(test_a_thermometer_that_never_answered),
        TEST(test_an_edge_wakes_the_engine),
        TEST(test_a_short_alarm_is_not_lost),
        TEST(test_an_end_without_a_beginning_is_an_alarm),
        TEST(test_a_fluttering_line),
        TEST(test_a_chip_without_interrupts),
        TEST(test_expanders_without_interrupts),
        TEST(test_everything_begins_safe),
        TEST(test_requests),
        TEST(test_a_motor_never_has_both_directions),
        TEST(test_keep_alive),
        TEST(test_longest_pulse),
        TEST(test_outputs_are_refreshed),
        TEST(test_close_is_safe),
        TEST(test_a_chip_that_vanishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
