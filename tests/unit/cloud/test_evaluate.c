/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule version 1 (design/charging.md, sections 3 and 4) where the published cases are silent: null
 * values, duplicates, zero I·U, null phases, negative intervals, bounds, ties, and that sample by
 * sample gives what the whole at once gives.
 */
#include "base/decimal.h"

#include "cloud/evaluate_support.h"

static void decimals_round_half_away_from_zero(void **state)
{
    (void)state;
    assert_number(decimal_round(1.005, 2), 1.01);
    assert_number(decimal_round(-1.005, 2), -1.01);
    assert_number(decimal_round(2.675, 2), 2.68);
    assert_number(decimal_round(0.72 - 0.41, 2), 0.31);
    assert_number(decimal_round(0.125, 2), 0.13);
    assert_number(decimal_round(0.0049999, 2), 0);
    assert_number(decimal_round(0.005, 2), 0.01);
    assert_number(decimal_round(0.0005, 2), 0);
    assert_number(decimal_round(1e-300, 2), 0);
    assert_number(decimal_round(-0.001, 2), 0);
    assert_false(signbit(decimal_round(-0.001, 2)));
    assert_number(decimal_round(123456789012.345, 2), 123456789012.35);
    assert_number(decimal_round(1e22, 2), 1e22);
    assert_number(decimal_round(15.25, 1), 15.3);
    assert_number(decimal_round(2.5, 0), 3);
    assert_true(isnan(decimal_round(NAN, 2)));
    assert_number(decimal_significant15(0.1 + 0.2), 0.3);
    /* The compensated sum does not lose small parts beside a large one. */
    struct decimal_sum sum = {0};
    decimal_add(&sum, 1e16);
    for (int i = 0; i < 10; i++)
        decimal_add(&sum, 0.5);
    decimal_add(&sum, -1e16);
    assert_number(decimal_total(&sum), 5);
}

static void nothing_but_dates_gives_nothing_but_dates(void **state)
{
    (void)state;
    struct evaluate_sample samples[] = {bare(0), bare(90)};
    struct evaluate_result result;
    evaluate_samples(samples, 0, &result);
    assert_int_equal(result.samples, 0);
    assert_int_equal(result.start_date_us, NONE);
    assert_int_equal(result.duration_min, NONE);
    assert_number(result.charge_energy_used_kwh, NAN);
    evaluate_samples(samples, COUNT(samples), &result);
    assert_int_equal(result.start_date_us, 0);
    assert_int_equal(result.end_date_us, 90 * SECOND);
    assert_int_equal(result.duration_min, 2); /* 1.5 rounds away from zero */
    assert_number(result.charge_energy_added_kwh, NAN);
    assert_number(result.charge_energy_used_kwh, NAN);
    assert_number(result.outside_temp_avg_c, NAN);
    assert_number(result.start_battery_level, NAN);
    evaluate_samples(samples, 1, &result);
    assert_int_equal(result.duration_min, 0);
    assert_number(result.charge_energy_used_kwh, NAN); /* no interval */
}

static void the_later_samples_power_holds(void **state)
{
    (void)state;
    /* The first power counts for nothing, a gap is bridged by the sample after it. */
    struct evaluate_sample samples[] = {powered(0, 1000), powered(1800, 10), powered(5400, 4)};
    struct evaluate_result result;
    evaluate_samples(samples, COUNT(samples), &result);
    assert_number(result.charge_energy_used_kwh, 9);
    samples[2].power_kw = 0; /* the gap before a final 0 kW counts as zero */
    evaluate_samples(samples, COUNT(samples), &result);
    assert_number(result.charge_energy_used_kwh, 5);
}

