/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a segment from any bytes: whole ones come, torn and garbled ones are counted. */
#include "shared/check.h"

#include "logs/journal.h"
#include "logs/scan.h"
#include "protocol/json.h"
#include <stdlib.h>

#define LINES 5

/* A segment of LINES lines; returns where each begins. */
static size_t make_segment(struct strbuf *to, size_t begins[LINES + 1])
{
    for (int i = 0; i < LINES; i++) {
        char line[LOG_LINE_MAX], text[64];
        (void)snprintf(text, sizeof text, "number=%d", i);
        begins[i] = to->length;
        size_t length =
            log_line_format(line, INT64_C(1790000000000000), LOG_LEVEL_INFO, "test", text);
        strbuf_append(to, line, log_line_seal(line, length));
    }
    begins[LINES] = to->length;
    return to->length;
}

/* Reads `bytes` in pieces of `piece`; the numbers found, as a mask. */
static unsigned read_segment(const char *bytes, size_t length, size_t piece, int64_t *damaged)
{
    struct logs_scan scan = LOGS_SCAN_INIT;
    struct log_line line;
    unsigned found = 0;
    int number, last = -1;
    for (size_t at = 0; at < length; at += piece) {
        logs_scan_feed(&scan, bytes + at, length - at < piece ? length - at : piece);
        while (logs_scan_next(&scan, &line)) {
            assert_int_equal(sscanf(line.text, "number=%d", &number), 1);
            assert_true(number > last);
            last = number;
            found |= 1u << number;
        }
    }
    logs_scan_end(&scan);
    *damaged = scan.damaged;
    logs_scan_free(&scan);
    return found;
}

static void pieces_of_any_size(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf segment = STRBUF_INIT;
    size_t begins[LINES + 1];
    int64_t damaged;
    size_t length = make_segment(&segment, begins);
    for (size_t piece = 1; piece <= length; piece++) {
        assert_int_equal(read_segment(segment.text, length, piece, &damaged), (1u << LINES) - 1);
        assert_int_equal(damaged, 0);
    }
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf segment = STRBUF_INIT;
    size_t begins[LINES + 1];
    int64_t damaged;
    size_t length = make_segment(&segment, begins);
    for (size_t cut = 0; cut < length; cut++) {
        unsigned wanted = 0;
        bool between = false;
        for (int i = 0; i < LINES; i++) {
            wanted |= cut >= begins[i + 1] ? 1u << i : 0;
            between = between || cut == begins[i];
        }
        assert_int_equal(read_segment(segment.text, cut, 50, &damaged), wanted);
        assert_int_equal(damaged, between ? 0 : 1);
    }
}

/* One byte wrong, each in turn and to any value: its line is lost, no other one. A newline that
 * became something else joins two lines, one that was put in makes two halves: both are noticed. */
static void garbled_at_every_byte(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf segment = STRBUF_INIT;
    size_t begins[LINES + 1];
    int64_t damaged;
    size_t length = make_segment(&segment, begins);
    for (int i = 0; i < LINES; i++) {
        for (size_t at = begins[i]; at < begins[i + 1]; at++) {
            bool is_end = at + 1 == begins[i + 1];
            char was = segment.text[at];
            unsigned wanted = ((1u << LINES) - 1) & ~(1u << i);
            if (is_end && i + 1 < LINES)
                wanted &= ~(1u << (i + 1));
            for (int change = 1; change < 256; change += 6) {
                segment.text[at] = (char)(was ^ change);
                if (segment.text[at] == '\n' && at == begins[i])
                    continue; /* an empty line before one that lacks its first byte */
                assert_int_equal(read_segment(segment.text, length, 77, &damaged), wanted);
                assert_true(damaged >= 1);
            }
            segment.text[at] = was;
        }
    }
}

/* A bad block, a hole of a file system: any amount of nonsense costs its place, not its memory. */
static void nonsense_is_skipped_in_bounded_memory(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf segment = STRBUF_INIT;
    size_t begins[LINES + 1];
    struct logs_scan scan = LOGS_SCAN_INIT;
    struct log_line line;
    static const char zeros[4096];
    (void)make_segment(&segment, begins);
    for (int i = 0; i < 5000; i++) {
        logs_scan_feed(&scan, zeros, sizeof zeros);
        assert_false(logs_scan_next(&scan, &line));
    }
    assert_true(scan.pending.capacity < 65536);
    logs_scan_feed(&scan, "\n", 1);
    logs_scan_feed(&scan, segment.text, segment.length);
    int count = 0;
    while (logs_scan_next(&scan, &line))
        count++;
    assert_int_equal(count, LINES);
    assert_int_equal(scan.damaged, 1);
    logs_scan_free(&scan);
}

/* journalctl ----------------------------------------------------------------------------------- */

static int parse(const char *text, struct logs_journal_entry *entry, struct err *err)
{
    return logs_journal_parse(text, strlen(text), entry, err);
}

static void journal_lines(void **state)
{
    (void)state;
    struct logs_journal_entry entry = {0};
    struct err err = {0};
    assert_int_equal(
        parse("{\"__CURSOR\":\"s=1;i=2\",\"__REALTIME_TIMESTAMP\":\"1795249650123456\","
              "\"PRIORITY\":\"4\",\"_TRANSPORT\":\"kernel\","
              "\"SYSLOG_IDENTIFIER\":\"kernel\",\"MESSAGE\":\"usb 1-1: reset\\u001b\"}",
              &entry, &err),
        0);
    assert_int_equal(entry.entry.time_us, INT64_C(1795249650123456));
    assert_int_equal(entry.entry.level, LOG_LEVEL_WARNING);
    assert_string_equal(entry.entry.program, "kernel");
    assert_string_equal(entry.entry.text, "usb 1-1: reset\\x1b");
    assert_string_equal(entry.cursor, "s=1;i=2");

    assert_int_equal(parse("{\"__REALTIME_TIMESTAMP\":\"5\",\"SYSLOG_IDENTIFIER\":\"systemd\","
                           "\"MESSAGE\":[72,105,255,10]}",
                           &entry, &err),
                     0);
    assert_int_equal(entry.entry.level, LOG_LEVEL_INFO);
    assert_string_equal(entry.entry.program, "systemd");
    assert_string_equal(entry.entry.text, "Hi\\xff\\x0a");
    assert_string_equal(entry.cursor, "");

    assert_int_equal(parse("{\"__REALTIME_TIMESTAMP\":\"5\",\"MESSAGE\":null}", &entry, &err), 0);
    assert_string_equal(entry.entry.text, "(a message too long for this output)");

    static const char *const wrong[] = {"",
                                        "[]",
                                        "\"x\"",
                                        "{}",
                                        "{\"__REALTIME_TIMESTAMP\":5}",
                                        "{\"__REALTIME_TIMESTAMP\":\"-5\"}",
                                        "{\"__REALTIME_TIMESTAMP\":\"12345678901234567\"}",
                                        "{\"__REALTIME_TIMESTAMP\":\"5\""};
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        err = (struct err){0};
        assert_int_equal(parse(wrong[i], &entry, &err), ERR_INVALID);
        check_sentence(&err, "journal: ");
    }
    logs_journal_entry_free(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(garbled_at_every_byte),
        cmocka_unit_test(nonsense_is_skipped_in_bounded_memory),
        cmocka_unit_test(journal_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
