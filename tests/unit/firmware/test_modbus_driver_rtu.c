/* SPDX-License-Identifier: Apache-2.0 */
/* The modbus driver on a tty: a real libmodbus RTU server at the other end of a pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/modbus_server.h"
#include "firmware/near.h"
#include <pty.h>
#include <termios.h>

static struct server server;
static struct station station;
static int keeper; /* holds the terminal open while the driver has it closed */
static char tty[64];

static int set_up(void **state)
{
    (void)state;
    struct termios raw;
    server_init(&server, modbus_mapping_new(300, 300, 300, 300));
    server.tcp = false;
    if (openpty(&server.clients[0], &keeper, tty, NULL, NULL) != 0)
        return -1;
    /* All of raw: with ISIG alone 0x03, the function to read registers, would be Ctrl-C. */
    if (tcgetattr(keeper, &raw) != 0)
        return -1;
    cfmakeraw(&raw);
    if (tcsetattr(keeper, TCSANOW, &raw) != 0)
        return -1;
    server.modbus = modbus_new_rtu(tty, 115200, 'E', 8, 1);
    modbus_set_slave(server.modbus, 1);
    server.only_unit = 1;
    charger_say(&server, 4012, 255);
    server_run(&server);
    station_init(&station, 2);
    bind_role(&station.board.bays[0].roles[BOARD_BAY_ROLE_charger],
              "bus=%s@115200-8E1 rs485 unit=1 map=charger-example", tty);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    station_close(&station);
    server_free(&server);
    close(server.clients[0]);
    close(keeper);
    return 0;
}

/* rs485 is asked for and a pseudo-terminal has none: a warning, and it works. */
static void a_charger_on_a_tty(void **state)
{
    (void)state;
    struct io_bay *bay = &station.readings.bays[0];
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    assert_true(bay->charger.online && !bay->charger.fault);
    assert_near(bay->charger.dc_v, 401.2, 1e-9);
    assert_near(bay->charger.meter_wh, 6553800, 1e-6);
    station.requests.bays[0] =
        (struct io_bay_request){.charger_on = true, .charge_v = 398.8, .charge_a = 31.2};
    WAIT_FOR(&station, server_coil(&server, 0) == 1 && server_register(&server, 202) > 1);
    assert_int_equal(server_register(&server, 200), 3988);
    assert_int_equal(server_register(&server, 201), 312);
    station_close(&station);
    assert_int_equal(server_coil(&server, 0), 0);
}

static void a_dead_unit_does_not_take_the_bus(void **state)
{
    (void)state;
    bind_role(&station.board.bays[1].roles[BOARD_BAY_ROLE_charger],
              "bus=%s@115200-8E1 rs485 unit=2 map=charger-example", tty);
    station_open(&station);
    struct io_bay *bays = station.readings.bays;
    WAIT_FOR(&station, bays[0].charger.at_us > 0);
    /* Readings of unit 1 go on: twenty further ones. */
    int64_t last_us = 0;
    int fresh = 0;
    WAIT_FOR(&station, (fresh += bays[0].charger.at_us > last_us + 100000,
                        last_us = bays[0].charger.at_us, fresh >= 20));
    assert_true(bays[0].charger.online);
    assert_int_equal(bays[1].charger.at_us, 0);
}

/* Noise on the line, and half an answer: the next request is answered again. */
static void noise_is_overcome(void **state)
{
    (void)state;
    struct io_bay *bay = &station.readings.bays[0];
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    static const uint8_t noise[] = {0x01, 0x04, 0x02, 0xFF, 0x00, 0x7E};
    for (int i = 0; i < 20; i++) {
        WITH_SERVER(&server,
                    assert_int_equal(write(server.clients[0], noise, sizeof noise), sizeof noise));
        station_step(&station);
        (void)poll(NULL, 0, 10);
    }
    int64_t now_us = clock_mono_us();
    WAIT_FOR(&station, bay->charger.at_us > now_us && bay->charger.online);
    assert_near(bay->charger.dc_v, 401.2, 1e-9);
    assert_near(bay->charger.dc_a, 25.5, 1e-9);
}

/* The terminal goes away, as an adapter that is pulled out. */
static void an_adapter_pulled_out(void **state)
{
    (void)state;
    struct io_bay *bay = &station.readings.bays[0];
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    server_go(&server);
    close(server.clients[0]);
    WAIT_FOR(&station, !bay->charger.online);
    WAIT_FOR(&station, age_s(&station, bay->charger.at_us) > 1);
    server.clients[0] = -1;
    server.tcp = true; /* for the end of the test: a server that can be ended */
    server_listen(&server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_charger_on_a_tty),
        TEST(a_dead_unit_does_not_take_the_bus),
        TEST(noise_is_overcome),
        TEST(an_adapter_pulled_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
