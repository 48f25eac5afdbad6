/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the driver `can` in board.ini: what is understood, and that every mistake is named
 * with its line and role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/board.h"
#include "drivers/can/can_address.h"
#include "drivers/driver.h"
#include "firmware/near.h"
#include <string.h>

static void words_are_understood(void **state)
{
    (void)state;
    struct can_address address;
    struct err err = {0};
    assert_int_equal(can_address_parse(&address, "profile=gbt27930 bus=can3", 3, &err), 0);
    assert_int_equal(address.profile, CAN_PROFILE_GBT27930);
    assert_string_equal(address.bus, "can3");
    assert_int_equal(address.number, 3);
    assert_int_equal(address.bid, CAN_BID_SERIAL);
    assert_int_equal(can_address_parse(&address,
                                       " number=77  bid=vin bus=file:/tmp/a.log interface=can1 "
                                       "profile=gbt27930",
                                       1, &err),
                     0);
    assert_int_equal(address.number, 77);
    assert_int_equal(address.bid, CAN_BID_VIN);
    assert_string_equal(address.bus, "file:/tmp/a.log");
    assert_string_equal(address.interface, "can1");
    assert_int_equal(can_address_parse(&address,
                                       "profile=cia418 bus=can0 node=0x12 chemistry=lfp type=5 "
                                       "scale=adrd5161 charge_v=58.4 record=/var/log/can0.log",
                                       1, &err),
                     0);
    assert_int_equal(address.profile, CAN_PROFILE_CIA418);
    assert_int_equal(address.node, 0x12);
    assert_int_equal(address.chemistry, IO_CHEMISTRY_LFP);
    assert_int_equal(address.type, 5);
    assert_int_equal(address.scale, CAN_SCALE_ADRD5161);
    assert_near(address.charge_v, 58.4, 0);
    assert_string_equal(address.record, "/var/log/can0.log");
}

static void wrong_words_are_named(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "profile is missing"},
        {"profile=gbt27930", "bus is missing"},
        {"profile=gbt bus=can0", "profile=gbt: the profiles are gbt27930 and cia418"},
        {"profile=gbt27930 bus=can0 profile=cia418", "profile is given twice"},
        {"profile=gbt27930 bus=", "bus=: the name of a network interface"},
        {"profile=gbt27930 bus=averylongname0000", "the name of a network interface"},
        {"profile=gbt27930 bus=file:", "the path of a capture"},
        {"profile=gbt27930 bus=can0 can1", "\"can1\" is no word of an address"},
        {"profile=gbt27930 buss=can0", "did you mean bus?"},
        {"profile=gbt27930 bus=can0 node=1", "node has no meaning with profile=gbt27930"},
        {"profile=gbt27930 bus=can0 number=0", "from 1 to 4294967294"},
        {"profile=gbt27930 bus=can0 bid=name", "serial (maker and pack number) or vin"},
        {"profile=gbt27930 bus=can0 interface=can1", "with bus=file:PATH only"},
        {"profile=gbt27930 bus=file:/a record=/b", "record has no meaning"},
        {"profile=gbt27930 bus=can0 record=b", "an absolute path is needed"},
        {"profile=cia418 bus=can0 chemistry=lfp", "node is missing"},
        {"profile=cia418 bus=can0 node=1", "chemistry is missing"},
        {"profile=cia418 bus=can0 node=128 chemistry=lfp", "from 1 to 127"},
        {"profile=cia418 bus=can0 node=1 chemistry=lead", "lfp, nmc or lto"},
        {"profile=cia418 bus=can0 node=1 chemistry=lfp bid=vin", "no meaning with profile=cia418"},
        {"profile=cia418 bus=can0 node=1 chemistry=lfp scale=mv", "cia418 or adrd5161"},
        {"profile=cia418 bus=can0 node=1 chemistry=lfp type=-1", "from 0 to 65535"},
        {"profile=cia418 bus=can0 node=1 chemistry=lfp charge_v=0", "from 1 to 1500"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct can_address address;
        struct err err = {0};
        assert_int_equal(can_address_parse(&address, CASES[i][0], 1, &err), ERR_CONFIG);
        if (strstr(err.text, CASES[i][1]) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", CASES[i][0], err.text, CASES[i][1]);
    }
    char text[256] = "profile=cia418 bus=can0 node=";
    memset(text + strlen(text), '1', 200); /* longer than a word may be */
    text[230] = '\0';
    struct can_address address;
    struct err err = {0};
    assert_int_equal(can_address_parse(&address, text, 1, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "too long"));
}

