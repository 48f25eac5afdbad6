/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the modbus driver in a board.ini: each mistake with line and role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "drivers/board.h"
#include "drivers/modbus/place.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* 27 lines; what a test adds begins in line 28. */
#define HEAD                                                                                       \
    "[board]\ncompatible = sim\nname = T\n[gate]\ndriver = sim\n[lane]\ndriver = sim\n"            \
    "[guard]\ndriver = sim\n[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"               \
    "[water]\ndriver = sim\n[siren]\ndriver = sim\n[exhaust]\ndriver = sim\n"                      \
    "[charge_enable]\ndriver = sim\n[sim]\npacks = empty empty\nsessions = q.ini\n"                \
    "[bays]\ncount = 2\ndriver = sim\n"
#define AMBIENT "[ambient]\ndriver = sim\n"
#define METER   "[mains_meter]\ndriver = none\n"
#define TTY     "bus=/dev/ttyS1@9600-8E1 rs485 "
#define SIM     AMBIENT METER

static struct board_report report;

static struct board *parse(const char *text)
{
    struct board *board = NULL;
    (void)board_parse(text, strlen(text), "b.ini", &board, &report, NULL);
    return board;
}

static void expect_mistake(const char *text, int line, const char *role, const char *words)
{
    board_free(parse(text));
    if (report.count != 1 || strstr(report.mistakes[0].text, words) == NULL)
        board_report_print(&report, stderr);
    assert_int_equal(report.count, 1);
    assert_int_equal(report.mistakes[0].line, line);
    assert_string_equal(report.mistakes[0].role, role);
    assert_non_null(strstr(report.mistakes[0].text, words));
}

static void places(void **state)
{
    (void)state;
    struct modbus_place place;
    struct err err = {0};
    assert_int_equal(modbus_place_parse("unit=255 map=a bus=tcp:10.0.0.7", &place, &err), 0);
    assert_true(place.bus.tcp && place.bus.port == 502 && place.unit == 255 && place.channel == 1);
    assert_string_equal(place.bus.name, "10.0.0.7");
    assert_int_equal(modbus_place_parse("bus=tcp:10.0.0.7:1502 unit=1 map=a", &place, &err), 0);
    assert_int_equal(place.bus.port, 1502);
    assert_int_equal(modbus_place_parse("bus=/dev/ttyS1@19200-8O2 rs485 unit=247 map=x-1 channel=8",
                                        &place, &err),
                     0);
    assert_string_equal(place.bus.name, "/dev/ttyS1");
    assert_true(!place.bus.tcp && place.bus.baud == 19200 && place.bus.parity == 'O' &&
                place.bus.stop_bits == 2 && place.bus.rs485);
    assert_true(place.unit == 247 && place.channel == 8);
    assert_string_equal(place.map, "x-1");
}

