/* SPDX-License-Identifier: Apache-2.0 */
/* Costs of stored processes: which rule decides, what an operator changes, what a change of tariffs
 * does to old processes and what it leaves alone. */
#include "charging/billing.h"
#include "charging/cost_change.h"
#include "store/sample.h"

#include "cloud/charging_support.h"

/* Requests as they come over the control socket --------------------------------------------------
 */

static int ask(struct bench *bench, const char *text, struct strbuf *answer, struct err *err)
{
    cJSON *request = cJSON_Parse(text);
    struct cost_change *change;
    assert_non_null(request);
    int status = cost_change_parse(request, &change, err);
    cJSON_Delete(request);
    if (status == 0)
        status = cost_change_run(bench->store, change, NOON, answer, err);
    cost_change_free(change);
    return status;
}

static void must(struct bench *bench, const char *text)
{
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    struct err err = {0};
    check(ask(bench, text, &answer, &err), &err);
}

static void refused(struct bench *bench, int code, const char *text, const char *sentence)
{
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    struct err err = {0};
    assert_int_equal(ask(bench, text, &answer, &err), code);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, sentence))
        fail_msg("'%s' has no '%s'", err.text, sentence);
}

static void assert_apply(struct bench *bench, const char *members, const char *want)
{
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT, request = STRBUF_INIT;
    struct err err = {0};
    strbuf_printf(&request, "{\"command\":\"tariff_apply\",\"actor\":\"ana\"%s}", members);
    check(ask(bench, strbuf_text(&request), &answer, &err), &err);
    assert_string_equal(strbuf_text(&answer), want);
}

/* Processes ---------------------------------------------------------------------------------------
 */

/* A process of 3 samples from NOON + `second` on: 10 kWh in 30 min at 20 kW, 9.5 by the counter. */
static void charge_from(struct bench *bench, const struct charging_observation *like,
                        int64_t second)
{
    for (int i = 0; i < 3; i++) {
        struct charging_observation one = *like;
        one.at.date_us = NOON + (second + i * 900) * SECOND;
        one.charger_power_kw = 20;
        one.charge_energy_added_kwh = i * 4.75;
        one.charge = i < 2;
        observe(bench, &one);
    }
}

static void charge_once(struct bench *bench, int64_t second)
{
    struct charging_observation like = charging_at(0);
    charge_from(bench, &like, second);
}

static void add_station(struct bench *bench, const char *price)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO station (station_id, first_seen_at, price_per_kwh) "
                   "VALUES ('s1', 0, %s)",
                   price);
    must_execute(bench->store, sql);
}

/* "cost source basis tariff" of every process, in order. */
static void assert_costs(struct bench *bench, const char *want)
{
    assert_query_text(bench->store,
                      "SELECT group_concat(ifnull(cost, '-') || ' ' || ifnull(cost_source, '-') || "
                      "' ' || ifnull(basis, '-') || ' ' || ifnull(tariff_id, '-'), ', ') FROM "
                      "charging_process LEFT JOIN charging_bill ON process_id = id ORDER BY id",
                      want);
}

#define ADD "{\"command\":\"tariff_add\",\"actor\":\"ana\","
#define AT  "\"from\":\"2025-11-01\","

static void without_a_tariff_the_station_s_price_counts(void **state)
{
    struct bench *bench = *state;
    charge_once(bench, 0);
    assert_costs(bench, "- - - -");
    add_station(bench, "2500");
    charge_once(bench, 7200);
    assert_costs(bench, "- - - -, 25000 tariff station_price -");
    must(bench, ADD AT "\"per_kwh\":\"0.30\"}");
    charge_once(bench, 14400);
    assert_costs(bench, "- - - -, 25000 tariff station_price -, 30000 tariff tariff 1");
}

static void a_station_without_a_price_is_not_free(void **state)
{
    struct bench *bench = *state;
    add_station(bench, "0");
    charge_once(bench, 0);
    assert_costs(bench, "- - - -");
    must(bench, ADD AT "\"per_kwh\":\"0\"}");
    charge_once(bench, 7200);
    assert_costs(bench, "- - - -, 0 tariff tariff 1");
}

