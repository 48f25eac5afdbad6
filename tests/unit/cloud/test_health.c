/* SPDX-License-Identifier: Apache-2.0 */
/* The health of batteries whose wear is known, because it is made up. */
#include "cloud/health_support.h"

#define ROOM 3000

static struct capacity_charge charges[ROOM];

/* Judges the first `count` charges as of their last one. */
static struct health judge(size_t count, double nominal_kwh, const struct health_limits *limits)
{
    struct series series;
    struct health health;
    struct series_input input = {.charges = charges,
                                 .count = count,
                                 .configured_kwh = NAN,
                                 .first_reported_kwh = nominal_kwh,
                                 .last_reported_kwh = NAN,
                                 .soc_span_min_percent = limits->soc_span_min_percent};
    assert_int_equal(series_make(&input, &series), 0);
    int64_t now_us = count > 0 ? charges[count - 1].end_us : BEGIN_US;
    assert_int_equal(health_assess(&series, charges, limits, now_us, &health), 0);
    series_free(&series);
    return health;
}

static struct health live(const struct ageing *ageing, uint64_t seed)
{
    struct dice dice = {seed};
    size_t count = ageing_charges(ageing, &dice, charges, ROOM);
    return judge(count, ageing->nominal_kwh, &HEALTH_LIMITS_DEFAULT);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g instead of %.12g (± %g)", value, expected, tolerance);
}

static double day_of(int64_t at_us)
{
    return (double)(at_us - BEGIN_US) / (double)DAY_US;
}

/* Capacity of single charges ---------------------------------------------------------------------
 */

static void test_capacity_of_one_charge(void **state)
{
    (void)state;
    static const struct {
        double from, to, added, used;
        int64_t minutes;
        enum capacity_verdict verdict;
        double capacity;
    } cases[] = {
        {20, 90, 49, 52, 60, CAPACITY_USED, 70},
        {20, 90, 49, NAN, 60, CAPACITY_USED, 70},
        {20, 50, 21, 22, 60, CAPACITY_USED, 70}, /* the span is just wide enough */
        {20, 49.9, 20.93, 22, 60, CAPACITY_SHORT, 70},
        {90, 20, 49, 52, 60, CAPACITY_SHORT, NAN}, /* it fell */
        {NAN, 90, 49, 52, 60, CAPACITY_UNKNOWN, NAN},
        {20, NAN, 49, 52, 60, CAPACITY_UNKNOWN, NAN},
        {20, 90, NAN, 52, 60, CAPACITY_UNKNOWN, NAN},
        {20, 90, 0, 52, 60, CAPACITY_UNKNOWN, NAN},
        {20, 90, 49, 39, 60, CAPACITY_ENERGY, 70}, /* less came out than went in */
        {20, 90, 49, 74, 60, CAPACITY_ENERGY, 70},
        {20, 90, 49, 52, 6, CAPACITY_POWER, 70}, /* 490 kW into 70 kWh */
        {20, 90, 14, 15, 60, CAPACITY_FAR, 20},
        {20, 90, 70, 72, 60, CAPACITY_FAR, 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capacity_charge charge = {.start_us = BEGIN_US,
                                         .end_us = BEGIN_US + cases[i].minutes * 60000000,
                                         .start_soc_percent = cases[i].from,
                                         .end_soc_percent = cases[i].to,
                                         .added_kwh = cases[i].added,
                                         .used_kwh = cases[i].used};
        double capacity;
        enum capacity_verdict verdict = capacity_of_charge(&charge, 30, 70, &capacity);
        if (verdict != cases[i].verdict)
            fail_msg("case %zu: %s", i, capacity_verdict_name(verdict));
        if (isnan(cases[i].capacity))
            assert_true(isnan(capacity));
        else
            assert_near(capacity, cases[i].capacity, 0.01);
    }
}

static void test_nominal_capacity_in_its_order(void **state)
{
    (void)state;
    struct ageing ageing = {.nominal_kwh = 70,
                            .soh_first_percent = 96,
                            .charges_per_day = 1,
                            .days = 40,
                            .outlier_share = 0.2};
    struct dice dice = {9};
    size_t count = ageing_charges(&ageing, &dice, charges, ROOM);
    struct series_input input = {.charges = charges,
                                 .count = count,
                                 .configured_kwh = 75,
                                 .first_reported_kwh = 72,
                                 .last_reported_kwh = 71,
                                 .soc_span_min_percent = 30};
    static const struct {
        double kwh;
        enum series_nominal source;
    } expected[] = {{75, NOMINAL_CONFIGURED},
                    {72, NOMINAL_FIRST_REPORTED},
                    {70 * 0.96, NOMINAL_HIGHEST_MEASURED},
                    {71, NOMINAL_LAST_REPORTED}};
    for (size_t i = 0; i < 4; i++) {
        struct series series;
        if (i == 1)
            input.configured_kwh = NAN;
        if (i == 2)
            input.first_reported_kwh = NAN;
        if (i == 3)
            input.count = 3;
        assert_int_equal(series_make(&input, &series), 0);
        assert_int_equal(series.nominal_source, expected[i].source);
        assert_near(series.nominal_kwh, expected[i].kwh, 1e-6);
        series_free(&series);
    }
}

static void test_full_cycles_are_throughput_over_nominal(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++)
        charges[i] = (struct capacity_charge){.start_us = BEGIN_US + (int64_t)i * DAY_US,
                                              .end_us = BEGIN_US + (int64_t)i * DAY_US + 3600000000,
                                              .start_soc_percent = 20,
                                              .end_soc_percent = 70,
                                              .added_kwh = 35,
                                              .used_kwh = NAN};
    charges[3].added_kwh = NAN;       /* nobody said it */
    charges[5].end_soc_percent = NAN; /* shows no capacity, but is throughput */
    struct series series;
    struct series_input input = {
        .charges = charges, .count = 10, .first_reported_kwh = 70, .soc_span_min_percent = 30};
    assert_int_equal(series_make(&input, &series), 0);
    assert_near(series.cycles, 4.5, 1e-12);
    assert_near(series.items[2].cycles, 1.5, 1e-12);
    assert_near(series.items[3].cycles, 1.5, 1e-12);
    assert_int_equal(series.unknown, 1);
    assert_int_equal(series.by_verdict[CAPACITY_USED], 8);
    assert_int_equal(series.by_verdict[CAPACITY_UNKNOWN], 2);
    series_free(&series);
}