static void addresses(void **state)
{
    (void)state;
#define ADDRESS(address)        HEAD AMBIENT "[mains_meter]\ndriver = modbus\naddress = " address "\n"
#define MISTAKE(address, words) expect_mistake(ADDRESS(address), 32, "mains_meter", words)
    struct board *board = parse(ADDRESS("bus=tcp:10.0.0.7 unit=1 map=sunspec"));
    assert_non_null(board);
    board_free(board);
    MISTAKE("", "the address is missing: bus=");
    MISTAKE("unit=1 map=a", "bus= is missing");
    MISTAKE("bus=tcp:10.0.0.7 map=a", "unit= is missing");
    MISTAKE("bus=tcp:10.0.0.7 unit=1", "map= is missing");
    MISTAKE("bus=tcp:meter:502 unit=1 map=a", "\"meter\" is no IPv4 address");
    MISTAKE("bus=tcp:10.0.0.7:0 unit=1 map=a", "a port from 1 to 65535");
    MISTAKE("bus=10.0.0.7 unit=1 map=a", "tcp:ADDRESS:PORT or /dev/NAME@BAUD-FORMAT");
    MISTAKE("bus=/dev/ttyS1 unit=1 map=a", "/dev/NAME@BAUD-FORMAT");
    MISTAKE("bus=/dev/ttyS1@9601-8E1 unit=1 map=a", "the speed is one of 1200, 2400");
    MISTAKE("bus=/dev/ttyS1@9600-8X1 unit=1 map=a", "parity N, E or O");
    MISTAKE("bus=/dev/ttyS1@9600-7E1 unit=1 map=a", "8 bits");
    MISTAKE("bus=/dev/ttyS1@9600-8E3 unit=1 map=a", "stop bits 1 or 2");
    MISTAKE("bus=/dev/ttyS1@9600 unit=1 map=a", "stop bits 1 or 2");
    MISTAKE(TTY "unit=0 map=a", "unit=0: a whole number from 1");
    MISTAKE(TTY "unit=255 map=a", "units are 1 to 247 on a tty");
    MISTAKE("bus=tcp:10.0.0.7 unit=248 map=a", "255 for the device itself");
    MISTAKE("bus=tcp:10.0.0.7 unit=1 map=a rs485", "rs485 is for a tty");
    MISTAKE(TTY "unit=1 map=../a", "the name of a map file");
    MISTAKE(TTY "unit=1 map=", "the name of a map file");
    MISTAKE(TTY "unit=1 map=a channel=257", "from 1 to 256");
    MISTAKE(TTY "unit=1 unit=2 map=a", "unit is given twice");
    MISTAKE("bus=/dev/ttyS1@4800-8E1 unit=1 map=sunspec", "SunSpec needs a tty of at least 9600");
    MISTAKE(TTY "unit=1 mpa=a", "did you mean map?");
    MISTAKE(TTY "unit=1 map=a fast", "fast: bus=, unit=");
}

static void between_roles(void **state)
{
    (void)state;
    struct board *board = parse(HEAD SIM "[bay 1]\ncharger_driver = modbus\n"
                                         "charger_address = " TTY "unit=3 map=c\n"
                                         "sensors_driver = modbus\n"
                                         "sensors_address = " TTY "unit=20 map=s channel=1\n"
                                         "[bay 2]\nsensors_driver = modbus\n"
                                         "sensors_address = " TTY "unit=20 map=s channel=2\n");
    if (board == NULL)
        board_report_print(&report, stderr);
    assert_non_null(board);
    board_free(board);
    /* As copied from bay to bay, in [bays]. */
    expect_mistake(HEAD "charger_driver = modbus\ncharger_address = " TTY "unit=3 map=c\n" SIM, 29,
                   "bay 2 charger", "unit 3 on /dev/ttyS1, channel 1, is bay 1 charger already");
    expect_mistake(HEAD "charger_driver = modbus\ncharger_address = " TTY "unit={slot} map=c\n" SIM
                        "[bay 2]\nsensors_driver = modbus\n"
                        "sensors_address = " TTY "unit=1 map=s\n",
                   36, "bay 2 sensors",
                   "unit 1 on /dev/ttyS1 is another device for bay 1 charger (map=c)");
    expect_mistake(HEAD "charger_driver = modbus\ncharger_address = " TTY "unit={slot} map=c\n" SIM
                        "[bay 2]\nsensors_driver = modbus\n"
                        "sensors_address = bus=/dev/ttyS1@9600-8N1 rs485 unit=5 map=s\n",
                   36, "bay 2 sensors", "/dev/ttyS1 is set up in another way than for bay 1");
    expect_mistake(HEAD SIM "[bay 2]\nlock_driver = modbus\nlock_address = " TTY "unit=1 map=a\n",
                   33, "bay 2 lock",
                   "it serves mains_meter, ambient, and a bay's charger and sensors");
    expect_mistake(HEAD SIM "[bay 2]\nsensors_driver = modbus\n"
                            "sensors_address = " TTY "unit=1 map=sunspec\n",
                   34, "bay 2 sensors", "SunSpec is for mains_meter only");
}

/* --- with files --- */

static char folder[] = "/tmp/swap-modbus-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)remove(path);
}

