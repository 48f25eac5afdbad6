/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds: which one holds, hysteresis, orders about them, and alerts by telemetry. */
#include "alerts/order.h"
#include "alerts/threshold_json.h"
#include "base/scope.h"
#include "cloud/ingest_fixture.h"

#include <math.h>

static const struct threshold_row ROWS[] = {
    /* in the order of threshold_list */
    {.kind = "low_capacity", .model = "", .station_id = "", .raise = 1},
    {.kind = "low_capacity", .model = "", .station_id = "s1", .raise = 2},
    {.kind = "low_capacity", .model = "A", .station_id = "", .raise = 3},
    {.kind = "low_capacity", .model = "A", .station_id = "s1", .raise = 4},
    {.kind = "low_capacity", .model = "B", .station_id = "s2", .raise = 5},
    {.kind = "low_soh", .model = "A", .station_id = "", .raise = 6},
};
#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

static void the_most_specific_row_holds(void **state)
{
    (void)state;
    static const struct {
        enum threshold_kind kind;
        const char *model, *station;
        double raise; /* 0: none */
    } cases[] = {{THRESHOLD_LOW_CAPACITY, "A", "s1", 4},    {THRESHOLD_LOW_CAPACITY, "A", "s9", 3},
                 {THRESHOLD_LOW_CAPACITY, "B", "s1", 2},    {THRESHOLD_LOW_CAPACITY, "B", "s2", 5},
                 {THRESHOLD_LOW_CAPACITY, "B", "s9", 1},    {THRESHOLD_LOW_CAPACITY, "", "s1", 2},
                 {THRESHOLD_LOW_CAPACITY, "", "", 1},       {THRESHOLD_LOW_SOH, "A", "s1", 6},
                 {THRESHOLD_LOW_SOH, "", "s1", 0},          {THRESHOLD_LOW_SOH, "B", "", 0},
                 {THRESHOLD_OVER_TEMPERATURE, "A", "s1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct threshold_row *row =
            threshold_find(ROWS, ROW_COUNT, cases[i].kind, cases[i].model, cases[i].station);
        assert_true((row ? row->raise : 0) == cases[i].raise);
    }
    assert_null(threshold_find(NULL, 0, THRESHOLD_LOW_SOH, "", ""));
}

static void a_value_on_the_edge_does_not_flap(void **state)
{
    (void)state;
    const struct threshold_limits low = {20, 20.5, true}, hot = {60, 55, true};
    int changes = 0;
    bool open = false;
    for (int i = 0; i < 1000; i++) { /* 19.9, 20.1, 19.9 … */
        bool after = threshold_judge(THRESHOLD_LOW_CAPACITY, &low, open, i % 2 ? 20.1 : 19.9);
        changes += after != open;
        open = after;
    }
    assert_int_equal(changes, 1);
    assert_true(open);
    assert_true(threshold_judge(THRESHOLD_LOW_CAPACITY, &low, true, 20.49));
    assert_false(threshold_judge(THRESHOLD_LOW_CAPACITY, &low, true, 20.5));
    assert_false(threshold_judge(THRESHOLD_LOW_CAPACITY, &low, false, 20)); /* at it is not below */
    assert_false(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &hot, false, 60));
    assert_true(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &hot, false, 60.1));
    assert_true(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &hot, true, 55.1));
    assert_false(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &hot, true, 55));
    /* Nothing said changes nothing; a disabled one ends. */
    assert_true(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &hot, true, NAN));
    assert_false(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &hot, false, NAN));
    const struct threshold_limits off = {60, 55, false};
    assert_false(threshold_judge(THRESHOLD_OVER_TEMPERATURE, &off, true, 70));
}

