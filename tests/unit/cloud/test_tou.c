/* SPDX-License-Identifier: Apache-2.0 */
/* Time-of-use windows: the clock's jumps, the division of a process over hours, its cost. */
#include "base/scope.h"
#include "charging/apportion.h"
#include "charging/intervals.h"
#include "charging/money.h"
#include "charging/tou_cost.h"
#include "protocol/timestamp.h"

#include "cloud/support.h"
#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SECOND      INT64_C(1000000)
#define HOUR        (3600 * SECOND)
#define NONE        COST_NONE

static int64_t at(const char *text)
{
    struct timestamp time;
    struct err err = {0};
    if (timestamp_parse(text, strlen(text), &time, &err) < 0)
        fail_msg("%s", err.text);
    return time.us;
}

static struct zone *must_zone(const char *name)
{
    struct zone *zone;
    struct err err = {0};
    if (zone_open(&zone, name, &err) < 0)
        fail_msg("%s", err.text);
    return zone;
}

/* Zones ------------------------------------------------------------------------------------------
 */

static void names_are_those_of_tzdata(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Europe/Berlim", "Europe", "+02:00",         "CET-1CEST", "/etc/passwd",
        "../localtime",  " ",      "Europe/Berlin ", "8",         "Europe//../x"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct zone *zone;
        struct err err = {0};
        assert_int_equal(zone_open(&zone, wrong[i], &err), ERR_INVALID);
        assert_null(zone);
        assert_non_null(strstr(err.text, "is right"));
    }
    static const char *const utc[] = {NULL, "", "UTC", "Etc/UTC"};
    for (size_t i = 0; i < COUNT(utc); i++) {
        SCOPE(zone_close_scope) struct zone *zone = must_zone(utc[i]);
        assert_int_equal(zone_offset_us(zone, at("2026-07-01")), 0);
    }
}

static void local_time_follows_the_zone(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *at;
        int year, month, day, weekday, minute;
    } cases[] = {
        {"UTC", "1970-01-01T00:00:00Z", 1970, 1, 1, 3, 0},
        {"Asia/Shanghai", "2026-11-21T17:30:59Z", 2026, 11, 22, 6, 90},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 2026, 3, 29, 6, 119}, /* before the jump */
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 2026, 3, 29, 6, 180}, /* 02:xx is not shown */
        {"Europe/Berlin", "2026-10-25T00:30:00Z", 2026, 10, 25, 6, 150},
        {"Europe/Berlin", "2026-10-25T01:30:00Z", 2026, 10, 25, 6, 150}, /* again */
        {"Europe/Berlin", "2040-07-01T12:00:00Z", 2040, 7, 1, 6, 840},   /* beyond 2037 */
        {"America/New_York", "2026-03-08T06:59:00Z", 2026, 3, 8, 6, 119},
        {"America/New_York", "2026-03-08T07:00:00Z", 2026, 3, 8, 6, 180},
        {"America/New_York", "2026-11-01T05:30:00Z", 2026, 11, 1, 6, 90},
        {"America/New_York", "2026-11-01T06:30:00Z", 2026, 11, 1, 6, 90},
        {"America/New_York", "2026-01-01T00:00:00Z", 2025, 12, 31, 2, 1140},
        {"Australia/Lord_Howe", "2026-10-03T15:29:00Z", 2026, 10, 4, 6, 119}, /* by half an hour */
        {"Australia/Lord_Howe", "2026-10-03T15:30:00Z", 2026, 10, 4, 6, 150},
        {"Asia/Kathmandu", "2026-01-01T00:00:00Z", 2026, 1, 1, 3, 345},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPE(zone_close_scope) struct zone *zone = must_zone(cases[i].zone);
        struct zone_local local = zone_local(zone, at(cases[i].at));
        if (local.year != cases[i].year || local.month != cases[i].month ||
            local.day != cases[i].day || local.weekday != cases[i].weekday ||
            local.minute_of_day != cases[i].minute)
            fail_msg("case %zu: %d-%d-%d weekday %d minute %d", i, local.year, local.month,
                     local.day, local.weekday, local.minute_of_day);
    }
}

