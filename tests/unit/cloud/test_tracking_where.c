/* SPDX-License-Identifier: Apache-2.0 */
/* Where batteries are and may be: positions of stations through time, a battery's way, its area. */
#include "cloud/tracking_support.h"

#include "store/report.h"
#include "tracking/area.h"
#include "tracking/order.h"

/* About 11.1 km north of each other. */
#define LATITUDE_1 31.2
#define LATITUDE_2 31.3
#define LONGITUDE  121.5

static void place_station(struct yard *yard, const char *station_id, double latitude,
                          int64_t second)
{
    struct err err = {0};
    struct tracking_source source = bare_source();
    check(tracking_place_station(yard->tracking, station_id, latitude, LONGITUDE,
                                 NOON + second * SECOND, &source, &err),
          &err);
}

static void see_at(struct yard *yard, const char *station_id, int64_t second)
{
    struct tracking_sighting sighting = sighting_at("b1", 1, second);
    struct tracking_source source = bare_source();
    sighting.station_id = station_id;
    see(yard, &sighting, &source);
}

static void order(struct yard *yard, const struct area_limit *limits, size_t count)
{
    struct err err = {0};
    struct battery_order order = {.kind = BATTERY_ORDER_AREA, .bid = "b1", .actor = "ana"};
    memcpy(order.limits, limits, count * sizeof limits[0]);
    order.limit_count = count;
    check(tracking_flush(yard->tracking, &err), &err);
    check(battery_order_run(yard->store, yard->alerts, &order, NOON + 1000 * HOUR * SECOND, &err),
          &err);
}

static void assert_outside(struct yard *yard, int raised, int open)
{
    char sql[160], expected[16];
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) || ' ' || sum(cleared_at IS NULL) FROM (SELECT cleared_at FROM "
                   "alert WHERE kind = 'outside_area' UNION ALL SELECT 1)");
    (void)snprintf(expected, sizeof expected, "%d %d", raised + 1, open);
    assert_query_text(yard->store, sql, expected);
}

static void a_place_is_judged_by_stations_and_circles(void **state)
{
    (void)state;
    const struct area_limit both[] = {{"s1", NAN, NAN, NAN}, {"", LATITUDE_2, LONGITUDE, 1000}};
    const struct {
        size_t count;
        const char *station;
        double latitude;
        enum area_verdict verdict;
    } cases[] = {
        {0, "s9", NAN, AREA_INSIDE},         {1, "s1", NAN, AREA_INSIDE},
        {1, "s2", LATITUDE_2, AREA_OUTSIDE}, {1, "s2", NAN, AREA_OUTSIDE},
        {2, "s2", LATITUDE_2, AREA_INSIDE},  {2, "s1", NAN, AREA_INSIDE},
        {2, "s2", NAN, AREA_NOT_KNOWN},      {2, "s2", LATITUDE_2 + 0.0089, AREA_INSIDE},
        {2, "s2", LATITUDE_1, AREA_OUTSIDE}, {2, "s2", LATITUDE_2 + 0.0091, AREA_OUTSIDE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            area_judge(both, cases[i].count, cases[i].station, cases[i].latitude, LONGITUDE),
            cases[i].verdict);
}

static void orders_pass_through_json(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"command\":\"battery_area\",\"battery\":\"b\",\"actor\":\"a\"}",
        "{\"command\":\"battery_area\",\"battery\":\"\",\"actor\":\"a\",\"limits\":[]}",
        "{\"command\":\"battery_area\",\"battery\":\"a\\nb\",\"actor\":\"a\",\"limits\":[]}",
        "{\"command\":\"battery_area\",\"battery\":\"b\",\"actor\":\"a\",\"limits\":[{}]}",
        "{\"command\":\"battery_area\",\"battery\":\"b\",\"actor\":\"a\",\"limits\":[{\"station\":"
        "\"s 1\"}]}",
        "{\"command\":\"battery_area\",\"battery\":\"b\",\"actor\":\"a\",\"limits\":[{\"latitude\":"
        "91,\"longitude\":0,\"radius_m\":5}]}",
        "{\"command\":\"battery_area\",\"battery\":\"b\",\"actor\":\"a\",\"limits\":[{\"latitude\":"
        "9,\"longitude\":0,\"radius_m\":0}]}",
        "{\"command\":\"battery_dance\",\"battery\":\"b\",\"actor\":\"a\"}",
    };
    const struct battery_order given = {
        .kind = BATTERY_ORDER_AREA,
        .bid = "b1",
        .actor = "ana",
        .limits = {{"s1", NAN, NAN, NAN}, {"", LATITUDE_2, LONGITUDE, 1000}},
        .limit_count = 2};
    struct battery_order back;
    struct err err = {0};
    cJSON *object = battery_order_to_json(&given);
    check(battery_order_from_json(object, &back, &err), &err);
    cJSON_Delete(object);
    assert_string_equal(back.bid, "b1");
    assert_string_equal(back.actor, "ana");
    assert_int_equal(back.limit_count, 2);
    assert_string_equal(back.limits[0].station_id, "s1");
    assert_true(back.limits[1].radius_m == 1000);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        object = cJSON_Parse(wrong[i]);
        assert_int_equal(battery_order_from_json(object, &back, &err), ERR_INVALID);
        cJSON_Delete(object);
    }
}

