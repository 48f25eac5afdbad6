/* SPDX-License-Identifier: Apache-2.0 */
/* Frames: candump's lines and the identifiers of J1939. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "can/canframe.h"
#include "can/j1939.h"
#include <string.h>

static struct candump_line parse(const char *text)
{
    struct candump_line line;
    struct err err = {0};
    if (candump_parse(text, strlen(text), &line, &err) != 1)
        fail_msg("%s: %s", text, err.text);
    return line;
}

static void every_format_of_candump_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_us;
    } LINES[] = {
        {"(3256.500000) can0 1826F456#010100", 3256500000},
        {"(3256.5) can0 1826F456#010100 R", 3256500000},
        {"(3256.500000123) can0 1826F456#01.01.00\r", 3256500000},
        {" (3256.500000)  can0  1826F456   [3]  01 01 00", 3256500000},
        {"  can0  1826F456   [3]  01 01 00", CANDUMP_TIME_NONE},
        {"  can0  1826f456   [3]  01 01 00   '...'", CANDUMP_TIME_NONE},
        {" (000.250000)  can0  RX - -  1826F456   [3]  01 01 00", 250000},
        {" (2026-01-02 03:04:05.678901)  can0  1826F456   [3]  01 01 00", 1767323045678901},
    };
    const struct canframe wanted = {
        .id = 0x1826F456, .extended = true, .length = 3, .data = {1, 1, 0}};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        struct candump_line line = parse(LINES[i].text);
        if (!canframe_equal(&line.frame, &wanted) || strcmp(line.interface, "can0") != 0 ||
            line.at_us != LINES[i].at_us)
            fail_msg("read wrongly: %s", LINES[i].text);
    }
}

static void kinds_of_frames_are_told_apart(void **state)
{
    (void)state;
    struct candump_line line = parse("(1.000000) can0 123#R4");
    assert_true(line.frame.remote && !line.frame.extended && line.frame.length == 4);
    line = parse("can0 123 [4] remote request");
    assert_true(line.frame.remote && line.frame.length == 4);
    line = parse("(1.000000) can0 20000040#0000000000000000");
    assert_true(line.frame.error && !line.frame.extended && line.frame.id == 0x40);
    line = parse("can0 00000123 [0]");
    assert_true(line.frame.extended && line.frame.id == 0x123 && line.frame.length == 0);
    assert_int_equal(candump_parse("", 0, &line, NULL), 0);
    assert_int_equal(candump_parse("  \t", 3, &line, NULL), 0);
    assert_int_equal(candump_parse("# note", 6, &line, NULL), 0);
}

static void a_wrong_line_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const char *const LINES[][2] = {
        {"(1.0 can0 123#00", "the time in parentheses"},
        {"(2026-13-02 03:04:05.0) can0 123#00", "the time in parentheses"},
        {"can0", "the identifier is missing"},
        {"123#00 can0", "the name of the interface"},
        {"can0 12#00", "three hexadecimal digits"},
        {"can0 1234567G#00", "three hexadecimal digits"},
        {"can0 800#00", "above 7FF"},
        {"can0 FFFFFFFF#00", "above 1FFFFFFF"},
        {"can0 123#0", "data byte 1 is not two hexadecimal digits"},
        {"can0 123#00112233445566778", "data byte 9 is not two"},
        {"can0 123#001122334455667788", "more than 8 data bytes"},
        {"can0 123##10011", "CAN FD"},
        {"can0 123#R9", "remote request"},
        {"can0 123 [9] 00", "a length [0] to [8]"},
        {"can0 123 [3] 00 11", "data byte 3 of 3"},
        {"can0 123 [1] 0x", "data byte 1 of 1"},
        {"averyveryverylongname 123#00", "the name of the interface"},
    };
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        struct candump_line line;
        struct err err = {0};
        assert_int_equal(candump_parse(LINES[i][0], strlen(LINES[i][0]), &line, &err), ERR_INVALID);
        if (strstr(err.text, LINES[i][1]) == NULL)
            fail_msg("%s: '%s' does not say '%s'", LINES[i][0], err.text, LINES[i][1]);
    }
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char *const LINES[] = {
        "(3256.500000) can0 1826F456#010100", "(0.000001) vcan12 7FF#", "(1.000000) can0 123#R",
        "(1.000000) can0 00000001#R8", "(1767323045.678901) can1 20000004#0011223344556677"};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        struct candump_line line = parse(LINES[i]);
        char text[CANDUMP_LINE_SIZE];
        candump_format(&line, text);
        assert_string_equal(text, LINES[i]);
    }
}

static void identifiers_come_apart_and_together(void **state)
{
    (void)state;
    struct j1939_id id = j1939_split(0x1CEC56F4);
    assert_int_equal(id.priority, 7);
    assert_int_equal(id.pgn, 0xEC00);
    assert_int_equal(id.destination, 0x56);
    assert_int_equal(id.source, 0xF4);
    id = j1939_split(0x18FEF1A0); /* PDU2: to everybody, the low byte is part of the group */
    assert_int_equal(id.pgn, 0xFEF1);
    assert_int_equal(id.destination, J1939_EVERYBODY);
    for (uint32_t identifier = 0; identifier <= CANFRAME_ID_MAX - 65521; identifier += 65521)
        assert_int_equal(j1939_join(j1939_split(identifier)), identifier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_of_candump_is_read),
        cmocka_unit_test(kinds_of_frames_are_told_apart),
        cmocka_unit_test(a_wrong_line_is_refused_with_its_reason),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(identifiers_come_apart_and_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