static void the_next_jump_is_found_to_the_second(void **state)
{
    (void)state;
    SCOPE(zone_close_scope) struct zone *berlin = must_zone("Europe/Berlin");
    int64_t jump = at("2026-03-29T01:00:00Z");
    assert_int_equal(zone_next_change_us(berlin, jump - 5 * HOUR, jump + 5 * HOUR), jump);
    assert_int_equal(zone_next_change_us(berlin, jump - 1, jump + 1), jump);
    assert_int_equal(zone_next_change_us(berlin, jump, jump + HOUR + 1), jump + HOUR + 1);
    assert_int_equal(zone_next_change_us(berlin, jump - HOUR, jump - 1), jump - 1);
    assert_int_equal(zone_next_change_us(berlin, jump, jump), jump);
}

/* Windows ----------------------------------------------------------------------------------------
 */

static struct tou_window windows[TOU_WINDOWS_MAX];
static struct tou_plan plan;

static size_t must_plan(const char *text)
{
    size_t count;
    struct err err = {0};
    if (tou_parse(text, windows, &count, &err) < 0 ||
        tou_plan_make(windows, count, &plan, &err) < 0)
        fail_msg("%s", err.text);
    return count;
}

static void windows_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *again;
    } cases[] = {
        {"mon-fri 7:00-11:00=0.4,22:00-06:00=.12", NULL},
        {"mon-fri 7:00-11:00=0.4", "mon-fri 07:00-11:00=0.40"},
        {"  Sat+SUN  00:00-24:00=-0.0125 ,22:00-06:00=1",
         "sat-sun 00:00-24:00=-0.0125, 22:00-06:00=1.00"},
        {"fri-mon 12:00-00:00=5", "mon+fri-sun 12:00-24:00=5.00"},
        {"24:00-06:00=0", "00:00-06:00=0.00"},
        {"mon-sun 00:00-12:00=1", "00:00-12:00=1.00"},
        {"tue 09:05-09:06=99999.9999", "tue 09:05-09:06=99999.9999"},
        {"", NULL},
        {"07:00-11:00", NULL},
        {"07:00-07:00=1", NULL},
        {"00:00-00:00=1", "00:00-24:00=1.00"},
        {"07:00-24:01=1", NULL},
        {"07:60-11:00=1", NULL},
        {"7-11=1", NULL},
        {"mo 07:00-11:00=1", NULL},
        {"mon- 07:00-11:00=1", NULL},
        {"mon+ 07:00-11:00=1", NULL},
        {"mon07:00-11:00=1", NULL},
        {"07:00-11:00=1.00001", NULL},
        {"07:00-11:00=100000", NULL},
        {"07:00-11:00=1.", NULL},
        {"07:00-11:00=1x", NULL},
        {"07:00-11:00=1,,08:00-09:00=2", NULL},
        {"mon-fri                                                                        "
         "07:00-11:00=1",
         NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPE_STRBUF struct strbuf again = STRBUF_INIT;
        size_t count;
        struct err err = {0};
        int status = tou_parse(cases[i].text, windows, &count, &err);
        if (!cases[i].again) {
            if (status != ERR_INVALID || !err.text[0])
                fail_msg("case %zu: accepted", i);
            continue;
        }
        if (status < 0)
            fail_msg("case %zu: %s", i, err.text);
        tou_format(windows, count, &again);
        assert_string_equal(strbuf_text(&again), cases[i].again);
    }
}

