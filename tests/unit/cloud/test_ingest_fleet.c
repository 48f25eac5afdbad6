/* SPDX-License-Identifier: Apache-2.0 */
/* Locks of batteries on their way to the stations: who is told, when, and when no more. */
#include "cloud/ingest_fixture.h"

#include "stations/fleet.h"
#include "tracking/order.h"

static int order(struct fixture *fixture, enum battery_order_kind kind, const char *bid)
{
    struct err err = {0};
    struct battery_order order = {.kind = kind, .actor = "ana", .reason = "recall 7"};
    (void)snprintf(order.bid, sizeof order.bid, "%s", bid);
    return ingest_obey_order(fixture->ingest, &order, &err);
}

/* A report of station `device`; `config`: its echo, "" none. */
static void report(struct fixture *fixture, const char *device, const char *config)
{
    givef(fixture, "info",
          "{\"device\":\"%s\",\"type\":0,\"live\":true,\"v\":1,\"time\":\"2026-11-21T08:00:00Z\","
          "\"data\":{\"station\":{\"state\":\"ACTIVE\"%s%s},\"battery\":[]}}",
          device, config[0] ? ",\"config\":" : "", config);
}

static void told(const struct fixture *fixture, const char *device, const char *value)
{
    assert_int_equal(fixture->config_count, 1);
    assert_string_equal(fixture->config_device, device);
    assert_int_equal(fixture->config.count, 1);
    assert_string_equal(fixture->config.items[0].key, "locked.1");
    assert_string_equal(fixture->config.items[0].value, value);
}

static void a_lock_reaches_every_station_until_it_echoes(void **state)
{
    struct fixture fixture;
    char echo[128];
    (void)state;
    fixture_begin(&fixture, STORE_MEMORY);
    report(&fixture, "s1", "");
    assert_int_equal(fixture.config_count, 0); /* nothing to be told */
    forget_said(&fixture);
    assert_int_equal(order(&fixture, BATTERY_ORDER_LOCK, "b1"), 0);
    told(&fixture, "s1", "[\"b1\"]"); /* at once */
    int64_t version = fixture.config.items[0].version;
    assert_int_equal(version, EIGHT_US / SECOND_US);
    forget_said(&fixture);
    report(&fixture, "s1", "");
    assert_int_equal(fixture.config_count, 0); /* it was told just now */
    fixture_pass(&fixture, FLEET_AGAIN_US);
    report(&fixture, "s1", "{\"locked.1\":{\"version\":5,\"value\":[]}}");
    told(&fixture, "s1", "[\"b1\"]"); /* again */
    forget_said(&fixture);
    fixture_pass(&fixture, FLEET_AGAIN_US);
    (void)snprintf(echo, sizeof echo, "{\"locked.1\":{\"version\":%" PRId64 ",\"value\":[\"b1\"]}}",
                   version);
    report(&fixture, "s1", echo);
    assert_int_equal(fixture.config_count, 0); /* it has it */
    report(&fixture, "s2", "");
    told(&fixture, "s2", "[\"b1\"]"); /* a new one */
    fixture_restart(&fixture);
    forget_said(&fixture);
    report(&fixture, "s2", "");
    told(&fixture, "s2", "[\"b1\"]"); /* by the next bridge too */
    givef(&fixture, "info",
          "{\"device\":\"s3\",\"type\":16,\"v\":1,\"time\":\"2026-11-21T08:00:00Z\",\"data\":{"
          "\"bays\":2}}");
    assert_string_equal(fixture.register_status, "accepted");
    assert_string_equal(fixture.config.items[0].value, "[\"b1\"]"); /* with its registration */
    fixture_end(&fixture);
}

static void who_speaks_the_bare_form_is_not_told(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_begin(&fixture, STORE_MEMORY);
    assert_int_equal(order(&fixture, BATTERY_ORDER_LOCK, "b1"), 0);
    givef(&fixture, "info",
          "{\"device\":\"s1\",\"type\":0,\"time\":\"2026-11-21\",\"data\":{\"battery\":{\"soc\":5}}"
          "}");
    assert_int_equal(fixture.config_count, 0);
    fixture_end(&fixture);
}

static void locks_are_on_record_with_their_actor(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_begin(&fixture, STORE_MEMORY);
    assert_int_equal(order(&fixture, BATTERY_ORDER_UNLOCK, "b1"), ERR_NOT_FOUND);
    assert_int_equal(order(&fixture, BATTERY_ORDER_LOCK, "b1"), 0);
    assert_int_equal(order(&fixture, BATTERY_ORDER_LOCK, "b1"), ERR_EXISTS);
    assert_int_equal(order(&fixture, BATTERY_ORDER_LOCK, "b2"), 0);
    assert_query_text(fixture.store,
                      "SELECT group_concat(bid || locked_by || reason) FROM "
                      "battery_lock",
                      "b1anarecall 7,b2anarecall 7");
    assert_query_text(fixture.store, "SELECT value FROM fleet_config", "[\"b1\",\"b2\"]");
    int64_t before = query_integer(fixture.store, "SELECT version FROM fleet_config");
    assert_int_equal(order(&fixture, BATTERY_ORDER_UNLOCK, "b1"), 0);
    assert_query_text(fixture.store, "SELECT value FROM fleet_config", "[\"b2\"]");
    assert_int_equal(query_integer(fixture.store, "SELECT version FROM fleet_config"), before + 1);
    assert_query_text(fixture.store,
                      "SELECT group_concat(kind || actor || actor_id) FROM event_log WHERE kind "
                      "LIKE 'battery.%'",
                      "battery.lockoperatorana,battery.lockoperatorana,battery.unlockoperatorana");
    fixture_end(&fixture);
}

static void many_locks_take_further_keys_until_all_are_full(void **state)
{
    struct fixture fixture;
    char bid[32];
    int count = 0;
    (void)state;
    fixture_begin(&fixture, STORE_MEMORY);
    report(&fixture, "s1", "");
    for (int status = 0; status == 0; count++) {
        (void)snprintf(bid, sizeof bid, "BATTERY-%08d", count);
        status = order(&fixture, BATTERY_ORDER_LOCK, bid);
        assert_true(status == 0 || status == ERR_FULL);
    }
    assert_int_equal(count - 1, 16 * 12); /* 1 + 19 a serial with its quotes and comma */
    assert_count(&fixture, "fleet_config", 16);
    assert_count(&fixture, "battery_lock", 16 * 12);
    assert_int_equal(fixture.config.count, 16);
    assert_int_equal(order(&fixture, BATTERY_ORDER_UNLOCK, "BATTERY-00000020"), 0);
    assert_int_equal(order(&fixture, BATTERY_ORDER_LOCK, "\"\\"), 0); /* into the place */
    assert_query_text(fixture.store,
                      "SELECT json_extract(value, '$[11]') FROM fleet_config WHERE key = "
                      "'locked.2'",
                      "\"\\");
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_reaches_every_station_until_it_echoes),
        cmocka_unit_test(who_speaks_the_bare_form_is_not_told),
        cmocka_unit_test(locks_are_on_record_with_their_actor),
        cmocka_unit_test(many_locks_take_further_keys_until_all_are_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
