/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges as CSV: the records, out and in again, and what a bad line is told. */
#include "cloud/tracking_support.h"

#include "base/file.h"
#include "base/scope.h"
#include "store/exchange_stream.h"
#include "tracking/export.h"

#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Every record as "[a|b]" or "!line reason". */
static void read_records(const char *text, size_t length, struct strbuf *to)
{
    SCOPE(csv_reader_free) struct csv_reader reader = CSV_READER_INIT;
    for (size_t i = 0; i <= length; i++) {
        if (!csv_feed(&reader, i < length ? (unsigned char)text[i] : CSV_END))
            continue;
        if (reader.fault)
            strbuf_printf(to, "!%d %s", (int)reader.line, reader.fault);
        for (size_t k = 0; k < reader.count; k++)
            strbuf_printf(to, "%c%s", k ? '|' : '[', csv_field(&reader, k));
        strbuf_append_char(to, ']');
    }
}

static void records_are_read_as_the_rfc_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *records;
    } cases[] = {
        {"", ""},
        {"a,b\r\n", "[a|b]"},
        {"a,b", "[a|b]"},
        {"a\nb\n", "[a][b]"},
        {"\r\n", "[]"},
        {",\r\n", "[|]"},
        {"\"a,b\",\"c\"\"d\",\"\"\r\n", "[a,b|c\"d|]"},
        {"\"two\r\nlines\",x\r\ny\r\n", "[two\r\nlines|x][y]"},
        {"a\"b,c\r\nd\r\n", "!1 a quote stands inside a field that does not begin with one][d]"},
        {"\"a\"b\r\nd\r\n", "!1 something stands behind the closing quote of a field][d]"},
        {"a\r\n\"b\r\nc", "[a]!2 a quoted field is not closed]"},
        {"a\rb\r\nd\r\n", "!1 a CR without its LF stands outside quotes][d]"},
        {"\xe6\xad\xa3, b ,\r\n", "[\xe6\xad\xa3| b |]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPE_STRBUF struct strbuf records = STRBUF_INIT;
        read_records(cases[i].text, strlen(cases[i].text), &records);
        assert_string_equal(strbuf_text(&records), cases[i].records);
    }
}

static void limits_of_a_record_are_told(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, records = STRBUF_INIT;
    for (int i = 0; i < 32; i++)
        strbuf_append_char(&text, ',');
    strbuf_append_text(&text, "\r\n");
    for (int i = 0; i < CSV_RECORD_BYTES + 1; i++)
        strbuf_append_char(&text, 'x');
    strbuf_append_text(&text, "\r\na");
    strbuf_append(&text, "\0b\r\nok\r\n", 8);
    read_records(strbuf_text(&text), text.length, &records);
    assert_string_equal(strbuf_text(&records),
                        "!1 it has more than 32 fields]!2 it is longer than 65536 bytes]"
                        "!3 it contains a NUL byte][ok]");
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char *const fields[] = {"",      "plain",  "a,b",          "\"", "line\r\nline",
                                         " left", "right ", "\xe7\x94\xb5", "'",  "a\"\"b"};
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < COUNT(fields); i++)
        csv_write_field(&text, fields[i], i == 0);
    csv_write_end(&text);
    SCOPE(csv_reader_free) struct csv_reader reader = CSV_READER_INIT;
    for (size_t i = 0; i + 1 < text.length; i++)
        assert_false(csv_feed(&reader, (unsigned char)text.text[i]));
    assert_true(csv_feed(&reader, '\n'));
    assert_int_equal(reader.count, COUNT(fields));
    for (size_t i = 0; i < COUNT(fields); i++)
        assert_string_equal(csv_field(&reader, i), fields[i]);
    assert_false(csv_feed(&reader, CSV_END));
}

/* Files ------------------------------------------------------------------------------------------
 */

static void fill(struct yard *yard)
{
    struct tracking_exchange exchange = exchange_at("On-Load", "b1", "v1", 0);
    exchange.battery_version = "1.0";
    exchange.soc_percent = 93.4;
    exchange.event_time_us += 123456;
    exchange.request_id = "r1";
    exchange.comments = "said \"so\", twice";
    add(yard, &exchange);
    off_load(yard, "b1", "v1", HOUR);
    off_load(yard, "b2", "v1", 2 * HOUR);
    for (int i = 0; i < 4; i++)
        on_load(yard, "b3", "v2", i);
}

static char *export_text(struct store *store, const struct exchange_filter *filter)
{
    char *text = NULL;
    size_t size = 0;
    int64_t count;
    struct err err = {0};
    FILE *to = open_memstream(&text, &size);
    check(tracking_export_battery_assignments_to_csv(store, filter, "-", to, NULL, &count, &err),
          &err);
    (void)fclose(to);
    return text;
}

static const struct exchange_filter ALL = {.from_us = STORE_NULL, .to_us = STORE_NULL};

