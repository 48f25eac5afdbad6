/* SPDX-License-Identifier: Apache-2.0 */
/* The modbus driver against a real libmodbus server on loopback TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/modbus_server.h"
#include "firmware/near.h"

static struct server server;
static struct station station;
static struct io_bay *const bay = &station.readings.bays[0];

/* A charger of the example map in bay 1, on a server with registers to spare. */
static int set_up(void **state)
{
    (void)state;
    server_init(&server, modbus_mapping_new(300, 300, 300, 300));
    charger_say(&server, 4012, 255);
    server.mapping->tab_bits[0] = 1; /* as somebody left it */
    server_listen(&server);
    station_init(&station, 2);
    bind_role(&station.board.bays[0].roles[BOARD_BAY_ROLE_charger],
              "bus=tcp:127.0.0.1:%d unit=1 map=charger-example", server.port);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    station_close(&station);
    server_free(&server);
    return 0;
}

static void charge(double volts, double amps)
{
    station.requests.bays[0] =
        (struct io_bay_request){.charger_on = true, .charge_v = volts, .charge_a = amps};
}

static void values_of_a_charger(void **state)
{
    (void)state;
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    assert_true(bay->charger.online && !bay->charger.fault);
    assert_near(bay->charger.dc_v, 401.2, 1e-9);
    assert_near(bay->charger.dc_a, 25.5, 1e-9);
    assert_near(bay->charger.ac_kw, 12.345, 1e-9);
    assert_near(bay->charger.ac_v, 230.1, 1e-9);
    assert_near(bay->charger.ac_a, 18.2, 1e-9);
    assert_int_equal(bay->charger.ac_phases, 3);
    assert_near(bay->charger.meter_wh, 6553800, 1e-6);
    assert_int_equal(bay->at_us, 0); /* sensors are somebody else's */
    /* Negative, not implemented, and states. */
    WITH_SERVER(&server, charger_say(&server, 4012, -13);
                server.mapping->tab_input_registers[104] = 0xFFFF;
                server.mapping->tab_input_registers[110] = 3);
    WAIT_FOR(&station, !bay->charger.online);
    WAIT_FOR(&station, bay->charger.dc_a < 0);
    assert_near(bay->charger.dc_a, -1.3, 1e-9);
    assert_true(isnan(bay->charger.ac_v));
    assert_false(bay->charger.fault);
    WITH_SERVER(&server, server.mapping->tab_input_bits[8] = 0);
    WAIT_FOR(&station, bay->charger.fault);
}

static void off_comes_first_and_last(void **state)
{
    (void)state;
    station_open(&station);
    /* Nobody gives orders yet: the charger that was on is switched off, and nothing else. */
    WAIT_WITHOUT_STEPS(server_coil(&server, 0) == 0);
    assert_int_equal(server_writes(&server), 1);
    charge(398.76, 31.25);
    WAIT_FOR(&station, server_coil(&server, 0) == 1);
    assert_int_equal(server_register(&server, 200), 3988);
    assert_int_equal(server_register(&server, 201), 313);
    /* Voltage and current stood before it went on. */
    static const int wanted[] = {200, 201, 0};
    int seen = 0;
    pthread_mutex_lock(&server.mutex);
    for (int i = 1; i < server.written_count && seen < 3; i++)
        if (server.written[i].function != 6) /* the watchdog may come between */
            assert_int_equal(server.written[i].address, wanted[seen++]);
    pthread_mutex_unlock(&server.mutex);
    assert_int_equal(seen, 3);
    charge(398.76, 10);
    WAIT_FOR(&station, server_register(&server, 201) == 100);
    assert_int_equal(server_coil(&server, 0), 1);
    station.requests.bays[0].charger_on = false;
    WAIT_FOR(&station, server_coil(&server, 0) == 0);
    charge(398.76, 10);
    WAIT_FOR(&station, server_coil(&server, 0) == 1);
    int64_t before_us = clock_mono_us();
    station_close(&station);
    assert_int_equal(server_coil(&server, 0), 0);
    assert_true(clock_mono_us() - before_us < 10 * CLOCK_US_PER_SECOND);
}

static void limits_of_the_bay_hold(void **state)
{
    (void)state;
    station_open(&station);
    WAIT_FOR(&station, server_coil(&server, 0) == 0);
    charge(1000, 1000);
    WAIT_FOR(&station, server_coil(&server, 0) == 1);
    assert_int_equal(server_register(&server, 200), 5000);
    assert_int_equal(server_register(&server, 201), 800); /* 40 kW at 500 V */
    charge(NAN, 10);
    WAIT_FOR(&station, server_coil(&server, 0) == 0);
    charge(100, 1000);
    WAIT_FOR(&station, server_coil(&server, 0) == 1);
    assert_int_equal(server_register(&server, 201), 1500);
}

