/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and tariffs as text, and the written evaluation: what `charging evaluate` reads and
 * prints. */
#include "charging/evaluation.h"

#include "cloud/support.h"
#include <math.h>

/* The evaluation of a text as JSON; fails when it cannot be read. */
static void evaluate_by(int rule, const char *text, struct strbuf *answer, char refusals[600])
{
    struct samples samples;
    struct evaluation evaluation;
    struct err err = {0};
    if (samples_parse(text, strlen(text), &samples, &err) < 0)
        fail_msg("%s", err.text);
    (void)snprintf(refusals, 600, "%s", strbuf_text(&samples.refusals));
    const struct evaluate2_limits limits = {EVALUATE2_GAP_DEFAULT_US, NAN};
    evaluation_make(&samples, 0, &limits, &evaluation);
    strbuf_clear(answer);
    evaluation_write(&evaluation, rule, true, answer);
    samples_free(&samples);
}

static void evaluate_text(const char *text, struct strbuf *answer, char refusals[600])
{
    evaluate_by(1, text, answer, refusals);
}

static void assert_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no %s in %s", part, text);
}

static void assert_gives(const char *text, const char *part)
{
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    char refusals[600];
    evaluate_text(text, &answer, refusals);
    assert_string_equal(refusals, "");
    assert_in(strbuf_text(&answer), part);
}

static void assert_refuses(const char *text, const char *why, const char *part)
{
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    char refusals[600];
    evaluate_text(text, &answer, refusals);
    assert_in(refusals, why);
    assert_in(strbuf_text(&answer), part);
}

static void assert_error(const char *text, const char *why)
{
    struct samples samples;
    struct err err = {0};
    assert_int_equal(samples_parse(text, strlen(text), &samples, &err), ERR_INVALID);
    samples_free(&samples);
    assert_in(err.text, why);
}

#define A "{\"date\":\"2026-11-21T08:00:00Z\",\"charge_energy_added\":0.41,\"charger_power\":7}"
#define B "{\"date\":\"2026-11-21T09:00:00Z\",\"charge_energy_added\":0.72,\"charger_power\":5}"

static void the_three_forms_give_the_same(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{\"samples\":[" A "," B "],\"tariff\":null}",
        "{\"samples\":[" B "," A "]}",
        " [" A "," B "]",
        A "\n\n" B "\n",
        A "\r\n" B,
        "date,charger_power,charge_energy_added\n2026-11-21T08:00:00Z,7,0.41\n"
        "2026-11-21T09:00:00Z,5,.72",
        "\xEF\xBB\xBFother,charge_energy_added,\"date\",charger_power\r\n"
        "\"a,\"\"b\",0.72,\"2026-11-21T09:00:00Z\",5\r\n,0.41,1795248000000,7\r\n",
    };
    SCOPE_STRBUF struct strbuf first = STRBUF_INIT, answer = STRBUF_INIT;
    char refusals[600];
    evaluate_text(forms[0], &first, refusals);
    assert_in(strbuf_text(&first), "\"charge_energy_added\":\"0.31\",\"charge_energy_used\":"
                                   "\"5.00\",\"start_battery_level\":null");
    assert_in(strbuf_text(&first), "{\"start_date\":\"2026-11-21T08:00:00.000000Z\","
                                   "\"end_date\":\"2026-11-21T09:00:00.000000Z\","
                                   "\"duration_min\":60,");
    assert_in(strbuf_text(&first), "\"cost\":null,\"effective_phases\":null,\"samples\":2,"
                                   "\"samples_refused\":0,\"rule_version\":1}");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        evaluate_text(forms[i], &answer, refusals);
        assert_string_equal(refusals, "");
        assert_string_equal(strbuf_text(&answer), strbuf_text(&first));
    }
}

