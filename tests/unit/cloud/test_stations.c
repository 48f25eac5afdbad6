/* SPDX-License-Identifier: Apache-2.0 */
/* The current state of stations in memory and on disk. */
#include "cloud/support.h"

#include "base/clock.h"
#include "stations/approve.h"
#include "stations/registry.h"
#include "stations/state.h"

#define SECOND CLOCK_US_PER_SECOND

struct fixture {
    struct store *store;
    struct registry *registry;
};

static void begin(struct fixture *fixture)
{
    struct err err = {0};
    fixture->store = must_open(STORE_MEMORY, STORE_WRITE);
    assert_int_equal(registry_new(&fixture->registry, fixture->store, 0, 0, &err), 0);
}

static void end(struct fixture *fixture)
{
    registry_free(fixture->registry);
    store_close(fixture->store);
}

static void flush(struct fixture *fixture, int64_t mono_us)
{
    struct err err = {0};
    if (registry_flush(fixture->registry, mono_us, false, &err) < 0)
        fail_msg("%s", err.text);
}

static struct station *must_add(struct fixture *fixture, const char *id)
{
    struct err err = {0};
    struct station *station = registry_add(fixture->registry, id, "pending", 1, &err);
    assert_non_null(station);
    return station;
}

/* One STATION_INFO as JSON, applied at `up`. */
static void apply(struct fixture *fixture, struct station *station, const char *data, int64_t up)
{
    char payload[2048];
    (void)snprintf(payload, sizeof payload, "{\"device\":\"1231\",\"type\":0,\"data\":%s}", data);
    struct message message;
    enum message_quality quality;
    struct err err = {0};
    if (message_decode(payload, strlen(payload), &message, &quality, &err) < 0)
        fail_msg("%s", err.text);
    struct state_moment moment = {.place = {.journal_number = 1, .boot = 1, .up = up},
                                  .journal = "aa",
                                  .time_us = up * 1000,
                                  .arrived_us = up * 1000};
    if (state_apply_info(fixture->registry, station, &message.data.station_info, &moment, NULL,
                         &err) < 0)
        fail_msg("%s", err.text);
    message_free(&message);
}

static void states_are_written_at_once_and_levels_seldom(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct station *station = must_add(&fixture, "1231");
    apply(&fixture, station, "{\"battery\":{\"bid\":\"B1\",\"soc\":50}}", 1);
    flush(&fixture, 0);
    assert_query_text(fixture.store, "SELECT bid || soc FROM bay", "B150.0");
    apply(&fixture, station, "{\"battery\":{\"bid\":\"B1\",\"soc\":51}}", 2);
    flush(&fixture, 4 * SECOND);
    assert_query_text(fixture.store, "SELECT soc FROM bay", "50.0"); /* a level waits */
    flush(&fixture, 5 * SECOND);
    assert_query_text(fixture.store, "SELECT soc FROM bay", "51.0");
    apply(&fixture, station, "{\"battery\":{\"bid\":\"B2\",\"soc\":52}}", 3);
    flush(&fixture, 5 * SECOND + 1);
    assert_query_text(fixture.store, "SELECT bid || soc || changed_at FROM bay", "B252.03000");
    /* An earlier word of the same boot changes nothing. */
    apply(&fixture, station, "{\"battery\":{\"bid\":\"B0\",\"soc\":1}}", 2);
    flush(&fixture, 60 * SECOND);
    assert_query_text(fixture.store, "SELECT bid FROM bay", "B2");
    end(&fixture);
}

