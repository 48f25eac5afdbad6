/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries of alerts without a network: back-off, age, filters, signatures, what the transaction
 * writes, the environment of a hook. */
#include "alerts/channels.h"
#include "alerts/delivery.h"
#include "base/scope.h"
#include "bridge/hook.h"
#include "cloud/support.h"

#include <math.h>
#include <signal.h>
#include <sys/stat.h>

#define SECOND INT64_C(1000000)
#define NOW    INT64_C(1763726400000000)

static const struct delivery_policy POLICY = {.retry_min_us = 5 * SECOND,
                                              .retry_max_us = 3600 * SECOND,
                                              .give_up_us = 72 * 3600 * SECOND,
                                              .keep_us = 100 * SECOND};

static void waits_double_up_to_the_longest(void **state)
{
    (void)state;
    int64_t longest = 0;
    for (int attempts = 1; attempts < 200; attempts++) {
        int64_t least = delivery_backoff_us(&POLICY, attempts, 0);
        int64_t most = delivery_backoff_us(&POLICY, attempts, UINT32_MAX);
        int64_t span = attempts < 11 ? (5 * SECOND) << (attempts - 1) : 3600 * SECOND;
        if (span > 3600 * SECOND)
            span = 3600 * SECOND;
        assert_true(least == span / 2 && most == span);
        longest = most > longest ? most : longest;
    }
    assert_true(longest == POLICY.retry_max_us);
}

static struct delivery_row waiting(int64_t created_us)
{
    return (struct delivery_row){
        .id = 1, .state = "waiting", .created_at_us = created_us, .closed_at_us = STORE_NULL};
}

static void an_attempt_settles_a_delivery(void **state)
{
    (void)state;
    struct delivery_row row = waiting(NOW);
    delivery_settle(&POLICY, &row, DELIVERY_DOWN, "no route", NOW, 0);
    assert_string_equal(row.state, "waiting");
    assert_true(row.attempts == 1 && row.next_at_us == NOW + 5 * SECOND / 2);
    delivery_settle(&POLICY, &row, DELIVERY_REFUSED, "HTTP 404", NOW + 10 * SECOND, UINT32_MAX);
    assert_true(row.attempts == 2 && row.next_at_us == NOW + 20 * SECOND);
    delivery_settle(&POLICY, &row, DELIVERY_DONE, "", NOW + 20 * SECOND, 0);
    assert_string_equal(row.state, "delivered");
    assert_string_equal(row.last_error, "HTTP 404"); /* why it took so long */
    assert_true(row.attempts == 3 && row.closed_at_us == NOW + 20 * SECOND);
    /* At its age it is given up, with the reason; a moment before it is not. */
    row = waiting(NOW - POLICY.give_up_us + 1);
    delivery_settle(&POLICY, &row, DELIVERY_DOWN, "still away", NOW, 0);
    assert_string_equal(row.state, "waiting");
    delivery_settle(&POLICY, &row, DELIVERY_DOWN, "still away", NOW + 1, 0);
    assert_string_equal(row.state, "failed");
    assert_string_equal(row.last_error, "still away");
    assert_true(row.closed_at_us == NOW + 1);
}