/* Lives ------------------------------------------------------------------------------------------
 */

static void test_exact_ageing_is_found_exactly(void **state)
{
    (void)state;
    struct ageing ageing = {.nominal_kwh = 70,
                            .soh_first_percent = 98,
                            .soh_per_year = -3,
                            .charges_per_day = 1.5,
                            .days = 400};
    struct health health = live(&ageing, 1);
    assert_int_equal(health.state, HEALTH_DECLINING);
    assert_near(health.soh_per_year.estimate, -3, 1e-6);
    double day = ageing_end_day(&ageing, 80);
    assert_near(day_of(health.end_of_life.estimate_us), day, 0.1);
    assert_near(day_of(health.end_of_life.earliest_us), day, 0.1);
    assert_near(day_of(health.end_of_life.latest_us), day, 0.1);
    assert_near(health.days_left.estimate, day - 400, 1);
    assert_near(health.soh_percent.estimate, 98 - 3 * 400 / 365.25, 0.02);
    assert_near(health.capacity_kwh, 0.7 * health.soh_percent.estimate, 1e-9);
}

/* A year of charges of which each shows the health to ± 1.5 points, one in five anything: the
 * interval of remaining life holds the truth as often as it says, in days and in cycles. */
static void check_fleet(const char *what, const struct ageing *ageing, int runs)
{
    int slope = 0, life = 0, cycles = 0, declining = 0;
    double end = ageing_end_day(ageing, 80), error = 0;
    for (int run = 0; run < runs; run++) {
        struct health health = live(ageing, 100 + (uint64_t)run);
        assert_true(health.state != HEALTH_NOT_ENOUGH_DATA);
        declining += health.state == HEALTH_DECLINING;
        slope += health.soh_per_year.low <= ageing->soh_per_year &&
                 ageing->soh_per_year <= health.soh_per_year.high;
        double left = end - ageing->days;
        life += health.days_left.low <= left + 1 && left - 1 <= health.days_left.high;
        /* The pace is even, so that the truth in cycles is the truth in days. */
        double cycles_left = left * health.cycles_per_day;
        cycles += health.cycles_left.low <= cycles_left * 1.05 &&
                  cycles_left * 0.95 <= health.cycles_left.high;
        error += fabs(health.days_left.estimate - left) / runs;
    }
    print_message("%s: of %d the slope in %d, the life in %d, in cycles in %d; mean error %.0f of "
                  "%.0f days\n",
                  what, runs, slope, life, cycles, error, end - ageing->days);
    assert_int_equal(declining, runs);
    assert_in_range(slope * 1000 / runs, 920, 985);
    assert_in_range(life * 1000 / runs, 920, 985);
    /* These batteries wear with the calendar: over cycles the line is straight only without a gap.
     */
    if (ageing->gap_days == 0)
        assert_in_range(cycles * 1000 / runs, 920, 999);
}