static void watchdog_is_fed_while_the_engine_lives(void **state)
{
    (void)state;
    station_open(&station);
    charge(400, 10);
    WAIT_FOR(&station, server_register(&server, 202) >= 3);
    assert_int_equal(server_coil(&server, 0), 1);
    /* The engine hangs: off, and the charger's own watchdog goes hungry. */
    WAIT_WITHOUT_STEPS(server_coil(&server, 0) == 0);
    int fed = server_register(&server, 202), requests = server_requests(&server);
    WAIT_WITHOUT_STEPS(server_requests(&server) > requests + 8); /* readings go on */
    assert_int_equal(server_register(&server, 202), fed);
    WAIT_FOR(&station, server_coil(&server, 0) == 1 && server_register(&server, 202) > fed);
}

static void set_points_are_said_again(void **state)
{
    (void)state;
    station_open(&station);
    charge(400, 10);
    WAIT_FOR(&station, server_coil(&server, 0) == 1 && server_register(&server, 201) == 100);
    /* The charger starts anew: rewrite_ms brings everything back. */
    WITH_SERVER(&server, server.mapping->tab_bits[0] = 0;
                server.mapping->tab_registers[200] = server.mapping->tab_registers[201] = 0);
    WAIT_FOR(&station, server_coil(&server, 0) == 1);
    assert_int_equal(server_register(&server, 200), 4000);
    assert_int_equal(server_register(&server, 201), 100);
}

static void exceptions_are_no_values(void **state)
{
    (void)state;
    server.refusing = MODBUS_EXCEPTION_SLAVE_OR_SERVER_FAILURE;
    station_open(&station);
    charge(400, 10);
    WAIT_FOR(&station, server_requests(&server) > 10);
    assert_int_equal(bay->charger.at_us, 0);
    WITH_SERVER(&server, server.refusing = 0);
    WAIT_FOR(&station, bay->charger.at_us > 0 && server_coil(&server, 0) == 1);
    WAIT_FOR(&station, bay->charger.online && !bay->charger.fault);
    WITH_SERVER(&server, server.refusing = MODBUS_EXCEPTION_SLAVE_OR_SERVER_FAILURE);
    int64_t at_us = bay->charger.at_us;
    WAIT_FOR(&station, !bay->charger.online); /* it answers, but with nothing */
    WAIT_FOR(&station, age_s(&station, at_us) > 0.5);
    WITH_SERVER(&server, server.refusing = 0);
    WAIT_FOR(&station, bay->charger.online && age_s(&station, bay->charger.at_us) < 0.5);
}

/* A charger that can be read but takes no set-points is not in order. */
static void a_charger_that_does_not_obey_is_a_fault(void **state)
{
    (void)state;
    modbus_mapping_free(server.mapping);
    server.mapping = modbus_mapping_new(300, 300, 0, 300); /* no registers to write */
    charger_say(&server, 4012, 0);
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    assert_false(bay->charger.fault);
    charge(400, 10);
    WAIT_FOR(&station, bay->charger.fault);
    assert_true(bay->charger.online);
    assert_int_equal(server_coil(&server, 0), 0);
    station.requests.bays[0].charger_on = false;
    WAIT_FOR(&station, !bay->charger.fault && server_writes(&server) > 0);
}

static void gone_and_back(void **state)
{
    (void)state;
    station_open(&station);
    charge(400, 10);
    WAIT_FOR(&station, server_register(&server, 201) == 100 && bay->charger.at_us > 0);
    server_go(&server);
    WAIT_FOR(&station, !bay->charger.online);
    double dc_v = bay->charger.dc_v;
    WAIT_FOR(&station, age_s(&station, bay->charger.at_us) > 1);
    assert_near(bay->charger.dc_v, dc_v, 0); /* it only gets older */
    /* It comes back with other readings, switched off and with its set-points lost. */
    server.mapping->tab_bits[0] = 0;
    server.mapping->tab_registers[200] = 0;
    charger_say(&server, 3000, 0);
    server_listen(&server);
    WAIT_FOR(&station, bay->charger.online && age_s(&station, bay->charger.at_us) < 1);
    assert_near(bay->charger.dc_v, 300, 1e-9);
    WAIT_FOR(&station, server_coil(&server, 0) == 1);
    assert_int_equal(server_register(&server, 200), 4000);
}

