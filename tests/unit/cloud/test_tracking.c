/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges: pairing, comments, alerts, versions, swaps. */
#include "cloud/tracking_support.h"

#define TASK                                                                                       \
    "SELECT event || ' ' || ifnull(" AFTER_NOON(                                                   \
        "start_time") ", '-') || ' ' || "                                                          \
                      "ifnull(" AFTER_NOON(                                                        \
                          "end_time") ", '-') || ' ' || ifnull(comments, '') FROM "                \
                                      "battery_exchange_task "

static void an_off_load_closes_its_on_load(void **state)
{
    struct yard *yard = *state;
    assert_true(on_load(yard, "b1", "v1", 10));
    assert_query_text(yard->store, TASK, "On-Load 10 - ");
    assert_true(off_load(yard, "b1", "v1", 500));
    assert_query_text(yard->store, TASK "WHERE event = 'On-Load'", "On-Load 10 500 ");
    assert_query_text(yard->store, TASK "WHERE event = 'Off-Load'", "Off-Load 10 500 ");
    assert_query_text(yard->store, "SELECT group_concat(vid) FROM vehicle", "v1");
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert"), 0);
    assert_query_text(yard->store,
                      "SELECT length(task_id) || ' ' || count(*) FROM "
                      "battery_exchange_task",
                      "32 2");
    /* A repeat changes nothing. */
    char before[512];
    query_text(yard->store, TASK "WHERE event = 'Off-Load'", before, sizeof before);
    assert_false(off_load(yard, "b1", "v1", 500));
    assert_query_text(yard->store, TASK "WHERE event = 'Off-Load'", before);
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM battery_exchange_task"), 2);
}

static void an_off_load_alone_fails_until_its_on_load_arrives(void **state)
{
    struct yard *yard = *state;
    off_load(yard, "b1", "v1", 500);
    assert_query_text(yard->store, TASK,
                      "Off-Load - 500 failed: battery b1 was taken out of vehicle v1 but never put "
                      "into it");
    assert_query_text(yard->store,
                      "SELECT kind || ' ' || bid || ' ' || vid || ' ' || station_id || ' ' || "
                      "ifnull(cleared_at, 'open') FROM alert",
                      "missing_on_load b1 v1 s1 open");
    on_load(yard, "b1", "v2", 100); /* another vehicle's */
    on_load(yard, "b1", "v1", 600); /* too late */
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at "
                                                "NOTNULL AND kind = 'missing_on_load'"),
                     0);
    on_load(yard, "b1", "v1", 200);
    assert_query_text(yard->store, TASK "WHERE event = 'Off-Load'", "Off-Load 200 500 ");
    assert_query_text(yard->store, TASK "WHERE event_time = 1763727000000000", "On-Load 600 - ");
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at IS "
                                                "NULL AND kind = 'missing_on_load'"),
                     0);
}

static void a_late_event_redoes_the_pairing_around_it(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 100);
    off_load(yard, "b1", "v1", 400);
    off_load(yard, "b1", "v1", 200); /* the first use ended earlier; the second began unseen */
    assert_query_text(yard->store, TASK "WHERE event = 'On-Load'", "On-Load 100 200 ");
    assert_query_text(
        yard->store, TASK "WHERE event_time = 1763726800000000",
        "Off-Load - 400 failed: battery b1 was taken out of vehicle v1 but never put into it");
    on_load(yard, "b1", "v1", 300);
    assert_query_text(yard->store, TASK "WHERE event_time = 1763726800000000", "Off-Load 300 400 ");
    assert_query_text(yard->store, TASK "WHERE event_time = 1763726700000000", "On-Load 300 400 ");
    /* At the same instant the Off-Load comes first. */
    on_load(yard, "b1", "v1", 1000);
    off_load(yard, "b1", "v1", 1000);
    assert_query_text(yard->store, TASK "WHERE event_time = 1763727400000000 AND event = 'On-Load'",
                      "On-Load 1000 - ");
}

