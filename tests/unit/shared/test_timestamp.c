/* SPDX-License-Identifier: Apache-2.0 */
/* protocol/timestamp and protocol/topic. */
#include "shared/check.h"

#include "protocol/timestamp.h"
#include "protocol/topic.h"
#include <time.h>

static void reads_every_accepted_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us; /* from `date -u -d TEXT +%s` */
        enum timestamp_precision precision;
    } cases[] = {
        {"2016-2-1", 1454284800000000, TIMESTAMP_DATE},
        {"2016-02-01", 1454284800000000, TIMESTAMP_DATE},
        {"1970-1-1", 0, TIMESTAMP_DATE},
        {"2000-2-29", 951782400000000, TIMESTAMP_DATE},
        {"2024-02-29", 1709164800000000, TIMESTAMP_DATE},
        {"9999-12-31", 253402214400000000, TIMESTAMP_DATE},
        {"2026-11-21T08:15:30.123Z", 1795248930123000, TIMESTAMP_EXACT},
        {"2026-11-21t08:15:30z", 1795248930000000, TIMESTAMP_EXACT},
        {"2026-11-21T16:15:30+08:00", 1795248930000000, TIMESTAMP_EXACT},
        {"2026-11-21T02:45:30.5-05:30", 1795248930500000, TIMESTAMP_EXACT},
        {"2026-11-21 08:15:30", 1795248930000000, TIMESTAMP_EXACT},
        {"2026-11-21 8:15:30.000001", 1795248930000001, TIMESTAMP_EXACT},
        {"2026-11-21T08:15:30.123456789Z", 1795248930123456, TIMESTAMP_EXACT},
        {"2026-11-21T08:15:30", 1795248930000000, TIMESTAMP_EXACT},
        {"2016-12-31T23:59:60Z", 1483228800000000, TIMESTAMP_EXACT}, /* a leap second */
        {"1970-01-01T01:00:00+01:00", 0, TIMESTAMP_EXACT},
        {"9999-12-31T23:59:59.999999Z", 253402300799999999, TIMESTAMP_EXACT},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct timestamp time;
        struct err err = {0};
        if (timestamp_parse(cases[i].text, strlen(cases[i].text), &time, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(time.us, cases[i].us);
        assert_int_equal(time.precision, cases[i].precision);
    }
}

static void refuses_everything_else(void **state)
{
    (void)state;
    static const char *const no_times[] = {
        "",
        "now",
        "2016",
        "2016-2",
        "2016-2-30",
        "2023-2-29",
        "2100-2-29",
        "2016-13-1",
        "2016-0-1",
        "2016-1-0",
        "2016-1-32",
        "16-2-1",
        "2016-002-1",
        "2016/2/1",
        " 2016-2-1",
        "2016-2-1 ",
        "1969-12-31",
        "10000-1-1",
        "2016-2-1T",
        "2016-2-1T08:15",
        "2016-2-1T24:00:00Z",
        "2016-2-1T08:60:00Z",
        "2016-2-1T08:15:61Z",
        "2016-2-1T08:15:30.Z",
        "2016-2-1T08:15:30,5Z",
        "2016-2-1T08:15:30Zz",
        "2016-2-1T08:15:30+0800",
        "2016-2-1T08:15:30+24:00",
        "2016-2-1T08:15:30 Z",
        "2016-2-1X08:15:30Z",
        "-016-2-1",
        "2016--2-1",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2026-11-21T08:15:30.0000000000000000000000000000000000000000000000000Z",
    };
    for (size_t i = 0; i < CHECK_COUNT(no_times); i++) {
        struct timestamp time;
        struct err err = {0};
        if (timestamp_parse(no_times[i], strlen(no_times[i]), &time, &err) != ERR_INVALID)
            fail_msg("\"%s\" was accepted", no_times[i]);
        assert_int_equal(time.precision, TIMESTAMP_ABSENT);
    }
    struct timestamp time;
    struct err err = {0};
    (void)timestamp_parse("noon", 4, &time, &err);
    check_sentence(&err, "\"noon\" is no time: accepted are 2026-11-21T08:15:30.123Z");
    assert_int_equal(timestamp_parse("2016-2-1\0", 9, &time, &err), ERR_INVALID);
}

static void reads_epoch_milliseconds(void **state)
{
    (void)state;
    struct timestamp time;
    struct err err = {0};
    assert_int_equal(timestamp_from_ms(1795248930123, &time, &err), 0);
    assert_int_equal(time.us, 1795248930123000);
    assert_int_equal(time.precision, TIMESTAMP_EXACT);
    assert_int_equal(timestamp_from_ms(253402300799999, &time, &err), 0);
    static const double wrong[] = {-1, 0.5, 253402300800000, 1e300, -1e300, 0.0 / 0.0, 1.0 / 0.0};
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        assert_int_equal(timestamp_from_ms(wrong[i], &time, &err), ERR_INVALID);
}

static void formats_like_the_c_library(void **state)
{
    (void)state;
    /* Every day of 400 years and some moment of it, against gmtime_r. */
    for (int64_t day = 0; day < 146097; day++) {
        int64_t us = (day * 86400 + day * 7919 % 86400) * 1000000 + day % 1000000;
        time_t seconds = (time_t)(us / 1000000);
        struct tm tm;
        char wanted[64], text[TIMESTAMP_TEXT_SIZE];
        assert_non_null(gmtime_r(&seconds, &tm));
        size_t length = strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &tm);
        (void)snprintf(wanted + length, sizeof wanted - length, ".%06dZ", (int)(us % 1000000));
        timestamp_format_us(us, text);
        assert_string_equal(text, wanted);
        struct timestamp back;
        assert_int_equal(timestamp_parse(text, strlen(text), &back, NULL), 0);
        assert_int_equal(back.us, us);
    }
}

