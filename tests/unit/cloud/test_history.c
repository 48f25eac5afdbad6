/* SPDX-License-Identifier: Apache-2.0 */
/* History evaluated from packed columns, from open samples, and by the rules sample by sample: the
 * same figures to the last bit. Damage is named. */
#include "charging/history.h"
#include "store/sample_flat.h"

#include "cloud/charging_support.h"
#include "cloud/evaluate_support.h"
#include "store/sample.h"

#define PROCESSES 400
#define SAMPLES   150

static const struct evaluate2_limits plain = {EVALUATE2_GAP_DEFAULT_US, 100};

/* Anything that may be stored: decimals and numbers that are none, nulls, texts, whole columns
 * missing, ties, and in one of four processes samples that came late. */
static size_t any_samples(uint64_t *seed, struct charge_sample list[SAMPLES])
{
    static const char *const types[] = {NULL, "CCS", "Tesla"};
    size_t count = 1 + random_next(seed) % SAMPLES;
    unsigned missing = (unsigned)random_next(seed);
    bool late = random_next(seed) % 4 == 0, exact = random_next(seed) % 2;
    int64_t date_us = NOON;
    for (size_t i = 0; i < count; i++) {
        date_us +=
            random_next(seed) % 9 ? 10 * SECOND : (int64_t)(random_next(seed) % 900) * SECOND;
        struct charge_sample *sample = &list[i];
        *sample = (struct charge_sample){
            .date_us = date_us - (late && random_next(seed) % 8 == 0 ? 60 * SECOND : 0),
            .battery_level = sometimes(seed, 0, 100),
            .charge_energy_added = sometimes(seed, 0, 60),
            .charger_power = sometimes(seed, -2, 110),
            .charger_actual_current = sometimes(seed, 0, 200),
            .charger_voltage = missing & 1 ? NAN : sometimes(seed, 200, 400),
            .charger_phases = missing & 2 ? STORE_NULL : (int64_t)(random_next(seed) % 4),
            .ideal_battery_range_km = missing & 4 ? NAN : sometimes(seed, 0, 400),
            .rated_battery_range_km = missing & 8 ? NAN : sometimes(seed, 0, 400),
            .outside_temp = missing & 16 ? NAN : sometimes(seed, -20, 40),
            .fast_charger_type = types[random_next(seed) % 3],
            .meter_wh = missing & 32 ? NAN : 1e6 + 100 * (double)i,
        };
        double *numbers[] = {&sample->battery_level,   &sample->charge_energy_added,
                             &sample->charger_power,   &sample->charger_actual_current,
                             &sample->charger_voltage, &sample->outside_temp};
        for (size_t n = 0; exact && n < COUNT(numbers); n++)
            *numbers[n] = round(*numbers[n] * 10) / 10;
    }
    return count;
}

static void store_process(struct bench *bench, int64_t id, const struct charge_sample *list,
                          size_t count)
{
    struct err err = {0};
    struct charging_process_row row = {.station_id = "s1",
                                       .slot = id,
                                       .latitude = NAN,
                                       .longitude = NAN,
                                       .start_date_us = NOON,
                                       .start_battery_level = NAN};
    struct charge_head head = CHARGE_HEAD_NONE;
    int64_t newest;
    check(charging_process_insert(bench->store, &row, &err), &err);
    assert_int_equal(row.id, id);
    check(charge_newest_sample(bench->store, &newest, &err), &err);
    for (size_t i = 0; i < count; i++) {
        check(charge_sample_append(bench->store, ++newest, id, head.last_sample, &list[i], &err),
              &err);
        head.last_sample = newest;
        head.samples++;
    }
    check(charge_head_save(bench->store, id, &head, &err), &err);
}

static struct rules_result by_sample(const struct charge_sample *list, size_t count)
{
    struct evaluate_sample samples[SAMPLES];
    struct rules_state state;
    struct rules_result result;
    memset(&result, 0, sizeof result);
    for (size_t i = 0; i < count; i++)
        samples[i] = (struct evaluate_sample){.date_us = list[i].date_us,
                                              .battery_level = list[i].battery_level,
                                              .added_kwh = list[i].charge_energy_added,
                                              .power_kw = list[i].charger_power,
                                              .current_a = list[i].charger_actual_current,
                                              .voltage_v = list[i].charger_voltage,
                                              .phases = list[i].charger_phases,
                                              .ideal_range_km = list[i].ideal_battery_range_km,
                                              .rated_range_km = list[i].rated_battery_range_km,
                                              .outside_temp_c = list[i].outside_temp,
                                              .meter_wh = list[i].meter_wh};
    evaluate_sort(samples, count);
    rules_start(&state, &plain);
    for (size_t i = 0; i < count; i++)
        rules_add(&state, &samples[i]);
    rules_finish(&state, &result);
    return result;
}

static void assert_same(const struct rules_result *got, const struct rules_result *want, int64_t id)
{
    if (memcmp(&got->first, &want->first, sizeof want->first) != 0)
        fail_msg("process %d: rule 1 differs", (int)id);
    if (memcmp(&got->second, &want->second, sizeof want->second) != 0)
        fail_msg("process %d: rule 2 differs", (int)id);
}

static void packed_and_open_history_give_the_same(void **state)
{
    struct bench *bench = *state;
    struct history history = {0};
    for (int64_t id = 1; id <= PROCESSES; id++) {
        uint64_t seed = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) + 1;
        struct charge_sample list[SAMPLES];
        struct rules_result got, first;
        struct err err = {0};
        size_t count = any_samples(&seed, list);
        store_process(bench, id, list, count);
        struct rules_result want = by_sample(list, count);
        for (int packed = 0; packed < 2; packed++) {
            memset(&got, 0, sizeof got);
            check(history_evaluate_both(&history, bench->store, id, &plain, &got, &err), &err);
            assert_same(&got, &want, id);
            check(history_evaluate(&history, bench->store, id, &first.first, &err), &err);
            assert_memory_equal(&first.first, &want.first, sizeof want.first);
            check(charge_pack(bench->store, id, &err), &err);
        }
    }
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM charge_chunk"), PROCESSES);
    history_free(&history);
}

static void damage_and_nothing_are_told(void **state)
{
    struct bench *bench = *state;
    struct history history = {0};
    struct charge_sample list[SAMPLES];
    struct rules_result result;
    struct err err = {0};
    uint64_t seed = 5;
    store_process(bench, 1, list, any_samples(&seed, list));
    store_process(bench, 2, list, any_samples(&seed, list));
    check(charge_pack(bench->store, 1, &err), &err);
    check(charge_pack(bench->store, 2, &err), &err);
    must_execute(bench->store, "UPDATE charge_chunk SET chunk = substr(chunk, 1, 40) WHERE "
                               "process = 1");
    assert_int_equal(history_evaluate_both(&history, bench->store, 1, &plain, &result, &err),
                     ERR_INVALID);
    assert_non_null(strstr(err.text, "charging process 1: the check sum"));
    check(history_evaluate_both(&history, bench->store, 2, &plain, &result, &err), &err);
    assert_true(result.first.samples > 0);
    check(history_evaluate_both(&history, bench->store, 3, &plain, &result, &err), &err);
    assert_int_equal(result.first.samples, 0);
    assert_int_equal(result.second.samples, 0);
    history_free(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(packed_and_open_history_give_the_same),
        bench_test(damage_and_nothing_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