static void every_field_is_read_and_missing_is_null(void **state)
{
    (void)state;
    struct samples samples;
    const char *text = "[{\"date\":1,\"battery_level\":2.5,\"charge_energy_added\":\"3.25\","
                       "\"charger_power\":-4,\"charger_actual_current\":5,\"charger_voltage\":6,"
                       "\"charger_phases\":3,\"ideal_battery_range_km\":8,"
                       "\"rated_battery_range_km\":9,\"outside_temp\":-1.5,"
                       "\"fast_charger_type\":\"CCS\",\"unknown\":{}},{\"date\":2}]";
    assert_int_equal(samples_parse(text, strlen(text), &samples, NULL), 0);
    assert_int_equal(samples.count, 2);
    const struct evaluate_sample *full = &samples.list[0], *bare = &samples.list[1];
    assert_int_equal(full->date_us, 1000);
    assert_true(full->battery_level == 2.5 && full->added_kwh == 3.25 && full->power_kw == -4);
    assert_true(full->current_a == 5 && full->voltage_v == 6 && full->phases == 3);
    assert_true(full->ideal_range_km == 8 && full->rated_range_km == 9);
    assert_true(full->outside_temp_c == -1.5);
    assert_string_equal(samples.chargers[0].type, "CCS");
    assert_true(samples.chargers[0].power_kw == -4);
    assert_null(samples.chargers[1].type);
    assert_true(bare->battery_level != bare->battery_level);
    assert_true(bare->power_kw != bare->power_kw && bare->added_kwh != bare->added_kwh);
    assert_true(bare->phases == INT64_MIN);
    samples_free(&samples);
}

static void tariffs_are_read_and_applied(void **state)
{
    (void)state;
#define WITH(tariff) "{\"samples\":[" A "," B "],\"tariff\":" tariff "}"
    assert_gives(WITH("{\"billing_type\":\"per_kwh\",\"cost_per_unit\":0.25}"),
                 "\"cost\":\"1.25\"");
    assert_gives(WITH("{\"billing_type\":\"per_kwh\",\"cost_per_unit\":-0.25,"
                      "\"session_fee\":0.2}"),
                 "\"cost\":\"-1.05\"");
    assert_gives(WITH("{\"billing_type\":\"per_kwh\",\"cost_per_unit\":-0.01}"),
                 "\"cost\":\"-0.05\"");
    assert_gives(WITH("{\"billing_type\":\"per_minute\",\"cost_per_unit\":0.01,"
                      "\"session_fee\":null,\"free_supercharging\":true}"),
                 "\"cost\":\"0.60\"");
    assert_gives("{\"samples\":[{\"date\":0,\"charger_power\":9,\"fast_charger_type\":\"Tesla\"}],"
                 "\"tariff\":{\"free_supercharging\":true}}",
                 "\"cost\":\"0.00\"");
    assert_gives("{\"samples\":[{\"date\":0,\"charger_power\":9,\"fast_charger_type\":\"Tesla\"}],"
                 "\"tariff\":{\"billing_type\":\"per_minute\",\"session_fee\":3,"
                 "\"free_supercharging\":false}}",
                 "\"cost\":\"3.00\"");
    assert_gives("{\"samples\":[],\"tariff\":{\"billing_type\":\"per_minute\",\"session_fee\":3}}",
                 "\"cost\":null");
    assert_error(WITH("{\"billing_type\":\"per_day\"}"), "billing_type");
    assert_error(WITH("{\"billing_type\":7}"), "billing_type");
    assert_error(WITH("[]"), "tariff");
    assert_error(WITH("{\"cost_per_unit\":100000}"), "99999.9999");
    assert_error(WITH("{\"cost_per_unit\":true}"), "cost_per_unit");
    assert_error(WITH("{\"session_fee\":-1}"), "below 0");
    assert_error(WITH("{\"free_supercharging\":1}"), "free_supercharging");
}

