/* SPDX-License-Identifier: Apache-2.0 */
/* Rule version 2 over random streams: what must hold whatever the samples are. */
#include "charging/evaluate2.h"

#include "cloud/evaluate_support.h"

#define ROUNDS  2000
#define SAMPLES 60

static const struct evaluate2_limits plain = {EVALUATE2_GAP_DEFAULT_US, 150};

/* Anything: gaps, ties, nulls, registers that fall, jump and stand still, wrong phases. */
static size_t any_stream(uint64_t *seed, struct evaluate_sample samples[SAMPLES])
{
    size_t count = random_next(seed) % (SAMPLES + 1);
    int64_t second = 0;
    double meter = between(seed, 0, 120000), added = between(seed, 0, 30);
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = random_next(seed) % 24;
        second += kind == 0 ? 900 : (int64_t)(random_next(seed) % 40) - (kind == 1 ? 60 : 0);
        samples[i] = electric(second, sometimes(seed, -3, 200), sometimes(seed, -1, 32),
                              sometimes(seed, 0, 240), (int64_t)(random_next(seed) % 6) - 1);
        if (kind < 12)
            samples[i].phases = NONE;
        if (kind == 14 || kind == 15)
            samples[i].power_kw = round(samples[i].power_kw);
        meter =
            kind == 2 ? between(seed, 0, 120000) : meter + (kind > 8 ? between(seed, 0, 400) : 0);
        added = kind == 3 ? between(seed, 0, 30) : added + (kind > 8 ? between(seed, 0, 0.4) : 0);
        samples[i].meter_wh = random_next(seed) % 5 == 0 ? NAN : fmod(meter, 100000);
        samples[i].added_kwh = kind == 4 ? 0 : random_next(seed) % 5 == 0 ? NAN : added;
    }
    return count;
}

static uint64_t seed_of(uint64_t round)
{
    return round * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

static void evaluated(struct evaluate_sample *samples, size_t count,
                      struct evaluate2_result *result)
{
    evaluate2_samples(samples, count, &plain, result);
}

static void assert_close(double got, double want, uint64_t round)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-9 * (1 + fabs(want))))
        fail_msg("round %llu: got %.17g, want %.17g", (unsigned long long)round, got, want);
}

static void nothing_is_negative_and_parts_fit_the_whole(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES];
        struct evaluate2_result result;
        evaluated(samples, any_stream(&seed, samples), &result);
        assert_false(result.used_kwh < 0 || result.added_kwh < 0 || result.gap_kwh < 0);
        assert_false(result.by_meter_kwh > result.used_kwh + 0.011);
        assert_true(result.gap_us >= 0 && result.unmeasured_us >= 0);
        assert_false(result.efficiency < 0);
        for (int flag = 0; flag < EVALUATE2_FLAGS; flag++) {
            char reason[EVALUATE2_REASON_SIZE];
            evaluate2_reason(&result, (enum evaluate2_flag)flag, reason);
            assert_in_range(strlen(reason), 20, sizeof reason - 2); /* none is cut off */
        }
    }
}

static void sample_by_sample_equals_the_whole(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES];
        size_t count = any_stream(&seed, samples);
        struct evaluate2_state running;
        struct evaluate2_result step, whole;
        evaluate_sort(samples, count);
        evaluate2_start(&running, &plain);
        for (size_t i = 0; i < count; i++) {
            evaluate2_add(&running, &samples[i]);
            evaluate2_finish(&running, &step); /* asking changes nothing */
        }
        evaluate2_finish(&running, &step);
        evaluate2_start(&running, &plain);
        for (size_t i = 0; i < count; i++)
            evaluate2_add(&running, &samples[i]);
        evaluate2_finish(&running, &whole);
        assert_memory_equal(&step, &whole, sizeof step);
    }
}

/* The samples' order in the list is that of arrival and no more: only ties see it, and the flag. */
static void the_order_of_the_list_matters_to_ties_only(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES], shuffled[SAMPLES];
        struct evaluate2_result want, got;
        size_t count = any_stream(&seed, samples);
        evaluate_sort(samples, count);
        for (size_t i = 1; i < count; i++) /* no ties */
            if (samples[i].date_us <= samples[i - 1].date_us)
                samples[i].date_us = samples[i - 1].date_us + 1;
        (void)memcpy(shuffled, samples, sizeof samples);
        for (size_t i = count; i > 1; i--) {
            size_t with = random_next(&seed) % i;
            struct evaluate_sample swap = shuffled[i - 1];
            shuffled[i - 1] = shuffled[with];
            shuffled[with] = swap;
        }
        evaluated(samples, count, &want);
        evaluated(shuffled, count, &got);
        assert_int_equal(want.flags[EVALUATE2_CLOCK_STEP].times, 0);
        got.flags[EVALUATE2_CLOCK_STEP] = want.flags[EVALUATE2_CLOCK_STEP];
        assert_memory_equal(&got, &want, sizeof got);
    }
}

