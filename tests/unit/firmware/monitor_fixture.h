/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole monitor in virtual time: the fixture is clock, broker and engine at once. What the
 * monitor publishes and sends is kept as JSON, newest last; the test plays the other side.
 */
#ifndef SWAPSTACK_TESTS_MONITOR_FIXTURE_H
#define SWAPSTACK_TESTS_MONITOR_FIXTURE_H

#include "ipc/ipc.h"
#include "monitor/monitor.h"
#include "protocol/timestamp.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND     INT64_C(1000000)
#define START_WALL INT64_C(1795248000000000) /* 2026-11-21T08:00:00Z */
#define KEPT_MAX   4096

struct kept {
    cJSON *items[KEPT_MAX];
    int count, seen; /* `seen`: what the test has looked at */
};

struct fixture {
    int64_t mono;
    struct settings settings;
    struct env env;
    struct monitor_link link;
    struct journal_memory *store;
    struct journal journal;
    struct monitor *monitor;
    struct kept published, to_engine;
    char topic[TOPIC_SIZE]; /* of the newest publish */
    cJSON *will;
    int64_t tokens;
    bool broker, engine, offline;
    bool publish_busy;
    int engine_closed, exits;
    enum monitor_exit exit_mode;
    int64_t engine_seq;
    char open_command[64]; /* told at registration */
    bool answers;          /* the engine answers registration, health and status by itself */
    const char *state;     /* it reports */
    bool acks;             /* the bridge acknowledges all it gets */
};

/* Clock and link ------------------------------------------------------------------------------- */

static inline int64_t fx_mono(void *self)
{
    return ((struct fixture *)self)->mono;
}
static inline int64_t fx_wall(void *self)
{
    return START_WALL + ((struct fixture *)self)->mono;
}
static inline void fx_random(void *self, void *to, size_t length)
{
    (void)self;
    memset(to, 0x5a, length);
}

static inline void keep(struct kept *kept, const void *bytes, size_t length)
{
    cJSON *item = cJSON_ParseWithLength(bytes, length);
    assert_non_null(item);
    assert_true(kept->count < KEPT_MAX);
    kept->items[kept->count++] = item;
}

static inline int fx_publish(void *self, const char *topic, const void *payload, size_t length,
                             int qos, int64_t *token, struct err *err)
{
    struct fixture *fx = self;
    if (!fx->broker || fx->offline)
        return err_set(err, ERR_UNAVAILABLE, "no broker");
    if (fx->publish_busy)
        return err_set(err, ERR_BUSY, "window full");
    assert_int_equal(qos, 1);
    keep(&fx->published, payload, length);
    snprintf(fx->topic, sizeof(fx->topic), "%s", topic);
    *token = ++fx->tokens;
    return 0;
}

static inline int fx_set_will(void *self, const char *topic, const void *payload, size_t length,
                              struct err *err)
{
    struct fixture *fx = self;
    (void)topic;
    (void)err;
    cJSON_Delete(fx->will);
    fx->will = cJSON_ParseWithLength(payload, length);
    return 0;
}

static inline void fx_go_offline(void *self)
{
    ((struct fixture *)self)->offline = true;
}
static inline void fx_go_online(void *self)
{
    ((struct fixture *)self)->offline = false;
}

static inline int fx_engine_send(void *self, const void *bytes, size_t length, struct err *err)
{
    struct fixture *fx = self;
    struct ipc_packet packet;
    if (!fx->engine)
        return err_set(err, ERR_UNAVAILABLE, "no engine");
    assert_int_equal(ipc_decode(bytes, length, &packet, err), 0); /* what we say is well formed */
    ipc_packet_free(&packet);
    keep(&fx->to_engine, bytes, length);
    return 0;
}
static inline void fx_engine_close(void *self)
{
    struct fixture *fx = self;
    fx->engine = false;
    fx->engine_closed++;
}
static inline void fx_request_exit(void *self, enum monitor_exit mode)
{
    struct fixture *fx = self;
    fx->exits++;
    fx->exit_mode = mode;
}
static inline bool fx_clock_synced(void *self)
{
    (void)self;
    return false;
}

/* Looking ---------------------------------------------------------------------------------------
 */