static void unusable_samples_are_left_out_and_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[" A ",{\"battery_level\":5}]", "sample 2 is left out: it has no date"},
        {"[" A ",7]", "sample 2 is left out: it is no object"},
        {"[" A ",{\"date\":true}]", "date: neither text nor a number"},
        {"[" A ",{\"date\":\"2026-11-21\"}]", "a time of day is needed"},
        {"[" A ",{\"date\":\"yesterday\"}]", "sample 2 is left out: date: "},
        {"[" A ",{\"date\":-1}]", "sample 2 is left out: date: "},
        {"[" A ",{\"date\":5,\"charger_power\":\"lots\"}]", "charger_power is no number"},
        {"[" A ",{\"date\":5,\"charger_power\":\"\"}]", "charger_power is no number"},
        {"[" A ",{\"date\":5,\"charger_power\":\"nan\"}]", "charger_power is no number"},
        {"[" A ",{\"date\":5,\"charger_power\":2e9}]", "charger_power 2e+09 is beyond"},
        {"[" A ",{\"date\":5,\"outside_temp\":[]}]", "outside_temp is no number"},
        {"[" A ",{\"date\":5,\"charger_phases\":2.5}]", "no count of phases"},
        {"[" A ",{\"date\":5,\"fast_charger_type\":5}]", "fast_charger_type is no text"},
        {A "\n{\"date\":", "line 2 is left out: byte 8"},
        {A "\n[]\n", "line 2 is left out: it is no object"},
        {"date,battery_level\n1\n2026-11-21T08:00:00Z,5", "line 2 is left out: it has not as many"},
        {"date\n\"2026-11-21\n2026-11-21T08:00:00Z", "line 2 is left out: a quote"},
        {"date\n\"\"x\n2026-11-21T08:00:00Z", "line 2 is left out: a quote"},
        {"date\nnull\n2026-11-21T08:00:00Z", "line 2 is left out: it has no date"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refuses(cases[i][0], cases[i][1], "\"samples\":1,\"samples_refused\":1,");
}

static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    assert_gives("", "\"samples\":0");
    assert_gives(" \r\n\t", "\"samples\":0");
    assert_gives("{\"samples\":[]}", "\"start_date\":\"1970-01-01T00:00:00.000000Z\"");
    assert_error("{\"samples\":{}}", "\"samples\" must be an array");
    assert_error("{}", "\"samples\" must be an array");
    assert_error("{\"samples\":[" A, "the text ends");
    assert_error("hello", "names a column date");
    assert_error("date,date\n", "twice");
    assert_error("date,\"x\n", "the first line of the samples: a quote");
}

static void rule_2_says_its_energies_and_flags(void **state)
{
    (void)state;
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    char refusals[600];
    evaluate_by(2,
                "date,meter_wh,charge_energy_added,charger_power\n"
                "2026-11-21T08:00:00Z,1e15,0.41,7\n"
                "2026-11-21T08:05:00Z,,0.51,7\n"
                "2026-11-21T09:05:00Z,,1.51,5\n"
                "2026-11-21T09:06:00Z,1.1e15,1.51,5\n",
                &answer, refusals);
    assert_in(refusals, "line 5 is left out: meter_wh 1.1e+15 is beyond 1e+15");
    assert_string_equal(
        strbuf_text(&answer),
        "{\"start_date\":\"2026-11-21T08:00:00.000000Z\","
        "\"end_date\":\"2026-11-21T09:05:00.000000Z\",\"duration_min\":65,"
        "\"charge_energy_added\":\"1.10\",\"charge_energy_used\":\"0.58\","
        "\"charge_energy_metered\":\"0.00\",\"charge_energy_gap\":\"6.00\",\"gap_s\":3600,"
        "\"unmeasured_s\":0,\"efficiency\":\"0.167\",\"peak_power\":\"7.00\","
        "\"start_battery_level\":null,\"end_battery_level\":null,\"start_ideal_range_km\":null,"
        "\"end_ideal_range_km\":null,\"start_rated_range_km\":null,\"end_rated_range_km\":null,"
        "\"outside_temp_avg\":null,\"cost\":null,\"samples\":3,\"samples_refused\":1,"
        "\"rule_version\":2,\"flags\":[{\"flag\":\"gap\",\"times\":1,"
        "\"first_at\":\"2026-11-21T08:05:00.000000Z\",\"reason\":\"no sample for more than 5 min: "
        "60.0 min in all, 6.00 kWh are estimated for them and kept apart\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_give_the_same),
        cmocka_unit_test(every_field_is_read_and_missing_is_null),
        cmocka_unit_test(tariffs_are_read_and_applied),
        cmocka_unit_test(unusable_samples_are_left_out_and_named),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(rule_2_says_its_energies_and_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