static void channels_choose_kinds(void **state)
{
    (void)state;
    assert_true(delivery_is_wanted("", "low_soh"));
    assert_true(delivery_is_wanted("low_soh", "low_soh"));
    assert_true(delivery_is_wanted("custody,low_soh,journal_gap", "low_soh"));
    assert_true(delivery_is_wanted("custody,low_soh", "custody"));
    assert_false(delivery_is_wanted("custody,low_soh_too", "low_soh"));
    assert_false(delivery_is_wanted("so_low_soh", "low_soh"));
    static const struct {
        struct channel_row row;
        const char *sentence; /* NULL: it is right */
    } cases[] = {
        {{.name = "ops", .url = "https://x/y", .kinds = "low_soh,custody"}, NULL},
        {{.name = "ops-2_b", .url = "http://127.0.0.1:1/"}, NULL},
        {{.name = "", .url = "https://x"}, "1 to 32"},
        {{.name = "Ops", .url = "https://x"}, "1 to 32"},
        {{.name = "mqtt", .url = "https://x"}, "configuration"},
        {{.name = "ops", .url = "file:///etc/passwd"}, "no http"},
        {{.name = "ops"}, "no http"},
        {{.name = "ops", .url = "https://x", .kinds = "low soh"}, "commas"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = {0};
        int status = channel_check(&cases[i].row, &err);
        assert_int_equal(status, cases[i].sentence ? ERR_USAGE : 0);
        if (cases[i].sentence)
            assert_contains(err.text, cases[i].sentence);
    }
}

/* The reference: printf '1763726400.{"id":1}' | openssl dgst -sha256 -hmac secret */
static void the_signature_is_hmac_sha256(void **state)
{
    (void)state;
    struct err err = {0};
    SCOPE_STRBUF struct strbuf header = STRBUF_INIT;
    assert_int_equal(delivery_sign("secret", 1763726400, "{\"id\":1}", &header, &err), 0);
    assert_string_equal(strbuf_text(&header),
                        "sha256=8d9cb839cf2abff8998b062059f96be53173425f1685b43f13ed69dbf6bb7767");
    strbuf_clear(&header);
    assert_int_equal(delivery_sign("", 1, "x", &header, &err), ERR_INVALID);
}

static struct alerts *told_by(struct store *store)
{
    struct alerts *alerts;
    struct err err = {0};
    const struct alert_channels channels = {
        .mqtt = true, .command = true, .command_kinds = "low_soh"};
    assert_int_equal(alerts_new(&alerts, store, &err), 0);
    alerts_set_channels(alerts, &channels);
    assert_int_equal(alerts_begin(alerts, NOW, &err), 0);
    return alerts;
}

#define DELIVERIES                                                                                 \
    "SELECT group_concat(channel || ' ' || kind || ' ' || event || ' ' || state, ', ') FROM "      \
    "(SELECT * FROM alert_delivery ORDER BY id)"

static void deliveries_are_written_with_the_alert(void **state)
{
    (void)state;
    struct err err = {0};
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    struct alerts *alerts = told_by(store);
    const struct alert_subject soh = {
        .kind = "low_soh", .severity = "warning", .bid = "b1", .slot = STORE_NULL};
    const struct alert_subject offline = {
        .kind = "station_offline", .severity = "warning", .station_id = "s1", .slot = STORE_NULL};
    struct channel_row webhook = {
        .name = "ops", .kind = "webhook", .url = "https://x", .kinds = "station_offline"};
    assert_int_equal(alerts_set_webhook(alerts, &webhook, &err), 0);
    assert_int_equal(alerts_raise(alerts, &soh, NOW, 60, 70, "low", &err), 0);
    assert_int_equal(alerts_raise(alerts, &offline, NOW, NAN, NAN, "off", &err), 0);
    assert_int_equal(alerts_clear(alerts, &soh, NOW + 1, &err), 0);
    assert_query_text(store, DELIVERIES,
                      "command low_soh raised waiting, mqtt low_soh raised waiting, "
                      "mqtt station_offline raised waiting, ops station_offline raised waiting, "
                      "command low_soh cleared waiting, mqtt low_soh cleared waiting");
    assert_query_text(store,
                      "SELECT payload ->> 'event' || ' ' || (payload ->> 'cleared_at') FROM "
                      "alert_delivery ORDER BY id DESC LIMIT 1",
                      "cleared 2025-11-21T12:00:00.000Z");
    /* A test goes to all; a webhook that is taken away leaves nothing waiting. */
    int64_t id;
    must_execute(store, "DELETE FROM alert_delivery");
    assert_int_equal(alerts_test(alerts, "ana", NOW, &id, &err), 0);
    assert_int_equal(alerts_unset_webhook(alerts, "ops", "ana", NOW, &err), 0);
    assert_int_equal(alerts_unset_webhook(alerts, "ops", "ana", NOW, &err), ERR_NOT_FOUND);
    assert_int_equal(alerts_unset_webhook(alerts, "mqtt", "ana", NOW, &err), ERR_NOT_FOUND);
    assert_query_text(store, DELIVERIES,
                      "command test test waiting, mqtt test test waiting, ops test test failed");
    assert_query_text(store, "SELECT last_error FROM alert_delivery WHERE state = 'failed'",
                      "the webhook was removed");
    assert_query_text(store, "SELECT group_concat(kind || ' ' || payload, ', ') FROM event_log",
                      "webhook.set {\"name\":\"ops\",\"url\":\"https://x\",\"kinds\":"
                      "\"station_offline\"}, webhook.unset {\"name\":\"ops\"}");
    /* Switching a channel off in the configuration does the same. */
    const struct alert_channels none = {.mqtt = true};
    alerts_set_channels(alerts, &none);
    assert_int_equal(alerts_begin(alerts, NOW + 1, &err), 0);
    assert_query_text(store, DELIVERIES,
                      "command test test failed, mqtt test test waiting, ops test test failed");
    assert_query_text(store, "SELECT group_concat(name) FROM alert_channel", "mqtt");
    alerts_free(alerts);
    store_close(store);
}

static void what_is_due_comes_in_order(void **state)
{
    (void)state;
    struct err err = {0};
    struct store *store = must_open(STORE_MEMORY, STORE_WRITE);
    struct delivery_row rows[4], row = {.alert_id = 1,
                                        .event = "raised",
                                        .kind = "low_soh",
                                        .channel = "ops",
                                        .payload = "{}",
                                        .created_at_us = NOW};
    int64_t next_us = 0;
    assert_int_equal(delivery_next(store, "ops", &next_us, &err), 0);
    for (int i = 0; i < 6; i++) {
        row.next_at_us = i == 0 ? NOW + 100 : NOW;
        (void)snprintf(row.event, sizeof row.event, "%s", i == 4 ? "test" : "raised");
        assert_int_equal(delivery_insert(store, &row, &err), 0);
    }
    assert_int_equal(delivery_due(store, "other", false, NOW, rows, 4, &err), 0);
    assert_int_equal(delivery_due(store, "ops", false, NOW, rows, 4, &err), 4);
    assert_true(rows[0].id == 2 && rows[3].id == 5);
    assert_int_equal(delivery_due(store, "ops", true, NOW, rows, 4, &err), 1);
    assert_true(rows[0].id == 5);
    assert_int_equal(delivery_due(store, "ops", false, NOW - 1, rows, 4, &err), 0);
    assert_int_equal(delivery_next(store, "ops", &next_us, &err), 1);
    assert_true(next_us == NOW);
    /* What was closed meanwhile (the webhook was removed) is not opened again. */
    assert_int_equal(delivery_due(store, "ops", false, NOW + 100, rows, 1, &err), 1);
    struct channel_row channel = {.name = "ops", .kind = "webhook"};
    assert_int_equal(channel_put(store, &channel, &err), 0);
    assert_int_equal(channel_remove(store, "ops", "gone", NOW, &err), 1);
    delivery_settle(&POLICY, &rows[0], DELIVERY_DONE, "", NOW, 0);
    assert_int_equal(delivery_save(store, &rows[0], &err), 0);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM alert_delivery WHERE "
                                          "state = 'failed'"),
                     6);
    assert_int_equal(delivery_forget(store, NOW + 1, 4, &err), 0);
    assert_int_equal(query_integer(store, "SELECT count(*) FROM alert_delivery"), 2);
    store_close(store);
}