static void a_hung_device_delays_nobody(void **state)
{
    (void)state;
    station_open(&station);
    charge(400, 10);
    WAIT_FOR(&station, server_register(&server, 201) == 100 && bay->charger.at_us > 0);
    WITH_SERVER(&server, server.silent = true);
    int64_t at_us = bay->charger.at_us, before_us = clock_mono_us();
    WAIT_FOR(&station, !bay->charger.online);
    /* Each request waits for 150 ms; 400 of them would be a minute. */
    for (int i = 0; i < 400; i++)
        station_step(&station);
    WAIT_FOR(&station, age_s(&station, at_us) > 1.5);
    assert_true(clock_mono_us() - before_us < 20 * CLOCK_US_PER_SECOND);
    assert_true(age_s(&station, bay->charger.at_us) > 0.5);
    before_us = clock_mono_us();
    station_close(&station);
    /* 0.9 s and what a busy machine adds. */
    assert_true(clock_mono_us() - before_us < 3 * CLOCK_US_PER_SECOND);
}

static void the_engine_is_woken(void **state)
{
    (void)state;
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    int64_t next_us = 0;
    (void)modbus_driver.pump(station.driver, 0, &next_us);
    assert_true(next_us == INT64_MAX);
    assert_false(modbus_driver.pump(station.driver, 0, &next_us));
    WITH_SERVER(&server, server.mapping->tab_input_registers[111] = 0x10);
    struct pollfd fd = {.fd = modbus_driver.wake_fd(station.driver), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 30000), 1);
    assert_true(modbus_driver.pump(station.driver, 0, &next_us));
    station_step(&station);
    assert_true(bay->charger.fault);
}

/* A gateway that does not reach the device behind it. */
static void a_gateway_is_no_answer(void **state)
{
    (void)state;
    station_open(&station);
    WAIT_FOR(&station, bay->charger.at_us > 0);
    WITH_SERVER(&server, server.refusing = MODBUS_EXCEPTION_GATEWAY_TARGET);
    WAIT_FOR(&station, !bay->charger.online);
    WITH_SERVER(&server, server.refusing = 0);
    WAIT_FOR(&station, bay->charger.online && age_s(&station, bay->charger.at_us) < 1);
}

/* A detector whose loop is open: the module says so, and the bay's sensors grow old (rule 7). */
static void smoke_that_cannot_be_read_is_no_news(void **state)
{
    (void)state;
    static struct station one;
    char folder[] = "/tmp/swap-modbus-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/loops.ini", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("[read]\ntemp_c = function=4 address=0 type=s16\n"
          "smoke = function=4 address=1 mask=1 invalid=0xFFFF\n"
          "present = function=4 address=2\n",
          file);
    fclose(file);
    station_init(&one, 1);
    snprintf(one.board.folder, sizeof one.board.folder, "%s", folder);
    bind_role(&one.board.bays[0].roles[BOARD_BAY_ROLE_sensors],
              "bus=tcp:127.0.0.1:%d unit=9 map=loops", server.port);
    station_open(&one);
    remove(path);
    rmdir(folder);
    const struct io_bay *in = &one.readings.bays[0];
    WAIT_FOR(&one, in->at_us > 0 && age_s(&one, in->at_us) < 1);
    WITH_SERVER(&server, server.mapping->tab_input_registers[1] = 0xFFFF);
    WAIT_FOR(&one, age_s(&one, in->at_us) > 1.5);
    assert_false(in->smoke);
    WITH_SERVER(&server, server.mapping->tab_input_registers[1] = 1);
    WAIT_FOR(&one, in->smoke && age_s(&one, in->at_us) < 1);
    station_close(&one);
}