static void negative_intervals_are_dropped_and_zero_ones_count(void **state)
{
    (void)state;
    struct evaluate_sample samples[] = {powered(0, 5), powered(3600, -7), powered(7200, 3)};
    struct evaluate_result result;
    evaluate_samples(samples, COUNT(samples), &result);
    assert_number(result.charge_energy_used_kwh, 3);
    evaluate_samples(samples, 2, &result); /* only a negative one: none is left */
    assert_number(result.charge_energy_used_kwh, NAN);
    struct evaluate_sample zero[] = {powered(0, 5), powered(3600, 0)};
    evaluate_samples(zero, COUNT(zero), &result);
    assert_number(result.charge_energy_used_kwh, 0);
    struct evaluate_sample instant[] = {powered(7, 5), powered(7, 9)};
    evaluate_samples(instant, COUNT(instant), &result);
    assert_number(result.charge_energy_used_kwh, 0);
}

static void an_unknown_power_is_not_zero(void **state)
{
    (void)state;
    struct evaluate_sample samples[] = {powered(0, 5), bare(3600), powered(7200, 3)};
    struct evaluate_result result;
    evaluate_samples(samples, COUNT(samples), &result);
    assert_number(result.charge_energy_used_kwh, 3);
    evaluate_samples(samples, 2, &result);
    assert_number(result.charge_energy_used_kwh, NAN); /* null, not 0 */
}

static void equal_dates_keep_their_order(void **state)
{
    (void)state;
    struct evaluate_sample samples[] = {powered(3600, 2), powered(3600, 8), powered(0, 1),
                                        powered(7200, 1)};
    struct evaluate_result result;
    evaluate_samples(samples, COUNT(samples), &result);
    /* 0 → 3600 at 2 kW (it came first), the second of that instant adds 0 s. */
    assert_number(result.charge_energy_used_kwh, 3);
    assert_int_equal(samples[1].power_kw, 2);
    struct evaluate_sample two[] = {powered(3600, 2), powered(0, 8)};
    evaluate_samples(two, COUNT(two), &result);
    assert_number(result.charge_energy_used_kwh, 2);
    assert_int_equal(samples[2].power_kw, 8);
}

static void added_is_last_minus_first(void **state)
{
    (void)state;
    static const struct {
        double first, middle, last, want;
    } cases[] = {
        {0.41, 0.6, 0.72, 0.31},
        {5, 9, 0, 4},     /* reset before the last sample: the maximum */
        {5, 9, NAN, 4},   /* last not known: the maximum */
        {5, NAN, NAN, 0}, /* the maximum is the first itself */
        {5, 4, 3, NAN},   /* negative: not known */
        {NAN, 4, 5, NAN}, /* no beginning */
        {NAN, NAN, NAN, NAN},
        {0, 0, 0, 0},
        {0.004, 0.2, 1.006, 1.01}, /* counters at their stored scale: 0.00 and 1.01 */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct evaluate_sample samples[] = {bare(0), bare(60), bare(120)};
        samples[0].added_kwh = cases[i].first;
        samples[1].added_kwh = cases[i].middle;
        samples[2].added_kwh = cases[i].last;
        struct evaluate_result result;
        evaluate_samples(samples, COUNT(samples), &result);
        assert_number(result.charge_energy_added_kwh, cases[i].want);
    }
}

static void ends_are_taken_as_they_are_and_temperatures_averaged(void **state)
{
    (void)state;
    struct evaluate_sample samples[] = {bare(0), bare(60), bare(120)};
    samples[0].battery_level = 40;
    samples[1].battery_level = 50;
    samples[1].ideal_range_km = 100.005;
    samples[2].ideal_range_km = 200.005;
    samples[0].outside_temp_c = -2;
    samples[2].outside_temp_c = -2.5;
    struct evaluate_result result;
    evaluate_samples(samples, COUNT(samples), &result);
    assert_number(result.start_battery_level, 40);
    assert_number(result.end_battery_level, NAN); /* null, although one was known before */
    assert_number(result.start_ideal_range_km, NAN);
    assert_number(result.end_ideal_range_km, 200.01);
    assert_number(result.outside_temp_avg_c, -2.3); /* -2.25, half away from zero */
}

