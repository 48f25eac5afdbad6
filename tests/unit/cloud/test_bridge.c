/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge's threads without a broker: ring → writer → sender, control socket, configuration.
 * Also built with TSan. */
#include "cloud/support.h"

#include "base/clock.h"
#include "base/log.h"
#include "bridge/control.h"
#include "bridge/options.h"
#include "bridge/sender.h"
#include "bridge/writer.h"
#include "stations/control_client.h"

#include <pthread.h>
#include <time.h>

#define PATIENCE_MS 20000

/* What the sender published. */
struct broker {
    pthread_mutex_t lock;
    int acks, results, refusals;
    int64_t newest_event_mark;
    bool away;
};

static int publish(void *self, const char *topic, const void *payload, size_t length, int qos,
                   struct err *err)
{
    struct broker *broker = self;
    struct message message;
    enum message_quality quality;
    int status = 0;
    (void)qos;
    (void)pthread_mutex_lock(&broker->lock);
    if (broker->away) {
        broker->refusals++;
        status = err_set(err, ERR_UNAVAILABLE, "not connected");
    } else if (strncmp(topic, "control/", 8) == 0 &&
               message_decode(payload, length, &message, &quality, err) == 0) {
        broker->acks += message.type == MESSAGE_ACK;
        broker->results += message.type == MESSAGE_REGISTER_RESULT;
        if (message.type == MESSAGE_ACK)
            broker->newest_event_mark = message.data.ack.event;
        message_free(&message);
    }
    (void)pthread_mutex_unlock(&broker->lock);
    return status;
}

struct parts {
    struct store *store;
    struct ring *ring;
    struct sender *sender;
    struct ingest *ingest;
    struct writer *writer;
    struct env_real env_self;
    struct env env;
    struct broker broker;
};

static struct config *must_configure(const char *text)
{
    struct config *config = NULL;
    struct err err = {0};
    assert_int_equal(config_new(&config, OPTIONS_KEYS, OPTIONS_KEY_COUNT, &err), 0);
    if (config_read_text(config, text, strlen(text), "test", &err) < 0)
        fail_msg("%s", err.text);
    return config;
}

static void start(struct parts *parts, const char *db)
{
    struct err err = {0};
    log_set_level(LOG_LEVEL_ERROR);
    memset(parts, 0, sizeof *parts);
    (void)pthread_mutex_init(&parts->broker.lock, NULL);
    parts->env_self.clock = CLOCK_REAL;
    env_real_init(&parts->env, &parts->env_self);
    parts->store = must_open(db, STORE_WRITE);
    struct config *config = must_configure("");
    struct ingest_options options;
    options_ingest(config, &options);
    assert_int_equal(ring_new(&parts->ring, 1000, 100, 1 << 20, &err), 0);
    assert_int_equal(sender_new(&parts->sender, "", &err), 0);
    assert_int_equal(ingest_new(&parts->ingest, parts->store, &parts->env, &options,
                                sender_out(parts->sender), &err),
                     0);
    config_free(config);
    struct writer_options writing = {.batch_messages = 50,
                                     .batch_ms = 2,
                                     .retry_min_ms = 1,
                                     .retry_max_ms = 10,
                                     .give_up_ms = 200};
    assert_int_equal(sender_start(parts->sender, publish, &parts->broker, &err), 0);
    assert_int_equal(writer_start(&parts->writer, parts->ring, parts->ingest, &writing, &err), 0);
}

static int stop(struct parts *parts)
{
    struct err err = {0};
    int status = writer_stop(parts->writer, &err);
    sender_stop(parts->sender);
    ingest_free(parts->ingest);
    sender_free(parts->sender);
    ring_free(parts->ring);
    store_close(parts->store);
    (void)pthread_mutex_destroy(&parts->broker.lock);
    return status;
}

static void push(struct parts *parts, const char *payload)
{
    struct ring_item item = {.kind = RING_MESSAGE,
                             .topic = "info",
                             .payload = payload,
                             .length = strlen(payload),
                             .plant_us = clock_wall_us(),
                             .mono_us = clock_mono_us()};
    assert_int_equal(ring_push(parts->ring, &item, PATIENCE_MS, NULL), 0);
}

