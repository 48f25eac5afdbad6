/* SPDX-License-Identifier: Apache-2.0 */
/* The questions that tracking answers, and that each is answered through an index. */
#include "cloud/tracking_support.h"

#include "store/report.h"

/* What a report answers: cells with blanks between them, rows with "; ". Times as seconds after
 * noon, real numbers with their decimals. */
static int note(void *self, const struct report *report, const struct report_value *values,
                struct err *err)
{
    struct strbuf *to = self;
    (void)err;
    if (to->length)
        strbuf_append_text(to, "; ");
    for (size_t i = 0; report->columns[i].name; i++) {
        const struct report_column *column = &report->columns[i];
        if (i)
            strbuf_append_char(to, ' ');
        if (!values[i].present)
            strbuf_append_char(to, '-');
        else if (column->kind == REPORT_TEXT)
            strbuf_append_text(to, values[i].text);
        else if (column->kind == REPORT_REAL)
            strbuf_printf(to, "%.*f", column->decimals, values[i].real);
        else if (column->kind == REPORT_TIME)
            strbuf_printf(to, "%lld", (long long)((values[i].integer - NOON) / SECOND));
        else
            strbuf_printf(to, "%lld", (long long)values[i].integer);
    }
    return 0;
}

static void assert_answer(struct yard *yard, const struct report *report,
                          const struct report_filter *filter, const char *expected)
{
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    struct err err = {0};
    check(report_run(yard->store, report, filter, note, &answer, &err), &err);
    assert_string_equal(strbuf_text(&answer), expected);
}

/* b1: v1 0–1 h, v2 3–5 h (with 1.1), v1 from 9 h on; b2: taken out of v1 at 10 h. */
static void fill(struct yard *yard)
{
    struct tracking_exchange exchange = exchange_at("On-Load", "b1", "v2", 3 * HOUR);
    on_load(yard, "b1", "v1", 0);
    off_load(yard, "b1", "v1", HOUR);
    exchange.battery_version = "1.1";
    exchange.soc_percent = 90;
    add(yard, &exchange);
    exchange = exchange_at("Off-Load", "b1", "v2", 5 * HOUR);
    exchange.station_id = "s2";
    exchange.soc_percent = 20;
    add(yard, &exchange);
    on_load(yard, "b1", "v1", 9 * HOUR);
    off_load(yard, "b2", "v1", 10 * HOUR);
}

static void a_battery_tells_its_vehicles(void **state)
{
    struct yard *yard = *state;
    struct report_filter filter = REPORT_ALL;
    fill(yard);
    filter.bid = "b1";
    assert_answer(yard, &REPORT_BATTERY_STAYS, &filter,
                  "32400 - b1 v1 - s1 - - - - -; "
                  "10800 18000 b1 v2 1.1 s1 90.0 s2 20.0 - 2.00; "
                  "0 3600 b1 v1 - s1 - s1 - - 1.00");
    /* What overlaps the span, also when it began before it. */
    filter.from_us = NOON + 4 * HOUR * SECOND;
    filter.to_us = NOON + 6 * HOUR * SECOND;
    assert_answer(yard, &REPORT_BATTERY_STAYS, &filter,
                  "10800 18000 b1 v2 1.1 s1 90.0 s2 20.0 - 2.00");
    filter = REPORT_ALL;
    filter.vid = "v1";
    filter.limit = 1;
    assert_answer(yard, &REPORT_VEHICLE_STAYS, &filter,
                  "- 36000 b2 v1 - - - s1 - failed: battery b2 was taken out of vehicle v1 but "
                  "never put into it -");
}