static void phases_by_the_first_rule_that_holds(void **state)
{
    (void)state;
    const double sqrt3 = sqrt(3);
    static const double none = NAN;
    const struct {
        double ratio;
        int64_t phases, samples;
        double want;
    } cases[] = {
        {none, 3, 20, NAN},     {0, 3, 20, NAN},       {-1, 3, 20, NAN},
        {3, 3, 15, NAN},                               /* too few samples */
        {3, 3, 16, 3},          {2.6, 3, 20, 3},       /* r = round(p), however far */
        {2.5, 3, 20, 3},                               /* half away from zero */
        {1.4999, 1, 20, 1},     {sqrt3, 3, 20, sqrt3}, /* line voltage */
        {1.9052, 3, 20, sqrt3}, {1.9053, 3, 20, 2},    {1.5589, 3, 20, sqrt3},
        {1.5588, 3, 20, NAN},   {1.9, 3, 20, sqrt3}, /* before rule 4, which would say 2 */
        {1.91, 3, 20, 2},                            /* outside: rule 4 */
        {1.558, 3, 20, NAN},    {1, 2, 20, 1},       /* wrong count reported */
        {1.3, 2, 20, 1},                             /* inclusive */
        {0.7, 2, 20, 1},        {1.31, 2, 20, NAN},    {1.3005, 2, 20, NAN},
        {0, 0, 20, NAN},        {1.3, NONE, 20, 1}, /* no count reported at all */
        {0.3, 1, 20, NAN},                          /* rounds to zero */
        {0.3, NONE, 20, NAN},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_number(evaluate_phases(cases[i].ratio, cases[i].phases, cases[i].samples),
                      cases[i].want);
}

/* 16 samples a minute apart at 230 V and 10 A; P says what was really drawn. */
static size_t session(struct evaluate_sample samples[16], double power_kw, int64_t phases)
{
    for (int i = 0; i < 16; i++)
        samples[i] = electric(i * 60, power_kw, 10, 230, phases);
    return 16;
}

static void power_comes_from_current_and_voltage_when_phases_are_known(void **state)
{
    (void)state;
    struct evaluate_sample samples[16];
    struct evaluate_result result;
    size_t count = session(samples, 7, 3); /* p = 3.04: φ = 3, 6.9 kW for 15 min */
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, 3);
    assert_number(result.charge_energy_used_kwh, 1.73); /* 1.725 */
    /* A sample without a phase count uses P, whatever φ is. */
    samples[5].phases = NONE;
    evaluate_samples(samples, count, &result);
    assert_number(result.charge_energy_used_exact_kwh, 1.725 + 0.1 / 60);
    /* One without current or voltage too. */
    samples[5].phases = 3;
    samples[5].current_a = NAN;
    evaluate_samples(samples, count, &result);
    assert_number(result.charge_energy_used_exact_kwh, 1.725 + 0.1 / 60);
    /* Without any power it contributes nothing. */
    samples[5].power_kw = NAN;
    evaluate_samples(samples, count, &result);
    assert_number(result.charge_energy_used_exact_kwh, 1.725 - 6.9 / 60);
    /* Phases 0 and below are none. */
    session(samples, 7, 0);
    evaluate_samples(samples, count, &result);
    assert_number(result.charge_energy_used_kwh, 1.75);
}

static void undefined_phases_fall_back_to_power(void **state)
{
    (void)state;
    struct evaluate_sample samples[16];
    struct evaluate_result result;
    size_t count = session(samples, 3.45, 3); /* p = 1.5 rounds to 2, 0.5 away */
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, NAN);
    assert_number(result.charge_energy_used_exact_kwh, 3.45 / 4);
    session(samples, 7, 3);
    evaluate_samples(samples, 15, &result); /* n counts all samples: 15 are too few … */
    assert_number(result.effective_phases, NAN);
    struct evaluate_sample more[17];
    (void)memcpy(more, samples, sizeof samples);
    more[15] = bare(15 * 60);
    evaluate_samples(more, 16, &result); /* … and one that says nothing makes 16 */
    assert_number(result.effective_phases, 3);
}

