/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts: once per subject, cleared when it ends, told with the transaction that raised it. */
#include "alerts/channels.h"
#include "base/scope.h"

#include "cloud/support.h"
#include <math.h>

#define NOON INT64_C(1763726400000000) /* 2025-11-21T12:00:00Z */

static void check(int status, const struct err *err)
{
    if (status < 0)
        fail_msg("%s", err->text);
}

static void is_raised_once_and_cleared_once(void **state)
{
    (void)state;
    struct err err = {0};
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    struct alerts *alerts;
    check(alerts_new(&alerts, store, &err), &err);
    const struct alert_channels channels = {.mqtt = true};
    alerts_set_channels(alerts, &channels);
    check(alerts_begin(alerts, NOON, &err), &err);
    const struct alert_subject low = {
        .kind = "low_capacity", .severity = "warning", .bid = "b1", .slot = STORE_NULL};
    struct alert_subject other = low;
    other.bid = "b2";
    check(alerts_clear(alerts, &low, NOON, &err), &err); /* nothing to clear */
    check(alerts_raise(alerts, &low, NOON, 18.5, 20, "b1 is low", &err), &err);
    check(alerts_raise(alerts, &low, NOON + 1000000, 18.4, 20, "still", &err), &err);
    check(alerts_raise(alerts, &other, NOON, 18.5, 20, "b2 \"is\" low", &err), &err);
    check(alerts_clear(alerts, &low, NOON + 2000000, &err), &err);
    check(alerts_raise(alerts, &low, NOON + 3000000, 17, 20, "again", &err), &err);
    check(alerts_clear(alerts, &low, NOON, &err), &err); /* never before it began */
    assert_query_text(store,
                      "SELECT group_concat(bid || ':' || text || ':' || ifnull(cleared_at - "
                      "raised_at, 'open'), ', ') FROM alert",
                      "b1:b1 is low:2000000, b2:b2 \"is\" low:open, b1:again:0");
    static const char *const published[] = {
        "{\"id\":1,\"event\":\"raised\",\"kind\":\"low_capacity\",\"severity\":\"warning\",\"bid\":"
        "\"b1\","
        "\"raised_at\":\"2025-11-21T12:00:00.000Z\",\"value\":18.5,\"threshold\":20,"
        "\"text\":\"b1 is low\"}",
        "{\"id\":2,\"event\":\"raised\",\"kind\":\"low_capacity\",\"severity\":\"warning\",\"bid\":"
        "\"b2\","
        "\"raised_at\":\"2025-11-21T12:00:00.000Z\",\"value\":18.5,\"threshold\":20,"
        "\"text\":\"b2 \\\"is\\\" low\"}",
        "{\"id\":1,\"event\":\"cleared\",\"kind\":\"low_capacity\",\"severity\":\"warning\","
        "\"bid\":\"b1\","
        "\"raised_at\":\"2025-11-21T12:00:00.000Z\",\"cleared_at\":\"2025-11-21T12:00:02.000Z\","
        "\"value\":18.5,\"threshold\":20,\"text\":\"b1 is low\"}",
    };
    for (size_t i = 0; i < 3; i++) {
        char sql[96];
        (void)snprintf(sql, sizeof sql, "SELECT payload FROM alert_delivery WHERE id = %d",
                       (int)i + 1);
        assert_query_text(store, sql, published[i]);
    }
    assert_int_equal(query_integer(store, "SELECT count(*) FROM alert_delivery"), 5);
    assert_true(alerts_take_told(alerts));
    assert_false(alerts_take_told(alerts));
    alerts_free(alerts);
    store_close(store);
}

static void subjects_with_absent_parts_are_told_apart(void **state)
{
    (void)state;
    struct err err = {0};
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    struct alerts *alerts;
    check(alerts_new(&alerts, store, &err), &err);
    struct alert_subject subject = {
        .kind = "station_fault", .severity = "error", .station_id = "s1", .slot = STORE_NULL};
    check(alerts_raise(alerts, &subject, NOON, NAN, NAN, "station", &err), &err);
    subject.slot = 3;
    subject.vid = "v1"; /* the vehicle is told, but does not make another subject */
    check(alerts_raise(alerts, &subject, NOON, NAN, NAN, "bay 3", &err), &err);
    subject.vid = "v2";
    check(alerts_raise(alerts, &subject, NOON, NAN, NAN, "bay 3 again", &err), &err);
    subject.slot = STORE_NULL;
    check(alerts_clear(alerts, &subject, NOON, &err), &err);
    assert_query_text(store, "SELECT group_concat(text) FROM alert WHERE cleared_at IS NULL",
                      "bay 3");
    assert_int_equal(query_integer(store, "SELECT count(*) FROM alert"), 2);
    alerts_free(alerts);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_raised_once_and_cleared_once),
        cmocka_unit_test(subjects_with_absent_parts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