static void a_battery_is_somewhere_now_and_was_then(void **state)
{
    struct yard *yard = *state;
    struct report_filter filter = REPORT_ALL;
    fill(yard);
    filter.bid = "b1";
    assert_answer(yard, &REPORT_BATTERY_WHERE, &filter, "b1 vehicle v1 - 32400 event 32400 - -");
    static const struct {
        int64_t second;
        const char *answer;
    } cases[] = {
        {-1, "b1 -1 unknown - - - -"},
        {0, "b1 0 vehicle v1 - 0 -"},
        {2 * HOUR, "b1 7200 bay s1 2 3600 -"},
        {4 * HOUR, "b1 14400 vehicle v2 - 10800 1.1"},
        {100 * HOUR, "b1 360000 vehicle v1 - 32400 -"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        filter.to_us = NOON + cases[i].second * SECOND;
        assert_answer(yard, &REPORT_BATTERY_HOLDER, &filter, cases[i].answer);
    }
    filter.bid = "nobody";
    assert_answer(yard, &REPORT_BATTERY_WHERE, &filter, "");
}

static void shares_of_time_add_up(void **state)
{
    struct yard *yard = *state;
    struct report_filter filter = REPORT_ALL;
    fill(yard);
    filter.bid = "b1";
    filter.to_us = NOON + 10 * HOUR * SECOND; /* 1 + 2 + 1 of 10 hours in vehicles */
    assert_answer(yard, &REPORT_BATTERY_UTILISATION, &filter, "b1 0 36000 40.00 60.00 0.00 3");
    filter.from_us = NOON - 10 * HOUR * SECOND; /* nothing is known of the first half */
    assert_answer(yard, &REPORT_BATTERY_UTILISATION, &filter,
                  "b1 -36000 36000 20.00 30.00 50.00 3");
    filter.from_us = NOON + 4 * HOUR * SECOND; /* begins in a vehicle */
    filter.to_us = NOON + 8 * HOUR * SECOND;
    assert_answer(yard, &REPORT_BATTERY_UTILISATION, &filter, "b1 14400 28800 25.00 75.00 0.00 0");
    filter.bid = "nobody";
    filter.from_us = STORE_NULL;
    assert_answer(yard, &REPORT_BATTERY_UTILISATION, &filter, "nobody - 28800 - - - 0");
}

static void swaps_are_counted(void **state)
{
    struct yard *yard = *state;
    struct report_filter filter = REPORT_ALL;
    fill(yard);
    on_load(yard, "b2", "v3", 24 * HOUR);
    assert_answer(yard, report_swap_count(COUNT_BY_BATTERY, &filter), &filter,
                  "b1 3 0 32400; b2 1 86400 86400");
    assert_answer(yard, report_swap_count(COUNT_BY_DAY, &filter), &filter,
                  "2025-11-22 1 86400 86400; 2025-11-21 3 0 32400");
    filter.vid = "v1";
    assert_answer(yard, report_swap_count(COUNT_BY_STATION, &filter), &filter, "s1 2 0 32400");
    filter.from_us = NOON + HOUR * SECOND;
    assert_answer(yard, report_swap_count(COUNT_BY_VEHICLE, &filter), &filter, "v1 1 32400 32400");
}

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (*seed * UINT64_C(2685821657736338717)) >> 33;
}

/* The same count without counters. */
static void assert_counted(struct yard *yard, enum report_count_by by,
                           const struct report_filter *filter)
{
    SCOPE_STRBUF struct strbuf sql = STRBUF_INIT;
    char expected[4096];
    const char *day = "strftime('%Y-%m-%d', event_time / 1000000, 'unixepoch')";
    strbuf_printf(&sql,
                  "SELECT coalesce(group_concat(t, '; '), '') FROM (SELECT %s || ' ' || count(*) "
                  "|| ' ' || " AFTER_NOON("min(event_time)") " || ' ' || " AFTER_NOON(
                      "max(event_time)") " AS t FROM battery_exchange_task WHERE event = 'On-Load'",
                  by == COUNT_BY_DAY ? day : "station_id");
    if (filter->station)
        strbuf_printf(&sql, " AND station_id = '%s'", filter->station);
    if (filter->from_us != STORE_NULL)
        strbuf_printf(&sql, " AND event_time >= %lld", (long long)filter->from_us);
    if (filter->to_us != STORE_NULL)
        strbuf_printf(&sql, " AND event_time < %lld", (long long)filter->to_us);
    strbuf_printf(&sql, " GROUP BY %s ORDER BY %s)", by == COUNT_BY_DAY ? day : "station_id",
                  by == COUNT_BY_DAY ? "min(event_time) DESC" : "count(*) DESC, station_id");
    query_text(yard->store, strbuf_text(&sql), expected, sizeof expected);
    assert_answer(yard, report_swap_count(by, filter), filter, expected);
}