static const char *variable(char *const *environment, const char *name)
{
    for (; *environment; environment++)
        if (strncmp(*environment, name, strlen(name)) == 0 && (*environment)[strlen(name)] == '=')
            return *environment + strlen(name) + 1;
    return NULL;
}

static void a_hook_gets_fields_and_nothing_secret(void **state)
{
    (void)state;
    char *const bridge[] = {(char *)(uintptr_t) "PATH=/bin",
                            (char *)(uintptr_t) "SWAPSTACK_MQTT_PASSWORD_FILE=/secret",
                            (char *)(uintptr_t) "PATHOLOGY=1", NULL};
    SCOPE_FREE char **made = hook_environment(
        "{\"id\":17,\"kind\":\"low_soh\",\"value\":61.5,\"text\":\"a \\\"b\\\" $(c)\"}", bridge);
    assert_non_null(made);
    assert_string_equal(variable(made, "PATH"), "/bin");
    assert_string_equal(variable(made, "SWAPSTACK_ALERT_ID"), "17");
    assert_string_equal(variable(made, "SWAPSTACK_ALERT_KIND"), "low_soh");
    assert_string_equal(variable(made, "SWAPSTACK_ALERT_VALUE"), "61.5");
    assert_string_equal(variable(made, "SWAPSTACK_ALERT_TEXT"), "a \"b\" $(c)");
    assert_null(variable(made, "SWAPSTACK_MQTT_PASSWORD_FILE"));
    assert_null(variable(made, "PATHOLOGY"));
    assert_null(hook_environment("no json", bridge));
}