/* Two bays at one sensor module, a meter and an ambient sensor: four roles on one wire. */
static void sensors_and_meter(void **state)
{
    (void)state;
    static struct station four;
    station_init(&four, 2);
    for (int i = 0; i < 2; i++)
        bind_role(&four.board.bays[i].roles[BOARD_BAY_ROLE_sensors],
                  "bus=tcp:127.0.0.1:%d unit=20 map=sensors-example channel=%d", server.port,
                  i + 1);
    bind_role(&four.board.station[BOARD_ROLE_mains_meter], "bus=tcp:127.0.0.1:%d unit=2 map=em340",
              server.port);
    bind_role(&four.board.station[BOARD_ROLE_ambient],
              "bus=tcp:127.0.0.1:%d unit=20 map=sensors-example channel=3", server.port);
    uint16_t *input = server.mapping->tab_input_registers;
    uint8_t *bits = server.mapping->tab_input_bits;
    WITH_SERVER(&server, input[0] = 251; input[1] = (uint16_t)-52; input[2] = 193;
                bits[0] = bits[2] = 1; bits[1] = 1; bits[3] = 0; input[0x34] = 0x0102;
                input[0x35] = 0x0001);
    station_open(&four);
    const struct io_readings *in = &four.readings;
    WAIT_FOR(&four, in->bays[0].at_us > 0 && in->bays[1].at_us > 0 && in->at_us > 0 &&
                        !isnan(in->mains_import_wh));
    assert_near(in->bays[0].temp_c, 25.1, 1e-9);
    assert_near(in->bays[1].temp_c, -5.2, 1e-9);
    assert_near(in->ambient_c, 19.3, 1e-9);
    assert_true(in->bays[0].present && !in->bays[1].present);
    assert_true(!in->bays[0].smoke && !in->bays[1].smoke);
    assert_near(in->mains_import_wh, 65794 * 100.0, 1e-6);
    assert_int_equal(in->bays[0].charger.at_us, 0);
    WITH_SERVER(&server, bits[2] = 0; input[0] = 0x8000); /* smoke in bay 2; a sensor is open */
    WAIT_FOR(&four, in->bays[1].smoke && isnan(in->bays[0].temp_c));
    assert_false(in->bays[0].smoke);
    station_close(&four);
}

static void a_sunspec_meter_finds_itself(void **state)
{
    (void)state;
    static struct station meter;
    modbus_mapping_free(server.mapping);
    server.mapping = modbus_mapping_new_start_address(0, 0, 0, 0, 40000, 200, 0, 0);
    uint16_t *to = server.mapping->tab_registers;
    to[0] = 0x5375, to[1] = 0x6e53, to[2] = 1, to[3] = 66;
    to[4] = 'A' << 8 | 'C', to[70] = 203, to[71] = 105;
    to[70 + 46] = 0x0012, to[70 + 47] = 0xD687, to[70 + 54] = (uint16_t)-1;
    to[177] = 0xFFFF;
    station_init(&meter, 1);
    bind_role(&meter.board.station[BOARD_ROLE_mains_meter],
              "bus=tcp:127.0.0.1:%d unit=1 map=sunspec", server.port);
    station_open(&meter);
    WAIT_FOR(&meter, meter.readings.mains_import_wh > 0);
    assert_near(meter.readings.mains_import_wh, 123456.7, 1e-6);
    /* Another meter in its place: found anew, for its registers stand elsewhere. */
    WITH_SERVER(&server, server.silent = true);
    int requests = server_requests(&server);
    WAIT_FOR(&meter, server_requests(&server) >= requests + 5);
    WITH_SERVER(&server, memset(to + 70, 0, 130 * sizeof *to); to[70] = 213; to[71] = 124;
                to[70 + 68] = 0x43c8; to[70 + 69] = 0x8000; to[196] = 0xFFFF;
                server.silent = false);
    WAIT_FOR(&meter, meter.readings.mains_import_wh == 401);
    station_close(&meter);
}

static void open_names_what_is_wrong(void **state)
{
    (void)state;
    struct err err = {0};
    struct board *board = &station.board;
    bind_role(&board->bays[0].roles[BOARD_BAY_ROLE_charger],
              "bus=tcp:127.0.0.1:1 unit=1 map=nothing");
    assert_int_equal(modbus_driver.open(&station.driver, board, &station.env, &err), ERR_NOT_FOUND);
    assert_null(station.driver);
    assert_non_null(strstr(err.text, "bay 1 charger: map=nothing: there is no nothing.ini"));
    bind_role(&board->bays[0].roles[BOARD_BAY_ROLE_charger], "unit=1 map=em340");
    assert_int_equal(modbus_driver.open(&station.driver, board, &station.env, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "bay 1 charger: bus= is missing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_of_a_charger),
        TEST(off_comes_first_and_last),
        TEST(limits_of_the_bay_hold),
        TEST(watchdog_is_fed_while_the_engine_lives),
        TEST(set_points_are_said_again),
        TEST(exceptions_are_no_values),
        TEST(a_charger_that_does_not_obey_is_a_fault),
        TEST(gone_and_back),
        TEST(a_hung_device_delays_nobody),
        TEST(the_engine_is_woken),
        TEST(a_gateway_is_no_answer),
        TEST(smoke_that_cannot_be_read_is_no_news),
        TEST(sensors_and_meter),
        TEST(a_sunspec_meter_finds_itself),
        TEST(open_names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