static void push_event(struct parts *parts, int seq)
{
    char payload[400];
    (void)snprintf(
        payload, sizeof payload,
        "{\"device\":\"1231\",\"type\":18,\"data\":{\"code\":\"C\",\"severity\":\"info\","
        "\"active\":true},\"time\":\"2026-11-21T08:00:00Z\",\"v\":1,\"journal\":\"ab\","
        "\"boot\":1,\"lane\":\"event\",\"seq\":%d,\"prev\":%d}",
        seq, seq - 1);
    push(parts, payload);
}

/* Waits until `mark` was acknowledged. */
static void await_ack(struct parts *parts, int64_t mark)
{
    int64_t until_us = clock_mono_us() + PATIENCE_MS * CLOCK_US_PER_MS;
    for (bool reached = false; !reached;) {
        (void)pthread_mutex_lock(&parts->broker.lock);
        reached = parts->broker.newest_event_mark >= mark;
        (void)pthread_mutex_unlock(&parts->broker.lock);
        if (!reached && clock_mono_us() > until_us)
            fail_msg("no ack of %lld", (long long)mark);
        struct timespec pause = {.tv_nsec = 2000000};
        (void)nanosleep(&pause, NULL);
    }
}

static void events_are_committed_and_acknowledged(void **state)
{
    struct workdir *dir = *state;
    struct parts parts;
    start(&parts, dir->db);
    push(&parts, "{\"device\":\"1231\",\"type\":16,\"data\":{\"journal\":\"ab\",\"boot\":1}}");
    for (int seq = 1; seq <= 3000; seq++)
        push_event(&parts, seq);
    await_ack(&parts, 3000);
    (void)pthread_mutex_lock(&parts.broker.lock);
    assert_int_equal(parts.broker.results, 1);
    assert_true(parts.broker.acks < 20); /* coalesced: one a second */
    (void)pthread_mutex_unlock(&parts.broker.lock);
    struct store *reader = must_open(dir->db, STORE_READ);
    assert_int_equal(query_integer(reader, "SELECT count(*) FROM event_log"), 3000);
    store_close(reader);
    assert_int_equal(stop(&parts), 0);
}

static void acks_wait_for_the_broker(void **state)
{
    struct workdir *dir = *state;
    struct parts parts;
    start(&parts, dir->db);
    (void)pthread_mutex_lock(&parts.broker.lock);
    parts.broker.away = true;
    (void)pthread_mutex_unlock(&parts.broker.lock);
    for (int seq = 1; seq <= 20; seq++)
        push_event(&parts, seq);
    for (int refusals = 0; refusals < 2;) {
        (void)pthread_mutex_lock(&parts.broker.lock);
        refusals = parts.broker.refusals;
        (void)pthread_mutex_unlock(&parts.broker.lock);
        struct timespec pause = {.tv_nsec = 2000000};
        (void)nanosleep(&pause, NULL);
    }
    (void)pthread_mutex_lock(&parts.broker.lock);
    parts.broker.away = false;
    (void)pthread_mutex_unlock(&parts.broker.lock);
    sender_wake(parts.sender);
    await_ack(&parts, 20);
    assert_int_equal(stop(&parts), 0);
}

static void what_is_in_the_ring_is_committed_at_the_end(void **state)
{
    struct workdir *dir = *state;
    struct parts parts;
    start(&parts, dir->db);
    for (int seq = 1; seq <= 500; seq++)
        push_event(&parts, seq);
    assert_int_equal(stop(&parts), 0);
    struct store *reader = must_open(dir->db, STORE_READ);
    assert_int_equal(query_integer(reader, "SELECT seq FROM stream"), 500);
    store_close(reader);
}

