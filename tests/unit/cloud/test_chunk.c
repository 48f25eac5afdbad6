/* SPDX-License-Identifier: Apache-2.0 */
/* Packed samples: exact for any samples, small for real ones, and damage is always noticed. */
#include "store/chunk.h"

#include "cloud/support.h"
#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct charge_sample BARE = {.battery_level = NAN,
                                          .charge_energy_added = NAN,
                                          .charger_power = NAN,
                                          .charger_actual_current = NAN,
                                          .charger_voltage = NAN,
                                          .charger_phases = STORE_NULL,
                                          .ideal_battery_range_km = NAN,
                                          .rated_battery_range_km = NAN,
                                          .outside_temp = NAN,
                                          .meter_wh = NAN};

static void assert_real(double got, double want)
{
    if (isnan(want) ? !isnan(got) : memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%.17g, not %.17g", got, want);
}

static void assert_sample(const struct charge_sample *got, const struct charge_sample *want)
{
    assert_int_equal(got->date_us, want->date_us);
    assert_int_equal(got->charger_phases, want->charger_phases);
    assert_real(got->battery_level, want->battery_level);
    assert_real(got->charge_energy_added, want->charge_energy_added);
    assert_real(got->charger_power, want->charger_power);
    assert_real(got->charger_actual_current, want->charger_actual_current);
    assert_real(got->charger_voltage, want->charger_voltage);
    assert_real(got->ideal_battery_range_km, want->ideal_battery_range_km);
    assert_real(got->rated_battery_range_km, want->rated_battery_range_km);
    assert_real(got->outside_temp, want->outside_temp);
    assert_real(got->meter_wh, want->meter_wh);
    assert_string_equal(got->fast_charger_type ? got->fast_charger_type : "(null)",
                        want->fast_charger_type ? want->fast_charger_type : "(null)");
}

/* The columns at once are what the samples are. */
static void assert_flat(const void *bytes, size_t length, const struct charge_samples *samples)
{
    struct chunk_flat flat = {0};
    assert_int_equal(chunk_decode_flat(bytes, length, &flat, NULL), 0);
    assert_int_equal(flat.count, samples->count);
    for (size_t i = 0; i < flat.count; i++) {
        struct charge_sample got = {.date_us = flat.date_us[i],
                                    .battery_level = flat.battery_level[i],
                                    .charge_energy_added = flat.charge_energy_added[i],
                                    .charger_power = flat.charger_power[i],
                                    .charger_actual_current = flat.charger_actual_current[i],
                                    .charger_voltage = flat.charger_voltage[i],
                                    .charger_phases = flat.charger_phases[i],
                                    .ideal_battery_range_km = flat.ideal_battery_range_km[i],
                                    .rated_battery_range_km = flat.rated_battery_range_km[i],
                                    .outside_temp = flat.outside_temp[i],
                                    .fast_charger_type = samples->list[i].fast_charger_type,
                                    .meter_wh = flat.meter_wh[i]};
        assert_sample(&got, &samples->list[i]);
    }
    chunk_flat_free(&flat);
}

/* Encodes, decodes and compares; returns the bytes it took. */
static size_t assert_exact(const struct charge_sample *samples, size_t count)
{
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    struct charge_samples back;
    struct err err = {0};
    assert_int_equal(chunk_encode(samples, count, &chunk, &err), 0);
    if (chunk_decode(strbuf_text(&chunk), chunk.length, &back, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(back.count, count);
    for (size_t i = 0; i < count; i++)
        assert_sample(&back.list[i], &samples[i]);
    assert_flat(strbuf_text(&chunk), chunk.length, &back);
    charge_samples_free(&back);
    return chunk.length;
}

static void edges_come_back_exactly(void **state)
{
    (void)state;
    struct charge_sample samples[] = {BARE, BARE, BARE, BARE, BARE, BARE, BARE, BARE, BARE};
    assert_exact(samples, 0);
    assert_exact(samples, 1);
    assert_exact(samples, COUNT(samples));
    static const double reals[] = {
        -0.0, 0.1, -1e300, 5e-324, INFINITY, 1.0 / 3, 9007199254740993.0, 0.3, 123456.789};
    for (size_t i = 0; i < COUNT(samples); i++) {
        samples[i].battery_level = reals[i];
        samples[i].charge_energy_added = (double)i * 0.01;
        samples[i].charger_power = i % 3 ? 0 : -0.0;
        samples[i].meter_wh = i % 2 ? NAN : 1e15 + (double)i;
        samples[i].fast_charger_type = i % 4 == 1 ? NULL : i % 2 ? "CCS" : "";
    }
    samples[0].date_us = INT64_MAX;
    samples[1].date_us = INT64_MIN + 1; /* differences wrap */
    samples[2].date_us = STORE_NULL;
    samples[3].date_us = -1;
    samples[4].charger_phases = 3;
    samples[5].charger_phases = INT64_MAX;
    assert_exact(samples, COUNT(samples));
}

/* xorshift64*, so that a failure repeats. */
static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* A number of one of several kinds: null, whole, decimals, any bits. */
static double random_real(uint64_t *seed, uint64_t kind)
{
    uint64_t value = random_next(seed);
    double bits;
    (void)memcpy(&bits, &value, sizeof bits);
    switch ((kind + (value >> 60) / 15) % 5) {
    case 0:
        return NAN;
    case 1:
        return (double)(value % 100);
    case 2:
        return (double)(int64_t)(value % 100001 - 50000) / 100;
    case 3:
        return (double)(value % 1000000) / 1e6;
    default:
        return bits;
    }
}

static void any_samples_come_back_exactly(void **state)
{
    (void)state;
    static const char *const types[] = {"", "Tesla", "CCS", "<invalid>", "\xe5\xbf\xab"};
    for (uint64_t round = 1; round <= 400; round++) {
        uint64_t seed = round * 104729, kinds = random_next(&seed);
        struct charge_sample samples[200];
        size_t count = random_next(&seed) % COUNT(samples);
        int64_t date_us = (int64_t)(random_next(&seed) >> 1);
        for (size_t i = 0; i < count; i++) {
            date_us = (int64_t)((uint64_t)date_us + random_next(&seed) % 20000000 - 1000000);
            double *const reals[] = {&samples[i].battery_level,
                                     &samples[i].charge_energy_added,
                                     &samples[i].charger_power,
                                     &samples[i].charger_actual_current,
                                     &samples[i].charger_voltage,
                                     &samples[i].ideal_battery_range_km,
                                     &samples[i].rated_battery_range_km,
                                     &samples[i].outside_temp,
                                     &samples[i].meter_wh};
            samples[i].date_us = date_us;
            samples[i].charger_phases =
                random_next(&seed) % 9 ? (int64_t)(random_next(&seed) % 4) : STORE_NULL;
            samples[i].fast_charger_type =
                random_next(&seed) % 5 ? types[random_next(&seed) % COUNT(types)] : NULL;
            for (size_t j = 0; j < COUNT(reals); j++)
                *reals[j] = random_real(&seed, kinds >> (4 * j) & 15);
        }
        assert_exact(samples, count);
    }
}

/* As the simulated station's charger reports: every 10 s, with jitter and measured decimals. */
static void realistic_samples_are_small(void **state)
{
    (void)state;
    struct charge_sample samples[360];
    uint64_t seed = 1;
    double energy_kwh = 0;
    for (size_t i = 0; i < COUNT(samples); i++) {
        double power_kw = 41.6 - (i > 200 ? (double)(i - 200) * 0.2 : 0) +
                          (double)(random_next(&seed) % 200) / 10000;
        samples[i] = BARE;
        samples[i].date_us = INT64_C(1795258690754000) +
                             ((int64_t)i * 10000 + (int64_t)(random_next(&seed) % 1000)) * 1000;
        samples[i].battery_level = 20 + floor((double)i * 2.1) / 10;
        samples[i].charge_energy_added = floor(energy_kwh * 100) / 100;
        samples[i].charger_power = round(power_kw * 10000) / 10000;
        samples[i].charger_actual_current = round(power_kw / 0.69 * 1000) / 1000;
        samples[i].charger_voltage = 230 + (double)(random_next(&seed) % 10) / 10;
        samples[i].charger_phases = 3;
        samples[i].outside_temp = 20.5;
        samples[i].meter_wh = round(energy_kwh * 105000) / 100;
        energy_kwh += power_kw / 360;
    }
    double per_sample = (double)assert_exact(samples, COUNT(samples)) / (double)COUNT(samples);
    print_message("%.2f bytes a sample of 9 columns\n", per_sample);
    assert_true(per_sample <= 12);
}

static void every_damaged_byte_is_noticed(void **state)
{
    (void)state;
    struct charge_sample samples[20];
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    for (size_t i = 0; i < COUNT(samples); i++) {
        samples[i] = BARE;
        samples[i].date_us = (int64_t)i * 10000000;
        samples[i].charger_power = (double)i / 10;
        samples[i].fast_charger_type = "CCS";
    }
    struct chunk_flat flat = {0};
    assert_int_equal(chunk_encode(samples, COUNT(samples), &chunk, NULL), 0);
    for (size_t i = 0; i < chunk.length; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct charge_samples back;
            struct err err = {0};
            chunk.text[i] = (char)(chunk.text[i] ^ (1 << bit));
            assert_int_equal(chunk_decode(chunk.text, chunk.length, &back, &err), ERR_INVALID);
            assert_int_equal(chunk_decode_flat(chunk.text, chunk.length, &flat, NULL), ERR_INVALID);
            assert_true(err.text[0]);
            charge_samples_free(&back);
            chunk.text[i] = (char)(chunk.text[i] ^ (1 << bit));
        }
    for (size_t length = 0; length < chunk.length; length++) {
        struct charge_samples back;
        assert_int_equal(chunk_decode(chunk.text, length, &back, NULL), ERR_INVALID);
        charge_samples_free(&back);
    }
}

/* With a right check sum, so that the readers behind it meet the damage: nothing but refusal, or
 * samples that can be packed again. */
static void damage_behind_the_check_sum_is_survived(void **state)
{
    (void)state;
    struct charge_sample samples[100];
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    uint64_t seed = 7;
    for (size_t i = 0; i < COUNT(samples); i++) {
        samples[i] = BARE;
        samples[i].date_us = (int64_t)i * 10000000;
        samples[i].charger_power = random_real(&seed, 2);
        samples[i].meter_wh = random_real(&seed, 4);
        samples[i].fast_charger_type = i % 2 ? "CCS" : NULL;
    }
    assert_int_equal(chunk_encode(samples, COUNT(samples), &chunk, NULL), 0);
    size_t body = chunk.length - 4;
    for (int round = 0; round < 3000; round++) {
        SCOPE_STRBUF struct strbuf bad = STRBUF_INIT, again = STRBUF_INIT;
        struct charge_samples back;
        strbuf_append(&bad, chunk.text, chunk.length);
        bad.text[random_next(&seed) % body] = (char)(unsigned char)random_next(&seed);
        uint32_t crc = chunk_crc(bad.text, body);
        for (size_t byte = 0; byte < 4; byte++)
            bad.text[body + byte] = (char)(unsigned char)(crc >> (8 * byte));
        if (chunk_decode(bad.text, bad.length, &back, NULL) == 0) {
            assert_int_equal(chunk_encode(back.list, back.count, &again, NULL), 0);
            assert_flat(bad.text, bad.length, &back);
        }
        charge_samples_free(&back);
    }
}

static void the_format_does_not_move(void **state)
{
    (void)state;
    /* Version 1, byte by byte: what stands in databases must be read for ever. */
    static const unsigned char known[] = {
        0x53, 0x57, 0x43, 0x01, 0x0c, 0x03, 0x01, 0x01, 0x0d, 0x00, 0x03, 0x01, 0x84, 0xb3, 0x8d,
        0xdc, 0xbf, 0x68, 0xa0, 0x9c, 0x01, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x00, 0x04, 0x01,
        0x07, 0x01, 0x05, 0xff, 0x02, 0xbe, 0x06, 0x28, 0x05, 0x00, 0x00, 0x06, 0x02, 0x19, 0x00,
        0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5,
        0x3f, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f, 0x07, 0x01, 0x05, 0x00, 0x00, 0x00,
        0x06, 0x00, 0x08, 0x00, 0x00, 0x09, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x0b, 0x03, 0x09, 0x01,
        0x04, 0x01, 0x03, 0x43, 0x43, 0x53, 0x01, 0x00, 0x0c, 0x00, 0x00, 0x65, 0xbb, 0x22, 0x6f,
    };
    struct charge_sample samples[] = {BARE, BARE, BARE};
    for (int i = 0; i < 3; i++) {
        samples[i].date_us = INT64_C(1795258690754000) + i * 10000000;
        samples[i].charger_power = i == 1 ? NAN : 41.5 + i;
        samples[i].charger_voltage = 1.0 / 3;
        samples[i].charger_phases = 3;
    }
    samples[2].fast_charger_type = "CCS";
    SCOPE_STRBUF struct strbuf chunk = STRBUF_INIT;
    assert_int_equal(chunk_crc("123456789", 9), 0xcbf43926); /* the CRC's published check value */
    assert_int_equal(chunk_encode(samples, 3, &chunk, NULL), 0);
    if (chunk.length != sizeof known || memcmp(chunk.text, known, sizeof known) != 0) {
        for (size_t i = 0; i < chunk.length; i++)
            print_message("0x%02x,%s", (unsigned char)chunk.text[i], i % 16 == 15 ? "\n" : " ");
        fail_msg("the encoding has changed; a new form needs a new version");
    }
    assert_exact(samples, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_come_back_exactly),
        cmocka_unit_test(any_samples_come_back_exactly),
        cmocka_unit_test(realistic_samples_are_small),
        cmocka_unit_test(every_damaged_byte_is_noticed),
        cmocka_unit_test(damage_behind_the_check_sum_is_survived),
        cmocka_unit_test(the_format_does_not_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