static void identities_differ_in_each_part(void **state)
{
    struct yard *yard = *state;
    struct tracking_exchange base = exchange_at("On-Load", "b1", "v1", 0), other = base;
    assert_true(add(yard, &base));
    other.request_id = "r";
    assert_true(add(yard, &other));
    other.request_id = NULL; /* none is the same as "" */
    assert_false(add(yard, &other));
    other.station_id = "s2";
    assert_true(add(yard, &other));
    other = base;
    other.event_time_us++;
    assert_true(add(yard, &other));
    other = base;
    other.vid = "v9"; /* not part of it */
    assert_false(add(yard, &other));
    /* Parts cannot run into each other. */
    other = base;
    other.station_id = "s1r";
    other.request_id = "1";
    assert_true(add(yard, &other));
    other.station_id = "s1";
    other.request_id = "r1";
    assert_true(add(yard, &other));
    /* SHA-256 of "2:b1,7:On-Load,16:1763726400000000,2:s1,0:,". */
    assert_int_equal(query_integer(yard->store,
                                   "SELECT count(*) FROM battery_exchange_task WHERE task_id = "
                                   "'de351db2c0048b95d94ff9d883b3e6be'"),
                     1);
}

static void bad_events_are_refused_with_a_sentence(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    bool repeat;
    struct tracking_source source = bare_source();
    struct tracking_exchange exchange = exchange_at("On-Load", "", "v1", 0);
    assert_int_equal(
        tracking_add_battery_exchange_task(yard->tracking, &exchange, &source, &repeat, &err),
        ERR_INVALID);
    assert_contains(err.text, "bid is missing");
    exchange = exchange_at("Side-Load", "b1", "v1", 0);
    assert_int_equal(
        tracking_add_battery_exchange_task(yard->tracking, &exchange, &source, &repeat, &err),
        ERR_INVALID);
    assert_contains(err.text, "Side-Load");
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM battery"), 0);
}

static void low_capacity_is_an_alert_and_a_comment(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    bool low;
    struct tracking_exchange exchange = exchange_at("On-Load", "b1", "v1", 0);
    exchange.capacity_kwh = 19.994;
    exchange.comments = "said by the station";
    add(yard, &exchange);
    assert_query_text(yard->store, TASK,
                      "On-Load 0 - low_capacity: battery b1 has 19.99 kWh, the minimum is 20.00; "
                      "said by the station");
    assert_query_text(yard->store,
                      "SELECT kind || ' ' || value || ' ' || threshold || ' ' || text FROM alert",
                      "low_capacity 19.99 20.0 low_capacity: battery b1 has 19.99 kWh, the minimum "
                      "is 20.00");
    check(tracking_check_battery_capacity(yard->tracking, "b1", NOON, &low, &err), &err);
    assert_true(low);
    check(tracking_check_battery_capacity(yard->tracking, "never seen", NOON, &low, &err), &err);
    assert_false(low);
    /* Not said: as far as it is known. */
    exchange = exchange_at("Off-Load", "b1", "v1", 60);
    exchange.capacity_kwh = NAN;
    add(yard, &exchange);
    assert_query_text(yard->store, TASK "WHERE event = 'Off-Load'",
                      "Off-Load 0 60 low_capacity: battery b1 has 19.99 kWh, the minimum is 20.00");
    /* Thresholds change while running; telemetry that says better ends the alert. */
    struct tracking_limits limits = LIMITS;
    limits.capacity_min_kwh = 19;
    tracking_set_limits(yard->tracking, &limits);
    check(tracking_check_battery_capacity(yard->tracking, "b1", NOON + SECOND, &low, &err), &err);
    assert_false(low);
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at IS "
                                                "NULL"),
                     0);
}

static void frequent_swaps_are_counted_in_the_window(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    bool frequent;
    static const int64_t hours[] = {0, 6, 12, 24};
    for (size_t i = 0; i < 4; i++)
        on_load(yard, "b1", "v1", hours[i] * HOUR);
    /* The first is exactly a window before the last: outside. */
    assert_int_equal(
        query_integer(yard->store, "SELECT count(*) FROM alert WHERE kind = 'frequent_swap'"), 0);
    on_load(yard, "b1", "v1", 18 * HOUR); /* late: it makes itself and the last frequent */
    assert_query_text(
        yard->store,
        "SELECT group_concat(" AFTER_NOON(
            "event_time") " / 3600) FROM (SELECT * FROM "
                          "battery_exchange_task ORDER BY event_time) WHERE comments LIKE "
                          "'%frequent_swap: battery b1 was put into a vehicle 4 times in 24 h, the "
                          "limit is 3'",
        "18,24");
    assert_query_text(
        yard->store,
        "SELECT kind || ' ' || value || ' ' || threshold FROM alert WHERE kind = 'frequent_swap'",
        "frequent_swap 4.0 3.0");
    check(tracking_is_battery_frequently_swapped(yard->tracking, "b1", NOON + 18 * HOUR * SECOND,
                                                 &frequent, &err),
          &err);
    assert_true(frequent);
    check(tracking_is_battery_frequently_swapped(yard->tracking, "b1", NOON + 12 * HOUR * SECOND,
                                                 &frequent, &err),
          &err);
    assert_false(frequent);
    off_load(yard, "b1", "v1", 72 * HOUR);
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at IS "
                                                "NULL AND kind = 'frequent_swap'"),
                     0);
}

