/* SPDX-License-Identifier: Apache-2.0 */
/* Map files of the modbus driver: numbers from registers and back, mistakes, how values are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/modbus/plan.h"
#include "drivers/modbus/roles.h"
#include "firmware/near.h"
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct modbus_map parse_good(const char *text)
{
    struct modbus_map map;
    struct err err = {0};
    if (modbus_map_parse(text, strlen(text), "m.ini", &map, &err) != 0)
        fail_msg("%s", err.text);
    return map;
}

static void expect_mistake(const char *text, const char *sentence)
{
    struct modbus_map map;
    struct err err = {0};
    assert_int_equal(modbus_map_parse(text, strlen(text), "m.ini", &map, &err), ERR_CONFIG);
    if (strstr(err.text, sentence) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

/* One value of a map, from these registers. */
static double value_of(const char *words, const char *device, const uint16_t *registers)
{
    char text[512];
    (void)snprintf(text, sizeof text, "[device]\n%s\n[read]\ndc_v = function=3 address=7 %s\n",
                   device, words);
    struct modbus_map map = parse_good(text);
    return modbus_decode(&map.reads[MODBUS_READ_dc_v], map.little_words, registers, NULL);
}
#define REGISTERS(...) ((const uint16_t[]){__VA_ARGS__})

static void numbers_of_each_type(void **state)
{
    (void)state;
    assert_near(value_of("type=u16", "", REGISTERS(65535)), 65535, 0);
    assert_near(value_of("type=s16", "", REGISTERS(65535)), -1, 0);
    assert_near(value_of("type=u32", "", REGISTERS(0x0001, 0x0002)), 65538, 0);
    assert_near(value_of("type=s32", "", REGISTERS(0xFFFF, 0xFFFE)), -2, 0);
    assert_near(value_of("type=u64", "", REGISTERS(0, 1, 0, 2)), 4294967298.0, 0);
    assert_near(value_of("type=s64", "", REGISTERS(65535, 65535, 65535, 65533)), -3, 0);
    assert_near(value_of("type=f32", "", REGISTERS(0x43c8, 0x8000)), 401, 0);
    assert_near(value_of("type=f64", "", REGISTERS(0x4079, 0x1000, 0, 0)), 401, 0);
    /* The other word first. */
    assert_near(value_of("type=u32", "word_order = little", REGISTERS(2, 1)), 65538, 0);
    assert_near(value_of("type=f32", "word_order = little", REGISTERS(0x8000, 0x43c8)), 401, 0);
    assert_near(value_of("type=u64", "word_order = little", REGISTERS(2, 0, 1, 0)), 4294967298.0,
                0);
}

static void scale_offset_unit_invalid(void **state)
{
    (void)state;
    assert_near(value_of("type=u16 scale=0.1 offset=-40", "", REGISTERS(4000)), 360, 1e-9);
    assert_near(value_of("type=u16 unit=mV offset=500", "", REGISTERS(1500)), 2, 1e-9);
    assert_true(isnan(value_of("type=s16 invalid=0x8000", "", REGISTERS(0x8000))));
    assert_true(isnan(value_of("type=s32 invalid=-1", "", REGISTERS(0xFFFF, 0xFFFF))));
    assert_near(value_of("type=s32 invalid=-1", "", REGISTERS(0xFFFF, 0xFFFE)), -2, 0);
    assert_true(isnan(value_of("type=u64 invalid=0xFFFFFFFFFFFFFFFF", "",
                               REGISTERS(65535, 65535, 65535, 65535))));
    assert_true(isnan(value_of("type=f32", "", REGISTERS(0x7fc0, 0))));
    assert_true(isnan(value_of("type=f32", "", REGISTERS(0x7f80, 0)))); /* infinite */
}