/* A board without sim: the drivers that are not built in make mistakes of their own, so only
 * those of `role` count. */
static void expect_file_mistake(const char *address, const char *map, int line, const char *words)
{
    char text[2048];
    struct board *board = NULL;
    (void)snprintf(text, sizeof text,
                   "%s%s[bay 2]\ncharger_driver = modbus\ncharger_address = %s\n", HEAD, SIM,
                   address);
    write_file("board.ini", text);
    write_file("q.ini", "[soc_arrival_percent]\nquantiles = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "
                        "16 17 18 19 20\n");
    write_file("c.ini", map);
    (void)board_load(folder, NULL, &board, &report, NULL);
    board_free(board);
    if (report.count != (words != NULL ? 1 : 0))
        board_report_print(&report, stderr);
    assert_int_equal(report.count, words != NULL ? 1 : 0);
    if (words == NULL)
        return;
    if (strstr(report.mistakes[0].text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", report.mistakes[0].text, words);
    assert_int_equal(report.mistakes[0].line, line);
    assert_string_equal(report.mistakes[0].role, "bay 2 charger");
}

#define READS  "[read]\ndc_v=function=3 address=1 type=u16\ndc_a=function=3 address=2 type=s16\n"
#define WRITES "charge_a=function=6 address=2 type=u16\non=function=6 address=3\n"
#define GOOD   READS "[write]\ncharge_v=function=6 address=1 type=u16 scale=0.01 stride=1000\n" WRITES

#define FAR                                                                                        \
    "[device]\nmax_gap=16\n" READS "ac_v=function=3 address=18 type=u16\n"                         \
    "ac_a=function=3 address=35 type=u16\nac_kw=function=3 address=52 type=u16\n"                  \
    "phases=function=3 address=69\nmeter_wh=function=3 address=86 type=u16\n"                      \
    "fault=function=3 address=103\nonline=function=3 address=118 type=u64\n"                       \
    "[write]\ncharge_v=function=6 address=1 type=u16 scale=0.01\n" WRITES

static void map_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    expect_file_mistake(TTY "unit=1 map=c", GOOD, 0, NULL);
    expect_file_mistake(TTY "unit=1 map=d", GOOD, 34,
                        "map=d: there is no d.ini in /tmp/swap-modbus-");
    expect_file_mistake(TTY "unit=1 map=c", "[read]\ndc_v = 1\n", 34,
                        "c.ini:2: [read] dc_v: \"1\"");
    expect_file_mistake(TTY "unit=1 map=c", READS, 34,
                        "map=c: the map has no [write] charge_v, which this role needs");
    expect_file_mistake(TTY "unit=1 map=c",
                        "[write]\ncharge_v=function=6 address=1 type=u16\n" WRITES, 34,
                        "the map has no [read] dc_v");
    expect_file_mistake(TTY "unit=1 map=c",
                        READS
                        "[write]\ncharge_v=function=6 address=1 type=u16 scale=0.001\n" WRITES,
                        34, "voltage_max_v = 500 is more than [write] charge_v can say");
    /* 121 registers in one answer, at 250 ms: too slow at 9600, not at 19200. */
    expect_file_mistake(TTY "unit=1 map=c", FAR, 34,
                        "at 9600 baud an answer of 121 registers takes 292 ms, more than "
                        "timeout_ms = 250");
    expect_file_mistake("bus=/dev/ttyS1@19200-8E1 unit=1 map=c", FAR, 0, NULL);
    expect_file_mistake(TTY "unit=1 map=c channel=100", GOOD, 34,
                        "channel 100: charge_v is beyond the last register");
    expect_file_mistake(TTY "unit=1 map=c",
                        "[read]\ndc_v=constant=1\ndc_a=constant=1\n[write]\n"
                        "charge_v=function=6 address=1 type=u16\n" WRITES,
                        34, "only has constants");
    remove_file("c.ini");
    remove_file("q.ini");
    remove_file("board.ini");
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(addresses),
        cmocka_unit_test(between_roles),
        cmocka_unit_test(map_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