static void test_noisy_fleet(void **state)
{
    (void)state;
    check_fleet("noise",
                &(struct ageing){.nominal_kwh = 70,
                                 .soh_first_percent = 97,
                                 .soh_per_year = -4,
                                 .charges_per_day = 0.3,
                                 .days = 400,
                                 .noise_percent = 1.5},
                400);
    check_fleet("outliers",
                &(struct ageing){.nominal_kwh = 70,
                                 .soh_first_percent = 97,
                                 .soh_per_year = -4,
                                 .charges_per_day = 0.3,
                                 .days = 400,
                                 .noise_percent = 1.2,
                                 .outlier_share = 0.2},
                400);
    check_fleet("cold",
                &(struct ageing){.nominal_kwh = 70,
                                 .soh_first_percent = 97,
                                 .soh_per_year = -4,
                                 .charges_per_day = 0.3,
                                 .days = 400,
                                 .noise_percent = 0.5,
                                 .noise_cold_percent = 2},
                400);
    check_fleet("gap",
                &(struct ageing){.nominal_kwh = 70,
                                 .soh_first_percent = 97,
                                 .soh_per_year = -4,
                                 .charges_per_day = 0.3,
                                 .days = 400,
                                 .noise_percent = 1.2,
                                 .gap_from = 100,
                                 .gap_days = 180},
                400);
}

/* Three years of two charges a day: more than the cap of the regression. */
static void test_long_life(void **state)
{
    (void)state;
    struct ageing ageing = {.nominal_kwh = 70,
                            .soh_first_percent = 99,
                            .soh_per_year = -3,
                            .charges_per_day = 2,
                            .days = 1095,
                            .noise_percent = 2,
                            .outlier_share = 0.1};
    struct health health = live(&ageing, 5);
    assert_true(health.trend_charges > 1500);
    assert_near(health.soh_per_year.estimate, -3, 0.2);
    assert_near(day_of(health.end_of_life.estimate_us), ageing_end_day(&ageing, 80), 100);
    assert_true(health.end_of_life.earliest_us < health.end_of_life.estimate_us);
    assert_true(health.end_of_life.estimate_us < health.end_of_life.latest_us);
}

static void test_worn_battery_has_reached_its_end(void **state)
{
    (void)state;
    struct ageing ageing = {.nominal_kwh = 70,
                            .soh_first_percent = 85,
                            .soh_per_year = -6,
                            .charges_per_day = 0.5,
                            .days = 500,
                            .noise_percent = 0.5};
    struct health health = live(&ageing, 6);
    assert_int_equal(health.state, HEALTH_END_OF_LIFE);
    assert_near(day_of(health.end_of_life.estimate_us), ageing_end_day(&ageing, 80), 20);
    assert_near(health.days_left.estimate, 0, 0);
    assert_near(health.cycles_left.estimate, 0, 0);
}

/* Not seen for years: that the line has reached the end meanwhile was not measured, and is said. */
static void test_battery_out_of_sight_is_not_declared_worn(void **state)
{
    (void)state;
    struct ageing ageing = {.nominal_kwh = 70,
                            .soh_first_percent = 98,
                            .soh_per_year = -6,
                            .charges_per_day = 1,
                            .days = 200};
    struct dice dice = {1};
    size_t count = ageing_charges(&ageing, &dice, charges, ROOM - 1);
    charges[count] = charges[count - 1]; /* shows nothing, but is now */
    charges[count].start_us += 1500 * DAY_US;
    charges[count].end_us += 1500 * DAY_US;
    charges[count].start_soc_percent = NAN;
    struct health health = judge(count + 1, 70, &HEALTH_LIMITS_DEFAULT);
    assert_int_equal(health.state, HEALTH_DECLINING);
    assert_near(health.days_left.estimate, 0, 0);
    assert_non_null(strstr(health.reason, "1500 days ago"));
}