static void bad_thresholds_are_explained(void **state)
{
    (void)state;
    struct err err = {0};
    enum threshold_kind kind;
    assert_int_equal(threshold_kind_of("low_so", &kind, &err), ERR_USAGE);
    assert_string_equal(err.text, "'low_so' has no threshold; did you mean 'low_soh'?");
    assert_int_equal(threshold_kind_of("version_downgrade", &kind, &err), ERR_USAGE);
    assert_contains(err.text, "low_capacity, frequent_swap");
    assert_int_equal(threshold_check(THRESHOLD_LOW_SOH, 70, 69, &err), ERR_USAGE);
    assert_contains(err.text, "raised below 70 %, it cannot be cleared at 69");
    assert_int_equal(threshold_check(THRESHOLD_OVER_TEMPERATURE, 60, 61, &err), ERR_USAGE);
    assert_int_equal(threshold_check(THRESHOLD_OVER_TEMPERATURE, NAN, 1, &err), ERR_USAGE);
    assert_int_equal(threshold_check(THRESHOLD_OVER_TEMPERATURE, 60, 60, &err), 0);
}

static int order(struct fixture *fixture, const char *text, struct err *err)
{
    cJSON *request = cJSON_Parse(text);
    SCOPE_FREE struct alert_order *made = NULL;
    assert_non_null(request);
    int status = alert_order_parse(request, &made, err);
    cJSON_Delete(request);
    if (status == 0)
        status = ingest_obey_alerts(fixture->ingest, made, err);
    return status == 0 ? (int)(made->done * 10 + made->known) : status;
}

static void set(struct fixture *fixture, const char *threshold)
{
    char text[512];
    struct err err = {0};
    (void)snprintf(text, sizeof text,
                   "{\"command\":\"threshold_set\",\"actor\":\"ana\",\"threshold\":%s}", threshold);
    if (order(fixture, text, &err) < 0)
        fail_msg("%s", err.text);
}

static void sample(struct fixture *fixture, const char *battery)
{
    fixture_pass(fixture, 10 * SECOND_US);
    givef(fixture, "info",
          "{\"device\":\"s1\",\"type\":0,\"v\":1,\"data\":{\"station\":{\"state\":\"ACTIVE\"},"
          "\"battery\":[{\"slot\":1,%s}]},\"time\":%" PRId64 "}",
          battery, fixture->plant_us / 1000);
}

#define OPEN                                                                                       \
    "SELECT ifnull(group_concat(kind, ' '), '') FROM (SELECT kind FROM alert WHERE "               \
    "cleared_at IS NULL ORDER BY kind)"

static void thresholds_change_while_running(void **state)
{
    (void)state;
    struct fixture fixture;
    struct err err = {0};
    fixture_begin(&fixture, STORE_MEMORY);
    sample(&fixture, "\"bid\":\"b1\",\"capacityKwh\":19.9,\"soh\":69.9,\"maxTemp\":40");
    assert_sql(&fixture, OPEN, "low_capacity low_soh");
    /* On the edge: not cleared by 20.1, but by half a kWh more. */
    sample(&fixture, "\"bid\":\"b1\",\"capacityKwh\":20.1,\"soh\":70.5");
    assert_sql(&fixture, OPEN, "low_capacity low_soh");
    sample(&fixture, "\"bid\":\"b1\",\"capacityKwh\":20.5,\"soh\":71");
    assert_sql(&fixture, OPEN, "");
    /* A threshold of the station holds at once: the same sample is judged again. */
    set(&fixture, "{\"kind\":\"low_capacity\",\"station\":\"s1\",\"raise\":30}");
    sample(&fixture, "\"bid\":\"b1\",\"capacityKwh\":20.5");
    assert_sql(&fixture, OPEN, "low_capacity");
    /* That of the model and the station is more specific, once the model is known. */
    set(&fixture, "{\"kind\":\"low_capacity\",\"station\":\"s1\",\"model\":\"M\",\"raise\":10,"
                  "\"clear\":11}");
    sample(&fixture, "\"bid\":\"b1\"");
    assert_sql(&fixture, OPEN, "low_capacity");
    assert_int_equal(ingest_set_model(fixture.ingest, "b1", "M", "ana", &err), 0);
    assert_sql(&fixture, OPEN, "");
    assert_int_equal(ingest_set_model(fixture.ingest, "b9", "M", "ana", &err), ERR_NOT_FOUND);
    assert_contains(err.text, "b9");
    /* After a restart the same holds. */
    fixture_restart(&fixture);
    sample(&fixture, "\"bid\":\"b1\"");
    assert_sql(&fixture, OPEN, "");
    assert_int_equal(order(&fixture,
                           "{\"command\":\"threshold_unset\",\"actor\":\"ana\",\"threshold\":"
                           "{\"kind\":\"low_capacity\",\"station\":\"s1\",\"model\":\"M\"}}",
                           &err),
                     10);
    sample(&fixture, "\"bid\":\"b1\"");
    assert_sql(&fixture, OPEN, "low_capacity");
    set(&fixture, "{\"kind\":\"low_capacity\",\"raise\":0,\"station\":\"s1\",\"enabled\":false}");
    sample(&fixture, "\"bid\":\"b1\"");
    assert_sql(&fixture, OPEN, "");
    assert_int_equal(order(&fixture,
                           "{\"command\":\"threshold_unset\",\"actor\":\"ana\",\"threshold\":"
                           "{\"kind\":\"low_capacity\",\"model\":\"M\"}}",
                           &err),
                     ERR_NOT_FOUND);
    assert_sql(&fixture,
               "SELECT group_concat(actor || ' ' || actor_id || ' ' || kind, ', ') FROM event_log "
               "WHERE kind LIKE 'threshold%' OR kind = 'battery.model'",
               "operator ana threshold.set, operator ana threshold.set, operator ana "
               "battery.model, operator ana threshold.unset, operator ana threshold.set");
    fixture_end(&fixture);
}

