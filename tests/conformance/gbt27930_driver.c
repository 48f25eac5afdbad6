/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorded session of gbt27930.c through the driver `can`: the pack's half of it is played from
 * the file as a bus of a bay whose station wants to charge. What the core then reads is what is
 * known of that session, and it ends in the pack missing CCS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/env.h"
#include "drivers/board.h"
#include "drivers/can/can.h"
#include "firmware/near.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char capture[4096];
static int64_t now_us;

static int64_t clock_of(void *self)
{
    (void)self;
    return now_us;
}

static const struct env ENV = {.wall_us = clock_of, .mono_us = clock_of, .plant_us = clock_of};

static void *open_driver(void)
{
    static struct board board;
    void *driver = NULL;
    struct err err = {0};
    board = (struct board){.bay_count = 1};
    struct board_binding *pack = &board.bays[0].roles[BOARD_BAY_ROLE_pack];
    board.bays[0].voltage_min_v = 200;
    board.bays[0].voltage_max_v = 700;
    board.bays[0].current_max_a = 20;
    (void)snprintf(pack->driver, sizeof pack->driver, "can");
    if (snprintf(pack->address, sizeof pack->address, "profile=gbt27930 bus=file:%s", capture) >=
        (int)sizeof pack->address)
        fail_msg("the path %s is too long for an address", capture);
    if (can_driver.open(&driver, &board, &ENV, &err))
        fail_msg("%s", err.text);
    return driver;
}

static void the_recorded_session_ends_in_its_time_out(void **state)
{
    (void)state;
    now_us = 1000000000;
    void *driver = open_driver();
    static struct io_readings readings;
    static struct io_requests requests;
    struct io_bay *bay = &readings.bays[0];
    int64_t next_us, begin_us = now_us, ended_us = 0;
    bool alarm = false, permitted = false;
    readings.bay_count = 1;
    bay->door = IO_DOOR_CLOSED;
    bay->locked = bay->present = bay->contactor_closed = true;
    bay->charger = (struct io_charger){.online = true, .dc_v = 490};
    requests.bays[0] = (struct io_bay_request){.contactor = true, .charger_on = true};
    for (; now_us < begin_us + 40000000 && !ended_us; now_us += 10000) {
        readings.now_us = bay->at_us = bay->charger.at_us = now_us;
        alarm |= can_driver.pump(driver, now_us, &next_us);
        assert_int_equal(can_driver.read(driver, now_us, &readings, NULL), 0);
        assert_int_equal(can_driver.write(driver, now_us, &requests, &readings, NULL), 0);
        const struct io_pack *pack = &bay->pack;
        if (pack->request_a > 0) { /* what the pack wants: 597 V, 3 A, later 2.9 A */
            permitted = true;
            assert_string_equal(pack->bid, "KLIE-1");
            assert_near(pack->request_v, 597, 0);
            assert_near(pack->request_a, 3, 0.11);
            assert_near(pack->soc_percent, 97, 0);
            assert_near(pack->temp_max_c, 25, 0);
            assert_near(pack->temp_min_c, 24, 0);
            assert_near(pack->cell_max_v, 3.84, 0.13); /* 3.71, later 3.96 */
            assert_near(pack->pack_v, 494, 6);
            assert_near(pack->rated_kwh, 7.8, 0.01);
            assert_near(pack->rated_ah, 18, 0.01);
            assert_int_equal(pack->chemistry, IO_CHEMISTRY_NMC);
            assert_true(pack->permit);
            assert_true(now_us - pack->at_us < 1000000);
        }
        if (permitted && !pack->permit)
            ended_us = now_us;
    }
    assert_true(permitted);
    assert_true(alarm);
    assert_in_range((ended_us - begin_us) / 100000, 190, 200); /* BEM at 3276.0, 19.5 s after */
    assert_near(bay->pack.request_a, 0, 0);
    assert_int_equal(bay->pack.faults, 0); /* a time-out is no damage */
    can_driver.close(driver);
}

int main(void)
{
    const char *shared = getenv("SWAPSTACK_SHARED");
    (void)snprintf(capture, sizeof capture,
                   "%s/datasets/gbt27930/tyu05-charger-session-timeout.log",
                   shared ? shared : SOURCE_DIR "/../shared");
    if (access(capture, R_OK) != 0) {
        printf("%s is not here: the recorded session is not played\n", capture);
        return 77;
    }
    /* addresses have room for 122 characters of a path */
    char link[] = "/tmp/swapstack-capture-XXXXXX";
    if (mkdtemp(link) == NULL || strlen(link) + 12 > sizeof capture)
        return 1;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/session.log", link);
    if (symlink(capture, path) != 0)
        return 1;
    (void)snprintf(capture, sizeof capture, "%s", path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recorded_session_ends_in_its_time_out),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    (void)rmdir(link);
    return failed;
}