#define HEAD                                                                                       \
    "[board]\ncompatible = sim\nname = Test\n[gate]\ndriver = sim\n[lane]\ndriver = sim\n"         \
    "[guard]\ndriver = sim\n[emergency_stop]\ndriver = sim\n[smoke]\ndriver = sim\n"               \
    "[water]\ndriver = sim\n[ambient]\ndriver = sim\n[mains_meter]\ndriver = sim\n"                \
    "[siren]\ndriver = sim\n[exhaust]\ndriver = sim\n[charge_enable]\ndriver = sim\n"              \
    "[sim]\npacks = empty empty\nsessions = q.ini\n[bays]\ncount = 2\ndriver = sim\n"
#define FIRST 32 /* number of the line after HEAD */

static struct board_report report;

/* The first mistake, and how many there are. */
static void expect(const char *lines, size_t count, int line, const char *role, const char *words)
{
    char text[4096];
    struct board *board = NULL;
    struct err err = {0};
    (void)snprintf(text, sizeof text, "%s%s", HEAD, lines);
    int code = board_parse(text, strlen(text), "t/board.ini", &board, &report, &err);
    board_free(board);
    assert_int_equal(code, count ? ERR_CONFIG : 0);
    if (report.count != count)
        board_report_print(&report, stderr);
    assert_int_equal(report.count, count);
    if (count == 0)
        return;
    const struct board_mistake *mistake = &report.mistakes[0];
    assert_int_equal(mistake->line, line);
    assert_string_equal(mistake->role, role);
    if (strstr(mistake->text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", mistake->text, words);
}

static void boards_are_checked(void **state)
{
    (void)state;
    expect("pack_driver = can\npack_address = profile=gbt27930 bus=can{slot}\n", 0, 0, "", "");
    expect("pack_driver = can\npack_address = profile=cia418 bus=can0 node=0x1{slot} "
           "chemistry=nmc\n",
           0, 0, "", "");
    expect("pack_driver = can\npack_address = profile=gbt27930 bus=can0\n", 1, FIRST + 1,
           "bay 2 pack", "bay 1 has bus=can0 too: the addresses of GB/T 27930 are fixed");
    expect("pack_driver = can\npack_address = profile=cia418 bus=can0 node=1 chemistry=nmc\n", 1,
           FIRST + 1, "bay 2 pack", "two packs with one node");
    expect("pack_driver = can\npack_address = profile=gbt27930 bus=can0\n"
           "[bay 2]\npack_address = profile=cia418 bus=can0 node=1 chemistry=nmc\n",
           1, FIRST + 3, "bay 2 pack", "a bus of GB/T 27930 has two nodes");
    expect("pack_driver = can\npack_address = profile=cia418 bus=can0 node={slot} chemistry=nmc "
           "record=/a{slot}\n",
           1, FIRST + 1, "bay 2 pack", "one bus is recorded in one file");
    /* one capture of two buses */
    expect("pack_driver = can\npack_address = profile=gbt27930 bus=file:/a interface=can{slot}\n",
           0, 0, "", "");
    expect("pack_driver = can\npack_address = profile=gbt27930 bus=file:/a\n", 1, FIRST + 1,
           "bay 2 pack", "bay 1 has bus=file:/a too");
    expect("pack_driver = can\n", 2, FIRST, "bay 1 pack", "profile is missing");
    expect("charger_driver = can\n", 2, FIRST, "bay 1 charger", "serves the role pack only");
    expect("[bay 2]\ndriver = can\npack_address = profile=gbt27930 bus=can0\n", 7, FIRST + 1,
           "bay 2 door", "serves the role pack only");
}

static void it_is_built_in(void **state)
{
    (void)state;
    const struct driver_ops *ops = driver_find("can");
    assert_non_null(ops);
    assert_true(ops->check && ops->pump && ops->wake_fd && !ops->steppable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_understood),
        cmocka_unit_test(wrong_words_are_named),
        cmocka_unit_test(boards_are_checked),
        cmocka_unit_test(it_is_built_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