static void windows_must_not_overlap(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int want;
    } cases[] = {
        {"07:00-11:00=1,11:00-12:00=2", 0},
        {"07:00-11:01=1,11:00-12:00=2", ERR_INVALID},
        {"fri 22:00-06:00=1,sat 05:59-07:00=2", ERR_INVALID}, /* Friday's ends on Saturday */
        {"fri 22:00-06:00=1,sat 06:00-07:00=2", 0},
        {"sun 22:00-06:00=1,mon 00:00-01:00=2", ERR_INVALID}, /* around the week */
        {"sun 22:00-06:00=1,tue 00:00-01:00=2", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t count;
        struct err err = {0};
        assert_int_equal(tou_parse(cases[i].text, windows, &count, &err), 0);
        if (tou_plan_make(windows, count, &plan, &err) != cases[i].want)
            fail_msg("case %zu: %s", i, err.text);
    }
    size_t count;
    struct err err = {0};
    assert_int_equal(tou_parse("07:00-11:00=1, sat 10:59-12:00=2", windows, &count, &err), 0);
    assert_int_equal(tou_plan_make(windows, count, &plan, &err), ERR_INVALID);
    assert_string_equal(err.text, "windows 07:00-11:00=1.00 and sat 10:59-12:00=2.00 overlap");
    /* What no text says, but a database may. */
    const struct tou_window empty[] = {{.days = 0, .from_minute = 0, .to_minute = 60},
                                       {.days = 1, .from_minute = 1440, .to_minute = 60},
                                       {.days = 1, .from_minute = -1, .to_minute = 60},
                                       {.days = 1, .from_minute = 60, .to_minute = 0},
                                       {.days = 1, .from_minute = 60, .to_minute = 1441},
                                       {.days = 1, .from_minute = 60, .to_minute = 60}};
    for (size_t i = 0; i < COUNT(empty); i++) {
        assert_int_equal(tou_plan_make(&empty[i], 1, &plan, &err), ERR_INVALID);
        assert_string_equal(err.text, "window 1: it is empty");
    }
}

/* Time per slot, in minutes. */
static void assert_minutes(const char *zone_name, const char *from, const char *to,
                           const int64_t *want, size_t count)
{
    SCOPE(zone_close_scope) struct zone *zone = must_zone(zone_name);
    struct tou_cursor cursor = TOU_CURSOR(&plan, zone);
    struct tou_split split = {0};
    tou_split_add(&split, &cursor, at(from), at(to), 60);
    for (size_t i = 0; i < count; i++) {
        if (split.us[i] != want[i] * 60 * SECOND)
            fail_msg("%s %s: slot %zu has %lld min", zone_name, from, i,
                     (long long)(split.us[i] / 60 / SECOND));
        /* At 60 kW a minute is a kWh: 3600 kW·s. */
        assert_float_equal(decimal_total(&split.energy_kws[i]), (double)want[i] * 3600, 1e-6);
    }
}
#define MINUTES(zone, from, to, ...)                                                               \
    assert_minutes(zone, from, to, (const int64_t[]){__VA_ARGS__},                                 \
                   COUNT(((const int64_t[]){__VA_ARGS__})))

