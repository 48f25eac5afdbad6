/* SPDX-License-Identifier: Apache-2.0 */
/* Published cases: reading their file, and evaluating the samples of one as the command does. */
#ifndef SWAPSTACK_TEST_CONFORMANCE_CASES_H
#define SWAPSTACK_TEST_CONFORMANCE_CASES_H

#include "base/file.h"
#include "base/scope.h"
#include "base/strbuf.h"
#include "charging/evaluation.h"
#include "charging/geofence.h"
#include "protocol/json.h"

#include "cloud/support.h"
#include <math.h>

/* The list "cases" of $SWAPSTACK_SHARED/conformance/charging/<name>, or of a folder `shared` beside
 * the project. NULL when there is none, which skips the test. *root owns it. */
SUPPORT const cJSON *cases_load(const char *name, cJSON **root)
{
    const char *shared = getenv("SWAPSTACK_SHARED");
    char path[1024];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/conformance/charging/%s",
                   shared ? shared : SOURCE_DIR "/../shared", name);
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    int rc = file_read(path, SAMPLES_MAX_BYTES, &text, &err);
    if (rc == ERR_NOT_FOUND) {
        (void)fprintf(stderr, "skipped: no published cases at %s; set SWAPSTACK_SHARED\n", path);
        return NULL;
    }
    if (rc == 0)
        rc = json_parse_within(strbuf_text(&text), text.length, SAMPLES_MAX_BYTES, root, &err);
    if (rc < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, err.text);
        exit(1);
    }
    return cJSON_GetObjectItemCaseSensitive(*root, "cases");
}

SUPPORT const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

SUPPORT const char *get_text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(get(object, name));
}

/* NAN for null and missing. */
SUPPORT double get_number(const cJSON *object, const char *name)
{
    const cJSON *value = get(object, name);
    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

SUPPORT int64_t get_money(const cJSON *object, const char *name)
{
    double number = get_number(object, name);
    return isnan(number) ? COST_NONE : cost_from_number(number);
}

/* The circles of a list of geofences; the caller frees them. */
SUPPORT struct geofence_circle *get_circles(const cJSON *geofences, size_t *count)
{
    const cJSON *each;
    struct geofence_circle *circles =
        calloc((size_t)cJSON_GetArraySize(geofences) + 1, sizeof *circles);
    assert_non_null(circles);
    *count = 0;
    cJSON_ArrayForEach(each, geofences) circles[(*count)++] = (struct geofence_circle){
        get_number(each, "latitude"), get_number(each, "longitude"), get_number(each, "radius")};
    return circles;
}

/* The geofence of a position; NULL: none. */
SUPPORT const cJSON *find_geofence(const cJSON *geofences, const cJSON *position)
{
    size_t count;
    SCOPE_FREE struct geofence_circle *circles = get_circles(geofences, &count);
    size_t nearest = geofence_nearest(circles, count, get_number(position, "latitude"),
                                      get_number(position, "longitude"));
    return nearest == GEOFENCE_NONE ? NULL : cJSON_GetArrayItem(geofences, (int)nearest);
}

/* Text in, JSON object out, as `swapctl charging evaluate - --json` does. The caller deletes it. */
SUPPORT cJSON *evaluate_document(const cJSON *document)
{
    struct err err = {0};
    struct samples samples;
    struct evaluation evaluation;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT, answer = STRBUF_INIT;
    json_write_value(&text, document);
    if (samples_parse(strbuf_text(&text), text.length, &samples, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(strbuf_text(&samples.refusals), "");
    const struct evaluate2_limits limits = {EVALUATE2_GAP_DEFAULT_US, NAN};
    evaluation_make(&samples, 0, &limits, &evaluation);
    evaluation_write(&evaluation, 1, true, &answer);
    samples_free(&samples);
    cJSON *root = NULL;
    if (json_parse(strbuf_text(&answer), answer.length, &root, &err) < 0)
        fail_msg("%s", err.text);
    return root;
}

#endif