static void the_mean_ratio_leaves_zero_products_out(void **state)
{
    (void)state;
    struct evaluate_sample samples[16];
    struct evaluate_result result;
    size_t count = session(samples, 2.3, 1); /* p = 1 */
    samples[3].current_a = 0;                /* would be infinite */
    samples[4].voltage_v = 0;
    samples[6].power_kw = NAN;
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, 1);
    /* A negative power counts in the mean: 13 times 1 and 3 times -1 is 0.625, rounds to 1 = r. */
    session(samples, 2.3, 1);
    for (int i = 0; i < 3; i++)
        samples[i].power_kw = -2.3;
    samples[3].power_kw = -2.3 * 3; /* 12 - 6 = 6/16 = 0.375: rounds to 0 */
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, NAN);
}

static void reported_phases_are_averaged_half_up(void **state)
{
    (void)state;
    struct evaluate_sample samples[16];
    struct evaluate_result result;
    size_t count = session(samples, 2.3 * 2.6, 3); /* p = 2.6: φ only by r = 3 */
    for (int i = 0; i < 8; i++)
        samples[i].phases = 2; /* mean 2.5 → 3 */
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, 3);
    samples[8].phases = 2; /* below 2.5 → 2 */
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, NAN);
}

static void samples_are_taken_at_their_stored_scale(void **state)
{
    (void)state;
    struct evaluate_sample sample = bare(0);
    sample.added_kwh = 1.005;
    sample.ideal_range_km = 2.005;
    sample.rated_range_km = -3.005;
    sample.outside_temp_c = 15.25;
    sample.phases = 1; /* the least count that is one */
    evaluate_normalise(&sample);
    assert_number(sample.added_kwh, 1.01);
    assert_number(sample.ideal_range_km, 2.01);
    assert_number(sample.rated_range_km, -3.01);
    assert_number(sample.outside_temp_c, 15.3);
    assert_int_equal(sample.phases, 1);
    struct evaluate_sample samples[16];
    struct evaluate_result result;
    size_t count = session(samples, 2.99, 2); /* p is exactly 1.3 */
    evaluate_samples(samples, count, &result);
    assert_number(result.effective_phases, 1);
}

static void sample_by_sample_equals_the_whole(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 500; round++) {
        uint64_t seed = round * 7919;
        struct evaluate_sample samples[60];
        size_t count = random_next(&seed) % COUNT(samples);
        int64_t second = 0;
        struct evaluate_state running;
        struct evaluate_result step, whole;
        evaluate_start(&running);
        for (size_t i = 0; i < count; i++) {
            second += (int64_t)(random_next(&seed) % 40);
            samples[i] = electric(second, sometimes(&seed, -2, 12), sometimes(&seed, -1, 32),
                                  sometimes(&seed, 0, 240), (int64_t)(random_next(&seed) % 5) - 1);
            samples[i].added_kwh = sometimes(&seed, 0, 50);
            samples[i].outside_temp_c = sometimes(&seed, -20, 40);
            evaluate_add(&running, &samples[i]);
            evaluate_finish(&running, &step); /* asking changes nothing */
        }
        evaluate_finish(&running, &step);
        evaluate_samples(samples, count, &whole);
        assert_memory_equal(&step, &whole, sizeof step);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_round_half_away_from_zero),
        cmocka_unit_test(nothing_but_dates_gives_nothing_but_dates),
        cmocka_unit_test(the_later_samples_power_holds),
        cmocka_unit_test(negative_intervals_are_dropped_and_zero_ones_count),
        cmocka_unit_test(an_unknown_power_is_not_zero),
        cmocka_unit_test(equal_dates_keep_their_order),
        cmocka_unit_test(added_is_last_minus_first),
        cmocka_unit_test(ends_are_taken_as_they_are_and_temperatures_averaged),
        cmocka_unit_test(phases_by_the_first_rule_that_holds),
        cmocka_unit_test(power_comes_from_current_and_voltage_when_phases_are_known),
        cmocka_unit_test(undefined_phases_fall_back_to_power),
        cmocka_unit_test(the_mean_ratio_leaves_zero_products_out),
        cmocka_unit_test(reported_phases_are_averaged_half_up),
        cmocka_unit_test(samples_are_taken_at_their_stored_scale),
        cmocka_unit_test(sample_by_sample_equals_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