static void say_version(struct yard *yard, const char *version, int64_t second)
{
    struct tracking_exchange exchange = exchange_at("On-Load", "b1", "v1", second);
    exchange.battery_version = version;
    add(yard, &exchange);
}

#define VERSIONS                                                                                   \
    "SELECT group_concat(battery_version || '@' || " AFTER_NOON(                                   \
        "since_at") ") FROM (SELECT * FROM "                                                       \
                    "battery_version ORDER BY since_at)"

static void versions_keep_their_history(void **state)
{
    struct yard *yard = *state;
    say_version(yard, "1.9", 10);
    say_version(yard, "1.9", 20);
    say_version(yard, "1.10", 40);
    assert_query_text(yard->store, VERSIONS, "1.9@10,1.10@40");
    assert_int_equal(
        query_integer(yard->store, "SELECT count(*) FROM alert WHERE kind = 'version_downgrade'"),
        0);
    say_version(yard, "1.10", 30); /* it had it earlier than was known */
    assert_query_text(yard->store, VERSIONS, "1.9@10,1.10@30");
    say_version(yard, "2", 15); /* in the middle of a run: what was said after it stands again */
    assert_query_text(yard->store, VERSIONS, "1.9@10,2@15,1.9@20,1.10@30");
    assert_query_text(yard->store, "SELECT battery_version FROM battery", "1.10");
    say_version(yard, "1.8", 50);
    assert_query_text(yard->store, "SELECT battery_version FROM battery", "1.8");
    assert_query_text(yard->store, "SELECT text FROM alert WHERE kind = 'version_downgrade'",
                      "battery b1 went back from version 2 to 1.8");
    struct err err = {0};
    struct tracking_source source = bare_source();
    source.actor = "operator";
    check(tracking_update_battery_version(yard->tracking, "b1", "2.1", NOON + 60 * SECOND, &source,
                                          &err),
          &err);
    assert_query_text(yard->store, "SELECT battery_version FROM battery", "2.1");
    assert_int_equal(
        query_integer(
            yard->store,
            "SELECT count(*) FROM alert WHERE cleared_at IS NULL AND kind = 'version_downgrade'"),
        0);
    assert_query_text(
        yard->store,
        "SELECT actor || ' ' || kind || ' ' || payload FROM event_log WHERE actor <> 'system'",
        "operator battery.version {\"bid\":\"b1\",\"battery_version\":\"2.1\"}");
}

#define SWAP                                                                                       \
    "SELECT request_id || ' ' || outcome || ' ' || ifnull(" AFTER_NOON(                            \
        "started_at") ", '-') || "                                                                 \
                      "' ' || ifnull(" AFTER_NOON(                                                 \
                          "ended_at") ", '-') || ' ' || ifnull(bid_in, '-') || ' ' || "            \
                                      "ifnull(bid_out, '-') || ' ' || ifnull(reason, '') FROM "    \
                                      "swap"

static struct tracking_exchange swap_part(const char *event, const char *bid, int64_t second)
{
    struct tracking_exchange exchange = exchange_at(event, bid, "v1", second);
    exchange.request_id = "r1";
    exchange.soc_percent = (double)second;
    return exchange;
}

static void end_swap(struct yard *yard, const char *outcome, const char *reason, int64_t second)
{
    struct err err = {0};
    check(tracking_end_swap(yard->tracking, "s1", "r1", NOON + second * SECOND, outcome, reason,
                            &err),
          &err);
}

