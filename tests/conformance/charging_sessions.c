/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging sessions with published figures (shared/conformance/charging/sessions.json): every
 * figure, the cost and the geofence must match exactly at stored scale, through the code of
 * `swapctl charging evaluate`.
 */
#include "cases.h"

static const cJSON *cases;

/* The figure of the answer is what the case publishes: a decimal as the same text. */
static void check_figure(const char *id, const cJSON *expected, const cJSON *answer)
{
    const char *name = expected->string;
    const cJSON *got = get(answer, name);
    SCOPE_STRBUF struct strbuf got_text = STRBUF_INIT, want_text = STRBUF_INIT;
    if (!got)
        fail_msg("%s: the answer has no %s", id, name);
    if (cJSON_IsTrue(get(expected, "present"))) {
        assert_true(cJSON_IsString(got));
        return;
    }
    json_write_value(&got_text, got);
    json_write_value(&want_text, expected);
    if (strcmp(strbuf_text(&got_text), strbuf_text(&want_text)) != 0)
        fail_msg("%s: %s is %s, published %s", id, name, strbuf_text(&got_text),
                 strbuf_text(&want_text));
}

static void check_geofence(const char *id, const cJSON *expected, const cJSON *geofence)
{
    const char *want = get_text(expected, "geofence");
    const char *got = geofence ? get_text(geofence, "name") : NULL;
    if (get(expected, "geofence") && strcmp(got ? got : "null", want ? want : "null") != 0)
        fail_msg("%s: geofence %s, published %s", id, got ? got : "null", want ? want : "null");
}

static cJSON *document_of(const cJSON *one, const cJSON *geofence)
{
    cJSON *document = cJSON_CreateObject();
    cJSON *tariff = geofence ? cJSON_Duplicate(geofence, 1) : cJSON_CreateObject();
    cJSON_AddItemToObject(document, "samples", cJSON_Duplicate(get(one, "samples"), 1));
    if (cJSON_IsTrue(get(get(one, "settings"), "free_supercharging")))
        cJSON_AddTrueToObject(tariff, "free_supercharging");
    cJSON_AddItemToObject(document, "tariff", tariff);
    return document;
}

static int check_case(const cJSON *one)
{
    const char *id = get_text(one, "id");
    const cJSON *expected = get(one, "expected");
    int figures = 0;
    /* The file is what it says it is. */
    assert_int_equal(cJSON_GetArraySize(get(one, "samples")), (int)get_number(one, "sample_count"));
    const cJSON *geofence =
        find_geofence(get(get(one, "settings"), "geofences"), get(one, "position"));
    check_geofence(id, expected, geofence);
    SCOPE_JSON cJSON *document = document_of(one, geofence);
    SCOPE_JSON cJSON *answer = evaluate_document(document);
    SCOPE_JSON cJSON *again = evaluate_document(document);
    assert_true(cJSON_Compare(answer, again, 1)); /* a second completion is identical */
    const cJSON *each;
    cJSON_ArrayForEach(each, expected)
    {
        if (strcmp(each->string, "geofence") == 0 || strcmp(each->string, "second_completion") == 0)
            continue;
        check_figure(id, each, answer);
        figures++;
    }
    return figures;
}

static void sessions_give_the_published_figures(void **state)
{
    (void)state;
    const cJSON *one;
    int figures = 0;
    cJSON_ArrayForEach(one, cases) figures += check_case(one);
    assert_true(figures > 0);
}

int main(void)
{
    cJSON *root = NULL;
    cases = cases_load("sessions.json", &root);
    if (!cases)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_give_the_published_figures),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(root);
    return failed;
}