static int count_statement(unsigned type, void *self, void *statement, void *text)
{
    (void)type;
    (void)text;
    const char *sql = sqlite3_sql(statement);
    *(int *)self += strstr(sql, "alert") || strstr(sql, "threshold");
    return 0;
}

static void telemetry_raises_and_clears(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    sample(&fixture, "\"bid\":\"b1\",\"maxTemp\":60.5,\"minTemp\":45");
    assert_sql(&fixture, OPEN, "over_temperature");
    sample(&fixture, "\"bid\":\"b1\",\"maxTemp\":56,\"minTemp\":35");
    assert_sql(&fixture, OPEN, "cell_imbalance over_temperature");
    sample(&fixture, "\"bid\":\"b1\",\"maxTemp\":54,\"minTemp\":38,\"maxVol\":3.6,\"minVol\":3.2");
    assert_sql(&fixture, OPEN, "cell_imbalance"); /* 16 °C, not below 15; 0.4 V */
    fixture_restart(&fixture);
    sample(&fixture, "\"bid\":\"b1\",\"maxTemp\":30,\"minTemp\":29,\"maxVol\":3.6,\"minVol\":3.3");
    assert_sql(&fixture, OPEN, "cell_imbalance"); /* 0.3 V, not below 0.2 */
    sample(&fixture, "\"bid\":\"b1\",\"soc\":50");
    assert_sql(&fixture, OPEN, "cell_imbalance"); /* nothing said */
    sample(&fixture, "\"bid\":\"b1\",\"maxVol\":3.6,\"minVol\":3.45");
    assert_sql(&fixture, OPEN, "");
    assert_sql(&fixture, "SELECT text FROM alert WHERE kind = 'over_temperature'",
               "over_temperature: battery b1 in bay 1 of station s1 is at 60.5 °C, the limit is "
               "60.0");
    /* A sample that changes nothing asks the database nothing about alerts and thresholds. */
    int statements = 0;
    sqlite3 *db = store_handle(fixture.store);
    fixture_pass(&fixture, 10 * SECOND_US);
    tick(&fixture);
    assert_int_equal(sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_statement, &statements), 0);
    struct ingest_message many[50];
    char payload[256];
    (void)snprintf(payload, sizeof payload,
                   "{\"device\":\"s1\",\"type\":0,\"v\":1,\"data\":{\"battery\":[{\"slot\":1,"
                   "\"bid\":\"b1\",\"maxTemp\":41,\"minTemp\":40,\"maxVol\":3.5,\"minVol\":3.5}]},"
                   "\"time\":%" PRId64 "}",
                   fixture.plant_us / 1000);
    for (int i = 0; i < 50; i++)
        many[i] = fixture_message(&fixture, "info", payload);
    must_batch(&fixture, many, 50);
    (void)sqlite3_trace_v2(db, 0, NULL, NULL);
    assert_in_range(statements, 0, 5); /* of the batch, not of its 50 samples */
    fixture_end(&fixture);
}

