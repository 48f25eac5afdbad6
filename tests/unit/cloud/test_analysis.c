/* SPDX-License-Identifier: Apache-2.0 */
/* What closed processes add up to. */
#include "base/scope.h"
#include "charging/analysis.h"

#include "cloud/charging_support.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define HOUR        (60 * MINUTE)

/* Analysis ---------------------------------------------------------------------------------------
 */

struct table {
    struct strbuf text; /* owned: a line per group */
    struct analysis_group sum;
};

static int write_group(void *self, const struct analysis_group *group, struct err *err)
{
    struct table *table = self;
    (void)err;
    for (size_t i = 0; i < ANALYSIS_KEYS_MAX && (i == 0 || group->key[i][0]); i++)
        strbuf_printf(&table->text, "%s%s", i ? " " : "", group->key[i]);
    strbuf_printf(&table->text, ": %lld in %.2f h, %.3f of %.3f kWh at %.1f, %lld\n",
                  (long long)group->processes, (double)group->us / HOUR,
                  (double)group->added_nano / 1e9, (double)group->used_nano / 1e9, group->peak_kw,
                  (long long)group->cost);
    table->sum.us += group->us;
    table->sum.added_nano += group->added_nano;
    table->sum.used_nano += group->used_nano;
    table->sum.both_added_nano += group->both_added_nano;
    table->sum.both_used_nano += group->both_used_nano;
    table->sum.cost += group->cost;
    return 0;
}

static struct analysis *analysis_by(const char *by)
{
    enum analysis_key keys[ANALYSIS_KEYS_MAX];
    size_t count = 0;
    struct analysis *analysis;
    struct err err = {0};
    if (by)
        check(analysis_keys_parse(by, keys, &count, &err), &err);
    check(analysis_new(&analysis, keys, count, &err), &err);
    return analysis;
}

/* A process whose samples are at `minutes` with these powers (of the later sample), 1 % and 0.5 kWh
 * a step. */
struct made {
    struct history_row row;
    struct intervals intervals;
    struct evaluate_sample samples[64];
};

static void make_process(struct made *made, int64_t id, const char *station, int64_t start_us,
                         const int64_t *minutes, const double *powers, size_t count)
{
    *made = (struct made){.row = {.process = id, .slot = id}};
    (void)snprintf(made->row.station_id, sizeof made->row.station_id, "%s", station);
    (void)snprintf(made->row.bid, sizeof made->row.bid, "b%lld", (long long)(id % 2));
    for (size_t i = 0; i < count; i++)
        made->samples[i] = (struct evaluate_sample){.date_us = start_us + minutes[i] * MINUTE,
                                                    .battery_level = 93 + (double)i,
                                                    .added_kwh = 0.5 * (double)i,
                                                    .power_kw = powers[i],
                                                    .current_a = NAN,
                                                    .voltage_v = NAN,
                                                    .phases = STORE_NULL,
                                                    .ideal_range_km = NAN,
                                                    .rated_range_km = NAN,
                                                    .outside_temp_c = i % 2 ? -3 : 25};
    made->intervals.samples = made->samples;
    made->intervals.count = count;
    evaluate_samples(made->samples, count, &made->intervals.figures);
    made->row.start_date_us = start_us;
    made->row.end_date_us = start_us + minutes[count - 1] * MINUTE;
    made->row.start_battery_level = 93;
    made->row.charge_energy_added = made->intervals.figures.charge_energy_added_kwh;
    made->row.charge_energy_used = made->intervals.figures.charge_energy_used_kwh;
    made->row.cost = 12300;
}

static void add(struct analysis *analysis, const struct made *made, const char *zone_name)
{
    SCOPE(zone_close_scope) struct zone *zone = NULL;
    struct err err = {0};
    check(zone_open(&zone, zone_name, &err), &err);
    check(analysis_add(analysis, &made->row, zone, &made->intervals, &err), &err);
}

static void assert_table(struct analysis *analysis, const char *want)
{
    struct table table = {0};
    check(analysis_each(analysis, write_group, &table, NULL), &(struct err){0});
    assert_string_equal(strbuf_text(&table.text), want);
    strbuf_free(&table.text);
    analysis_free(analysis);
}

