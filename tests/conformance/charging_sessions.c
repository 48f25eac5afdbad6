/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging sessions with published figures (shared/conformance/charging/sessions.json): start and
 * end, energies, ranges, levels, mean temperature and duration must match exactly at stored scale.
 * Cost and geofence belong to tariffs and are checked there.
 */
#include "base/scope.h"
#include "base/strbuf.h"
#include "charging/evaluate.h"
#include "protocol/timestamp.h"

#include "cloud/support.h"
#include <cjson/cJSON.h>
#include <math.h>

static cJSON *sessions;

static cJSON *load_cases(void)
{
    const char *shared = getenv("SWAPSTACK_SHARED");
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/conformance/charging/sessions.json",
                   shared ? shared : SOURCE_DIR "/../shared");
    SCOPE_FCLOSE FILE *file = fopen(path, "rb");
    if (!file) {
        (void)fprintf(stderr, "skipped: no published cases at %s; set SWAPSTACK_SHARED\n", path);
        return NULL;
    }
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        strbuf_append(&text, chunk, n);
    return cJSON_Parse(strbuf_text(&text));
}

static double number(const cJSON *sample, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(sample, name);
    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

static struct evaluate_sample sample_of(const cJSON *json)
{
    const char *date = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "date"));
    struct timestamp time;
    struct err err = {0};
    assert_non_null(date);
    if (timestamp_parse(date, strlen(date), &time, &err) < 0)
        fail_msg("%s", err.text);
    double phases = number(json, "charger_phases");
    return (struct evaluate_sample){
        .date_us = time.us,
        .battery_level = number(json, "battery_level"),
        .added_kwh = number(json, "charge_energy_added"),
        .power_kw = number(json, "charger_power"),
        .current_a = number(json, "charger_actual_current"),
        .voltage_v = number(json, "charger_voltage"),
        .phases = isnan(phases) ? INT64_MIN : (int64_t)phases,
        .ideal_range_km = number(json, "ideal_battery_range_km"),
        .rated_range_km = number(json, "rated_battery_range_km"),
        .outside_temp_c = number(json, "outside_temp"),
    };
}

/* A figure as the cases write it: text at its scale, "null". */
struct figure {
    const char *name;
    int decimals;
    double value;
};

static void check_figure(const char *id, const cJSON *expected, const struct figure *figure)
{
    char got[64] = "null", want[64] = "null";
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(expected, figure->name);
    if (!value)
        return;
    if (cJSON_IsString(value))
        (void)snprintf(want, sizeof want, "%s", value->valuestring);
    else if (cJSON_IsNumber(value))
        (void)snprintf(want, sizeof want, "%.*f", figure->decimals, value->valuedouble);
    if (!isnan(figure->value))
        (void)snprintf(got, sizeof got, "%.*f", figure->decimals, figure->value);
    if (strcmp(got, want) != 0)
        fail_msg("%s: %s is %s, published %s", id, figure->name, got, want);
}

static void check_case(const cJSON *one)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "id"));
    const cJSON *samples = cJSON_GetObjectItemCaseSensitive(one, "samples");
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(one, "expected");
    size_t count = (size_t)cJSON_GetArraySize(samples), at = 0;
    assert_int_equal(count,
                     (size_t)number(one, "sample_count")); /* the file is what it says it is */
    SCOPE_FREE struct evaluate_sample *list = calloc(count + 1, sizeof *list);
    assert_non_null(list);
    int64_t first = INT64_MAX, last = INT64_MIN;
    const cJSON *json;
    cJSON_ArrayForEach(json, samples)
    {
        list[at] = sample_of(json);
        first = list[at].date_us < first ? list[at].date_us : first;
        last = list[at].date_us > last ? list[at].date_us : last;
        at++;
    }
    struct evaluate_result result, again;
    evaluate_samples(list, count, &result);
    evaluate_samples(list, count, &again);
    assert_memory_equal(&result, &again, sizeof result);
    assert_int_equal(result.start_date_us, count ? first : INT64_MIN);
    assert_int_equal(result.end_date_us, count ? last : INT64_MIN);
    const struct figure figures[] = {
        {"charge_energy_added", 2, result.charge_energy_added_kwh},
        {"charge_energy_used", 2, result.charge_energy_used_kwh},
        {"duration_min", 0, count ? (double)result.duration_min : NAN},
        {"start_battery_level", 0, result.start_battery_level},
        {"end_battery_level", 0, result.end_battery_level},
        {"start_ideal_range_km", 2, result.start_ideal_range_km},
        {"end_ideal_range_km", 2, result.end_ideal_range_km},
        {"start_rated_range_km", 2, result.start_rated_range_km},
        {"end_rated_range_km", 2, result.end_rated_range_km},
        {"outside_temp_avg", 1, result.outside_temp_avg_c},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        check_figure(id, expected, &figures[i]);
}

static void sessions_give_the_published_figures(void **state)
{
    (void)state;
    const cJSON *cases = cJSON_GetObjectItemCaseSensitive(sessions, "cases");
    assert_true(cJSON_GetArraySize(cases) > 0);
    const cJSON *one;
    cJSON_ArrayForEach(one, cases) check_case(one);
}

int main(void)
{
    sessions = load_cases();
    if (!sessions)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_give_the_published_figures),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(sessions);
    return failed;
}