static void the_nearest_tariff_that_holds_at_the_start_decides(void **state)
{
    struct bench *bench = *state;
    struct charging_observation placed = charging_at(0);
    placed.latitude = 52.5;
    placed.longitude = 13.4;
    must(bench, "{\"command\":\"geofence_add\",\"name\":\"yard\",\"latitude\":\"52.5\","
                "\"longitude\":\"13.4\",\"radius_m\":\"50\"}");
    must(bench, ADD AT "\"per_kwh\":\"0.10\"}");
    charge_from(bench, &placed, 0);
    must(bench, ADD AT "\"per_kwh\":\"0.20\",\"geofence\":\"1\"}");
    charge_from(bench, &placed, 7200);
    charge_once(bench, 10800); /* its place is not known: in no geofence */
    must(bench, ADD AT "\"per_kwh\":\"0.30\",\"station\":\"s1\"}");
    charge_from(bench, &placed, 14400);
    must(bench, ADD AT "\"per_kwh\":\"0.40\",\"station\":\"s2\"}");
    charge_from(bench, &placed, 21600);
    /* From 20:00 on: a process that begins then, to the microsecond. */
    must(bench, ADD "\"from\":\"2025-11-21T20:00:00.000001Z\",\"per_kwh\":\"0.50\","
                    "\"station\":\"s1\"}");
    charge_from(bench, &placed, 28800);
    charge_from(bench, &placed, 36000);
    /* Not at its end any more. */
    must(bench, "{\"command\":\"tariff_end\",\"id\":\"5\",\"to\":\"2025-11-22T00:00:00Z\"}");
    charge_from(bench, &placed, 43200);
    assert_costs(bench, "10000 tariff tariff 1, 20000 tariff tariff 2, 10000 tariff tariff 1, "
                        "30000 tariff tariff 3, 30000 tariff tariff 3, 30000 tariff tariff 3, "
                        "50000 tariff tariff 5, 30000 tariff tariff 3");
    assert_query_text(bench->store,
                      "SELECT group_concat(ifnull(geofence_id, '-'), '') FROM charging_process",
                      "11-11111");
}

static void windows_price_each_interval_on_the_station_s_clock(void **state)
{
    struct bench *bench = *state;
    add_station(bench, "NULL");
    /* NOON is 20:00 in Shanghai: 15 min at 0.40 and 15 min at 0.10 of 10 kWh. */
    must(bench, "{\"command\":\"station_zone\",\"station\":\"s1\",\"zone\":\"Asia/Shanghai\"}");
    must(bench, ADD AT "\"per_kwh\":\"0.20\",\"fee\":\"1\",\"windows\":\"19:00-20:15=0.40, "
                       "20:15-21:00=0.10\"}");
    charge_once(bench, 0);
    charge_once(bench, 7200);
    must(bench, "{\"command\":\"station_zone\",\"station\":\"s1\",\"zone\":\"UTC\"}");
    charge_once(bench, 14400);
    assert_costs(bench, "35000 tariff tariff 1, 30000 tariff tariff 1, 30000 tariff tariff 1");
    must(bench, ADD AT "\"per_minute\":\"0.01\",\"windows\":\"17:00-18:10=0.02\"}");
    charge_once(bench, 21000); /* 17:50 to 18:20: 20 min and 10 min */
    assert_query_text(bench->store, "SELECT cost FROM charging_process WHERE id = 4", "5000");
    assert_query_text(bench->store, "SELECT zone FROM v_station", "UTC");
}

/* The hour that comes twice, 2026-10-25 in Berlin, from 01:45 to 03:15 on the wall: 150 min. */
static void the_doubled_hour_is_billed_twice(void **state)
{
    struct bench *bench = *state;
    struct charging_observation one = charging_at(0);
    add_station(bench, "NULL");
    must(bench, "{\"command\":\"station_zone\",\"station\":\"s1\",\"zone\":\"Europe/Berlin\"}");
    must(bench, ADD AT "\"per_kwh\":\"0\",\"windows\":\"02:00-03:00=1\"}");
    int64_t begin = INT64_C(1792885500000000); /* 2026-10-24T23:45:00Z */
    for (int i = 0; i <= 15; i++) {
        one.at.date_us = begin + i * 10 * MINUTE;
        one.charger_power_kw = 6;
        one.charge = i < 15;
        observe(bench, &one);
    }
    assert_costs(bench, "120000 tariff tariff 1"); /* 2 h of 6 kW */
}