/* Nothing wears: an end must not be made up, but "not before" can be said. */
static void test_steady_battery_gets_no_end(void **state)
{
    (void)state;
    int steady = 0, runs = 200;
    for (int run = 0; run < runs; run++) {
        struct ageing ageing = {.nominal_kwh = 70,
                                .soh_first_percent = 95,
                                .charges_per_day = 0.3,
                                .days = 200,
                                .noise_percent = 1.5};
        struct health health = live(&ageing, 900 + (uint64_t)run);
        if (health.state != HEALTH_STEADY)
            continue;
        steady++;
        assert_int_equal(health.end_of_life.estimate_us, INT64_MIN);
        assert_int_equal(health.end_of_life.latest_us, INT64_MIN);
        assert_true(isinf(health.days_left.estimate));
        assert_true(health.days_left.low > 365);
        assert_non_null(strstr(health.reason, "a fall cannot be told from none"));
    }
    /* 2.5 % fall by chance. */
    assert_true(steady >= runs * 93 / 100);
}

static void test_repair_begins_anew(void **state)
{
    (void)state;
    int found = 0, runs = 100;
    for (int run = 0; run < runs; run++) {
        struct ageing ageing = {.nominal_kwh = 70,
                                .soh_first_percent = 93,
                                .soh_per_year = -5,
                                .charges_per_day = 0.5,
                                .days = 700,
                                .noise_percent = 1.2,
                                .outlier_share = 0.1,
                                .repair_day = 400,
                                .repair_percent = 10};
        struct health health = live(&ageing, 300 + (uint64_t)run);
        if (health.lift_at_us == INT64_MIN)
            fail_msg("run %d: the lift was not seen", run);
        assert_near(health.lift_percent, 10, 3);
        assert_near(day_of(health.lift_at_us), 400, 20);
        double end = ageing_end_day(&ageing, 80);
        found += day_of(health.end_of_life.earliest_us) <= end + 1 &&
                 (health.end_of_life.latest_us == INT64_MIN ||
                  end - 1 <= day_of(health.end_of_life.latest_us));
    }
    print_message("repair: the end of life lies within its interval in %d of %d\n", found, runs);
    assert_true(found >= 90);
    /* Too few charges since: that is said. */
    struct ageing fresh = {.nominal_kwh = 70,
                           .soh_first_percent = 85,
                           .soh_per_year = -5,
                           .charges_per_day = 1,
                           .days = 120,
                           .noise_percent = 0.5,
                           .repair_day = 100,
                           .repair_percent = 12};
    struct health health = live(&fresh, 3);
    assert_int_equal(health.state, HEALTH_NOT_ENOUGH_DATA);
    assert_non_null(strstr(health.reason, "since the capacity was lifted"));
    assert_near(health.soh_percent.estimate, 85 + 12 - 5 * 115 / 365.25, 1);
}

/* No lift is seen where there is none, whatever the noise and the outliers. */
static void test_no_lift_is_made_up(void **state)
{
    (void)state;
    int lifts = 0, runs = 200;
    for (int run = 0; run < runs; run++) {
        struct ageing ageing = {.nominal_kwh = 70,
                                .soh_first_percent = 96,
                                .soh_per_year = -3,
                                .charges_per_day = 0.5,
                                .days = 700,
                                .noise_percent = 1 + run % 5,
                                .outlier_share = 0.2};
        lifts += live(&ageing, 7000 + (uint64_t)run).lift_at_us != INT64_MIN;
    }
    print_message("%d lifts in %d lives without one\n", lifts, runs);
    assert_true(lifts <= 6);
}

static void test_not_enough_data_says_what_is_missing(void **state)
{
    (void)state;
    const struct health_limits *limits = &HEALTH_LIMITS_DEFAULT;
    struct health health = judge(0, 70, limits);
    assert_int_equal(health.state, HEALTH_NOT_ENOUGH_DATA);
    assert_string_equal(health.reason, "no closed charging process");
    assert_null(health.maintenance.by);

    struct ageing ageing = {
        .nominal_kwh = 70, .soh_first_percent = 95, .charges_per_day = 1, .days = 9};
    struct dice dice = {1};
    size_t count = ageing_charges(&ageing, &dice, charges, 9);
    health = judge(count, 70, limits);
    assert_string_equal(health.reason, "9 of 9 charges show the capacity; at least 10 are needed");
    assert_near(health.soh_percent.estimate, 95, 1e-6); /* that much can be said */
    assert_true(isnan(health.soh_percent.low) && isnan(health.days_left.estimate));
    assert_int_equal(health.end_of_life.estimate_us, INT64_MIN);

    ageing.days = 25;
    count = ageing_charges(&ageing, &dice, charges, ROOM);
    health = judge(count, 70, limits);
    assert_int_equal(health.state, HEALTH_NOT_ENOUGH_DATA);
    assert_non_null(strstr(health.reason, "days; at least 30 are needed"));

    for (size_t i = 0; i < count; i++)
        charges[i].start_soc_percent = NAN;
    health = judge(count, NAN, limits);
    assert_non_null(strstr(health.reason, "no nominal capacity is known"));

    ageing.days = 100;
    count = ageing_charges(&ageing, &dice, charges, ROOM);
    health = judge(count, 10, limits); /* a nominal capacity that is not this battery's */
    assert_int_equal(health.state, HEALTH_NOT_ENOUGH_DATA);
    assert_non_null(strstr(health.reason, "0 of "));
}

