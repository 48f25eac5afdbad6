/* SPDX-License-Identifier: Apache-2.0 */
/* What packed samples of real charges take: the recorded sessions of the published cases, and every
 * session of the data set "fast-charge-sessions" (DESL, EPFL; SWAPSTACK_SESSIONS_CSV names its
 * session_data.csv) as our stations would report it. Each comes back exactly. */
#include "cases.h"

#include "protocol/timestamp.h"
#include "store/chunk.h"

#define BYTES_MOST  12.0 /* a sample of 8 columns, over all */
#define SAMPLES     20000
#define REPORT_S    10
#define LEAST_COUNT 30 /* shorter ones are mostly the head of a chunk */

static struct charge_sample samples[SAMPLES];

struct total {
    size_t bytes, samples, processes;
};

static int64_t date_of(const cJSON *sample)
{
    const char *text = get_text(sample, "date");
    struct timestamp time;
    assert_non_null(text);
    assert_int_equal(timestamp_parse(text, strlen(text), &time, NULL), 0);
    return time.us;
}

static size_t read_case(const cJSON *list)
{
    size_t count = 0;
    const cJSON *each;
    cJSON_ArrayForEach(each, list)
    {
        const cJSON *phases = get(each, "charger_phases");
        assert_true(count < SAMPLES);
        samples[count++] = (struct charge_sample){
            .date_us = date_of(each),
            .battery_level = get_number(each, "battery_level"),
            .charge_energy_added = get_number(each, "charge_energy_added"),
            .charger_power = get_number(each, "charger_power"),
            .charger_actual_current = get_number(each, "charger_actual_current"),
            .charger_voltage = get_number(each, "charger_voltage"),
            .charger_phases = cJSON_IsNumber(phases) ? (int64_t)phases->valuedouble : STORE_NULL,
            .ideal_battery_range_km = get_number(each, "ideal_battery_range_km"),
            .rated_battery_range_km = get_number(each, "rated_battery_range_km"),
            .outside_temp = get_number(each, "outside_temp"),
            .fast_charger_type = get_text(each, "fast_charger_type"),
            .meter_wh = NAN,
        };
    }
    return count;
}

static bool same(double a, double b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0;
}

/* Packs the first `count` samples, unpacks them, compares, and adds what they took. */
static void pack(size_t count, struct total *total)
{
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    struct charge_samples back;
    assert_int_equal(chunk_encode(samples, count, &chunk, NULL), 0);
    assert_int_equal(chunk_decode(chunk.text, chunk.length, &back, NULL), 0);
    assert_int_equal(back.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct charge_sample *a = &back.list[i], *b = &samples[i];
        assert_true(a->date_us == b->date_us && a->charger_phases == b->charger_phases &&
                    same(a->battery_level, b->battery_level) &&
                    same(a->charge_energy_added, b->charge_energy_added) &&
                    same(a->charger_power, b->charger_power) &&
                    same(a->charger_actual_current, b->charger_actual_current) &&
                    same(a->charger_voltage, b->charger_voltage) &&
                    same(a->ideal_battery_range_km, b->ideal_battery_range_km) &&
                    same(a->rated_battery_range_km, b->rated_battery_range_km) &&
                    same(a->outside_temp, b->outside_temp) && same(a->meter_wh, b->meter_wh));
    }
    charge_samples_free(&back);
    total->bytes += chunk.length;
    total->samples += count;
    total->processes++;
}

static void assert_small(const struct total *total, const char *what)
{
    double per_sample = (double)total->bytes / (double)total->samples;
    print_message("%s: %zu processes, %zu samples, %.2f bytes a sample\n", what, total->processes,
                  total->samples, per_sample);
    assert_true(per_sample <= BYTES_MOST);
}

static void recorded_sessions_are_small(void **state)
{
    (void)state;
    cJSON *root = NULL;
    struct total total = {0};
    const cJSON *cases = cases_load("sessions.json", &root), *each;
    if (!cases)
        return;
    cJSON_ArrayForEach(each, cases)
    {
        size_t count = read_case(get(each, "samples"));
        if (count >= LEAST_COUNT)
            pack(count, &total);
    }
    cJSON_Delete(root);
    assert_small(&total, "recorded sessions");
}

/* xorshift64*, so that a failure repeats. */
static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* A measured value: noise of that size, written with so many decimals. */
static double measured(double value, double noise, int decimals, uint64_t *seed)
{
    double share = (double)(random_next(seed) >> 11) / 9007199254740992.0; /* 2^53 */
    double power = pow(10, decimals);
    return round((value + noise * (share - 0.5)) * power) / power;
}

/* Constant power up to 80 %, then falling, until the session's energy is in. */
static size_t report_session(double energy_wh, double pmax_w, double soc, double soc_end,
                             uint64_t *seed)
{
    double added_wh = 0;
    size_t count = 0;
    int64_t date_us = INT64_C(1660260780000000);
    while (added_wh < energy_wh && count < SAMPLES) {
        double level = soc + (soc_end - soc) * added_wh / energy_wh;
        double power_w = level < 80 ? pmax_w : pmax_w * (1 - 0.9 * (level - 80) / 20);
        double volts = 330 + level * 0.9;
        samples[count] = (struct charge_sample){
            .date_us = date_us + (int64_t)(random_next(seed) % 40) * 1000,
            .battery_level = floor(level * 10) / 10,
            .charge_energy_added = floor(added_wh / 10) / 100,
            .charger_power = measured(power_w / 1000, 0.3, 1, seed),
            .charger_actual_current = measured(power_w / volts, 0.5, 1, seed),
            .charger_voltage = measured(volts, 0.4, 1, seed),
            .charger_phases = STORE_NULL,
            .ideal_battery_range_km = NAN,
            .rated_battery_range_km = NAN,
            .outside_temp = floor(180 + (double)count / 60) / 10,
            .meter_wh = floor(added_wh * 1.06),
        };
        count++;
        added_wh += power_w * REPORT_S / 3600;
        date_us += REPORT_S * INT64_C(1000000);
    }
    return count;
}

/* Column `index` of a CSV line as a number. */
static double column(const char *line, int index)
{
    for (; index > 0 && line; index--) {
        line = strchr(line, ',');
        line = line ? line + 1 : NULL;
    }
    return line ? strtod(line, NULL) : NAN;
}

static void a_data_set_of_sessions_is_small(void **state)
{
    (void)state;
    const char *path = getenv("SWAPSTACK_SESSIONS_CSV");
    struct total total = {0};
    uint64_t seed = 1;
    char line[512];
    if (!path) {
        print_message("SWAPSTACK_SESSIONS_CSV is not set: not measured on real sessions\n");
        return;
    }
    SCOPE_FCLOSE FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("SWAPSTACK_SESSIONS_CSV: %s cannot be opened", path);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        double energy_wh = column(line, 5), pmax_w = column(line, 6);
        double soc = column(line, 11), soc_end = column(line, 12);
        if (!(energy_wh > 0 && pmax_w > 0 && soc < soc_end && soc_end <= 100))
            continue;
        size_t count = report_session(energy_wh, pmax_w, soc, soc_end, &seed);
        if (count >= LEAST_COUNT)
            pack(count, &total);
    }
    assert_true(total.processes > 100);
    assert_small(&total, "sessions of the data set");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_sessions_are_small),
        cmocka_unit_test(a_data_set_of_sessions_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
