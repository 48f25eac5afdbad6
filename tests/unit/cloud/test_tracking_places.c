/* SPDX-License-Identifier: Apache-2.0 */
/* Where a battery is: events and sightings against each other, derived facts, what costs SQL. */
#include "cloud/tracking_support.h"

#define PLACE                                                                                      \
    "SELECT where_kind || ' ' || ifnull(where_id, '-') || ' ' || ifnull(slot, '-') FROM battery "  \
    "WHERE bid = 'b1'"

/* What station `name` says at `up_ms` of a boot of its first journal. */
static struct tracking_source journal_source(struct yard *yard, const char *name, int64_t boot,
                                             int64_t up_ms)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "INSERT OR IGNORE INTO journal (device, journal, number, first_seen_at) VALUES "
                   "('%s', '%sjournal', 1, 0)",
                   name, name);
    must_execute(yard->store, sql);
    return (struct tracking_source){.actor = "station",
                                    .actor_id = name,
                                    .received_at_us = NOON + up_ms * 1000,
                                    .journal = name[1] == '1' ? "s1journal" : "s2journal",
                                    .journal_number = 1,
                                    .boot = boot,
                                    .up_ms = up_ms};
}

static void tell(struct yard *yard, const char *event, int64_t second, int64_t boot, int64_t up_ms)
{
    struct err err = {0};
    bool repeat;
    struct tracking_exchange exchange = exchange_at(event, "b1", "v1", second);
    struct tracking_source source = journal_source(yard, "s1", boot, up_ms);
    check(tracking_add_battery_exchange_task(yard->tracking, &exchange, &source, &repeat, &err),
          &err);
}

static void see_at(struct yard *yard, const char *bid, int64_t slot, int64_t second, int64_t boot,
                   int64_t up_ms)
{
    struct tracking_sighting sighting = sighting_at(bid, slot, second);
    struct tracking_source source = journal_source(yard, "s1", boot, up_ms);
    see(yard, &sighting, &source);
}

static void the_newest_event_says_where_it_is(void **state)
{
    struct yard *yard = *state;
    on_load(yard, "b1", "v1", 100);
    assert_query_text(yard->store, PLACE, "vehicle v1 -");
    off_load(yard, "b1", "v1", 200);
    assert_query_text(yard->store, PLACE, "bay s1 2");
    on_load(yard, "b1", "v2", 50); /* late */
    assert_query_text(yard->store, PLACE, "bay s1 2");
    assert_query_text(yard->store, "SELECT " AFTER_NOON("where_since") " FROM battery", "200");
}

static void a_backlog_cannot_undo_today(void **state)
{
    struct yard *yard = *state;
    see_at(yard, "b1", 3, 1000, 2, 5000);
    assert_query_text(yard->store, PLACE, "bay s1 3");
    tell(yard, "On-Load", 1010, 2, 15000);
    assert_query_text(yard->store, PLACE, "vehicle v1 -");
    see_at(yard, "b1", 3, 1005, 2, 10000);  /* sighted before, heard after */
    see_at(yard, "b1", 3, 1010, 2, 15000);  /* the same instant: the event stays */
    see_at(yard, "b1", 4, 99999, 1, 99999); /* yesterday's boot, whatever its clock says */
    assert_query_text(yard->store, PLACE, "vehicle v1 -");
    tracking_forget(yard->tracking); /* and so it is after a restart */
    see_at(yard, "b1", 3, 1005, 2, 10000);
    assert_query_text(yard->store, PLACE, "vehicle v1 -");
    see_at(yard, "b1", 5, 900, 2, 20000); /* the clock was set back, but it is later */
    assert_query_text(yard->store, PLACE, "bay s1 5");
    /* An event that is older than that sighting, although its time is the newest of all. */
    tell(yard, "Off-Load", 1020, 2, 18000);
    assert_query_text(yard->store, PLACE, "bay s1 5");
}

static void between_events_the_event_time_decides(void **state)
{
    struct yard *yard = *state;
    tell(yard, "On-Load", 500, 1, 9000);
    tell(yard, "Off-Load", 600, 1, 5000); /* its place in the journal says otherwise */
    assert_query_text(yard->store, PLACE, "bay s1 2");
}