static void header_and_lines_are_the_issue_s(void **state)
{
    struct yard *yard = *state;
    fill(yard);
    SCOPE_FREE char *text = export_text(yard->store, &ALL);
    assert_int_equal(strncmp(text,
                             "task_id,bid,station_id,vid,event,event_time,start_time,end_time,"
                             "battery_version,soc,soh,comments\r\n",
                             98),
                     0);
    assert_contains(text, ",b1,s1,v1,On-Load,2025-11-21T12:00:00.123456Z,"
                          "2025-11-21T12:00:00.123456Z,2025-11-21T13:00:00.000000Z,1.0,93.4,,"
                          "\"said \"\"so\"\", twice\"\r\n");
    assert_contains(text, ",b2,s1,v1,Off-Load,2025-11-21T14:00:00.000000Z,,"
                          "2025-11-21T14:00:00.000000Z,,,,failed: battery b2 was taken out");
}

static int64_t lines_of(struct yard *yard, const struct exchange_filter *filter)
{
    SCOPE_FREE char *text = export_text(yard->store, filter);
    int64_t lines = -1;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    int64_t count;
    assert_int_equal(exchange_stream_count(yard->store, filter, &count, NULL), 0);
    assert_int_equal(count, lines);
    return lines;
}

static void filters_narrow_the_export(void **state)
{
    struct yard *yard = *state;
    struct exchange_filter filter = ALL;
    fill(yard);
    assert_int_equal(lines_of(yard, &filter), 7);
    filter.bid = "b3";
    assert_int_equal(lines_of(yard, &filter), 4);
    filter.from_us = NOON + 2 * SECOND;
    assert_int_equal(lines_of(yard, &filter), 2);
    filter.to_us = NOON + 3 * SECOND;
    assert_int_equal(lines_of(yard, &filter), 1);
    filter = ALL;
    filter.vid = "v1";
    assert_int_equal(lines_of(yard, &filter), 3);
    filter.bid = "b1";
    assert_int_equal(lines_of(yard, &filter), 2);
    filter = ALL;
    filter.station_id = "s1";
    filter.to_us = NOON + HOUR * SECOND;
    assert_int_equal(lines_of(yard, &filter), 5);
    filter.station_id = "s2";
    assert_int_equal(lines_of(yard, &filter), 0);
}

struct imported {
    struct yard *yard;
    int64_t added, known;
    struct strbuf bad;
};

static int take(void *self, const struct exchange_form *form, int64_t line, struct err *err)
{
    struct imported *imported = self;
    struct tracking_source source = bare_source();
    bool repeat;
    (void)line;
    source.actor = "import";
    int status = tracking_record_exchange(imported->yard->tracking, form, &source, &repeat, err);
    imported->known += repeat;
    imported->added += !repeat;
    return status;
}

static void tell(void *self, int64_t line, const char *reason)
{
    struct imported *imported = self;
    strbuf_printf(&imported->bad, "%d: %s\n", (int)line, reason);
}

static int import(struct imported *imported, const char *text, struct err *err)
{
    SCOPE_FCLOSE FILE *from = tmpfile();
    assert_non_null(from);
    assert_int_equal(fwrite(text, 1, strlen(text), from), strlen(text));
    rewind(from);
    struct import_reader reader = {.each = take, .bad = tell, .self = imported};
    return tracking_read_csv(from, &reader, err);
}

static void an_export_comes_in_again_the_same(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    fill(yard);
    SCOPE_FREE char *before = export_text(yard->store, &ALL);
    struct imported known = {.yard = yard};
    check(import(&known, before, &err), &err);
    assert_int_equal(known.added, 0);
    assert_int_equal(known.known, 7);
    /* Into an empty one; the byte order mark is what a spreadsheet puts before it. */
    must_execute(yard->store, "DELETE FROM battery_exchange_task; DELETE FROM battery_version; "
                              "DELETE FROM battery; DELETE FROM alert; DELETE FROM event_log");
    tracking_forget(yard->tracking);
    SCOPE_STRBUF struct strbuf marked = STRBUF_INIT;
    strbuf_printf(&marked, "\xef\xbb\xbf%s", before);
    struct imported fresh = {.yard = yard};
    check(import(&fresh, strbuf_text(&marked), &err), &err);
    assert_int_equal(fresh.added, 7);
    assert_string_equal(strbuf_text(&fresh.bad), "");
    SCOPE_FREE char *after = export_text(yard->store, &ALL);
    assert_string_equal(after, before);
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM event_log WHERE actor = "
                                                "'import' AND kind = 'exchange.add'"),
                     7);
    assert_query_text(yard->store,
                      "SELECT group_concat(actor || ' ' || payload) FROM event_log WHERE kind = "
                      "'tracking.limits'",
                      "system {\"capacity_min_kwh\":20,\"frequent_window_us\":86400000000,"
                      "\"frequent_swap_max\":3}");
}

