/* SPDX-License-Identifier: Apache-2.0 */
/* Columns at once give what sample by sample gives, to the last bit; and rounding takes its short
 * way only where it leads to the same number. */
#include "base/decimal.h"
#include "charging/evaluate.h"

#include "cloud/evaluate_support.h"
#include <stdio.h>

#define ROUNDS  3000
#define SAMPLES 60

struct arrays {
    size_t count;
    int64_t date_us[SAMPLES], phases[SAMPLES];
    double level[SAMPLES], added[SAMPLES], power[SAMPLES], current[SAMPLES], voltage[SAMPLES];
    double ideal[SAMPLES], rated[SAMPLES], temp[SAMPLES], meter[SAMPLES];
};

static struct evaluate_columns columns_of(const struct arrays *arrays)
{
    return (struct evaluate_columns){arrays->count,   arrays->date_us, arrays->phases,
                                     arrays->level,   arrays->added,   arrays->power,
                                     arrays->current, arrays->voltage, arrays->ideal,
                                     arrays->rated,   arrays->temp,    arrays->meter};
}

/* In the order of their dates, with ties; numbers at their stored scale or not. */
static void fill(struct arrays *arrays, uint64_t *seed)
{
    int64_t date_us = (int64_t)(random_next(seed) % 1000000) - 500000; /* before 1970 too */
    bool phased = random_next(seed) % 2;
    arrays->count = random_next(seed) % (SAMPLES + 1);
    for (size_t i = 0; i < arrays->count; i++) {
        bool plain = random_next(seed) % 3;
        date_us += random_next(seed) % 4 ? (int64_t)(random_next(seed) % 20000000) : 0;
        arrays->date_us[i] = date_us;
        int64_t phases = (int64_t)(random_next(seed) % 5) - 1;
        arrays->phases[i] = phased ? 3 : random_next(seed) % 4 ? phases : NONE;
        arrays->level[i] = sometimes(seed, 0, 100);
        arrays->added[i] = sometimes(seed, -1, 90);
        arrays->current[i] = sometimes(seed, -1, 32);
        arrays->voltage[i] = sometimes(seed, 0, 240);
        arrays->power[i] =
            phased ? arrays->current[i] * arrays->voltage[i] * 0.003 : sometimes(seed, -3, 120);
        arrays->ideal[i] = sometimes(seed, 0, 500);
        arrays->rated[i] = sometimes(seed, -9, 500);
        arrays->temp[i] = sometimes(seed, -30, 45);
        arrays->meter[i] = sometimes(seed, 0, 1e7);
        if (plain) {
            arrays->added[i] = round(arrays->added[i] * 100) / 100;
            arrays->ideal[i] = round(arrays->ideal[i] * 100) / 100;
            arrays->temp[i] = round(arrays->temp[i] * 10) / 10;
        }
    }
}

static struct evaluate_result by_sample(const struct evaluate_columns *columns)
{
    struct evaluate_state state;
    struct evaluate_result result;
    evaluate_start(&state);
    for (size_t i = 0; i < columns->count; i++) {
        struct evaluate_sample sample = evaluate_column_sample(columns, i);
        assert_int_equal(sample.arrival, i);
        evaluate_add(&state, &sample);
    }
    evaluate_finish(&state, &result);
    return result;
}

static void columns_give_what_samples_give(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = round * UINT64_C(0x9E3779B97F4A7C15) + 1;
        struct arrays arrays;
        fill(&arrays, &seed);
        struct evaluate_columns all = columns_of(&arrays);
        struct evaluate_result want = by_sample(&all), got;
        struct evaluate_state running;
        evaluate_start(&running);
        assert_true(evaluate_add_columns(&running, &all));
        evaluate_finish(&running, &got);
        assert_memory_equal(&got, &want, sizeof got);
        /* In two parts. */
        struct evaluate_columns before = all, after = all;
        size_t cut = all.count ? random_next(&seed) % all.count : 0;
        before.count = cut;
        after = (struct evaluate_columns){
            all.count - cut,          all.date_us + cut,        all.phases + cut,
            all.battery_level + cut,  all.added_kwh + cut,      all.power_kw + cut,
            all.current_a + cut,      all.voltage_v + cut,      all.ideal_range_km + cut,
            all.rated_range_km + cut, all.outside_temp_c + cut, all.meter_wh + cut};
        evaluate_start(&running);
        assert_true(evaluate_add_columns(&running, &before));
        assert_true(evaluate_add_columns(&running, &after));
        evaluate_finish(&running, &got);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

static void columns_out_of_order_are_left_alone(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct arrays arrays;
    do
        fill(&arrays, &seed);
    while (arrays.count < 3);
    struct evaluate_columns columns = columns_of(&arrays);
    struct evaluate_state running, before;
    arrays.date_us[1] = arrays.date_us[0] - 1;
    evaluate_start(&running);
    before = running;
    assert_false(evaluate_add_columns(&running, &columns));
    assert_memory_equal(&running, &before, sizeof before);
    columns.count = 1;
    assert_true(evaluate_add_columns(&running, &columns));
    arrays.date_us[0]--; /* before what was added */
    before = running;
    assert_false(evaluate_add_columns(&running, &columns));
    assert_memory_equal(&running, &before, sizeof before);
    arrays.date_us[0]++;
    assert_true(evaluate_add_columns(&running, &columns)); /* a tie */
    columns.count = 0;
    arrays.date_us[0] -= 9;
    assert_true(evaluate_add_columns(&running, &columns));
}

/* The long way: the 15 digits as text, rounded half away from zero by hand. */
static double rounded_by_digits(double value, int decimals)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.14e", value);
    int64_t digits = 0;
    for (const char *at = text; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits = digits * 10 + (*at - '0');
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    int surplus = 14 - exponent - decimals;
    if (surplus <= 0)
        return strtod(text, NULL);
    if (surplus > 15)
        return 0;
    int64_t divisor = 1;
    for (int i = 0; i < surplus; i++)
        divisor *= 10;
    int64_t kept = (digits + divisor / 2) / divisor;
    double whole = (double)kept / pow(10, decimals);
    return value < 0 && kept ? -whole : whole;
}

static void rounding_goes_by_15_digits_whatever_the_way(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int tries = 0; tries < 60000; tries++) {
        int decimals = (int)(random_next(&seed) % 10);
        double magnitude = pow(10, (double)(random_next(&seed) % 18) - 8);
        double value = between(&seed, -magnitude, magnitude);
        double scaled = round(fmod(value, 1e6) * pow(10, decimals)) / pow(10, decimals);
        const double tried[] = {value,
                                scaled,
                                nextafter(scaled, 1e9),
                                -value,
                                scaled + 5e-3,
                                nextafter(scaled, -1e9),
                                scaled * 1e3,
                                scaled + 0.5 / pow(10, decimals)};
        for (size_t i = 0; i < COUNT(tried); i++) {
            double got = decimal_round(tried[i], decimals);
            double want = rounded_by_digits(tried[i], decimals);
            if (memcmp(&got, &want, sizeof got) != 0)
                fail_msg("%.17g with %d decimals: got %.17g, want %.17g", tried[i], decimals, got,
                         want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_give_what_samples_give),
        cmocka_unit_test(columns_out_of_order_are_left_alone),
        cmocka_unit_test(rounding_goes_by_15_digits_whatever_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