static void a_pack_without_identity_is_unknown(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, STORE_MEMORY);
    for (int i = 0; i < 7; i++) /* 0 … 60 s */
        sample(&fixture, "\"soc\":50");
    assert_sql(&fixture, OPEN, "");
    sample(&fixture, "\"soc\":50");
    assert_sql(&fixture, OPEN, "unknown_battery");
    assert_sql(&fixture, "SELECT station_id || ' ' || slot || ' ' || value FROM alert",
               "s1 1 70.0");
    sample(&fixture, "\"bid\":\"b1\"");
    assert_sql(&fixture, OPEN, "");
    fixture_end(&fixture);
}

static void acknowledging_is_on_record(void **state)
{
    (void)state;
    struct fixture fixture;
    struct err err = {0};
    fixture_begin(&fixture, STORE_MEMORY);
    sample(&fixture, "\"bid\":\"b1\",\"maxTemp\":80,\"capacityKwh\":5");
    assert_count(&fixture, "alert", 2);
    forget_said(&fixture);
    /* All or nothing. */
    assert_int_equal(
        order(&fixture, "{\"command\":\"alert_ack\",\"actor\":\"ana\",\"ids\":[1,77]}", &err),
        ERR_NOT_FOUND);
    assert_contains(err.text, "77");
    assert_count(&fixture, "alert WHERE acknowledged_at NOTNULL", 0);
    assert_int_equal(
        order(&fixture, "{\"command\":\"alert_ack\",\"actor\":\"ana\",\"ids\":[1]}", &err), 10);
    assert_int_equal(
        order(&fixture, "{\"command\":\"alert_ack\",\"actor\":\"ben\",\"ids\":[1,2]}", &err), 11);
    assert_sql(&fixture,
               "SELECT group_concat(acknowledged_by || ' ' || (acknowledged_at > 0), ', ') "
               "FROM alert",
               "ana 1, ben 1");
    assert_sql(&fixture,
               "SELECT group_concat(actor || ' ' || actor_id || ' ' || payload, ', ') FROM "
               "event_log WHERE kind = 'alert.ack'",
               "operator ana {\"alert\":1,\"kind\":\"low_capacity\"}, "
               "operator ben {\"alert\":2,\"kind\":\"over_temperature\"}");
    assert_string_equal(fixture.alerts, "low_capacity over_temperature ");
    static const char *const bad[] = {
        "{\"command\":\"alert_ack\",\"actor\":\"ana\"}",
        "{\"command\":\"alert_ack\",\"actor\":\"ana\",\"ids\":[1.5]}",
        "{\"command\":\"alert_ack\",\"actor\":\"\",\"ids\":[1]}",
        "{\"command\":\"threshold_set\",\"actor\":\"ana\"}",
        "{\"command\":\"threshold_set\",\"actor\":\"ana\",\"threshold\":{\"kind\":\"low_soh\"}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(order(&fixture, bad[i], &err), ERR_USAGE);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_specific_row_holds),
        cmocka_unit_test(a_value_on_the_edge_does_not_flap),
        cmocka_unit_test(bad_thresholds_are_explained),
        cmocka_unit_test(thresholds_change_while_running),
        cmocka_unit_test(telemetry_raises_and_clears),
        cmocka_unit_test(a_pack_without_identity_is_unknown),
        cmocka_unit_test(acknowledging_is_on_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