static void flags(void **state)
{
    (void)state;
    struct modbus_map map =
        parse_good("[read]\nfault = function=3 address=1 mask=0x0C\n"
                   "online = function=3 address=2 mask=0x00FF equals=2\n"
                   "smoke = function=2 address=1 active=low\npresent = constant=1\n"
                   "fault_2 = function=3 address=1 invalid=0xFFFF\n");
#define FLAG(name, raw)                                                                            \
    modbus_decode_flag(&map.reads[MODBUS_READ_##name], false, REGISTERS((uint16_t)(raw)))
    assert_true(FLAG(fault, 4) == 1 && FLAG(fault, 8) == 1 && FLAG(fault, 0xFFF3) == 0);
    assert_true(FLAG(online, 0x1202) == 1 && FLAG(online, 3) == 0);
    assert_true(FLAG(smoke, 1) == 0 && FLAG(smoke, 0) == 1);
    assert_true(FLAG(present, 0) == 1);
    assert_true(isnan(FLAG(fault_2, 0xFFFF)) && FLAG(fault_2, 1) == 1);
}

static void numbers_are_written(void **state)
{
    (void)state;
    struct modbus_map map =
        parse_good("[device]\nword_order = little\n"
                   "[write]\ncharge_v = function=16 address=1 type=u32 scale=0.001\n"
                   "charge_a = function=16 address=3 type=s16 scale=-0.1 offset=400\non = "
                   "function=5 address=1");
    uint16_t to[MODBUS_VALUE_REGISTERS];
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_v], true, 401.2345, to), 2);
    assert_int_equal(to[0], 401235 & 0xFFFF);
    assert_int_equal(to[1], 401235 >> 16);
    /* As GB/T 27930 counts: 0 A is 4000, charging is less. */
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_a], true, 30, to), 1);
    assert_int_equal(to[0], 3700);
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_a], true, 1e5, to), 0);
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_v], true, -0.001, to), 0);
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_v], true, NAN, to), 0);
    map = parse_good("[write]\ncharge_v = function=16 address=1 type=f32\n"
                     "charge_a = function=16 address=3 type=f64\n");
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_v], false, 401, to), 2);
    assert_true(to[0] == 0x43c8 && to[1] == 0x8000);
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_a], false, 401, to), 4);
    assert_true(to[0] == 0x4079 && to[1] == 0x1000 && to[2] == 0 && to[3] == 0);
    assert_int_equal(modbus_encode(&map.writes[MODBUS_WRITE_charge_v], false, 1e39, to), 0);
}

static void addresses_are_counted_in_three_ways(void **state)
{
    (void)state;
    const char *rest = "[read]\ndc_v = function=4 address=101 type=u16\n";
    char text[256];
    struct modbus_map map = parse_good(rest);
    assert_int_equal(map.reads[MODBUS_READ_dc_v].address, 101);
    (void)snprintf(text, sizeof text, "[device]\naddress_base = 1\n%s", rest);
    map = parse_good(text);
    assert_int_equal(map.reads[MODBUS_READ_dc_v].address, 100);
    map = parse_good("[read]\ndc_v = address=40101 type=u16\ndc_a = address=30101 type=s16\n"
                     "smoke = address=10005\npresent = address=9\nac_v = address=465536 type=u16\n"
                     "[write]\ncharge_v = address=40001 type=u16\n"
                     "charge_a = address=40002 type=u32\non = address=2\n"
                     "[device]\naddress_base = modicon\n"); /* the order of sections is free */
    const struct modbus_value *reads = map.reads, *writes = map.writes;
    assert_true(reads[MODBUS_READ_dc_v].function == 3 && reads[MODBUS_READ_dc_v].address == 100);
    assert_true(reads[MODBUS_READ_dc_a].function == 4 && reads[MODBUS_READ_dc_a].address == 100);
    assert_true(reads[MODBUS_READ_smoke].function == 2 && reads[MODBUS_READ_smoke].address == 4);
    assert_true(reads[MODBUS_READ_present].function == 1 &&
                reads[MODBUS_READ_present].address == 8);
    assert_int_equal(reads[MODBUS_READ_ac_v].address, 65535);
    assert_true(writes[MODBUS_WRITE_charge_v].function == 6);
    assert_true(writes[MODBUS_WRITE_charge_a].function == 16);
    assert_true(writes[MODBUS_WRITE_on].function == 5 && writes[MODBUS_WRITE_on].address == 1);
}