static void all_that_a_station_says_is_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    apply(&fixture, must_add(&fixture, "1231"),
          "{\"station\":{\"state\":\"CHARGING\",\"mode\":\"normal\",\"gate\":\"closed\","
          "\"bays\":[{\"slot\":1,\"state\":\"READY\",\"door\":\"closed\",\"lock\":\"locked\","
          "\"temp\":21.5,\"smoke\":false,\"fan\":true,\"chargerOnline\":true},"
          "{\"slot\":2,\"state\":\"EMPTY\"}],\"meter\":{\"importWh\":1234.5},"
          "\"latitude\":46.5,\"longitude\":6.6,\"fw\":\"0.1.0\",\"board\":\"sim\","
          "\"journal\":{\"depth\":7,\"dropped\":2,\"dead\":1},"
          "\"config\":{\"target_soc\":{\"version\":3,\"value\":95}}},"
          "\"battery\":[{\"slot\":1,\"bid\":\"B1\",\"session\":\"s1\",\"charge\":true,"
          "\"soc\":88.5}]}",
          1);
    flush(&fixture, 0);
    assert_query_text(fixture.store,
                      "SELECT status || mode || gate || fw || board || meter_import_wh || latitude "
                      "|| journal_depth || journal_dropped || journal_dead FROM station",
                      "CHARGINGnormalclosed0.1.0sim1234.546.5721");
    assert_query_text(fixture.store, "SELECT config FROM station",
                      "{\"target_soc\":{\"version\":3,\"value\":95}}");
    assert_query_text(fixture.store,
                      "SELECT state || door || lock || temp || smoke || fan || charger_online || "
                      "bid || soc || charging || session_id FROM bay WHERE slot = 1",
                      "READYclosedlocked21.5011B188.51s1");
    /* Read back as it was written. */
    struct err err = {0};
    assert_int_equal(registry_forget(fixture.registry, 0, 0, &err), 0);
    struct station *station = registry_find(fixture.registry, "1231");
    assert_non_null(station);
    registry_touch(fixture.registry, station, CHANGE_STATE);
    must_execute(fixture.store, "CREATE TABLE before AS SELECT * FROM station");
    flush(&fixture, 0);
    assert_query_text(fixture.store,
                      "SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM station)",
                      "0");
    end(&fixture);
}

static void rollback_brings_back_what_was_stored(void **state)
{
    (void)state;
    struct fixture fixture;
    struct err err = {0};
    begin(&fixture);
    struct station *station = must_add(&fixture, "1231");
    apply(&fixture, station, "{\"battery\":{\"bid\":\"B1\"}}", 1);
    flush(&fixture, 0);
    station->heard_mono_us = 42;
    assert_int_equal(store_begin(fixture.store, &err), 0);
    (void)must_add(&fixture, "77");
    apply(&fixture, station, "{\"battery\":{\"bid\":\"B2\"}}", 2);
    flush(&fixture, 0);
    store_rollback(fixture.store);
    assert_int_equal(registry_forget(fixture.registry, 100, 100, &err), 0);
    assert_null(registry_find(fixture.registry, "77"));
    station = registry_find(fixture.registry, "1231");
    assert_int_equal(station->row.up_ms, 1);
    assert_int_equal(station->journal_number, 0); /* no journal row was stored in this test */
    assert_int_equal(station->heard_mono_us, 42);
    struct station_bay *bay = registry_bay(fixture.registry, station, 1, &err);
    assert_string_equal(bay->row.bid, "B1");
    end(&fixture);
}

static void approval_without_a_bridge(void **state)
{
    (void)state;
    struct fixture fixture;
    struct err err = {0};
    begin(&fixture);
    assert_int_equal(station_approve(fixture.store, "1231", "approved", "ana", 5, &err), 0);
    assert_query_text(fixture.store, "SELECT approval || status FROM station",
                      "approvedDISCONNECTED");
    assert_int_equal(station_approve(fixture.store, "1231", "refused", "", 6, &err), 0);
    assert_query_text(fixture.store, "SELECT approval FROM station", "refused");
    assert_query_text(fixture.store, "SELECT group_concat(ifnull(actor_id, '-')) FROM event_log",
                      "ana,-");
    assert_int_equal(station_approve(fixture.store, "", "approved", "ana", 7, &err), ERR_USAGE);
    assert_int_equal(station_approve(fixture.store, "1", "maybe", "ana", 7, &err), ERR_USAGE);
    assert_false(store_in_transaction(fixture.store));
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_written_at_once_and_levels_seldom),
        cmocka_unit_test(all_that_a_station_says_is_kept),
        cmocka_unit_test(rollback_brings_back_what_was_stored),
        cmocka_unit_test(approval_without_a_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