/* A run without defects of the meter: whole watt-hours that move at every reading, or no meter. */
static size_t sound_stream(uint64_t *seed, struct evaluate_sample samples[SAMPLES], bool with_meter)
{
    size_t count = 2 + random_next(seed) % (SAMPLES - 1);
    int64_t second = 0;
    double meter = 123456;
    for (size_t i = 0; i < count; i++) {
        second += 1 + (int64_t)(random_next(seed) % (random_next(seed) % 20 ? 60 : 1200));
        samples[i] = powered(second, sometimes(seed, -3, 120));
        meter += 1 + (double)(random_next(seed) % 300);
        samples[i].meter_wh = with_meter ? meter : NAN;
    }
    return count;
}

/* Cut at a sample, which belongs to both parts. */
static void the_parts_add_up(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES];
        struct evaluate2_result whole, before, after;
        size_t count = sound_stream(&seed, samples, round % 2);
        size_t cut = random_next(&seed) % count;
        evaluated(samples, count, &whole);
        evaluated(samples, cut + 1, &before);
        evaluated(samples + cut, count - cut, &after);
        double parts = fmax(before.used_exact_kwh, 0) + fmax(after.used_exact_kwh, 0);
        assert_close(parts, fmax(whole.used_exact_kwh, 0), round);
        assert_int_equal(before.gap_us + after.gap_us, whole.gap_us);
        assert_int_equal(before.unmeasured_us + after.unmeasured_us, whole.unmeasured_us);
        assert_true(fabs(before.gap_kwh + after.gap_kwh - whole.gap_kwh) < 0.0101);
    }
}

static void energy_scales_with_power_and_with_time(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES];
        struct evaluate2_result one, stronger, longer;
        size_t count = sound_stream(&seed, samples, false);
        evaluated(samples, count, &one);
        for (size_t i = 0; i < count; i++)
            samples[i].power_kw *= 4;
        evaluated(samples, count, &stronger);
        assert_close(stronger.used_exact_kwh, 4 * one.used_exact_kwh, round);
        for (size_t i = 0; i < count; i++)
            samples[i].date_us *= 3;
        const struct evaluate2_limits limits = {3 * plain.gap_us, plain.charger_rating_kw};
        evaluate2_samples(samples, count, &limits, &longer);
        assert_close(longer.used_exact_kwh, 12 * one.used_exact_kwh, round);
        assert_int_equal(longer.gap_us, 3 * one.gap_us);
    }
}

/* Where there is no gap, no meter and one regime of phases, the trapezoid is the mean of rule 1
 * (which holds the later power) forwards and backwards in time; where power is constant both are
 * the same. */
static void without_gaps_and_phase_changes_it_is_rule_1_both_ways(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES], mirrored[SAMPLES];
        struct evaluate2_result result;
        struct evaluate_result forwards, backwards;
        int64_t phases = 1 + (int64_t)(random_next(&seed) % 3), second = 0;
        bool constant = round % 4 == 0;
        double current = between(&seed, 6, 32);
        for (size_t i = 0; i < SAMPLES; i++) {
            second += (int64_t)(random_next(&seed) % 300);
            current = constant ? current : between(&seed, 6, 32);
            double power = (double)phases * current * 230 / 1000;
            samples[i] = electric(second, power * between(&seed, 0.97, 1), current, 230, phases);
        }
        for (size_t i = 0; i < SAMPLES; i++) {
            mirrored[i] = samples[SAMPLES - 1 - i];
            mirrored[i].date_us = -mirrored[i].date_us;
        }
        evaluated(samples, SAMPLES, &result);
        evaluate_samples(samples, SAMPLES, &forwards);
        evaluate_samples(mirrored, SAMPLES, &backwards);
        double forward = forwards.charge_energy_used_exact_kwh;
        assert_close(result.used_exact_kwh, (forward + backwards.charge_energy_used_exact_kwh) / 2,
                     round);
        if (constant) {
            assert_close(result.used_exact_kwh, forward, round);
            assert_true(result.used_kwh == forwards.charge_energy_used_kwh);
        }
        for (int flag = 0; flag < EVALUATE2_FLAGS; flag++)
            assert_int_equal(result.flags[flag].times, 0);
    }
}

/* However power and gaps go: a sound register alone decides. */
static void a_sound_register_is_the_truth(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t seed = seed_of(round);
        struct evaluate_sample samples[SAMPLES];
        struct evaluate2_result result;
        size_t count = sound_stream(&seed, samples, true);
        for (size_t i = 0; i < count; i++)
            samples[i].power_kw = fmin(samples[i].power_kw, 2); /* never looks stuck */
        evaluated(samples, count, &result);
        assert_close(result.used_exact_kwh,
                     (samples[count - 1].meter_wh - samples[0].meter_wh) / 1000, round);
        assert_number(result.gap_kwh, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_negative_and_parts_fit_the_whole),
        cmocka_unit_test(sample_by_sample_equals_the_whole),
        cmocka_unit_test(the_order_of_the_list_matters_to_ties_only),
        cmocka_unit_test(the_parts_add_up),
        cmocka_unit_test(energy_scales_with_power_and_with_time),
        cmocka_unit_test(without_gaps_and_phase_changes_it_is_rule_1_both_ways),
        cmocka_unit_test(a_sound_register_is_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