static void bad_lines_are_named_and_good_ones_kept(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    struct imported imported = {.yard = yard};
    int status = import(&imported,
                        FORM_CSV_HEADER
                        "\r\n"
                        ",b1,s1,v1,On-Load,2026-01-01T00:00:00Z,,,,,,\r\n"
                        ",b1,s1,v1,Onload,2026-01-01T00:00:00Z,,,,,,\r\n"
                        ",b1,s1,v1,Off-Load,2026-01-01,,,,,,\r\n"
                        ",b1,s1,v1,Off-Load\r\n"
                        "\r\n"
                        ",,s1,v1,Off-Load,2026-01-01T01:00:00Z,,,,,,\r\n"
                        ",b1,\"s 1\",v1,Off-Load,2026-01-01T01:00:00Z,,,,,,\r\n"
                        ",b1,s1,v1,Off-Load,2026-01-01T01:00:00Z,,,,101,,\r\n"
                        ",b1,s1,v1,Off-Load,2026-01-01T01:00:00Z,,,,nan,,\r\n"
                        "xyz,b1,s1,v1,Off-Load,2026-01-01T01:00:00Z,,,,,,\r\n"
                        ",b1,s1,v1,Off-Load,2026-01-01T01:00:00Z,,,1.2,40,97.5,\"by\r\nhand\"\r\n"
                        ",b1,s1,v1,Off-Load,,,,,,,\r\n"
                        ",b1,s1,v1,Off-Load,2026-01-01T01:00:00Z,,,,,,Stra\xdf"
                        "e\r\n",
                        &err);
    check(status, &err);
    assert_int_equal(imported.added, 2);
    assert_string_equal(strbuf_text(&imported.bad),
                        "3: event \"Onload\": must be On-Load or Off-Load\n"
                        "4: event_time 2026-01-01: a date alone does not order events\n"
                        "5: 5 fields, 12 are right\n"
                        "7: bid: is missing\n"
                        "8: station_id \"s 1\": 1 to 64 of A-Za-z0-9._- are right\n"
                        "9: soc: 101 is outside 0..100\n"
                        "10: soc \"nan\": not a number\n"
                        "11: task_id: must be empty or 32 lower-case hex digits\n"
                        "14: event_time: is missing\n"
                        "15: comments: is not UTF-8\n");
    strbuf_free(&imported.bad);
    assert_query_text(yard->store,
                      "SELECT battery_version || ' ' || soc || ' ' || soh || ' ' || comments FROM "
                      "battery_exchange_task WHERE event = 'Off-Load' AND start_time NOTNULL",
                      "1.2 40.0 97.5 by\r\nhand");
    assert_int_equal(import(&imported, "bid,vid\r\n", &err), ERR_INVALID);
    assert_int_equal(import(&imported, "", &err), ERR_INVALID);
}

static void a_file_is_whole_or_not_there(void **state)
{
    struct yard *yard = *state;
    char folder[] = "/tmp/swapstack-export-XXXXXX", path[64], missing[80];
    struct err err = {0};
    int64_t count;
    fill(yard);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out.csv", folder);
    check(tracking_export_battery_assignments_to_csv(yard->store, &ALL, path, NULL, NULL, &count,
                                                     &err),
          &err);
    assert_int_equal(count, 7);
    SCOPE_STRBUF struct strbuf written = STRBUF_INIT;
    check(file_read(path, 1 << 20, &written, &err), &err);
    SCOPE_FREE char *text = export_text(yard->store, &ALL);
    assert_string_equal(strbuf_text(&written), text);
    /* A full disk leaves what was there. */
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(tracking_export_battery_assignments_to_csv(yard->store, &ALL, "-", full, NULL,
                                                                &count, &err),
                     ERR_FULL);
    (void)fclose(full);
    (void)snprintf(missing, sizeof missing, "%s/none/out.csv", folder);
    assert_int_equal(tracking_export_battery_assignments_to_csv(yard->store, &ALL, missing, NULL,
                                                                NULL, &count, &err),
                     ERR_IO);
    /* Nothing but the export lies in the folder. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void forms_survive_json(void **state)
{
    (void)state;
    struct exchange_form form, back;
    struct err err = {0};
    form_init(&form);
    (void)snprintf(form.bid, sizeof form.bid, "b1");
    (void)snprintf(form.station_id, sizeof form.station_id, "s1");
    (void)snprintf(form.event, sizeof form.event, "On-Load");
    form.event_time_us = NOON + 1;
    form.slot = 3;
    form.soc = 12.5;
    cJSON *object = form_to_json(&form);
    check(form_from_json(object, &back, &err), &err);
    assert_string_equal(back.bid, "b1");
    assert_int_equal(back.event_time_us, NOON + 1);
    assert_int_equal(back.slot, 3);
    assert_true(back.soc > 12.4 && back.soc < 12.6 && isnan(back.soh));
    (void)cJSON_AddStringToObject(object, "colour", "red");
    assert_int_equal(form_from_json(object, &back, &err), ERR_INVALID);
    assert_string_equal(err.text, "colour: an exchange has no such field");
    cJSON_Delete(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_the_rfc_says),
        cmocka_unit_test(limits_of_a_record_are_told),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(forms_survive_json),
        yard_test(header_and_lines_are_the_issue_s),
        yard_test(filters_narrow_the_export),
        yard_test(an_export_comes_in_again_the_same),
        yard_test(bad_lines_are_named_and_good_ones_kept),
        yard_test(a_file_is_whole_or_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