static void a_swap_is_one_row(void **state)
{
    struct yard *yard = *state;
    struct tracking_exchange commissioning = exchange_at("On-Load", "b1", "v1", -100);
    commissioning.request_id = "commissioning";
    add(yard, &commissioning);
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM swap"), 0);
    struct tracking_exchange off = swap_part("Off-Load", "b1", 10),
                             on = swap_part("On-Load", "b2", 40);
    add(yard, &off);
    assert_query_text(yard->store, SWAP, "r1 running 10 - b1 - ");
    add(yard, &on);
    assert_query_text(yard->store, SWAP, "r1 done 10 40 b1 b2 ");
    end_swap(yard, "done", "delivered", 45);
    assert_query_text(yard->store, SWAP, "r1 done 10 45 b1 b2 delivered");
    end_swap(yard, "accepted", "", 50);
    assert_query_text(yard->store, SWAP, "r1 done 10 45 b1 b2 delivered");
    assert_query_text(yard->store,
                      "SELECT vid || ' ' || user_id || ' ' || slot_in || ' ' || slot_out || ' ' || "
                      "soc_in || ' ' || soc_out FROM swap",
                      "v1 u1 2 2 10.0 40.0");
}

/* Two of each side, in each of the 24 orders of arrival: one row, done with the last of them only.
 */
static void a_set_is_one_row_in_whatever_order(void **state)
{
    struct yard *yard = *state;
    static const char *const BIDS[] = {"b1", "b2", "b3", "b4"};
    for (int order = 0; order < 24; order++) {
        int left[] = {0, 1, 2, 3}, digits = order;
        char request[16], sql[400];
        (void)snprintf(request, sizeof request, "set-%d", order);
        (void)snprintf(sql, sizeof sql,
                       "SELECT outcome || ' ' || batteries || ' ' || ifnull(bid_in, '-') || ' ' || "
                       "ifnull(bid_in_2, '-') || ' ' || ifnull(bid_out, '-') || ' ' || "
                       "ifnull(bid_out_2, '-') || ' ' || slot_out_2 || ' ' || soc_out_2 || ' ' || "
                       "((ended_at - started_at) / 1000000) FROM swap WHERE request_id = '%s'",
                       request);
        for (int i = 0; i < 4; i++) {
            int place = digits % (4 - i), which = left[place];
            digits /= 4 - i;
            left[place] = left[3 - i];
            struct tracking_exchange part =
                exchange_at(which < 2 ? "Off-Load" : "On-Load", BIDS[which], "v1",
                            1000 * order + 10 * which + 10);
            part.request_id = request;
            part.set_count = 2;
            part.soc_percent = 50 + which;
            add(yard, &part);
            char open[100];
            (void)snprintf(open, sizeof open, "SELECT outcome FROM swap WHERE request_id = '%s'",
                           request);
            assert_query_text(yard->store, open, i < 3 ? "running" : "done");
        }
        assert_query_text(yard->store, sql, "done 2 b1 b2 b3 b4 2 53.0 30");
    }
}

static void a_swap_may_be_told_backwards(void **state)
{
    struct yard *yard = *state;
    struct tracking_exchange off = swap_part("Off-Load", "b1", 10),
                             on = swap_part("On-Load", "b2", 40);
    end_swap(yard, "done", "delivered", 45);
    assert_query_text(yard->store, SWAP, "r1 done - 45 - - delivered");
    add(yard, &on);
    add(yard, &off);
    assert_query_text(yard->store, SWAP, "r1 done 10 45 b1 b2 delivered");
}

static void what_is_not_taken_ends_its_swap(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    struct tracking_source source = bare_source();
    struct tracking_exchange off = swap_part("Off-Load", "b1", 10),
                             offered = swap_part("Timeout", "b2", 90);
    offered.slot = 5;
    add(yard, &off);
    for (int again = 0; again < 2; again++)
        check(tracking_add_timeout(yard->tracking, &offered, &source, &err), &err);
    end_swap(yard, "failed", "BatteryOutTimeout", 91);
    assert_query_text(yard->store, SWAP,
                      "r1 timeout 10 91 b1 - battery b2 was offered and not taken");
    assert_query_text(yard->store,
                      "SELECT where_kind || ' ' || where_id || ' ' || slot FROM battery WHERE "
                      "bid = 'b2'",
                      "bay s1 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        yard_test(an_off_load_closes_its_on_load),
        yard_test(an_off_load_alone_fails_until_its_on_load_arrives),
        yard_test(a_late_event_redoes_the_pairing_around_it),
        yard_test(identities_differ_in_each_part),
        yard_test(bad_events_are_refused_with_a_sentence),
        yard_test(low_capacity_is_an_alert_and_a_comment),
        yard_test(frequent_swaps_are_counted_in_the_window),
        yard_test(versions_keep_their_history),
        yard_test(a_swap_is_one_row),
        yard_test(a_set_is_one_row_in_whatever_order),
        yard_test(a_swap_may_be_told_backwards),
        yard_test(what_is_not_taken_ends_its_swap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