static void each_mistake_is_named(void **state)
{
    (void)state;
#define READ(line) "[read]\n" line "\n"
    expect_mistake("", "m.ini: no value stands in [read] or [write]");
    expect_mistake("x = 1\n", "m.ini:1: x stands in []; the sections are [device], [read] and");
    expect_mistake("[reed]\nx = 1\n", "m.ini:2: x stands in [reed]");
    expect_mistake("[read\n", "m.ini:1: \"[read\" is neither");
    expect_mistake(READ("dc_w = type=u16"), "m.ini:2: [read] dc_w: there is no such key; did you");
    expect_mistake("[device]\nword_ordr = big\n", "did you mean word_order?");
    expect_mistake("[device]\nword_order = middle\n", "big (high word first) or little is needed");
    expect_mistake("[device]\naddress_base = 2\n", "0, 1 or modicon is needed");
    expect_mistake("[device]\nmax_registers = 126\n", "a whole number from 1 to 125 is needed");
    expect_mistake("[device]\npoll_ms = 100\npoll_ms = 200\n",
                   "m.ini:3: [device] poll_ms is given");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16\ndc_v = constant=1"),
                   "m.ini:3: [read] dc_v is given twice");
    expect_mistake(READ("dc_v = function=3 function=4"), "m.ini:2: [read] dc_v: function is given");
    expect_mistake(READ("dc_v = function=3 adress=1"),
                   "adress: there is no such word; did you mean");
    expect_mistake(READ("dc_v = 40001"), "\"40001\" is no key=value");
    expect_mistake(READ("dc_v = function=16 address=1"), "function=16: 1, 2, 3 or 4 is needed");
    expect_mistake("[write]\non = function=3 address=1\n", "function=3: 5, 6 or 16 is needed");
    expect_mistake(READ("dc_v = function=3 address=1"), "m.ini:2: [read] dc_v: type is missing");
    expect_mistake(READ("dc_v = function=3 type=u16"), "address is missing");
    expect_mistake(READ("dc_v = address=1 type=u16"), "function is missing: 1, 2, 3 or 4");
    expect_mistake(READ("dc_v = function=3 address=1 type=u8"), "one of bit, u16");
    expect_mistake(READ("dc_v = function=3 address=65535 type=u32"), "beyond the last register");
    expect_mistake(READ("dc_v = function=3 address=65536 type=u16"), "beyond the 65536");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16 scale=0"), "0 is no scale");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16 scale=1e"), "a decimal number is");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16 unit=kWh"), "one of V, mV is needed");
    expect_mistake(READ("phases = function=3 address=1 unit=V"), "this value has no unit");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16 mask=1"), "mask has no meaning");
    expect_mistake(READ("fault = function=3 address=1 scale=2"), "scale has no meaning");
    expect_mistake(READ("fault = function=3 address=1 type=bit"), "mask=0x0004 picks a bit");
    expect_mistake(READ("fault = function=2 address=1 type=u16"), "go with type=bit");
    expect_mistake(READ("fault = function=3 address=1 mask=0x10000"), "mask picks no bit");
    expect_mistake(READ("fault = function=3 address=1 mask=1 equals=2"), "it is never so");
    expect_mistake(READ("fault = function=3 address=1 type=f32"), "for measures only");
    expect_mistake(READ("dc_v = function=1 address=1"), "one bit is no measure");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16 invalid=0x12345"), "more bits than");
    expect_mistake(READ("dc_v = function=3 address=1 type=u16 invalid=0xG"), "at most 64 bits");
    expect_mistake(READ("dc_v = constant=1 address=3"), "constant stands alone");
    expect_mistake("[write]\ncharge_v = function=6 address=1 type=u32\n", "function=16 is needed");
    expect_mistake("[write]\non = function=6 address=1 on=3 off=3\n", "on and off are the same");
    expect_mistake("[write]\non = function=5 address=1 on=2\n", "more bits than the type");
    expect_mistake("[write]\nwatchdog = function=6 address=1\n", "every_ms is missing");
    expect_mistake("[device]\naddress_base = modicon\n" READ("dc_v = address=20001 type=u16"),
                   "m.ini:4: [read] dc_v: address 20001 is none of Modicon's way");
    expect_mistake("[device]\naddress_base = modicon\n" READ("dc_v = address=40000 type=u16"),
                   "none of Modicon's way");
    expect_mistake(
        "[device]\naddress_base = modicon\n" READ("dc_v = address=40001 function=4 type=u16"),
        "is not reached by function 4");
    expect_mistake("[device]\naddress_base = modicon\n[write]\non = address=30001\n",
                   "cannot be written");
    expect_mistake("[device]\nmax_registers = 2\n" READ("dc_v = function=3 address=1 type=u64"),
                   "longer than max_registers = 2");
}

static void neighbours_are_read_together(void **state)
{
    (void)state;
    struct err err = {0};
    struct modbus_plan plan;
    struct modbus_map map = parse_good(
        "[device]\nmax_registers = 6\nmax_gap = 1\n[read]\n"
        "dc_v = function=3 address=10 type=u32\ndc_a = function=3 address=13 type=s16\n"
        "ac_v = function=4 address=14 type=u16\nfault = function=3 address=13\n"
        "meter_wh = function=3 address=14 type=u64\nac_a = function=3 address=21 type=u16\n"
        "temp_c = function=3 address=12 type=s16\n");
    assert_int_equal(modbus_plan_make(&plan, &map, modbus_role_wants(MODBUS_ROLE_CHARGER), 1, &err),
                     0);
    /* 10..13 with the gap 12; meter_wh would make 8; 21 is 3 away; temp_c is not wanted. */
    assert_int_equal(plan.block_count, 4);
    const struct modbus_block wanted[] = {
        {3, 10, 4, 0}, {3, 14, 4, 4}, {3, 21, 1, 8}, {4, 14, 1, 9}};
    assert_memory_equal(plan.blocks, wanted, sizeof wanted);
    const uint16_t image[MODBUS_REGISTERS_MAX] = {0, 401, 99, 0xFFFE, 0, 0, 0, 7, 16, 230};
#define VALUE(name) modbus_plan_value(&plan, &map, MODBUS_READ_##name, image)
    assert_near(VALUE(dc_v), 401, 0);
    assert_near(VALUE(dc_a), -2, 0);
    assert_near(VALUE(fault), 1, 0);
    assert_near(VALUE(meter_wh), 7, 0);
    assert_near(VALUE(ac_a), 16, 0);
    assert_near(VALUE(ac_v), 230, 0);
    assert_true(isnan(VALUE(temp_c)) && isnan(VALUE(smoke)));
}

