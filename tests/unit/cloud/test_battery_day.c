/* SPDX-License-Identifier: Apache-2.0 */
/* Days of batteries: what readings come to, through the whole ingest, and what a rollback leaves.
 */
#include "health/days.h"

#include "cloud/ingest_fixture.h"

#include <math.h>

#define DAY_US INT64_C(86400000000)

static const struct day_limits LIMITS = {
    .temp_high_c = 45, .temp_low_c = 0, .cell_spread_high_v = 0.1, .gap_us = 300 * SECOND_US};

static uint64_t random_below(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (*seed >> 33) % below;
}

/* Readings of a day, 5 to 400 s apart, some without temperatures or without voltages. */
static size_t random_day(uint64_t *seed, struct day_reading *readings, size_t count)
{
    int64_t at_us = EIGHT_US;
    for (size_t i = 0; i < count; i++) {
        double v = 3.2 + (double)random_below(seed, 1000) / 1000;
        double c = -10 + (double)random_below(seed, 700) / 10;
        at_us += (int64_t)(5 + random_below(seed, 395)) * SECOND_US / (i % 3 == 0 ? 1 : 20);
        readings[i] = (struct day_reading){at_us, v, v + (double)random_below(seed, 200) / 1000, c,
                                           c + (double)random_below(seed, 50) / 10};
        if (random_below(seed, 5) == 0)
            readings[i].cell_min_v = NAN;
        if (random_below(seed, 5) == 0)
            readings[i].temp_max_c = NAN;
    }
    return count;
}

static void test_figures_of_a_day(void **state)
{
    (void)state;
    struct battery_day_row day;
    day_start(&day, "B-1", "1231", day_of(EIGHT_US));
    static const struct {
        int64_t s;
        double cell_min, cell_max, temp_min, temp_max;
    } readings[] = {
        {0, 3.60, 3.62, 20, 24},  {10, 3.60, 3.72, 30, 46},
        {20, 3.60, 3.62, -2, 2},  {420, 3.50, 3.90, 50, 60}, /* a gap: stands for no time */
        {430, NAN, 3.62, 21, 23}, {440, 3.9, 3.6, NAN, NAN}, /* cannot be: says nothing */
    };
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        struct day_reading reading = {EIGHT_US + readings[i].s * SECOND_US, readings[i].cell_min,
                                      readings[i].cell_max, readings[i].temp_min,
                                      readings[i].temp_max};
        assert_int_equal(day_is_reading(&reading), i < 5);
        if (day_is_reading(&reading))
            assert_true(day_add(&day, &reading, &LIMITS));
    }
    assert_int_equal(day.readings, 5);
    assert_true(day.temp_min_c == -2 && day.temp_max_c == 60 && day.temp_spread_max_c == 16);
    assert_true(day.temp_s == 30 && day.temp_sum == 10 * 38 + 10 * 0 + 10 * 22);
    assert_true(day.temp_high_s == 10 && day.temp_low_s == 10);
    assert_true(day.temp_spread_sum == 10 * 16 + 10 * 4 + 10 * 2);
    assert_true(day.cell_min_v == 3.5 && day.cell_max_v == 3.9);
    assert_true(fabs(day.cell_spread_max_v - 0.4) < 1e-9 && day.cell_s == 20);
    assert_true(day.cell_spread_high_s == 10);
    assert_true(fabs(day.cell_spread_sum - (10 * 0.12 + 10 * 0.02)) < 1e-9);
    assert_true(day_of(-1) == -DAY_US && day_of(0) == 0 && day_of(DAY_US - 1) == 0);
}

/* Hearing a reading again, at any later time, changes nothing; times and means are those of a plain
 * sum. */
static void test_repeats_change_nothing(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 300; round++) {
        uint64_t seed = round;
        struct day_reading readings[60];
        size_t count = random_day(&seed, readings, 60);
        struct battery_day_row once, twice;
        day_start(&once, "B", "s", day_of(EIGHT_US));
        day_start(&twice, "B", "s", day_of(EIGHT_US));
        double seconds = 0, high = 0;
        for (size_t i = 0; i < count; i++) {
            assert_true(day_add(&once, &readings[i], &LIMITS));
            assert_true(day_add(&twice, &readings[i], &LIMITS));
            for (int repeat = 0; repeat < 3; repeat++)
                assert_false(day_add(&twice, &readings[random_below(&seed, i + 1)], &LIMITS));
            int64_t span_us = i > 0 ? readings[i].at_us - readings[i - 1].at_us : 0;
            if (isnan(readings[i].temp_max_c) || span_us > LIMITS.gap_us)
                continue;
            seconds += (double)span_us / 1e6;
            high += readings[i].temp_max_c > 45 ? (double)span_us / 1e6 : 0;
        }
        assert_true(once.temp_s == twice.temp_s && once.temp_sum == twice.temp_sum);
        assert_true(once.cell_spread_sum == twice.cell_spread_sum);
        assert_int_equal(once.readings, twice.readings);
        assert_true(fabs(once.temp_s - seconds) < 1e-6 && fabs(once.temp_high_s - high) < 1e-6);
        assert_true(once.temp_min_c <= once.temp_sum / once.temp_s &&
                    once.temp_sum / once.temp_s <= once.temp_max_c);
    }
}

static void must_observe(struct days *days, const char *bid, int64_t at_us, double temp_c)
{
    struct err err = {0};
    struct day_reading reading = {at_us, NAN, NAN, temp_c, temp_c};
    if (days_observe(days, bid, "1231", &reading, at_us, &err) < 0)
        fail_msg("%s", err.text);
}