static enum delivery_outcome hook(const char *script, int timeout_ms, struct err *err)
{
    char path[] = "/tmp/swapstack-hook-XXXXXX";
    int fd = mkstemp(path);
    struct delivery_row row = {.event = "raised", .payload = "{\"id\":17,\"kind\":\"low_soh\"}"};
    assert_true(fd >= 0 && write(fd, script, strlen(script)) == (ssize_t)strlen(script));
    assert_int_equal(fchmod(fd, 0700), 0);
    (void)close(fd);
    enum delivery_outcome outcome = hook_deliver(path, &row, timeout_ms, -1, err);
    (void)unlink(path);
    return outcome;
}

static void a_hook_says_by_its_status(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(
        hook("#!/bin/sh\nread line; test \"$line\" = '{\"id\":17,\"kind\":\"low_soh\"}' "
             "-a \"$SWAPSTACK_ALERT_ID\" = 17 -a \"$1\" = raised",
             5000, &err),
        DELIVERY_DONE);
    assert_int_equal(hook("#!/bin/sh\nexit 0", 5000, &err), DELIVERY_DONE); /* reads nothing */
    assert_int_equal(hook("#!/bin/sh\necho no >&2; echo mail host away >&2; exit 75", 5000, &err),
                     DELIVERY_DOWN);
    assert_string_equal(err.text, "exit status 75: mail host away");
    assert_int_equal(hook("#!/bin/sh\nkill -9 $$", 5000, &err), DELIVERY_DOWN);
    assert_string_equal(err.text, "ended by signal 9");
    /* Its children go with it. */
    assert_int_equal(hook("#!/bin/sh\nsleep 100 & wait", 200, &err), DELIVERY_DOWN);
    assert_contains(err.text, "not done in");
    struct delivery_row row = {.event = "raised", .payload = "{}"};
    assert_int_equal(hook_deliver("/nonexistent/mail", &row, 1000, -1, &err), DELIVERY_DOWN);
    assert_contains(err.text, "/nonexistent/mail cannot be run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_the_longest),
        cmocka_unit_test(an_attempt_settles_a_delivery),
        cmocka_unit_test(channels_choose_kinds),
        cmocka_unit_test(the_signature_is_hmac_sha256),
        cmocka_unit_test(deliveries_are_written_with_the_alert),
        cmocka_unit_test(what_is_due_comes_in_order),
        cmocka_unit_test(a_hook_gets_fields_and_nothing_secret),
        cmocka_unit_test(a_hook_says_by_its_status),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as daemon_signals does: a hook may end without reading */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