static void samples_that_are_damaged_are_billed_by_time(void **state)
{
    struct bench *bench = *state;
    must(bench, ADD AT "\"per_kwh\":\"0.20\",\"windows\":\"12:00-12:10=0.50\"}");
    charge_once(bench, 0);
    assert_costs(bench, "30000 tariff tariff 1"); /* 10 of 30 min, at constant power */
    must_execute(bench->store, "UPDATE charge_chunk SET chunk = x'00'");
    must(bench, ADD AT "\"per_kwh\":\"0.20\",\"windows\":\"12:00-12:15=0.50\"}");
    assert_apply(bench, "",
                 "\"looked_at\":1,\"last\":null,\"changes\":[{\"id\":1,\"station_id\":\"s1\","
                 "\"start_date\":\"2025-11-21T12:00:00.000Z\",\"before\":\"3.00\",\"after\":"
                 "\"3.50\"}]");
}

static void some_vehicles_charge_without_paying(void **state)
{
    struct bench *bench = *state;
    struct charging_observation like = charging_at(0);
    like.vid = "V1";
    like.fast_charger_type = "Tesla";
    must(bench, ADD AT "\"per_kwh\":\"0.30\"}");
    charge_from(bench, &like, 0);
    must(bench, "{\"command\":\"vehicle_free\",\"vehicle\":\"V1\",\"free\":\"on\"}");
    must(bench, "{\"command\":\"vehicle_free\",\"vehicle\":\"V1\",\"free\":\"on\"}");
    charge_from(bench, &like, 7200);
    like.fast_charger_type = "CCS";
    charge_from(bench, &like, 14400);
    like.fast_charger_type = "Tesla";
    like.vid = "V2";
    charge_from(bench, &like, 21600);
    must(bench, "{\"command\":\"vehicle_free\",\"vehicle\":\"V1\",\"free\":\"off\"}");
    like.vid = "V1";
    charge_from(bench, &like, 28800);
    assert_costs(bench, "30000 tariff tariff 1, 0 tariff free_supercharging -, 30000 tariff tariff "
                        "1, 30000 tariff tariff 1, 30000 tariff tariff 1");
    /* A change of tariffs does not ask for what was free. */
    must(bench, ADD AT "\"per_kwh\":\"0.40\"}");
    assert_apply(bench, ",\"to\":\"2025-11-21T15:00:00Z\"",
                 "\"looked_at\":2,\"last\":null,\"changes\":[{\"id\":1,\"station_id\":\"s1\","
                 "\"start_date\":\"2025-11-21T12:00:00.000Z\",\"before\":\"3.00\",\"after\":"
                 "\"4.00\"}]");
}

static void a_cost_by_hand_stands(void **state)
{
    struct bench *bench = *state;
    struct charging_observation like = charging_at(0);
    like.session_id = "one";
    must(bench, ADD AT "\"per_kwh\":\"0.30\"}");
    charge_from(bench, &like, 0);
    must(bench, "{\"command\":\"charging_cost\",\"id\":\"1\",\"total\":\"42.123\"}");
    assert_costs(bench, "421200 manual total -");
    charge_from(bench, &like, 3600); /* the session goes on and ends again */
    assert_costs(bench, "421200 manual total -");
    must(bench, ADD AT "\"per_kwh\":\"0.40\"}");
    assert_apply(bench, "", "\"looked_at\":0,\"last\":null,\"changes\":[]");
    must(bench, "{\"command\":\"charging_cost\",\"id\":\"1\",\"per_minute\":\"0.10\"}");
    assert_costs(bench, "90000 manual per_minute -"); /* 90 min */
    must(bench, "{\"command\":\"charging_cost\",\"id\":\"1\",\"per_kwh\":\"-0.5\"}");
    assert_query_text(bench->store, "SELECT cost < 0 FROM charging_process", "1");
    must(bench, "{\"command\":\"charging_cost\",\"id\":\"1\",\"clear\":\"yes\"}");
    assert_costs(bench, "- - - -");
    refused(bench, ERR_NOT_FOUND, "{\"command\":\"charging_cost\",\"id\":\"9\",\"total\":\"1\"}",
            "no charging process 9");
    must_execute(bench->store, "UPDATE charging_process SET charge_energy_added = NULL, "
                               "charge_energy_used = NULL");
    refused(bench, ERR_INVALID, "{\"command\":\"charging_cost\",\"id\":\"1\",\"per_kwh\":\"1\"}",
            "has no known energy");
}