static void groups_are_by_place_clock_level_and_band(void **state)
{
    (void)state;
    /* NOON is 13:00 in Berlin. 30 min at 10 kW over 14:00, 30 at 4, 30 at 0. */
    static const int64_t minutes[] = {45, 75, 105, 135};
    static const double powers[] = {99, 10, 4, 0};
    static const struct {
        const char *by, *want;
    } cases[] = {
        {NULL, ": 2 in 3.00 h, 3.000 of 14.000 kWh at 10.0, 24600\n"},
        {"station", "s1: 1 in 1.50 h, 1.500 of 7.000 kWh at 10.0, 12300\n"
                    "s2: 1 in 1.50 h, 1.500 of 7.000 kWh at 10.0, 12300\n"},
        {"bay,battery", "s1/1 b1: 1 in 1.50 h, 1.500 of 7.000 kWh at 10.0, 12300\n"
                        "s2/2 b0: 1 in 1.50 h, 1.500 of 7.000 kWh at 10.0, 12300\n"},
        {"vehicle", ": 2 in 3.00 h, 3.000 of 14.000 kWh at 10.0, 24600\n"},
        {"hour", "13:00: 1 in 0.25 h, 0.250 of 2.500 kWh at 10.0, 4393\n"
                 "14:00: 1 in 1.00 h, 1.000 of 4.500 kWh at 10.0, 7907\n"
                 "15:00: 1 in 0.25 h, 0.250 of 0.000 kWh at 0.0, 0\n"
                 "20:00: 1 in 0.25 h, 0.250 of 2.500 kWh at 10.0, 4393\n"
                 "21:00: 1 in 1.00 h, 1.000 of 4.500 kWh at 10.0, 7907\n"
                 "22:00: 1 in 0.25 h, 0.250 of 0.000 kWh at 0.0, 0\n"},
        {"month,day,weekday",
         "2025-11 2025-11-21 Fri: 2 in 3.00 h, 3.000 of 14.000 kWh at 10.0, 24600\n"},
        {"soc", "90..95: 2 in 1.00 h, 1.000 of 10.000 kWh at 10.0, 17572\n"
                "95..100: 2 in 2.00 h, 2.000 of 4.000 kWh at 4.0, 7028\n"},
        {"power", "0..1: 2 in 1.00 h, 1.000 of 0.000 kWh at 0.0, 0\n"
                  "2..5: 2 in 1.00 h, 1.000 of 4.000 kWh at 4.0, 7028\n"
                  "10..20: 2 in 1.00 h, 1.000 of 10.000 kWh at 10.0, 17572\n"},
        {"temperature", "-10..0: 2 in 2.00 h, 2.000 of 10.000 kWh at 10.0, 17572\n"
                        "20..30: 2 in 1.00 h, 1.000 of 4.000 kWh at 4.0, 7028\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct analysis *analysis = analysis_by(cases[i].by);
        struct made made;
        make_process(&made, 1, "s1", NOON, minutes, powers, 4);
        add(analysis, &made, "Europe/Berlin");
        make_process(&made, 2, "s2", NOON, minutes, powers, 4);
        add(analysis, &made, "Asia/Shanghai");
        assert_table(analysis, cases[i].want);
    }
}

static void the_clock_s_jumps_lose_and_double_no_time(void **state)
{
    (void)state;
    static const int64_t minutes[] = {0, 300};
    static const double powers[] = {0, 3};
    struct made made;
    struct analysis *analysis = analysis_by("hour");
    make_process(&made, 1, "s1", INT64_C(1792879200000000), minutes, powers, 2); /* 22:00Z */
    add(analysis, &made, "Europe/Berlin");
    assert_table(analysis, "00:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n"
                           "01:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n"
                           "02:00: 1 in 2.00 h, 0.200 of 6.000 kWh at 3.0, 4920\n"
                           "03:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n");
    analysis = analysis_by("day,hour");
    make_process(&made, 1, "s1", INT64_C(1774735200000000), minutes, powers, 2); /* 22:00Z */
    add(analysis, &made, "Europe/Berlin");                                       /* 2026-03-28 */
    assert_table(analysis, "2026-03-28 23:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n"
                           "2026-03-29 00:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n"
                           "2026-03-29 01:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n"
                           "2026-03-29 03:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n"
                           "2026-03-29 04:00: 1 in 1.00 h, 0.100 of 3.000 kWh at 3.0, 2460\n");
}

static void processes_without_samples_count_where_they_began(void **state)
{
    (void)state;
    struct made made = {.row = {.process = 1,
                                .slot = 1,
                                .station_id = "s1",
                                .start_date_us = NOON,
                                .end_date_us = NOON + 3 * HOUR,
                                .start_battery_level = 100,
                                .charge_energy_added = 2.5,
                                .charge_energy_used = NAN,
                                .cost = STORE_NULL}};
    struct analysis *analysis = analysis_by("hour,soc,power");
    add(analysis, &made, NULL);
    struct table table = {0};
    check(analysis_each(analysis, write_group, &table, NULL), &(struct err){0});
    assert_contains(strbuf_text(&table.text), "12:00 95..100: 1 in 3.00 h, 2.500 of 0.000 kWh");
    assert_true(table.sum.both_added_nano == 0 && table.sum.cost == 0);
    strbuf_free(&table.text);
    analysis_free(analysis);
}

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* Whatever is asked for, groups sum to the stored figures to the last unit. */
static void groups_sum_to_the_stored_figures(void **state)
{
    (void)state;
    static const char *const by[] = {
        NULL, "hour", "day,soc", "power,temperature,hour", "station", "weekday,bay,power"};
    for (size_t b = 0; b < COUNT(by); b++) {
        uint64_t seed = 7;
        struct analysis *analysis = analysis_by(by[b]);
        struct table table = {0};
        int64_t added = 0, used = 0, cost = 0, us = 0;
        for (int64_t id = 1; id <= 60; id++) {
            static struct made made;
            int64_t minutes[60], at = 0;
            double powers[60];
            size_t count = 1 + draw(&seed, 59);
            for (size_t i = 0; i < count; i++) {
                minutes[i] = at += (int64_t)draw(&seed, 40);
                powers[i] = draw(&seed, 9) ? (double)draw(&seed, 7000) / 97 - 2 : (double)NAN;
            }
            make_process(&made, id, draw(&seed, 2) ? "s1" : "s2",
                         NOON + (int64_t)draw(&seed, 300) * 24 * HOUR, minutes, powers, count);
            made.row.cost = draw(&seed, 4) ? (int64_t)draw(&seed, 99999) * 100 - 10000 : STORE_NULL;
            if (draw(&seed, 5) == 0)
                made.row.charge_energy_added = NAN;
            add(analysis, &made, id % 2 ? "America/New_York" : "Europe/Berlin");
            us += made.row.end_date_us - made.samples[0].date_us;
            if (count == 1)
                us += made.samples[0].date_us - made.row.start_date_us;
            if (!isnan(made.row.charge_energy_added))
                added += llround(made.row.charge_energy_added * 100);
            if (!isnan(made.row.charge_energy_used))
                used += llround(made.row.charge_energy_used * 100);
            cost += made.row.cost == STORE_NULL ? 0 : made.row.cost;
        }
        check(analysis_each(analysis, write_group, &table, NULL), &(struct err){0});
        assert_int_equal(table.sum.added_nano, added * 10000000);
        assert_int_equal(table.sum.used_nano, used * 10000000);
        assert_int_equal(table.sum.cost, cost);
        assert_int_equal(table.sum.us, us);
        strbuf_free(&table.text);
        analysis_free(analysis);
    }
}

static void keys_are_checked(void **state)
{
    (void)state;
    enum analysis_key keys[ANALYSIS_KEYS_MAX];
    size_t count;
    static const char *const wrong[] = {
        "", "hours", "hour,", ",hour", "hour,hour", "hour, day", "soc,hour,day,month"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct err err = {0};
        assert_int_equal(analysis_keys_parse(wrong[i], keys, &count, &err), ERR_USAGE);
        assert_true(err.text[0] != '\0');
    }
    assert_int_equal(analysis_keys_parse("power,soc,hour", keys, &count, NULL), 0);
    assert_true(count == 3 && keys[0] == ANALYSIS_POWER && keys[2] == ANALYSIS_HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_by_place_clock_level_and_band),
        cmocka_unit_test(the_clock_s_jumps_lose_and_double_no_time),
        cmocka_unit_test(processes_without_samples_count_where_they_began),
        cmocka_unit_test(groups_sum_to_the_stored_figures),
        cmocka_unit_test(keys_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