/* A number or text at a dotted path. */
static inline const cJSON *at(const cJSON *json, const char *path)
{
    char name[64];
    while (json && *path) {
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof(name), "%.*s", (int)length, path);
        json = cJSON_GetObjectItemCaseSensitive(json, name);
        path += length + (path[length] == '.');
    }
    return json;
}
static inline const char *text_at(const cJSON *json, const char *path)
{
    const cJSON *value = at(json, path);
    return cJSON_IsString(value) ? value->valuestring : "";
}
static inline int64_t number_at(const cJSON *json, const char *path)
{
    const cJSON *value = at(json, path);
    return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : -1;
}

/* The next kept object after those that were looked at whose number at `path` is `value` (or text,
 * when `text` is given); NULL when there is none. Skips what is before it. */
static inline cJSON *find_next(struct kept *kept, const char *path, int64_t value, const char *text)
{
    for (int i = kept->seen; i < kept->count; i++) {
        bool same = text ? strcmp(text_at(kept->items[i], path), text) == 0
                         : number_at(kept->items[i], path) == value;
        if (same) {
            kept->seen = i + 1;
            return kept->items[i];
        }
    }
    return NULL;
}
static inline cJSON *said(struct fixture *fx, int64_t type)
{
    return find_next(&fx->published, "type", type, NULL);
}
static inline cJSON *asked(struct fixture *fx, const char *type)
{
    return find_next(&fx->to_engine, "type", 0, type);
}
static inline void look_away(struct fixture *fx)
{
    fx->published.seen = fx->published.count;
    fx->to_engine.seen = fx->to_engine.count;
}
static inline int count_said(const struct fixture *fx, int64_t type)
{
    int count = 0;
    for (int i = 0; i < fx->published.count; i++)
        count += number_at(fx->published.items[i], "type") == type;
    return count;
}

/* The other side
 * ----------------------------------------------------------------------------------- */