static void a_change_of_tariffs_reaches_back_when_asked(void **state)
{
    struct bench *bench = *state;
    charge_once(bench, 0);
    must(bench, ADD "\"from\":\"2025-11-21T13:00:00Z\",\"per_kwh\":\"0.30\"}");
    charge_once(bench, 7200);
    charge_once(bench, 14400);
    must(bench, "{\"command\":\"charging_cost\",\"id\":\"3\",\"total\":\"1\"}");
    assert_costs(bench, "- - - -, 30000 tariff tariff 1, 10000 manual total -");
    must(bench,
         ADD AT "\"per_kwh\":\"0.40\",\"fee\":\"0.5\"}"); /* began earlier: tariff 1 goes on */
    assert_apply(bench, ",\"station\":\"s2\"", "\"looked_at\":0,\"last\":null,\"changes\":[]");
    assert_apply(
        bench, "",
        "\"looked_at\":2,\"last\":null,\"changes\":[{\"id\":1,\"station_id\":\"s1\","
        "\"start_date\":\"2025-11-21T12:00:00.000Z\",\"before\":null,\"after\":\"4.50\"}]");
    assert_costs(bench, "45000 tariff tariff 2, 30000 tariff tariff 1, 10000 manual total -");
    must(bench, "{\"command\":\"tariff_end\",\"id\":\"1\",\"to\":\"2025-11-01\"}"); /* never held */
    must(bench, "{\"command\":\"tariff_end\",\"id\":\"2\",\"to\":\"2025-11-21T12:30:00Z\"}");
    assert_apply(
        bench, "",
        "\"looked_at\":2,\"last\":null,\"changes\":[{\"id\":2,\"station_id\":\"s1\","
        "\"start_date\":\"2025-11-21T14:00:00.000Z\",\"before\":\"3.00\",\"after\":null}]");
    assert_apply(bench, "", "\"looked_at\":2,\"last\":null,\"changes\":[]");
    assert_apply(bench, ",\"after\":\"1\"", "\"looked_at\":1,\"last\":null,\"changes\":[]");
    assert_costs(bench, "45000 tariff tariff 2, - - - -, 10000 manual total -");
    /* Who did it, and what it did. */
    assert_query_text(bench->store,
                      "SELECT (SELECT count(*) FROM event_log WHERE kind = 'tariff.apply') || "
                      "actor_id || json_extract(payload, '$.changes[0].before') FROM event_log "
                      "WHERE kind = 'tariff.apply' AND actor = 'operator' ORDER BY id DESC",
                      "2ana3.00");
    assert_query_text(bench->store,
                      "SELECT group_concat(kind || json_extract(payload, '$.id'), ' ') FROM "
                      "event_log WHERE kind <> 'tariff.apply'",
                      "tariff.add1 charging.cost3 tariff.add2 tariff.end1 tariff.end2");
}

/* At close the unrounded energy counts (10.004 kWh), later the stored one (10.00): what the same
 * tariff yields from the one is not changed to what it yields from the other. */
static void an_apply_without_a_change_changes_no_cent(void **state)
{
    struct bench *bench = *state;
    struct charging_observation like = charging_at(0);
    must(bench, ADD AT "\"per_kwh\":\"1.25\"}");
    for (int i = 0; i < 2; i++) {
        like.at.date_us = NOON + i * 3600 * SECOND / 4;
        like.charger_power_kw = 40.016;
        like.charge = i < 1;
        observe(bench, &like);
    }
    assert_query_text(bench->store, "SELECT charge_energy_used FROM charging_process", "10.0");
    assert_costs(bench, "125100 tariff tariff 1"); /* 12.505 */
    assert_apply(bench, "", "\"looked_at\":1,\"last\":null,\"changes\":[]");
    assert_costs(bench, "125100 tariff tariff 1");
    must_execute(bench->store, "UPDATE charging_process SET cost = 125200"); /* nobody's figure */
    assert_apply(bench, "",
                 "\"looked_at\":1,\"last\":null,\"changes\":[{\"id\":1,\"station_id\":\"s1\","
                 "\"start_date\":\"2025-11-21T12:00:00.000Z\",\"before\":\"12.52\",\"after\":"
                 "\"12.50\"}]");
    assert_apply(bench, "", "\"looked_at\":1,\"last\":null,\"changes\":[]");
}