/* Transactions that are committed and rolled back at random, with days that change and flushes:
 * at the end the table holds what the committed ones said, and nothing else. */
static void test_a_rollback_loses_nothing(void **state)
{
    const struct workdir *dir = *state;
    struct store *store = must_open(dir->db, STORE_WRITE);
    struct days *days = NULL;
    assert_int_equal(days_new(&days, store, &LIMITS, NULL), 0);
    struct battery_day_row expected[3][4];
    uint64_t seed = 7;
    for (int b = 0; b < 3; b++)
        for (int d = 0; d < 4; d++)
            day_start(&expected[b][d], "", "", day_of(EIGHT_US) + d * DAY_US);
    int64_t at_us = EIGHT_US;
    for (int round = 0; round < 400; round++) {
        struct battery_day_row before[3][4];
        memcpy(before, expected, sizeof before);
        int64_t began_us = at_us;
        assert_int_equal(store_begin(store, NULL), 0);
        for (uint64_t i = random_below(&seed, 12); i > 0; i--) {
            int b = (int)random_below(&seed, 3);
            at_us += (int64_t)random_below(&seed, 100) * SECOND_US;
            int d = (int)((day_of(at_us) - day_of(EIGHT_US)) / DAY_US);
            if (d > 0 && random_below(&seed, 10) == 0)
                d--; /* yesterday's, late */
            if (d > 3)
                break;
            char bid[16];
            (void)snprintf(bid, sizeof bid, "B-%d", b);
            struct day_reading reading = {at_us, NAN, NAN, 0, 0};
            reading.at_us -= day_of(at_us) - expected[b][d].day_us;
            reading.temp_min_c = reading.temp_max_c = (double)random_below(&seed, 60);
            (void)day_add(&expected[b][d], &reading, &LIMITS);
            must_observe(days, bid, reading.at_us, reading.temp_min_c);
        }
        assert_int_equal(days_flush(days, random_below(&seed, 8) == 0, NULL), 0);
        if (random_below(&seed, 3) > 0) {
            assert_int_equal(store_commit(store, NULL), 0);
            days_committed(days);
            continue;
        }
        store_rollback(store);
        days_rolled_back(days);
        memcpy(expected, before, sizeof before);
        at_us = began_us + 1;
    }
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(days_flush(days, true, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    days_committed(days);
    days_free(days);
    int64_t rows = 0;
    for (int b = 0; b < 3; b++)
        for (int d = 0; d < 4; d++) {
            const struct battery_day_row *day = &expected[b][d];
            struct battery_day_row stored;
            char bid[16];
            (void)snprintf(bid, sizeof bid, "B-%d", b);
            int found = battery_day_load(store, bid, "1231", day->day_us, &stored, NULL);
            assert_int_equal(found, day->readings > 0);
            rows += found;
            if (!found)
                continue;
            assert_int_equal(stored.readings, day->readings);
            assert_int_equal(stored.last_at_us, day->last_at_us);
            assert_true(stored.temp_s == day->temp_s && stored.temp_sum == day->temp_sum);
            assert_true(stored.temp_min_c == day->temp_min_c);
            assert_true(stored.temp_high_s == day->temp_high_s);
        }
    assert_true(rows > 3);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM battery_day"), rows);
    store_close(store);
}

static void report(struct fixture *fixture, int seq, const char *cells)
{
    givef(fixture, "info/1231",
          "{\"device\":\"1231\",\"type\":0,\"data\":{\"station\":{\"bays\":[]},\"battery\":[{"
          "\"slot\":1,\"bid\":\"B-1\",\"soc\":50%s}]},\"time\":\"2026-11-21T08:%02d:%02dZ\","
          "\"v\":1,\"journal\":\"aa\",\"boot\":1,\"lane\":\"telemetry\",\"seq\":%d,\"prev\":%d,"
          "\"up\":%d}",
          cells, seq * 10 / 60, seq * 10 % 60, seq, seq - 1, seq * 10000);
    fixture_pass(fixture, 10 * SECOND_US);
    forget_said(fixture);
}

/* Through the bridge's ingest: written a minute later, or at a clean stop; a restart goes on. */
static void test_telemetry_becomes_days(void **state)
{
    const struct workdir *dir = *state;
    struct fixture fixture;
    struct err err = {0};
    fixture_begin(&fixture, dir->db);
    for (int seq = 1; seq <= 5; seq++)
        report(&fixture, seq, ",\"maxTemp\":46,\"minTemp\":40,\"maxVol\":3.7,\"minVol\":3.5");
    assert_count(&fixture, "battery_day", 0);
    assert_int_equal(ingest_settle(fixture.ingest, &err), 0);
    assert_sql(
        &fixture,
        "SELECT day || ' ' || readings || ' ' || (temp_sum / temp_s) || ' ' || temp_high_s || ' ' "
        "||"
        " round(cell_spread_sum / cell_s, 6) || ' ' || cell_spread_high_s FROM v_battery_day",
        "2026-11-21 5 43.0 40.0 0.2 40.0");
    fixture_restart(&fixture);
    for (int seq = 6; seq <= 13; seq++)
        report(&fixture, seq, seq == 6 ? ",\"maxTemp\":20,\"minTemp\":10" : "");
    report(&fixture, 14, ",\"maxTemp\":20,\"minTemp\":10");
    assert_sql(&fixture,
               "SELECT readings || ' ' || temp_s || ' ' || temp_min || ' ' || temp_high_s"
               " FROM v_battery_day",
               "7 130.0 10.0 40.0");
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_of_a_day),
        cmocka_unit_test(test_repeats_change_nothing),
        workdir_test(test_a_rollback_loses_nothing),
        workdir_test(test_telemetry_becomes_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