static void other_stations_go_by_time(void **state)
{
    struct yard *yard = *state;
    see_at(yard, "b1", 3, 1000, 2, 5000);
    struct tracking_sighting there = sighting_at("b1", 7, 900);
    there.station_id = "s2";
    struct tracking_source source = journal_source(yard, "s2", 9, 999999);
    see(yard, &there, &source);
    assert_query_text(yard->store, PLACE, "bay s1 3");
    there.time_us = NOON + 1001 * SECOND;
    see(yard, &there, &source);
    assert_query_text(yard->store, PLACE, "bay s2 7");
    tracking_forget(yard->tracking);
    see_at(yard, "b1", 3, 1000, 2, 6000);
    assert_query_text(yard->store, PLACE, "bay s2 7");
}

static void an_empty_bay_moves_nothing_but_another_battery_does(void **state)
{
    struct yard *yard = *state;
    see_at(yard, "b1", 3, 10, 1, 10000);
    see_at(yard, "", 3, 20, 1, 20000);
    assert_query_text(yard->store, PLACE, "bay s1 3");
    see_at(yard, "b2", 3, 15, 1, 15000); /* an old word about the bay */
    assert_query_text(yard->store, PLACE, "bay s1 3");
    see_at(yard, "b2", 3, 30, 1, 30000);
    assert_query_text(yard->store, PLACE, "unknown - -");
    assert_query_text(yard->store, "SELECT where_kind || ' ' || slot FROM battery WHERE bid = 'b2'",
                      "bay 3");
    /* The event that took it out was under way. */
    tell(yard, "On-Load", 18, 1, 18000);
    assert_query_text(yard->store, PLACE, "vehicle v1 -");
}

static void see_empty(struct yard *yard, int64_t slot, int64_t second)
{
    struct tracking_sighting sighting = sighting_at("", slot, second);
    sighting.bay_is_empty = true;
    struct tracking_source source = journal_source(yard, "s1", 1, second * 1000);
    see(yard, &sighting, &source);
}

/* The event that took it out was lost with a database that came from a backup. */
static void a_bay_found_empty_twice_lets_its_battery_go(void **state)
{
    struct yard *yard = *state;
    see_at(yard, "b1", 3, 10, 1, 10000);
    see_empty(yard, 3, 20);
    assert_query_text(yard->store, PLACE, "bay s1 3");
    see_at(yard, "b1", 3, 30, 1, 30000);
    see_empty(yard, 3, 40); /* in a row */
    assert_query_text(yard->store, PLACE, "bay s1 3");
    see_empty(yard, 3, 50);
    assert_query_text(yard->store, PLACE, "unknown - -");
    see_empty(yard, 3, 60);
    assert_query_text(yard->store,
                      "SELECT count(*) || ' ' || max(" AFTER_NOON(
                          "event_time") ") FROM event_log "
                                        "WHERE kind = 'battery.place' AND payload LIKE '%unknown%'",
                      "1 50");
    tell(yard, "On-Load", 18, 1, 18000); /* it came after all */
    assert_query_text(yard->store, PLACE, "vehicle v1 -");
}

