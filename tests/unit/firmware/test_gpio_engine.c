/* SPDX-License-Identifier: Apache-2.0 */
/* The engine with the gpio driver on a fake bank (packs and chargers simulated), in virtual time:
 * an alarm's edge reaches the outputs in the same round of the loop, and the rules hold when lines
 * fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "engine/options.h"
#include "engine/plants.h"
#include "firmware/gpio_plant.h"
#include "ipc/ipc.h"

#define TICK_US (100 * MS) /* of engine/main.c */

struct run {
    struct gpio_plant *plant;
    struct env env;
    struct engine_link link;
    struct plants plants;
    struct engine_options options;
    struct engine *engine;
};

static int64_t run_now(void *self)
{
    return ((struct run *)self)->plant->now_us;
}

static void run_random(void *self, void *to, size_t length)
{
    (void)self;
    memset(to, 7, length);
}

static int run_save(void *self, const char *name, const void *bytes, size_t length, struct err *err)
{
    (void)self;
    (void)name;
    (void)bytes;
    (void)length;
    (void)err;
    return 0;
}

static int run_load(void *self, const char *name, struct strbuf *to, struct err *err)
{
    (void)self;
    (void)to;
    return err_set(err, ERR_NOT_FOUND, "%s was never saved", name);
}

static int run_send(void *self, const void *bytes, size_t length, struct err *err)
{
    (void)self;
    (void)bytes;
    (void)length;
    (void)err;
    return 0;
}

/* A round of the engine's loop, after a tick or when something woke it. True: it stepped. */
static bool round_of(struct run *run, bool tick)
{
    int wait_ms;
    bool urgent = engine_pump(run->engine, &wait_ms);
    if (tick || urgent)
        (void)engine_step(run->engine, 100);
    return tick || urgent;
}

/* Runs with feedback of contactors, until `done` or the time is over. */
static void run_until(struct run *run, bool (*done)(struct run *), double seconds)
{
    struct fake_gpio *fake = &run->plant->fake;
    for (int64_t end_us = run->plant->now_us + (int64_t)(seconds * 1e6);
         run->plant->now_us < end_us && !(done && done(run));) {
        run->plant->now_us += TICK_US;
        assert_true(round_of(run, true));
        fake_level(fake, "CLOSED1", fake_on(fake, "CLOSE1"));
        fake_level(fake, "CLOSED2", fake_on(fake, "CLOSE2"));
    }
    if (done && !done(run))
        fail_msg("waited %g s in vain", seconds);
}

static bool charges(struct run *run)
{
    return engine_station(run->engine)->bays[0].charge.phase == CHARGE_RUNNING &&
           engine_readings(run->engine)->bays[0].charger.dc_a > 5;
}

static void add_plant(struct run *run, const struct driver_ops *ops, void *self)
{
    struct plants *plants = &run->plants;
    struct plant_roles *roles = &plants->roles[plants->count];
    roles_of(roles, run->plant->board, ops->name);
    plants->list[plants->count++] = (struct engine_plant){ops, self, roles};
}

static int set_up(void **state)
{
    struct run *run = calloc(1, sizeof *run);
    struct err err = {0};
    void *sim = NULL;
    struct config *config = NULL;
    assert_non_null(run);
    run->plant = plant_new();
    run->plant->now_us = INT64_C(1795258680000000);
    plant_open(run->plant);
    run->env = (struct env){run, run_now, run_now, run_now, run_random, run_save, run_load};
    run->link = (struct engine_link){run, run_send};
    assert_int_equal(config_new(&config, ENGINE_KEYS, ENGINE_KEY_COUNT, &err), 0);
    assert_int_equal(options_read(&run->options, config, run->plant->board, &err), 0);
    config_free(config);
    assert_int_equal(driver_find("sim")->open(&sim, run->plant->board, &run->env, &err), 0);
    add_plant(run, &gpio_driver, run->plant->driver);
    add_plant(run, driver_find("sim"), sim);
    run->options.env = &run->env;
    run->options.link = &run->link;
    run->options.plants = run->plants.list;
    run->options.plant_count = run->plants.count;
    run->options.health_timeout_s = 1e6;
    assert_int_equal(engine_new(&run->engine, &run->options, &err), 0);
    engine_on_monitor_connected(run->engine);
    static const char REGISTER[] =
        "{\"type\":\"register_request\",\"message_id\":\"r\",\"id\":\"1\","
        "\"mark\":{\"boot\":0,\"seq\":0}}";
    engine_on_packet(run->engine, REGISTER, sizeof REGISTER - 1);
    *state = run;
    return 0;
}