static inline void engine_says(struct fixture *fx, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void engine_says(struct fixture *fx, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    monitor_on_engine_packet(fx->monitor, text, strlen(text));
}

static inline void engine_status(struct fixture *fx, bool transition)
{
    engine_says(
        fx,
        "{\"type\":\"status\",\"message_id\":\"s\",\"time\":%" PRId64
        ",\"age_ms\":0,\"transition\":%s,\"data\":{\"station\":{\"state\":\"%s\","
        "\"mode\":\"normal\",\"gate\":\"closed\",\"bays\":[{\"slot\":1,\"state\":\"READY\"}]},"
        "\"battery\":[{\"bid\":\"B1\",\"slot\":1,\"charge\":true,\"soc\":50,"
        "\"chargerPower\":3.5}]}}",
        fx_wall(fx), transition ? "true" : "false", fx->state);
}

/* `prev`: fields before the others, "" or ending with a comma. Happened 2 s ago. */
static inline void engine_event_with(struct fixture *fx, const char *prev, int64_t boot,
                                     int64_t seq, const char *code)
{
    engine_says(fx,
                "{\"type\":\"event\",\"message_id\":\"e\",%s\"boot\":%" PRId64 ",\"seq\":%" PRId64
                ",\"time\":%" PRId64 ",\"age_ms\":2000,\"kind\":18,\"data\":{\"code\":\"%s\","
                "\"severity\":\"warning\",\"active\":true,\"count\":1}}",
                prev, boot, seq, fx_wall(fx) - 2 * SECOND, code);
}

static inline void engine_event(struct fixture *fx, int64_t boot, int64_t seq, const char *code)
{
    engine_event_with(fx, "", boot, seq, code);
}

/* As the engine sends it: after one that it sent before, also of an older boot. */
static inline void engine_event_after(struct fixture *fx, int64_t prev_boot, int64_t prev_seq,
                                      int64_t boot, int64_t seq, const char *code)
{
    char prev[96];
    (void)snprintf(prev, sizeof(prev), "\"prev_boot\":%" PRId64 ",\"prev_seq\":%" PRId64 ",",
                   prev_boot, prev_seq);
    engine_event_with(fx, prev, boot, seq, code);
}

/* Answers what a healthy engine answers by itself. */
static inline void engine_reacts(struct fixture *fx)
{
    static int answered;
    if (fx->to_engine.count < answered)
        answered = 0;
    for (; answered < fx->to_engine.count; answered++) {
        const char *type = text_at(fx->to_engine.items[answered], "type");
        if (!fx->answers)
            continue;
        if (strcmp(type, "register_request") == 0)
            engine_says(fx,
                        "{\"type\":\"register_response\",\"message_id\":\"r\",\"status\":"
                        "\"accepted\",\"boot\":1,\"board\":\"sim\",\"fw\":\"1.0\",\"bays\":8,"
                        "\"open_command\":\"%s\"}",
                        fx->open_command);
        else if (strcmp(type, "health_check_request") == 0)
            engine_says(fx, "{\"type\":\"health_check_response\",\"message_id\":\"h\",\"id\":\"x\","
                            "\"timestamp\":1,\"mode\":\"normal\",\"state\":\"ACTIVE\"}");
        else if (strcmp(type, "status_request") == 0)
            engine_status(fx, false);
    }
}

static inline void bridge_acks(struct fixture *fx, int64_t boot, int64_t event, int64_t telemetry,
                               const char *resend)
{
    char text[512];
    snprintf(text, sizeof(text),
             "{\"device\":\"1231\",\"type\":32,\"data\":{\"journal\":\"%s\",\"boot\":%" PRId64
             ",\"event\":%" PRId64 ",\"telemetry\":%" PRId64 "%s%s}}",
             fx->journal.id, boot, event, telemetry, resend ? ",\"resend\":" : "",
             resend ? resend : "");
    monitor_on_message(fx->monitor, "control/1231", text, strlen(text), false);
}

/* Acknowledges every row of this boot that was published. */
static inline void bridge_takes_all(struct fixture *fx)
{
    int64_t marks[2] = {0, 0};
    for (int i = 0; i < fx->published.count; i++) {
        const cJSON *row = fx->published.items[i];
        int lane = strcmp(text_at(row, "lane"), "event") == 0 ? 0 : 1;
        if (number_at(row, "boot") == fx->journal.boot && number_at(row, "seq") > marks[lane])
            marks[lane] = number_at(row, "seq");
    }
    bridge_acks(fx, fx->journal.boot, marks[0], marks[1], NULL);
}

/* Lets the time pass, as main's loop would. */
static inline void pass(struct fixture *fx, int64_t span_us)
{
    int64_t until = fx->mono + span_us;
    for (;;) {
        int64_t next = monitor_tick(fx->monitor);
        if (fx->engine)
            engine_reacts(fx);
        if (fx->acks && fx->broker)
            bridge_takes_all(fx);
        if (next <= fx->mono) /* due now, or made due by what the engine said */
            next = fx->mono + 1000;
        int64_t deadline = monitor_tick(fx->monitor);
        next = deadline > fx->mono && deadline < next ? deadline : next;
        if (next > until)
            break;
        fx->mono = next;
    }
    fx->mono = until;
    monitor_tick(fx->monitor);
    if (fx->engine)
        engine_reacts(fx);
}

static inline void broker_up(struct fixture *fx)
{
    fx->broker = true;
    monitor_on_broker_ready(fx->monitor);
}
static inline void broker_down(struct fixture *fx)
{
    fx->broker = false;
    monitor_on_broker_lost(fx->monitor, "cut");
}
static inline void engine_up(struct fixture *fx)
{
    fx->engine = true;
    monitor_on_engine_connected(fx->monitor);
    pass(fx, 10000);
}
static inline void engine_down(struct fixture *fx)
{
    fx->engine = false;
    monitor_on_engine_lost(fx->monitor, "cut");
}

/* PUBACK for everything up to now. */
static inline void broker_takes_all(struct fixture *fx)
{
    for (int64_t token = 1; token <= fx->tokens; token++)
        monitor_on_published(fx->monitor, token, true);
}

static inline void command(struct fixture *fx, const char *text)
{
    monitor_on_message(fx->monitor, "control", text, strlen(text), false);
    pass(fx, 10000);
}

/* A command of this moment: type, data (JSON or NULL), id (or NULL). */
static inline void order(struct fixture *fx, int type, const char *data, const char *id)
{
    char text[1024], time[TIMESTAMP_TEXT_SIZE];
    timestamp_format(fx_wall(fx), time);
    snprintf(text, sizeof(text), "{\"device\":\"1231\",\"type\":%d%s%s%s%s%s,\"time\":\"%s\"}",
             type, data ? ",\"data\":" : "", data ? data : "", id ? ",\"id\":\"" : "", id ? id : "",
             id ? "\"" : "", time);
    command(fx, text);
}

/* The result of a command, in the order said; asserts that it is there. */
static inline void assert_result(struct fixture *fx, int64_t type, const char *outcome,
                                 const char *reason, const char *lane)
{
    pass(fx, 2 * SECOND);
    cJSON *result = said(fx, 19);
    if (!result)
        fail_msg("no result for type %" PRId64 ", expected %s", type, outcome);
    assert_int_equal(number_at(result, "data.type"), type);
    assert_string_equal(text_at(result, "data.outcome"), outcome);
    assert_string_equal(text_at(result, "data.reason"), reason);
    assert_string_equal(text_at(result, "lane"), lane);
    assert_int_equal(strlen(text_at(result, "data.digest")), 16);
}

/* The engine's answer to a request; `reason` NULL: accepted. */
static inline void answer(struct fixture *fx, const char *type, const cJSON *request,
                          const char *reason)
{
    engine_says(fx, "{\"type\":\"%s\",\"message_id\":\"%s\",\"status\":\"%s\",\"reason\":\"%s\"}",
                type, text_at(request, "message_id"), reason ? "refused" : "accepted",
                reason ? reason : "");
}

/* Life -------------------------------------------------------------------------------------------
 */

static inline void fx_start(struct fixture *fx)
{
    struct err err = {0};
    assert_int_equal(journal_memory_open(&fx->journal, fx->store, &err), 0);
    struct monitor_options options = {
        .settings = &fx->settings, .env = &fx->env, .link = &fx->link, .journal = &fx->journal};
    if (monitor_new(&fx->monitor, &options, &err) < 0)
        fail_msg("%s", err.text);
}

static inline void fx_stop(struct fixture *fx, bool killed)
{
    if (!killed)
        monitor_shutdown(fx->monitor, "stopping");
    monitor_free(fx->monitor);
    fx->monitor = NULL;
    if (killed)
        journal_memory_crash(fx->store, false);
    else
        fx->journal.ops->close(fx->journal.self);
    fx->broker = fx->engine = false;
}

static inline void fx_restart(struct fixture *fx, bool killed)
{
    fx_stop(fx, killed);
    fx_start(fx);
}

static inline int fx_setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof(*fx));
    fx->mono = 5000 * SECOND;
    fx->settings = (struct settings){.device = "1231",
                                     .location = "Lausanne",
                                     .price_per_kwh = 0.2,
                                     .latitude = (double)NAN,
                                     .longitude = (double)NAN,
                                     .clock = SETTINGS_CLOCK_AUTO,
                                     .prefix = "",
                                     .health_interval_us = 30 * SECOND,
                                     .health_timeout_us = 120 * SECOND,
                                     .report_interval_plant_us = 10 * SECOND,
                                     .speed = 1,
                                     .group_us = SECOND,
                                     .telemetry_max_bytes = 1 << 20,
                                     .ttl_us = 30 * SECOND};
    fx->env = (struct env){.self = fx,
                           .wall_us = fx_wall,
                           .mono_us = fx_mono,
                           .plant_us = fx_wall,
                           .random_bytes = fx_random};
    fx->link = (struct monitor_link){fx,
                                     fx_publish,
                                     fx_set_will,
                                     fx_go_offline,
                                     fx_go_online,
                                     fx_engine_send,
                                     fx_engine_close,
                                     fx_request_exit,
                                     fx_clock_synced};
    fx->answers = true;
    fx->state = "ACTIVE";
    assert_int_equal(journal_memory_new(&fx->store, "0123456789abcdef0123456789abcdef", NULL), 0);
    fx_start(fx);
    *state = fx;
    return 0;
}

/* A station that has been up for a while, connected, and its rows acknowledged. */
static inline struct fixture *ready(void **state)
{
    struct fixture *fx = *state;
    fx->acks = true;
    engine_up(fx);
    broker_up(fx);
    pass(fx, 12 * SECOND);
    look_away(fx);
    return fx;
}

static inline int fx_teardown(void **state)
{
    struct fixture *fx = *state;
    if (fx->monitor)
        fx_stop(fx, false);
    for (int i = 0; i < fx->published.count; i++)
        cJSON_Delete(fx->published.items[i]);
    for (int i = 0; i < fx->to_engine.count; i++)
        cJSON_Delete(fx->to_engine.items[i]);
    cJSON_Delete(fx->will);
    journal_memory_free(fx->store);
    free(fx);
    return 0;
}

#define MONITOR_TEST(test) cmocka_unit_test_setup_teardown(test, fx_setup, fx_teardown)

#endif