static void channels_and_powers_of_ten(void **state)
{
    (void)state;
    struct err err = {0};
    struct modbus_plan plan;
    struct modbus_map map = parse_good("[read]\ntemp_c = function=4 address=100 type=s16 stride=10 "
                                       "scale_address=105 scale=2 offset=1\n");
    assert_int_equal(modbus_plan_make(&plan, &map, MODBUS_WANT(temp_c), 3, &err), 0);
    assert_int_equal(plan.block_count, 2);
    assert_int_equal(plan.blocks[0].address, 120);
    assert_int_equal(plan.blocks[1].address, 125);
    uint16_t image[MODBUS_REGISTERS_MAX] = {250, 0xFFFF};
    assert_near(VALUE(temp_c), 51, 1e-9);
    image[1] = 0x8000; /* the power of ten is not implemented */
    assert_true(isnan(VALUE(temp_c)));
    assert_int_equal(modbus_plan_make(&plan, &map, MODBUS_WANT(temp_c), 6600, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "channel 6600: temp_c is beyond"));
}

/* Every shipped map can be read and serves a role. */
static void shipped_maps_are_good(void **state)
{
    (void)state;
    DIR *folder = opendir(SOURCE_DIR "/boards/maps");
    assert_non_null(folder);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[MODBUS_MAP_NAME_SIZE] = "";
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".ini") != 0)
            continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(dot - entry->d_name), entry->d_name);
        struct modbus_map map;
        struct err err = {0};
        /* Not in the board's folder, and nothing is said of that. */
        if (modbus_map_load(SOURCE_DIR "/boards/sim", name, &map, &err) != 0 || err.code != 0)
            fail_msg("%s", err.text);
        bool fits = false;
        for (int role = MODBUS_ROLE_MAINS_METER; role < MODBUS_ROLE_COUNT; role++)
            fits = fits || modbus_role_fits((enum modbus_role)role, &map, NULL) == 0;
        assert_true(fits && *map.title != '\0');
        count++;
    }
    (void)closedir(folder);
    assert_int_equal(count, 6);
    struct modbus_map map;
    struct err err = {0};
    assert_int_equal(modbus_map_load(SOURCE_DIR "/boards/sim", "em341", &map, &err), ERR_NOT_FOUND);
    assert_non_null(
        strstr(err.text, "map=em341: there is no em341.ini in " SOURCE_DIR "/boards/sim nor in"));
}

/* What the meters' documents say of a register is what comes out: 12 345.6 kWh. */
static double shipped_wh(const char *name, const uint16_t *registers)
{
    struct modbus_map map;
    struct err err = {0};
    if (modbus_map_load(SOURCE_DIR "/boards/sim", name, &map, &err) != 0)
        fail_msg("%s", err.text);
    return modbus_decode(&map.reads[MODBUS_READ_import_wh], map.little_words, registers, NULL);
}

static void shipped_meters_say_wh(void **state)
{
    (void)state;
    assert_near(shipped_wh("em340", REGISTERS(123456 & 0xFFFF, 123456 >> 16)), 12345600, 1e-6);
    assert_near(shipped_wh("sdm630", REGISTERS(0x4640, 0xe666)), 12345600, 1);
    assert_near(shipped_wh("abb-b23", REGISTERS(0, 0, 1234560 >> 16, 1234560 & 0xFFFF)), 12345600,
                1e-6);
    assert_true(isnan(shipped_wh("abb-b23", REGISTERS(65535, 65535, 65535, 65535))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_each_type),
        cmocka_unit_test(scale_offset_unit_invalid),
        cmocka_unit_test(flags),
        cmocka_unit_test(numbers_are_written),
        cmocka_unit_test(addresses_are_counted_in_three_ways),
        cmocka_unit_test(each_mistake_is_named),
        cmocka_unit_test(neighbours_are_read_together),
        cmocka_unit_test(channels_and_powers_of_ten),
        cmocka_unit_test(shipped_maps_are_good),
        cmocka_unit_test(shipped_meters_say_wh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