static int tear_down(void **state)
{
    struct run *run = *state;
    assert_int_equal(engine_stop(run->engine, NULL), 0);
    engine_free(run->engine);
    plants_close(&run->plants);
    run->plant->driver = NULL; /* closed with them */
    plant_free(run->plant);
    free(run);
    return 0;
}

/* The outputs that an emergency leaves. */
static void assert_emergency(struct run *run)
{
    struct fake_gpio *fake = &run->plant->fake;
    assert_false(fake_on(fake, "CLOSE1"));
    assert_false(fake_on(fake, "ENABLE"));
    assert_true(fake_on(fake, "SIREN"));
    assert_int_equal(station_mode(engine_station(run->engine)), STATION_EMERGENCY);
}

static void test_a_stop_acts_between_two_ticks(void **state)
{
    struct run *run = *state;
    struct fake_gpio *fake = &run->plant->fake;
    run_until(run, charges, 60);
    assert_true(fake_on(fake, "CLOSE1"));
    run->plant->now_us += 3 * MS;
    assert_false(round_of(run, false)); /* nothing woke it */
    fake_level(fake, "ESTOP", false);
    run->plant->now_us += 1 * MS;
    assert_true(round_of(run, false));
    assert_emergency(run);
}

static void test_smoke_that_is_gone_at_once(void **state)
{
    struct run *run = *state;
    run_until(run, charges, 60);
    run->plant->now_us += 3 * MS;
    fake_level(&run->plant->fake, "SMOKE", true);
    fake_level(&run->plant->fake, "SMOKE", false);
    assert_true(round_of(run, false));
    assert_emergency(run);
    assert_true(fake_on(&run->plant->fake, "EXHAUST"));
    run_until(run, NULL, 60); /* latched: a person has to look */
    assert_emergency(run);
}

/* Rule 2: a contactor that does not follow is a bay fault. */
static void test_a_contactor_that_sticks(void **state)
{
    struct run *run = *state;
    struct fake_gpio *fake = &run->plant->fake;
    run_until(run, charges, 60);
    fake_line(fake, "CLOSED1")->mode.active_low = true; /* whatever it does, it is seen open */
    fake_line(fake, "CLOSED1")->high = true;
    for (int i = 0; i < 10; i++) {
        run->plant->now_us += TICK_US;
        round_of(run, true);
    }
    assert_false(fake_on(fake, "CLOSE1"));
    assert_true(fault_active(&engine_station(run->engine)->faults, FAULT_ContactorFault, 1));
}

/* Rule 7: the chip of the bays is gone, so nothing is known of them: charging stops by the time
 * that a sensor may be silent. */
static void test_a_chip_that_vanishes_while_charging(void **state)
{
    struct run *run = *state;
    run_until(run, charges, 60);
    run->plant->fake.chips[1].gone = true;
    run_until(run, NULL, 6);
    const struct station *station = engine_station(run->engine);
    assert_true(fault_active(&station->faults, FAULT_SensorStale, 1));
    assert_int_equal(station->bays[0].charge.phase, CHARGE_OFF);
    assert_false(engine_requests(run->engine)->bays[0].contactor);
    assert_false(fault_active(&station->faults, FAULT_StationSensorStale, 0));
}

static void test_a_thermometer_that_is_torn_off(void **state)
{
    struct run *run = *state;
    run_until(run, charges, 60);
    fake_file(&run->plant->fake, "/sys/ambient", "-999000\n");
    run_until(run, NULL, 2);
    assert_true(fault_active(&engine_station(run->engine)->faults, FAULT_SensorImplausible, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_stop_acts_between_two_ticks),  TEST(test_smoke_that_is_gone_at_once),
        TEST(test_a_contactor_that_sticks),        TEST(test_a_chip_that_vanishes_while_charging),
        TEST(test_a_thermometer_that_is_torn_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