static void changed_facts_are_logged_and_nothing_else(void **state)
{
    struct yard *yard = *state;
    struct tracking_sighting now = sighting_at("b1", 3, 10);
    now.capacity_kwh = 70.004;
    now.soh_percent = 97.04;
    now.battery_version = "1.0";
    now.cycles = 12;
    for (int i = 1; i <= 20; i++) { /* noise below the scale of a fact is no change */
        struct tracking_source source = journal_source(yard, "s1", 1, i * 1000);
        now.time_us = NOON + i * SECOND;
        now.soc_percent = i;
        now.soh_percent = 97.04 - i * 0.001;
        now.capacity_kwh = 70.004 - i * 0.0001;
        see(yard, &now, &source);
    }
    assert_query_text(yard->store,
                      "SELECT group_concat(kind || payload, ' ') FROM (SELECT * FROM event_log "
                      "ORDER BY id)",
                      "bay.bid{\"slot\":3,\"bid\":\"b1\"} "
                      "battery.place{\"bid\":\"b1\",\"slot\":3,\"where_kind\":\"bay\",\"up\":1000} "
                      "battery.capacity{\"bid\":\"b1\",\"capacity_kwh\":70} "
                      "battery.soh{\"bid\":\"b1\",\"soh\":97} "
                      "battery.version{\"bid\":\"b1\",\"battery_version\":\"1.0\"}");
    assert_query_text(yard->store,
                      "SELECT DISTINCT actor || ' ' || actor_id || ' ' || journal || "
                      "' ' || boot FROM event_log",
                      "station s1 s1journal 1");
    /* A battery that only stays where it is costs no SQL. */
    int before = sqlite3_total_changes(store_handle(yard->store));
    struct tracking_source source = journal_source(yard, "s1", 1, 21000);
    now.time_us = NOON + 21 * SECOND;
    now.soc_percent = 77;
    see(yard, &now, &source);
    assert_int_equal(sqlite3_total_changes(store_handle(yard->store)), before);
    /* What it confirmed is written by the flush, at most every few seconds of message time. */
    struct err err = {0};
    check(tracking_flush(yard->tracking, &err), &err);
    assert_query_text(yard->store,
                      "SELECT soc || ' ' || cycles || ' ' || " AFTER_NOON(
                          "last_seen_at") " || ' ' || where_up_ms FROM battery",
                      "77.0 12 21 21000");
    source = journal_source(yard, "s1", 1, 22000);
    now.soc_percent = 78;
    see(yard, &now, &source);
    check(tracking_flush(yard->tracking, &err), &err);
    assert_query_text(yard->store, "SELECT soc FROM battery", "77.0");
    source = journal_source(yard, "s1", 1, 40000);
    see(yard, &now, &source);
    check(tracking_flush(yard->tracking, &err), &err);
    assert_query_text(yard->store, "SELECT soc FROM battery", "78.0");
}

static void telemetry_capacity_raises_and_clears_the_alert(void **state)
{
    struct yard *yard = *state;
    struct tracking_sighting now = sighting_at("b1", 3, 10);
    struct tracking_source source = journal_source(yard, "s1", 1, 1000);
    now.capacity_kwh = 15;
    see(yard, &now, &source);
    assert_query_text(yard->store, "SELECT kind || ' ' || value FROM alert", "low_capacity 15.0");
    source = journal_source(yard, "s1", 1, 2000);
    now.capacity_kwh = 25;
    see(yard, &now, &source);
    assert_int_equal(query_integer(yard->store, "SELECT count(*) FROM alert WHERE cleared_at IS "
                                                "NULL"),
                     0);
    assert_query_text(yard->store, "SELECT capacity_kwh FROM battery", "25.0");
    /* Telemetry that is newer than all events knows better than a late event. */
    struct tracking_exchange late = exchange_at("On-Load", "b1", "v1", 5);
    late.capacity_kwh = 60;
    add(yard, &late);
    assert_query_text(yard->store, "SELECT capacity_kwh FROM battery", "25.0");
}

static void many_batteries_are_all_flushed(void **state)
{
    struct yard *yard = *state;
    struct err err = {0};
    char bid[16];
    /* Each waits its seconds: the first time saved as it was created, then at every second round.
     */
    static const int written[] = {1, 2, 2, 4, 4, 6};
    for (int round = 1; round <= 6; round++) {
        for (int i = 1; i <= 100; i++) {
            (void)snprintf(bid, sizeof bid, "b%d", i);
            struct tracking_sighting now = sighting_at(bid, i, round * 20);
            now.soc_percent = round;
            struct tracking_source source = journal_source(yard, "s1", 1, round * 20000);
            see(yard, &now, &source);
        }
        check(tracking_flush(yard->tracking, &err), &err);
        assert_int_equal(query_integer(yard->store, "SELECT sum(soc) FROM battery"),
                         written[round - 1] * 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        yard_test(the_newest_event_says_where_it_is),
        yard_test(a_backlog_cannot_undo_today),
        yard_test(between_events_the_event_time_decides),
        yard_test(other_stations_go_by_time),
        yard_test(an_empty_bay_moves_nothing_but_another_battery_does),
        yard_test(a_bay_found_empty_twice_lets_its_battery_go),
        yard_test(changed_facts_are_logged_and_nothing_else),
        yard_test(telemetry_capacity_raises_and_clears_the_alert),
        yard_test(many_batteries_are_all_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