static void many_processes_take_several_steps(void **state)
{
    struct bench *bench = *state;
    must_execute(bench->store,
                 "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450) "
                 "INSERT INTO charging_process (station_id, slot, start_date, end_date, "
                 "charge_energy_added) SELECT 's1', 1, 1763726400000000, 1763726400000000, 1 "
                 "FROM n");
    must(bench, ADD AT "\"per_kwh\":\"1\"}");
    static const char *const steps[][2] = {
        {"", "\"looked_at\":200,\"last\":200,"},
        {",\"after\":\"200\"", "\"looked_at\":200,\"last\":400,"},
        {",\"after\":\"400\"", "\"looked_at\":50,\"last\":null,"},
    };
    for (size_t i = 0; i < 3; i++) {
        SCOPE_STRBUF struct strbuf answer = STRBUF_INIT, request = STRBUF_INIT;
        struct err err = {0};
        strbuf_printf(&request, "{\"command\":\"tariff_apply\"%s}", steps[i][0]);
        check(ask(bench, strbuf_text(&request), &answer, &err), &err);
        assert_int_equal(strncmp(answer.text, steps[i][1], strlen(steps[i][1])), 0);
        assert_true(answer.length < 60000); /* fits an answer of the control socket */
    }
    assert_int_equal(query_integer(bench->store, "SELECT sum(cost) FROM charging_process"),
                     4500000);
}

static void geofences_relink_old_processes_and_leave_their_cost(void **state)
{
    struct bench *bench = *state;
    struct charging_observation placed = charging_at(0);
    SCOPE_STRBUF struct strbuf answer = STRBUF_INIT;
    struct err err = {0};
    placed.latitude = 52.5;
    placed.longitude = 13.4;
    charge_from(bench, &placed, 0);
    charge_once(bench, 7200);
    check(ask(bench,
              "{\"command\":\"geofence_add\",\"name\":\"wide\",\"latitude\":\"52.501\","
              "\"longitude\":\"13.4\",\"radius_m\":\"500\"}",
              &answer, &err),
          &err);
    assert_string_equal(strbuf_text(&answer), "\"id\":1,\"relinked\":1");
    must(bench, ADD AT "\"per_kwh\":\"0.30\",\"geofence\":\"1\"}");
    assert_query_text(bench->store, "SELECT ifnull(cost, '-') FROM charging_process", "-");
    must(bench, "{\"command\":\"tariff_apply\"}");
    must(bench, "{\"command\":\"geofence_add\",\"name\":\"near\",\"latitude\":\"52.5\","
                "\"longitude\":\"13.4\",\"radius_m\":\"50\"}");
    assert_query_text(bench->store, "SELECT geofence_id || ' ' || cost FROM charging_process",
                      "2 30000");
    must(bench, "{\"command\":\"geofence_change\",\"id\":\"2\",\"latitude\":\"52.6\"}");
    assert_query_text(bench->store, "SELECT geofence_id FROM charging_process", "1");
    assert_query_text(bench->store,
                      "SELECT name || latitude || radius_m FROM geofence WHERE id = 2",
                      "near52.650.0");
    must(bench, "{\"command\":\"geofence_change\",\"id\":\"1\",\"radius_m\":\"100\"}");
    assert_query_text(bench->store, "SELECT ifnull(geofence_id, '-') FROM charging_process", "-");
    must(bench, "{\"command\":\"geofence_change\",\"id\":\"2\",\"latitude\":\"52.5\"}");
    must(bench, "{\"command\":\"geofence_delete\",\"id\":\"2\"}");
    assert_query_text(bench->store, "SELECT ifnull(geofence_id, '-') || cost FROM charging_process",
                      "-30000");
    refused(bench, ERR_NOT_FOUND, "{\"command\":\"geofence_delete\",\"id\":\"2\"}",
            "no geofence 2");
    refused(bench, ERR_NOT_FOUND, ADD "\"per_kwh\":\"1\",\"geofence\":\"2\"}", "no geofence 2");
    charge_from(bench, &placed, 14400); /* a deleted one takes no new process */
    assert_query_text(bench->store,
                      "SELECT ifnull(geofence_id, '-') FROM charging_process WHERE id = 3", "-");
}

