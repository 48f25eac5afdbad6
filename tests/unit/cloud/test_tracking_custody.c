/* SPDX-License-Identifier: Apache-2.0 */
/* Histories that cannot be are kept, marked and alerted, and heal when the missing event arrives.
 */
#include "cloud/tracking_support.h"

#define MARKS                                                                                      \
    "SELECT group_concat(" AFTER_NOON("event_time") " || ' ' || comments, '; ') FROM (SELECT * "   \
                                                    "FROM battery_exchange_task WHERE comments "   \
                                                    "LIKE '%custody: %' ORDER BY event_time)"
#define ALERTS                                                                                     \
    "SELECT group_concat(kind || ' ' || bid || ' ' || ifnull(cleared_at, 'open')) FROM "           \
    "alert WHERE kind = 'custody'"

static void put_in_while_in_another(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 100);
    assert_query_text(yard->store, MARKS, "NULL");
    on_load(yard, "b1", "v2", 300);
    assert_query_text(yard->store, MARKS,
                      "300 custody: battery b1 was put into vehicle v2 while it was in vehicle v1");
    assert_query_text(yard->store, ALERTS, "custody b1 open");
    assert_query_text(yard->store, "SELECT text FROM alert WHERE kind = 'custody'",
                      "custody: battery b1 was put into vehicle v2 while it was in vehicle v1");
    /* The fact is kept: the newest event says where it is. */
    assert_query_text(yard->store, "SELECT where_kind || ' ' || where_id FROM battery",
                      "vehicle v2");
    off_load(yard, "b1", "v1", 200); /* it was only late */
    assert_query_text(yard->store, MARKS, "NULL");
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert WHERE kind = "
                                                "'custody' AND cleared_at NOTNULL"),
                     1);
}

static void put_in_twice(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 100);
    on_load(yard, "b1", "v1", 300);
    assert_query_text(yard->store, MARKS,
                      "300 custody: battery b1 was put into vehicle v1 while it was in vehicle v1");
    off_load(yard, "b1", "v1", 200);
    assert_query_text(yard->store, MARKS, "NULL");
}

static void taken_out_of_another(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 100);
    off_load(yard, "b1", "v2", 400);
    assert_query_text(yard->store, MARKS,
                      "400 failed: battery b1 was taken out of vehicle v2 but never put into it; "
                      "custody: battery b1 was taken out of vehicle v2 while it was in vehicle v1");
    off_load(yard, "b1", "v1", 200);
    assert_query_text(yard->store, MARKS, "NULL"); /* now only its On-Load is missing */
    on_load(yard, "b1", "v2", 300);
    assert_query_text(yard->store, "SELECT count(comments) FROM battery_exchange_task", "0");
    assert_int_equal(
        query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at IS NULL"), 0);
}

static void two_vehicles_at_once(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 100);
    on_load(yard, "b1", "v2", 200);
    off_load(yard, "b1", "v1", 300);
    off_load(yard, "b1", "v2", 400);
    assert_query_text(
        yard->store, MARKS,
        "200 custody: battery b1 was put into vehicle v2 while it was in vehicle v1; "
        "300 custody: battery b1 was taken out of vehicle v1 while it was in vehicle v2; "
        "400 custody: battery b1 was taken out of vehicle v2 after it had been taken out of "
        "vehicle v1");
    assert_query_text(yard->store, ALERTS, "custody b1 open"); /* one for all of it */
    on_load(yard, "b2", "v1", 100); /* another battery is another matter */
    assert_query_text(yard->store, ALERTS, "custody b1 open");
}

/* The swap itself: out with one, in with the other, each battery a history of its own. */
static void what_happens_every_day_is_not_marked(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 0);
    for (int i = 1; i < 6; i++) {
        const char *in = i % 2 ? "b1" : "b2", *out = i % 2 ? "b2" : "b1";
        off_load(yard, in, "v1", i * HOUR);
        on_load(yard, out, "v1", i * HOUR + 60);
    }
    off_load(yard, "b3", "v2", HOUR); /* from before the stations knew it */
    assert_query_text(yard->store, MARKS, "NULL");
    assert_query_text(yard->store, ALERTS, "NULL");
}

static void hear(struct yard *yard, const char *event, int64_t second, int64_t heard)
{
    struct tracking_exchange exchange = exchange_at(event, "b1", "v1", second);
    struct tracking_source source = bare_source();
    struct err err = {0};
    bool repeat;
    source.received_at_us = NOON + heard * SECOND;
    check(tracking_add_battery_exchange_task(yard->tracking, &exchange, &source, &repeat, &err),
          &err);
}

static void an_event_of_the_future_is_alerted(void **state)
{
    struct yard *yard = *state;
    hear(yard, "On-Load", 600, 0); /* clocks differ by some minutes */
    assert_query_text(yard->store, ALERTS, "NULL");
    hear(yard, "Off-Load", 3 * HOUR, 60);
    assert_query_text(yard->store, ALERTS, "custody b1 open");
    assert_query_text(yard->store, "SELECT text FROM alert WHERE kind = 'custody'",
                      "custody: battery b1 was taken out of vehicle v1 in the future, at "
                      "2025-11-21T15:00:00.000Z");
    hear(yard, "On-Load", 4 * HOUR, 4 * HOUR); /* its clock is right again */
    assert_int_equal(
        query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at IS NULL"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        yard_test(put_in_while_in_another),
        yard_test(put_in_twice),
        yard_test(taken_out_of_another),
        yard_test(two_vehicles_at_once),
        yard_test(what_happens_every_day_is_not_marked),
        yard_test(an_event_of_the_future_is_alerted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