static void days_from_counters_are_those_that_were_counted(void **state)
{
    struct yard *yard = *state;
    static const char *const stations[] = {"s1", "s2", "s3"};
    uint64_t seed = 7;
    for (int i = 0; i < 150; i++) {
        char bid[16];
        (void)snprintf(bid, sizeof bid, "b%d", (int)(random_next(&seed) % 20));
        struct tracking_exchange exchange = exchange_at(
            i % 3 ? "On-Load" : "Off-Load", bid, "v1", (int64_t)(random_next(&seed) % (96 * HOUR)));
        if (i % 10 == 0) /* midnight itself */
            exchange.event_time_us = NOON + 12 * HOUR * SECOND;
        exchange.station_id = stations[random_next(&seed) % 3];
        add(yard, &exchange);
        add(yard, &exchange); /* a repeat counts once */
    }
    for (int i = 0; i < 400; i++) {
        struct report_filter filter = REPORT_ALL;
        int64_t unit = i % 4 ? SECOND : 12 * HOUR * SECOND;
        int64_t reach = 110 * HOUR * SECOND / unit;
        if (random_next(&seed) % 4)
            filter.from_us = NOON + ((int64_t)random_next(&seed) % reach) * unit;
        if (random_next(&seed) % 4)
            filter.to_us = NOON + ((int64_t)random_next(&seed) % reach) * unit;
        filter.station = random_next(&seed) % 2 ? stations[random_next(&seed) % 3] : NULL;
        assert_counted(yard, i % 2 ? COUNT_BY_DAY : COUNT_BY_STATION, &filter);
    }
}

/* No step of the plan may read a whole table: 10 ms at 10 million exchanges. */
static void assert_indexed(struct yard *yard, const struct report *report)
{
    SCOPE_STRBUF struct strbuf sql = STRBUF_INIT;
    sqlite3_stmt *plan = NULL;
    strbuf_printf(&sql, "EXPLAIN QUERY PLAN %s", report->sql);
    assert_int_equal(
        sqlite3_prepare_v2(store_handle(yard->store), strbuf_text(&sql), -1, &plan, NULL),
        SQLITE_OK);
    int steps = 0;
    for (; sqlite3_step(plan) == SQLITE_ROW; steps++) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        bool whole = strncmp(step, "SCAN x", 6) == 0 || strncmp(step, "SCAN e", 6) == 0 ||
                     strncmp(step, "SCAN battery", 12) == 0 ||
                     strncmp(step, "SCAN swaps_per_day", 18) == 0;
        if (whole && !strstr(step, "USING"))
            fail_msg("%s: %s", report->name, step);
        /* An index of all events in their order is right only where no one's events are asked. */
        if (strstr(step, "exchange_by_time") && !strstr(report->sql, "swaps"))
            fail_msg("%s: %s", report->name, step);
    }
    assert_true(steps > 0);
    (void)sqlite3_finalize(plan);
}

static void answers_come_through_indexes(void **state)
{
    struct yard *yard = *state;
    struct report_filter filters[] = {REPORT_ALL, REPORT_ALL, REPORT_ALL, REPORT_ALL};
    filters[1].bid = filters[2].vid = filters[3].station = "x";
    assert_indexed(yard, &REPORT_BATTERY_STAYS);
    assert_indexed(yard, &REPORT_VEHICLE_STAYS);
    assert_indexed(yard, &REPORT_BATTERY_WHERE);
    assert_indexed(yard, &REPORT_BATTERY_HOLDER);
    assert_indexed(yard, &REPORT_BATTERY_UTILISATION);
    for (int by = COUNT_BY_BATTERY; by <= COUNT_BY_DAY; by++)
        for (size_t i = 0; i < 4; i++)
            assert_indexed(yard, report_swap_count((enum report_count_by)by, &filters[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        yard_test(a_battery_tells_its_vehicles),
        yard_test(a_battery_is_somewhere_now_and_was_then),
        yard_test(shares_of_time_add_up),
        yard_test(swaps_are_counted),
        yard_test(days_from_counters_are_those_that_were_counted),
        yard_test(answers_come_through_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