static void wrong_requests_are_told_why(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"{\"command\":\"tariff_add\"}", "one of them"},
        {ADD "\"per_kwh\":\"1\",\"per_minute\":\"1\"}", "one of them"},
        {ADD "\"per_kwh\":\"1\",\"station\":\"a\",\"geofence\":\"1\"}", "not for both"},
        {ADD "\"per_kwh\":\"1,5\"}", "an amount like 0.25"},
        {ADD "\"per_kwh\":\"1\",\"fee\":\"-1\"}", "0 or more"},
        {ADD "\"per_kwh\":\"1\",\"station\":\"a b\"}", "A-Za-z0-9._-"},
        {ADD "\"per_kwh\":\"1\",\"windows\":\"07:00-11:00=1,10:00-12:00=2\"}", "overlap"},
        {ADD "\"per_kwh\":\"1\",\"from\":\"2026-01-02\",\"to\":\"2026-01-02\"}", "after it begins"},
        {ADD "\"per_kwh\":\"1\",\"to\":\"2025-01-02\"}", "after it begins"},
        {ADD "\"per_kwh\":\"1\",\"from\":\"soon\"}", "from:"},
        {ADD "\"per_kwh\":1}", "a text is needed"},
        {ADD "\"per_kwh\":\"\"}", "a text is needed"},
        {ADD "\"price\":\"1\"}", "has no 'price'"},
        {ADD "\"kwh\":\"1\"}", "has no 'kwh'"},
        {"{\"command\":\"tariff_end\"}", "id: is missing"},
        {"{\"command\":\"tariff_end\",\"id\":\"0\"}", "whole number from 1"},
        {"{\"command\":\"tariff_end\",\"id\":\"1x\"}", "whole number from 1"},
        {"{\"command\":\"station_zone\",\"station\":\"s1\"}", "zone: is missing"},
        {"{\"command\":\"station_zone\",\"zone\":\"UTC\"}", "station: is missing"},
        {"{\"command\":\"vehicle_free\",\"vehicle\":\"v\",\"free\":\"maybe\"}", "on or off"},
        {"{\"command\":\"vehicle_free\",\"free\":\"on\"}", "vehicle: is missing"},
        {"{\"command\":\"charging_cost\",\"id\":\"1\"}", "one of total"},
        {"{\"command\":\"charging_cost\",\"id\":\"1\",\"total\":\"1\",\"clear\":\"yes\"}",
         "one of"},
        {"{\"command\":\"geofence_add\",\"name\":\"a\"}", "needs a name"},
        {"{\"command\":\"geofence_add\",\"name\":\"a\",\"latitude\":\"91\"}", "from -90 to 90"},
        {"{\"command\":\"geofence_add\",\"name\":\"a\",\"latitude\":\"nan\"}", "from -90 to 90"},
        {"{\"command\":\"geofence_add\",\"name\":\"a\\nb\"}", "control character"},
        {"{\"command\":\"other\"}", "not a change of costs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(bench, ERR_USAGE, cases[i].text, cases[i].sentence);
    refused(bench, ERR_NOT_FOUND,
            "{\"command\":\"station_zone\",\"station\":\"s1\",\"zone\":\"UTC\"}", "no station s1");
    add_station(bench, "NULL");
    refused(bench, ERR_INVALID,
            "{\"command\":\"station_zone\",\"station\":\"s1\",\"zone\":\"Berlin\"}",
            "Europe/Berlin");
    refused(bench, ERR_NOT_FOUND, "{\"command\":\"tariff_end\",\"id\":\"1\"}", "no tariff 1");
    assert_int_equal(query_integer(bench->store, "SELECT count(*) FROM event_log"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(without_a_tariff_the_station_s_price_counts),
        bench_test(a_station_without_a_price_is_not_free),
        bench_test(the_nearest_tariff_that_holds_at_the_start_decides),
        bench_test(windows_price_each_interval_on_the_station_s_clock),
        bench_test(the_doubled_hour_is_billed_twice),
        bench_test(samples_that_are_damaged_are_billed_by_time),
        bench_test(some_vehicles_charge_without_paying),
        bench_test(a_cost_by_hand_stands),
        bench_test(a_change_of_tariffs_reaches_back_when_asked),
        bench_test(an_apply_without_a_change_changes_no_cent),
        bench_test(many_processes_take_several_steps),
        bench_test(geofences_relink_old_processes_and_leave_their_cost),
        bench_test(wrong_requests_are_told_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