static void operator_asks_through_the_socket(void **state)
{
    struct workdir *dir = *state;
    struct parts parts;
    struct err err = {0};
    struct control *control = NULL;
    assert_int_equal(control_station_approve(dir->db, "1231", "approved", "ana", &err),
                     ERR_UNAVAILABLE); /* no bridge */
    start(&parts, dir->db);
    assert_int_equal(control_start(&control, dir->db, parts.ring, &err), 0);
    push_event(&parts, 1);
    if (control_station_approve(dir->db, "1231", "approved", "ana", &err) < 0)
        fail_msg("%s", err.text);
    SCOPE_STRBUF struct strbuf reply = STRBUF_INIT;
    assert_int_equal(control_request(dir->db, "{\"command\":\"ping\"}", &reply, &err), 0);
    assert_string_equal(strbuf_text(&reply), "{\"ok\":true}");
    assert_int_equal(control_request(dir->db, "{\"command\":\"fly\"}", &reply, &err), ERR_USAGE);
    assert_contains(err.text, "fly");
    assert_int_equal(control_station_approve(dir->db, "a b", "approved", "ana", &err), ERR_USAGE);
    assert_int_equal(control_station_approve(dir->db, "1231", "loved", "ana", &err), ERR_USAGE);
    struct store *reader = must_open(dir->db, STORE_READ);
    /* Behind the message that came before it, and on record with its actor. */
    assert_query_text(reader, "SELECT group_concat(kind) FROM event_log", "FAULT,station.approval");
    assert_query_text(reader, "SELECT approval FROM station", "approved");
    store_close(reader);
    static const char added[] =
        "{\"command\":\"exchange_add\",\"actor\":\"import\",\"actor_id\":\"ana\",\"exchanges\":["
        "{\"bid\":\"b1\",\"station_id\":\"1231\",\"vid\":\"v1\",\"event\":\"On-Load\","
        "\"event_time\":\"2026-01-01T00:00:00Z\"}]}";
    for (int i = 0; i < 2; i++) {
        strbuf_clear(&reply);
        assert_int_equal(control_request(dir->db, added, &reply, &err), 0);
        assert_string_equal(strbuf_text(&reply), i ? "{\"ok\":true,\"added\":0,\"known\":1}"
                                                   : "{\"ok\":true,\"added\":1,\"known\":0}");
    }
    reader = must_open(dir->db, STORE_READ);
    assert_query_text(reader,
                      "SELECT actor || ' ' || actor_id || ' ' || kind FROM event_log "
                      "ORDER BY id DESC LIMIT 1",
                      "import ana exchange.add");
    assert_query_text(reader, "SELECT where_kind || ' ' || where_id FROM battery", "vehicle v1");
    store_close(reader);
    strbuf_clear(&reply);
    assert_int_equal(control_request(dir->db,
                                     "{\"command\":\"charging_repair\",\"idle_min\":0,"
                                     "\"processes\":[1,77]}",
                                     &reply, &err),
                     0);
    assert_string_equal(strbuf_text(&reply), "{\"ok\":true,\"closed\":0}");
    /* With the writer gone but its ring closed, a request still ends. */
    ring_close(parts.ring);
    assert_int_equal(control_request(dir->db, "{\"command\":\"ping\"}", &reply, &err),
                     ERR_UNAVAILABLE);
    control_stop(control);
    assert_int_equal(stop(&parts), 0);
    assert_int_equal(control_request(dir->db, "{\"command\":\"ping\"}", &reply, &err),
                     ERR_UNAVAILABLE);
}