static void test_maintenance_is_by_what_comes_first(void **state)
{
    (void)state;
    struct maintenance_input input = {.first_us = BEGIN_US,
                                      .now_us = BEGIN_US + 100 * DAY_US,
                                      .cycles = 300,
                                      .cycles_per_day = 2,
                                      .every_cycles = 500,
                                      .every_days = 365};
    struct maintenance next = maintenance_next(&input);
    assert_string_equal(next.by, "cycles");
    assert_true(next.due_at_us == BEGIN_US + 200 * DAY_US);
    assert_near(next.cycles_left, 200, 1e-9);
    input.cycles_per_day = 0.1;
    next = maintenance_next(&input);
    assert_string_equal(next.by, "calendar");
    assert_true(next.due_at_us == BEGIN_US + 365 * DAY_US);
    input.cycles = NAN;
    assert_true(isnan(maintenance_next(&input).cycles_left));
    input.now_us = BEGIN_US + 365 * DAY_US; /* on the day: the next one */
    assert_true(maintenance_next(&input).due_at_us == BEGIN_US + 730 * DAY_US);
    input.every_days = 0;
    assert_null(maintenance_next(&input).by);
}

/* Real data --------------------------------------------------------------------------------------
 */

/* Sessions of unknown vehicles, each with the capacity that its publisher derived from the same
 * figures, taking 95 % of the charger's energy for the battery's. No battery's history is among
 * them: a trend on real ageing cannot be checked here. */
static void test_real_sessions(void **state)
{
    (void)state;
    const char *path = getenv("SWAPSTACK_SESSIONS_CSV");
    if (!path) {
        print_message(
            "SWAPSTACK_SESSIONS_CSV is not set: formula not compared with real sessions\n");
        skip();
    }
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("SWAPSTACK_SESSIONS_CSV: %s cannot be opened", path);
    char line[1000];
    int compared = 0, used = 0, agree = 0;
    while (fgets(line, sizeof line, file)) {
        double energy_wh, from, to, expected_wh, capacity;
        char control[8];
        if (sscanf(line,
                   "%*[^,],%*[^,],%*[^,],%*[^,],%*[^,],%lf,%*[^,],%*[^,],%7[^,],%*[^,],%*[^,],%lf,"
                   "%lf,%lf",
                   &energy_wh, control, &from, &to, &expected_wh) != 5)
            continue;
        struct capacity_charge charge = {.start_us = BEGIN_US,
                                         .end_us = BEGIN_US + 3600000000,
                                         .start_soc_percent = from,
                                         .end_soc_percent = to,
                                         .added_kwh = energy_wh / 1000,
                                         .used_kwh = NAN};
        used += capacity_of_charge(&charge, 30, NAN, &capacity) == CAPACITY_USED;
        compared++;
        agree += fabs(capacity * 950 - expected_wh) <= 1e-6 * expected_wh;
    }
    (void)fclose(file);
    print_message("%d real sessions, %d with a wide span, %d capacities agree\n", compared, used,
                  agree);
    assert_true(compared > 1000);
    assert_int_equal(agree, compared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capacity_of_one_charge),
        cmocka_unit_test(test_nominal_capacity_in_its_order),
        cmocka_unit_test(test_full_cycles_are_throughput_over_nominal),
        cmocka_unit_test(test_exact_ageing_is_found_exactly),
        cmocka_unit_test(test_noisy_fleet),
        cmocka_unit_test(test_long_life),
        cmocka_unit_test(test_worn_battery_has_reached_its_end),
        cmocka_unit_test(test_battery_out_of_sight_is_not_declared_worn),
        cmocka_unit_test(test_steady_battery_gets_no_end),
        cmocka_unit_test(test_repair_begins_anew),
        cmocka_unit_test(test_no_lift_is_made_up),
        cmocka_unit_test(test_not_enough_data_says_what_is_missing),
        cmocka_unit_test(test_maintenance_is_by_what_comes_first),
        cmocka_unit_test(test_real_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