static void formats_milliseconds_towards_the_past(void **state)
{
    (void)state;
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format(1795248930123999, text);
    assert_string_equal(text, "2026-11-21T08:15:30.123Z");
    timestamp_format(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    timestamp_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void devices_are_plain_words(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    longest[64] = '\0';
    assert_true(device_is_valid("1231"));
    assert_true(device_is_valid("A-z_0.9"));
    assert_true(device_is_valid(longest));
    longest[64] = 'a';
    longest[65] = '\0';
    assert_false(device_is_valid(longest));
    assert_false(device_is_valid(""));
    assert_false(device_is_valid("*"));
    assert_false(device_is_valid("a b"));
    assert_false(device_is_valid("a/b"));
    assert_false(device_is_valid("\xc3\xa9"));
}

static void topics_go_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        enum topic_kind kind;
        const char *leaf, *text;
    } cases[] = {
        {NULL, TOPIC_INFO, NULL, "info"},
        {"", TOPIC_INFO, "1231", "info/1231"},
        {NULL, TOPIC_CONTROL, "", "control"},
        {"eu/west", TOPIC_CONTROL, "1231", "eu/west/control/1231"},
        {"info", TOPIC_INFO, "info", "info/info/info"},
        {"x", TOPIC_ALERT, "low_soh", "x/alert/low_soh"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        char text[TOPIC_SIZE];
        struct topic topic;
        struct err err = {0};
        assert_int_equal(topic_format(text, cases[i].prefix, cases[i].kind, cases[i].leaf, &err),
                         0);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(topic_parse(text, strlen(text), cases[i].prefix, &topic, &err), 0);
        assert_int_equal(topic.kind, cases[i].kind);
        assert_string_equal(topic.leaf, cases[i].leaf ? cases[i].leaf : "");
    }
    char filter[TOPIC_SIZE];
    assert_int_equal(topic_format(filter, NULL, TOPIC_CONTROL, "+", NULL), 0);
    assert_string_equal(filter, "control/+");
}

static void foreign_topics_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *text;
    } cases[] = {
        {NULL, ""},       {NULL, "infos"},      {NULL, "info/"},    {NULL, "info/a/b"},
        {NULL, "info/+"}, {NULL, "info/*"},     {NULL, "alert"},    {NULL, "/info"},
        {NULL, "x/info"}, {"x", "info"},        {"x", "x"},         {"x", "x/"},
        {"x", "xinfo"},   {"x", "x/infos"},     {"x", "xy/info"},   {"x/y", "x/info"},
        {NULL, "INFO"},   {NULL, "control//a"}, {NULL, "info/a b"},
    };
    struct topic topic;
    struct err err = {0};
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        if (topic_parse(cases[i].text, strlen(cases[i].text), cases[i].prefix, &topic, &err) !=
            ERR_INVALID)
            fail_msg("%s was accepted", cases[i].text);
    }
    check_sentence(&err, "topic \"info/a b\" is none of info, info/<device>");
    assert_int_equal(topic_parse("info\0", 5, NULL, &topic, &err), ERR_INVALID);
}

static void wrong_topics_are_not_written(void **state)
{
    (void)state;
    char text[TOPIC_SIZE], long_prefix[TOPIC_SIZE];
    struct err err = {0};
    static const char *const prefixes[] = {"/x", "x/", "a//b", "a+b", "#", "a b", "$SYS"};
    for (size_t i = 0; i < CHECK_COUNT(prefixes); i++)
        assert_int_equal(topic_format(text, prefixes[i], TOPIC_INFO, "", &err), ERR_INVALID);
    assert_int_equal(topic_format(text, NULL, TOPIC_ALERT, NULL, &err), ERR_INVALID);
    assert_int_equal(topic_format(text, NULL, TOPIC_INFO, "a/b", &err), ERR_INVALID);
    memset(long_prefix, 'p', sizeof long_prefix);
    long_prefix[TOPIC_SIZE - 5] = '\0';
    assert_int_equal(topic_format(text, long_prefix, TOPIC_INFO, "", &err), ERR_INVALID);
    check_sentence(&err, "topic of 256 bytes: at most 255 are allowed");
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_accepted_form),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(reads_epoch_milliseconds),
        cmocka_unit_test(formats_like_the_c_library),
        cmocka_unit_test(formats_milliseconds_towards_the_past),
        cmocka_unit_test(devices_are_plain_words),
        cmocka_unit_test(topics_go_both_ways),
        cmocka_unit_test(foreign_topics_are_refused),
        cmocka_unit_test(wrong_topics_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