static void requests_are_parsed_strictly(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "",
        "ping",
        "[]",
        "{\"command\":7}",
        "{\"command\":\"station_approve\"}",
        "{\"command\":\"station_approve\",\"station\":\"1\"}",
        "{\"command\":\"station_approve\",\"station\":\"1\",\"approval\":\"a very long word\"}",
        "{\"command\":\"exchange_add\",\"actor\":\"operator\",\"actor_id\":\"a\"}",
        "{\"command\":\"exchange_add\",\"actor\":\"operator\",\"actor_id\":\"a\",\"exchanges\":[]}",
        "{\"command\":\"exchange_add\",\"actor\":\"station\",\"actor_id\":\"a\",\"exchanges\":[{}]"
        "}",
        "{\"command\":\"exchange_add\",\"actor\":\"operator\",\"actor_id\":\"a\",\"exchanges\":[{}]"
        "}",
        "{\"command\":\"charging_repair\",\"processes\":[1]}",
        "{\"command\":\"charging_repair\",\"idle_min\":-1,\"processes\":[1]}",
        "{\"command\":\"charging_repair\",\"idle_min\":1,\"processes\":7}",
        "{\"command\":\"charging_repair\",\"idle_min\":1,\"processes\":[1,0.5]}",
        "{\"command\":\"charging_repair\",\"idle_min\":1,\"processes\":[1e300]}",
        "{\"command\":\"charging_recalculate\",\"processes\":[]}",
        "{\"command\":\"charging_recalculate\",\"processes\":[],\"selection\":\"a\","
        "\"position\":-1,\"looked_at\":0,\"done\":true}",
        "{\"command\":\"charging_recalculate\",\"processes\":[],\"selection\":\"a\","
        "\"position\":1,\"looked_at\":0}",
    };
    struct control_call call;
    struct err err = {0};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_int_equal(control_parse(WRONG[i], strlen(WRONG[i]), &call, &err), ERR_USAGE);
        control_call_free(&call);
    }
    static const char right[] =
        "{\"command\":\"station_approve\",\"station\":\"1\",\"approval\":\"refused\"}";
    assert_int_equal(control_parse(right, strlen(right), &call, &err), 0);
    assert_int_equal(call.command, CONTROL_STATION_APPROVE);
    assert_string_equal(call.approval, "refused");
    assert_string_equal(call.actor, "");
}

static void example_file_documents_every_key(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    assert_non_null(memory);
    config_write_example(OPTIONS_KEYS, OPTIONS_KEY_COUNT, OPTIONS_ARGS.program, memory);
    (void)fclose(memory);
    FILE *file = fopen(SOURCE_DIR "/cloud/bridge/swap-bridge.example.ini", "r");
    assert_non_null(file);
    SCOPE_STRBUF struct strbuf shipped = STRBUF_INIT;
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        strbuf_append(&shipped, chunk, n);
    (void)fclose(file);
    assert_string_equal(strbuf_text(&shipped), text);
    free(text);
}

static void configuration_reaches_the_ingest(void **state)
{
    (void)state;
    struct config *config = must_configure(
        "[stations]\nunknown = hold\nreport_interval_s = 2.5\n"
        "[tracking]\ncapacity_min_kwh = 25\nfrequent_window_h = 2\n"
        "[commands]\nexpire_s = 7\n[charging]\nsample_timeout_min = 1\ngone_timeout_h = 2.5\n"
        "billed_rule = 2\n");
    struct ingest_options options;
    options_ingest(config, &options);
    assert_int_equal(options.unknown, UNKNOWN_HOLD);
    assert_int_equal(options.report_interval_us, 2500000);
    assert_true(options.tracking.capacity_min_kwh > 24.9 &&
                options.tracking.capacity_min_kwh < 25.1);
    assert_int_equal(options.tracking.frequent_window_us, INT64_C(7200000000));
    assert_int_equal(options.commands.expire_us, 7000000);
    assert_int_equal(options.commands.accepted_expire_us, 900000000);
    assert_int_equal(options.charging.sample_timeout_us, 60000000);
    assert_int_equal(options.charging.gone_timeout_us, INT64_C(9000000000));
    assert_int_equal(options.charging.rules.billed, 2);
    assert_int_equal(options.charging.rules.limits.gap_us, 300000000);
    assert_true(isnan(options.charging.rules.limits.charger_rating_kw));
    assert_int_equal(options.quarantine_rows, 10000);
    assert_true(options.days.temp_high_c == 45 && options.days.cell_spread_high_v == 0.1);
    assert_int_equal(options.days.gap_us, 300000000);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        workdir_test(events_are_committed_and_acknowledged),
        workdir_test(acks_wait_for_the_broker),
        workdir_test(what_is_in_the_ring_is_committed_at_the_end),
        workdir_test(operator_asks_through_the_socket),
        cmocka_unit_test(requests_are_parsed_strictly),
        cmocka_unit_test(example_file_documents_every_key),
        cmocka_unit_test(configuration_reaches_the_ingest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