static void a_battery_outside_is_alerted_until_it_is_inside(void **state)
{
    struct yard *yard = *state;
    const struct area_limit limits[] = {{"s1", NAN, NAN, NAN}, {"", LATITUDE_1, LONGITUDE, 5000}};
    place_station(yard, "s3", LATITUDE_2, 0);
    see_at(yard, "s2", 0);
    order(yard, limits, 1); /* at s2 already */
    assert_outside(yard, 1, 1);
    see_at(yard, "s2", 10);
    assert_outside(yard, 1, 1);
    see_at(yard, "s1", 20);
    assert_outside(yard, 1, 0);
    order(yard, limits, 2);
    see_at(yard, "s2", 30); /* nobody knows where s2 is */
    assert_outside(yard, 1, 0);
    see_at(yard, "s3", 40);
    assert_outside(yard, 2, 1);
    assert_query_text(yard->store, "SELECT text FROM alert WHERE cleared_at IS NULL",
                      "battery b1 is at station s3, outside its area");
    place_station(yard, "s3", LATITUDE_1, 50); /* a station that moves */
    see_at(yard, "s3", 60);
    assert_outside(yard, 2, 0);
    place_station(yard, "s3", LATITUDE_2, 70);
    on_load(yard, "b1", "v1", 80); /* at s1 */
    assert_outside(yard, 2, 0);
    struct tracking_exchange exchange = exchange_at("Off-Load", "b1", "v1", 90);
    exchange.station_id = "s3";
    add(yard, &exchange);
    assert_outside(yard, 3, 1);
    order(yard, limits, 0); /* anywhere */
    assert_outside(yard, 3, 0);
    assert_query_text(yard->store,
                      "SELECT count(*) || actor || actor_id FROM event_log WHERE kind = "
                      "'battery.area'",
                      "3operatorana");
}

static int note(void *self, const struct report *report, const struct report_value *values,
                struct err *err)
{
    struct strbuf *to = self;
    (void)err;
    strbuf_append_text(to, to->length ? "; " : "");
    for (size_t i = 0; i < 6; i++) {
        strbuf_append_text(to, i ? " " : "");
        if (!values[i].present)
            strbuf_append_char(to, '-');
        else if (report->columns[i].kind == REPORT_TEXT)
            strbuf_append_text(to, values[i].text);
        else if (report->columns[i].kind == REPORT_REAL)
            strbuf_printf(to, "%.1f", values[i].real);
        else
            strbuf_printf(to, "%lld", (long long)((values[i].integer - NOON) / SECOND));
    }
    return 0;
}

static void a_way_is_visits_with_the_positions_of_then(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    place_station(yard, "s1", LATITUDE_1, 50);
    place_station(yard, "s1", LATITUDE_2, 1000); /* moved */
    place_station(yard, "s1", LATITUDE_2, 900);  /* told late: since then already */
    on_load(yard, "b1", "v1", 0);                /* before anything was said: as it said first */
    off_load(yard, "b1", "v1", 100);
    on_load(yard, "b1", "v2", 200);
    struct tracking_exchange exchange = exchange_at("Off-Load", "b1", "v2", 300);
    exchange.station_id = "s2";
    add(yard, &exchange);
    on_load(yard, "b1", "v3", 950); /* carried from s2 to s1 by nobody knows whom */
    struct report_filter filter = REPORT_ALL;
    filter.bid = "b1";
    SCOPE_STRBUF struct strbuf all = STRBUF_INIT, some = STRBUF_INIT;
    check(report_run(yard->store, &REPORT_BATTERY_WAY, &filter, note, &all, &err), &err);
    assert_string_equal(strbuf_text(&all), "- 950 s1 - v3 31.3; 300 - s2 v2 - -; "
                                           "100 200 s1 v1 v2 31.2; - 0 s1 - v1 31.2");
    filter.from_us = NOON + 150 * SECOND;
    filter.to_us = NOON + 300 * SECOND;
    check(report_run(yard->store, &REPORT_BATTERY_WAY, &filter, note, &some, &err), &err);
    assert_string_equal(strbuf_text(&some), "100 200 s1 v1 v2 31.2");
    assert_query_text(yard->store,
                      "SELECT group_concat((since_at - 1763726400000000) / 1000000) FROM "
                      "station_position",
                      "50,900");
    assert_query_text(yard->store, "SELECT latitude FROM battery WHERE bid = 'b1'", "31.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_judged_by_stations_and_circles),
        cmocka_unit_test(orders_pass_through_json),
        yard_test(a_battery_outside_is_alerted_until_it_is_inside),
        yard_test(a_way_is_visits_with_the_positions_of_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
