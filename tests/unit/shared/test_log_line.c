/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a log file: written and read back, whole or not at all. */
#include "shared/check.h"

#include "base/log_disk.h"
#include "base/log_line.h"
#include <stdlib.h>

static size_t make(char line[LOG_LINE_MAX], const char *module, const char *text)
{
    size_t length =
        log_line_format(line, INT64_C(1795249650123456), LOG_LEVEL_WARNING, module, text);
    return log_line_seal(line, length);
}

static void comes_back_as_it_was_written(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX];
    struct log_line read;
    size_t length = make(line, "monitor", "connected broker=127.0.0.1:1883 note=a: b");
    static const char front[] = "2026-11-21T08:27:30.123Z WARNING monitor: connected broker=";
    assert_memory_equal(line, front, sizeof front - 1);
    assert_int_equal(line[length - 1], '\n');
    assert_true(log_line_parse(line, length - 1, &read));
    assert_int_equal(read.time_us, INT64_C(1795249650123000));
    assert_int_equal(read.level, LOG_LEVEL_WARNING);
    assert_int_equal(read.module_length, 7);
    assert_memory_equal(read.module, "monitor", 7);
    assert_int_equal(read.text_length, strlen("connected broker=127.0.0.1:1883 note=a: b"));
    assert_memory_equal(read.text, "connected broker=127.0.0.1:1883 note=a: b", read.text_length);
}

/* The seal is the CRC-32 that everybody has: the check value of "123456789" is 0xcbf43926. */
static void seal_is_the_usual_crc32(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX] = "123456789";
    size_t length = log_line_seal(line, 9);
    assert_int_equal(length, 9 + LOG_LINE_SEAL);
    assert_memory_equal(line, "123456789 #cbf43926\n", length);
}

static void torn_at_any_byte_is_none(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX];
    struct log_line read;
    size_t length = make(line, "engine", "swap accepted command=77 vehicle=V-1");
    for (size_t cut = 0; cut < length - 1; cut++)
        assert_false(log_line_parse(line, cut, &read));
}

/* Every byte, every bit: a CRC-32 finds any single burst of up to 32 bits. */
static void garbled_at_any_byte_is_none(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX];
    struct log_line read;
    size_t length = make(line, "engine", "swap accepted command=77 vehicle=V-1") - 1;
    for (size_t at = 0; at < length; at++) {
        char was = line[at];
        for (int change = 1; change < 256; change++) {
            line[at] = (char)(was ^ change);
            assert_false(log_line_parse(line, length, &read));
        }
        line[at] = was;
    }
    assert_true(log_line_parse(line, length, &read));
}

/* Sealed properly, and still no line of a log. */
static void nonsense_with_a_good_seal_is_none(void **state)
{
    (void)state;
    static const char *const nonsense[] = {
        "",
        "x",
        "2026-11-21T08:27:30.123Z",
        "2026-11-21T08:27:30.123Z ",
        "2026-11-21T08:27:30.123Z INFO",
        "2026-11-21T08:27:30.123Z INFO monitor",
        "2026-11-21T08:27:30.123Z INFO : text",
        "2026-11-21T08:27:30.123Z LOUD monitor: text",
        "2026-11-21 08:27:30.123Z INFO monitor: text",
        "2026-13-21T08:27:30.123Z INFO monitor: text",
        "2026-11-00T08:27:30.123Z INFO monitor: text",
        "2026-11-21T24:27:30.123Z INFO monitor: text",
        "2026-11-21T08:60:30.123Z INFO monitor: text",
        "2026-11-21T08:27:61.123Z INFO monitor: text",
        "2026-11-21T08:27:30.1x3Z INFO monitor: text",
        "2026-11-21T08:27:30.123Z INFO monitor: a\tb",
        "2026-11-21T08:27:30.123Z INFO monitor: a\x1b[2J",
    };
    for (size_t i = 0; i < CHECK_COUNT(nonsense); i++) {
        char line[LOG_LINE_MAX];
        struct log_line read;
        (void)snprintf(line, sizeof line, "%s", nonsense[i]);
        size_t length = log_line_seal(line, strlen(nonsense[i]));
        if (log_line_parse(line, length - 1, &read))
            fail_msg("\"%s\" is taken for a line", nonsense[i]);
    }
}

static void outside_bytes_become_text(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX];
    struct log_line read;
    size_t length = make(line, "a\nb", "x\r\ny \xff \xc3\xa9 \xc2\x85 \xe2\x82");
    assert_true(log_line_parse(line, length - 1, &read));
    assert_memory_equal(read.module, "a\\x0ab", read.module_length);
    static const char wanted[] = "x\\x0d\\x0ay \\xff \xc3\xa9 \\xc2\\x85 \\xe2\\x82";
    assert_int_equal(read.text_length, sizeof wanted - 1);
    assert_memory_equal(read.text, wanted, sizeof wanted - 1);
}

/* Text of any length, of characters of one, two, three and four bytes and of controls. */
static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    static const char *const units[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x8b", "\n"};
    for (size_t u = 0; u < CHECK_COUNT(units); u++) {
        for (size_t bytes = 4000; bytes < 4100; bytes++) {
            char text[4200] = "", line[LOG_LINE_MAX];
            size_t unit = strlen(units[u]), used = 0;
            while (used + unit <= bytes) {
                memcpy(text + used, units[u], unit);
                used += unit;
            }
            text[used] = '\0';
            struct log_line read;
            size_t length = make(line, "m", text);
            assert_in_range(length, 100, LOG_LINE_MAX);
            assert_true(log_line_parse(line, length - 1, &read));
            bool cut = read.text_length != used || memcmp(read.text, text, used) != 0;
            assert_int_equal(cut, memcmp(read.text + read.text_length - 4, " ...", 4) == 0);
            if (cut && units[u][0] != '\n')
                assert_int_equal((read.text_length - 4) % unit, 0);
        }
    }
}

static void names_of_segments(void **state)
{
    (void)state;
    char program[LOG_DISK_PROGRAM_SIZE], name[80];
    uint32_t number;
    assert_true(log_disk_parse_name("swap-monitor.00000017.log", program, &number));
    assert_string_equal(program, "swap-monitor");
    assert_int_equal(number, 17);
    assert_non_null(log_disk_format_name(name, sizeof name, "swap-monitor", 17));
    assert_string_equal(name, "swap-monitor.00000017.log");
    assert_null(log_disk_format_name(name, 20, "swap-monitor", 17));
    static const char *const others[] = {
        "",
        ".00000017.log",
        "swap-monitor.log",
        "swap-monitor.0000017.log",
        "a.b.log",
        "a.00000000.log",
        "a.0000001x.log",
        "a.00000001.log.gz",
        "a.lock",
        "a00000001.log",
        "x/../a.00000001.log",
        "a.-0000001.log",
        "0123456789012345678901234567890123456789012345678901234567890123.00000001.log"};
    for (size_t i = 0; i < CHECK_COUNT(others); i++) {
        if (log_disk_parse_name(others[i], program, &number))
            fail_msg("\"%s\" is taken for a segment", others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was_written),
        cmocka_unit_test(seal_is_the_usual_crc32),
        cmocka_unit_test(torn_at_any_byte_is_none),
        cmocka_unit_test(garbled_at_any_byte_is_none),
        cmocka_unit_test(nonsense_with_a_good_seal_is_none),
        cmocka_unit_test(outside_bytes_become_text),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(names_of_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