static void windows_follow_the_clock_on_the_wall(void **state)
{
    (void)state;
    must_plan("02:00-03:00=1,22:00-02:00=2,mon-fri 08:00-09:00=3");
    MINUTES("UTC", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", 24 * 60 - 300, 60, 240, 0);
    MINUTES("UTC", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", 24 * 60 - 360, 60, 240, 60);
    MINUTES("Asia/Shanghai", "2026-11-20T00:30:00Z", "2026-11-20T14:10:00Z", 780, 0, 10, 30);
    /* The hour that is skipped: nothing falls into 02:00-03:00, and the day has 23 hours. */
    MINUTES("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23 * 60 - 240, 0, 240,
            0);
    MINUTES("America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", 23 * 60 - 240, 0,
            240, 0);
    MINUTES("Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", 30, 0, 30, 0);
    /* The hour that comes twice: both belong to their window. */
    MINUTES("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25 * 60 - 360, 120,
            240, 0);
    MINUTES("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", 0, 60, 0, 0);
    must_plan("02:00-02:01=1,02:02-02:03=2");
    MINUTES("UTC", "2026-11-21T01:59:30Z", "2026-11-21T02:03:30Z", 2, 1, 1);
    must_plan("01:00-02:00=1,sun 00:30-00:45=2");
    MINUTES("America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", 25 * 60 - 135, 120,
            15);
    /* Half an hour, from 02:00 to 01:30: the second half of the window comes twice. */
    MINUTES("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z", 1470 - 105, 90,
            15);
    /* A whole year has all its hours, whatever the clock did. */
    MINUTES("Europe/Berlin", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z", 365 * 1380 - 52 * 15,
            365 * 60, 52 * 15);
}

static void an_interval_is_divided_by_time(void **state)
{
    (void)state;
    SCOPE(zone_close_scope) struct zone *zone = must_zone("UTC");
    must_plan("10:00-11:00=1");
    struct tou_cursor cursor = TOU_CURSOR(&plan, zone);
    struct tou_split split = {0};
    int64_t ten = at("2026-11-21T10:00:00Z");
    tou_split_add(&split, &cursor, ten - SECOND, ten + 3 * SECOND, 7);
    tou_split_add(&split, &cursor, ten + 3 * SECOND, ten + 4 * SECOND, -7); /* flowed back */
    tou_split_add(&split, &cursor, ten + 4 * SECOND, ten + 5 * SECOND, NAN);
    tou_split_add(&split, &cursor, ten + 5 * SECOND, ten + 5 * SECOND, 7);
    tou_split_add(&split, &cursor, ten - 2 * SECOND, ten - SECOND, 3); /* back in time */
    assert_int_equal(split.us[0], 2 * SECOND);
    assert_int_equal(split.us[1], 5 * SECOND);
    assert_float_equal(decimal_total(&split.energy_kws[0]), 10, 1e-12);
    assert_float_equal(decimal_total(&split.energy_kws[1]), 21, 1e-12);
}

/* Shares -----------------------------------------------------------------------------------------
 */

static void parts_go_to_the_largest_remainders(void **state)
{
    (void)state;
    int64_t parts[3];
    assert_true(apportion(100, (const int64_t[]){1, 1, 1}, 3, parts));
    assert_true(parts[0] == 34 && parts[1] == 33 && parts[2] == 33);
    assert_true(apportion(-10, (const int64_t[]){1, 0, 2}, 3, parts));
    assert_true(parts[0] == -3 && parts[1] == 0 && parts[2] == -7);
    assert_true(apportion(0, (const int64_t[]){1, 2, 3}, 3, parts));
    assert_true(parts[0] == 0 && parts[1] == 0 && parts[2] == 0);
    assert_true(apportion(INT64_MAX, (const int64_t[]){INT64_MAX - 1, 1, 0}, 3, parts));
    assert_true(parts[0] + parts[1] == INT64_MAX && parts[1] == 1);
    assert_false(apportion(7, (const int64_t[]){0, 0, 0}, 3, parts));
    assert_true(parts[0] == 0 && parts[1] == 0 && parts[2] == 0);
}

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* A process of random samples around a jump of the clock: what falls into the slots is what the
 * rule says of the whole, to the last unit once it is made whole numbers. */
static void parts_sum_to_the_whole(void **state)
{
    (void)state;
    static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                        "Asia/Shanghai"};
    static const char *const plans[] = {"22:00-06:00=0.1,mon-fri 07:00-11:00=0.4",
                                        "02:00-02:01=9,02:30-03:00=1",
                                        "sat+sun 00:00-24:00=0.2,mon 01:59-01:58=0.3"};
    uint64_t seed = 20261121;
    for (unsigned round = 0; round < 600; round++) {
        SCOPE(zone_close_scope) struct zone *zone = must_zone(zones[round % COUNT(zones)]);
        size_t count = must_plan(plans[round % COUNT(plans)]);
        struct tou_cursor cursor = TOU_CURSOR(&plan, zone);
        struct tou_split split = {0};
        struct evaluate_sample samples[60];
        struct evaluate_result figures;
        size_t used = 2 + draw(&seed, 58);
        int64_t date = at("2026-10-01") + (int64_t)draw(&seed, 40 * 86400) * SECOND;
        for (size_t i = 0; i < used; i++) {
            date += (int64_t)draw(&seed, round % 2 ? 20000000 : 7200000000);
            samples[i] = (struct evaluate_sample){
                .date_us = date,
                .battery_level = NAN,
                .added_kwh = draw(&seed, 3) ? (double)i / 10 : NAN,
                .power_kw = draw(&seed, 8) ? (double)draw(&seed, 5000) / 37 - 4 : (double)NAN,
                .current_a = (double)draw(&seed, 64),
                .voltage_v = 230,
                .phases = draw(&seed, 3) ? 3 : STORE_NULL,
                .ideal_range_km = NAN,
                .rated_range_km = NAN,
                .outside_temp_c = NAN};
        }
        evaluate_samples(samples, used, &figures);
        struct intervals intervals = {.samples = samples, .count = used, .figures = figures};
        double whole_kws = 0, parts_kws = 0;
        int64_t parts_us = 0, parts[TOU_SLOTS], sum = 0;
        for (size_t i = 1; i < used; i++) {
            struct interval interval = intervals_at(&intervals, i);
            tou_split_add(&split, &cursor, interval.from_us, interval.to_us, interval.power_kw);
        }
        for (size_t i = 0; i < TOU_SLOTS; i++) {
            parts_kws += decimal_total(&split.energy_kws[i]);
            parts_us += split.us[i];
        }
        if (!isnan(figures.charge_energy_used_exact_kwh))
            whole_kws = figures.charge_energy_used_exact_kwh * 3600;
        if (fabs(whole_kws - parts_kws) > 1e-9 * fmax(1, whole_kws))
            fail_msg("round %u: %.15g and %.15g kWs", round, whole_kws, parts_kws);
        assert_int_equal(parts_us, figures.end_date_us - figures.start_date_us);

        double billed = decimal_round(whole_kws / 3600, 9);
        tou_divide(&split, COST_PER_KWH, billed, parts);
        for (size_t i = 0; i < TOU_SLOTS; i++)
            sum += parts[i];
        assert_int_equal(sum, llround(billed * 1e9));

        /* One price in all windows costs what the flat tariff costs. */
        struct cost_tariff flat = {round % 3 ? COST_PER_KWH : COST_PER_MINUTE, 2537, 5000};
        struct cost_quantity quantity = {figures.charge_energy_added_kwh,
                                         figures.charge_energy_used_exact_kwh,
                                         figures.duration_min};
        for (size_t i = 0; i < count; i++)
            windows[i].price = 2537;
        assert_int_equal(tou_cost(&flat, windows, count, &quantity, &split, false),
                         cost_at_close(&flat, &quantity, NULL));
        assert_int_equal(tou_cost(&flat, windows, count, &quantity, &split, true),
                         cost_retroactive(&flat, &quantity, NONE));
    }
}

/* Cost -------------------------------------------------------------------------------------------
 */

static void windows_have_their_price(void **state)
{
    (void)state;
    const struct tou_window two[] = {{.price = 4000}, {.price = -1000}};
    struct tou_split split = {.us = {30 * SECOND, 10 * SECOND, 20 * SECOND}};
    decimal_add(&split.energy_kws[0], 600);
    decimal_add(&split.energy_kws[1], 300);
    decimal_add(&split.energy_kws[2], 300);
    struct tou_split no_energy = {.us = {30 * SECOND, 10 * SECOND, 20 * SECOND}};
    struct tou_split one_only = {.us = {0, 10 * SECOND, 0}};
    struct tou_split nothing = {0};
    const struct {
        struct cost_tariff base;
        struct cost_quantity quantity;
        const struct tou_split *split;
        bool retroactive;
        int64_t want;
    } cases[] = {
        /* 10 kWh are 5 at 0.20, 2.5 at 0.40, 2.5 at -0.10. */
        {{COST_PER_KWH, 2000, NONE}, {8, 10, 60}, &split, false, 17500},
        {{COST_PER_KWH, 2000, 5000}, {10, 8, 60}, &split, false, 22500},
        {{COST_PER_KWH, NONE, 5000}, {10, 8, 60}, &split, true, 12500},      /* no base price: 0 */
        {{COST_PER_KWH, 2000, NONE}, {8, 10, 60}, &no_energy, false, 13300}, /* by time */
        {{COST_PER_KWH, 2000, NONE}, {8, 10, 60}, &one_only, false, 40000},
        {{COST_PER_KWH, 2000, NONE}, {8, 10, 60}, &nothing, false, 20000}, /* at its own price */
        {{COST_PER_KWH, NONE, NONE}, {NAN, 1000, 60}, &split, false, 750000},
        {{COST_PER_KWH, 2000, 5000}, {NAN, NAN, 60}, &split, false, NONE},
        {{COST_PER_KWH, 2000, 5000}, {NAN, NAN, 60}, &split, true, 5000},
        {{COST_PER_KWH, 2000, 5000}, {0, 0, 60}, &split, false, 5000},
        /* 60 min are 30 at 0.20, 10 at 0.40, 20 at -0.10; energy is not asked. */
        {{COST_PER_MINUTE, 2000, NONE}, {8, 10, 60}, &split, false, 80000},
        {{COST_PER_MINUTE, 2000, 100}, {NAN, NAN, 60}, &split, true, 80100},
        {{COST_PER_MINUTE, 2000, 100}, {8, 10, NONE}, &split, false, NONE},
        /* 1/3 of 1 kWh at 0.40 is 0.1333…: the sum is rounded once. */
        {{COST_PER_KWH, 3000, NONE}, {0.01, NAN, 1}, &split, false, 0},
        {{COST_PER_KWH, 3000, NONE}, {0.04, NAN, 1}, &split, false, 100},
        {{COST_PER_KWH, COST_PRICE_MOST, NONE}, {1e9, NAN, 1}, &split, false, NONE},
        {{COST_PER_KWH, 2000, NONE}, {1.1e9, NAN, 1}, &split, false, 2200000000000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = tou_cost(&cases[i].base, two, COUNT(two), &cases[i].quantity, cases[i].split,
                               cases[i].retroactive);
        if (got != cases[i].want)
            fail_msg("case %zu: %lld, not %lld", i, (long long)got, (long long)cases[i].want);
    }
}

static void halves_are_rounded_away_from_zero(void **state)
{
    (void)state;
    struct tou_split half = {.us = {SECOND, SECOND}};
    const struct {
        double kwh;
        int64_t want;
    } cases[] = {{0.05, 100}, {0.0499999, 0}, {0.15, 200}, {0.149999999, 100}, {0.1, 100}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cost_quantity quantity = {NAN, cases[i].kwh, 1};
        for (int sign = -1; sign <= 1; sign += 2) {
            const struct tou_window one[] = {{.price = sign * 3000}};
            struct cost_tariff base = {COST_PER_KWH, -sign * 1000, NONE};
            int64_t got = tou_cost(&base, one, 1, &quantity, &half, false);
            if (got != sign * cases[i].want)
                fail_msg("case %zu: %lld, not %lld", i, (long long)got,
                         (long long)(sign * cases[i].want));
        }
    }
}

static void money_is_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
        const char *again;
    } cases[] = {{"0.25", 2500, "0.25"},     {"-3", -30000, "-3.00"},
                 {"+1.5", 15000, "1.50"},    {"12.3456", 123456, "12.3456"},
                 {"0", 0, "0.00"},           {"00012", 120000, "12.00"},
                 {"-0.0001", -1, "-0.0001"}, {"99999.9999", COST_PRICE_MOST, "99999.9999"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got;
        char again[MONEY_TEXT_SIZE];
        assert_int_equal(money_parse("price", cases[i].text, &got, NULL), 0);
        assert_int_equal(got, cases[i].want);
        money_format(got, again);
        assert_string_equal(again, cases[i].again);
    }
    static const char *const wrong[] = {"",       "-",      ".5", "1.", "1,5", "1e3", "1.23456",
                                        "100000", "000001", "x",  "1 ", "--1", "NaN"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int64_t got;
        struct err err = {0};
        assert_int_equal(money_parse("fee", wrong[i], &got, &err), ERR_INVALID);
        assert_int_equal(strncmp(err.text, "fee ", 4), 0);
    }
    char most[MONEY_TEXT_SIZE];
    money_format(INT64_MIN + 1, most);
    assert_string_equal(most, "-922337203685477.5807");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_tzdata),
        cmocka_unit_test(local_time_follows_the_zone),
        cmocka_unit_test(the_next_jump_is_found_to_the_second),
        cmocka_unit_test(windows_are_read_and_written),
        cmocka_unit_test(windows_must_not_overlap),
        cmocka_unit_test(windows_follow_the_clock_on_the_wall),
        cmocka_unit_test(an_interval_is_divided_by_time),
        cmocka_unit_test(parts_go_to_the_largest_remainders),
        cmocka_unit_test(parts_sum_to_the_whole),
        cmocka_unit_test(windows_have_their_price),
        cmocka_unit_test(halves_are_rounded_away_from_zero),
        cmocka_unit_test(money_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
