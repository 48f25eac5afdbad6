/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/wire.h"

#include "base/clock.h"
#include "base/env.h"
#include "mqtt/session.h"
#include "protocol/topic.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* Messages that wait for the main thread. More than this and the oldest go: a result that we wait
 * for is among the newest. */
#define INBOX_SIZE 1024

/* Callbacks run on paho's thread and only fill this in; the main thread waits on `changed`. */
struct wire {
    struct session *session;
    char control[TOPIC_SIZE];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ready;
    char lost[256];                  /* why the last connection failed */
    int64_t token, acknowledged;     /* of our publish: what we wait for, what was heard */
    bool failed;                     /* the broker did not take it */
    struct strbuf inbox[INBOX_SIZE]; /* ring */
    size_t first, count;
};

static void on_ready(void *self, bool session_present)
{
    struct wire *wire = self;
    (void)session_present; /* always a new one: clean start */
    pthread_mutex_lock(&wire->mutex);
    wire->ready = true;
    pthread_cond_signal(&wire->changed);
    pthread_mutex_unlock(&wire->mutex);
}

static void on_lost(void *self, const char *reason)
{
    struct wire *wire = self;
    pthread_mutex_lock(&wire->mutex);
    wire->ready = false;
    snprintf(wire->lost, sizeof wire->lost, "%s", reason);
    pthread_cond_signal(&wire->changed);
    pthread_mutex_unlock(&wire->mutex);
}

static void on_message(void *self, const struct session_message *message)
{
    struct wire *wire = self;
    pthread_mutex_lock(&wire->mutex);
    if (wire->count == INBOX_SIZE) {
        wire->first = (wire->first + 1) % INBOX_SIZE;
        wire->count--;
    }
    struct strbuf *place = &wire->inbox[(wire->first + wire->count++) % INBOX_SIZE];
    strbuf_clear(place);
    strbuf_append(place, message->payload, message->length);
    pthread_cond_signal(&wire->changed);
    pthread_mutex_unlock(&wire->mutex);
}

static void on_published(void *self, int64_t token, bool ok)
{
    struct wire *wire = self;
    pthread_mutex_lock(&wire->mutex);
    wire->acknowledged = token;
    wire->failed = !ok;
    pthread_cond_signal(&wire->changed);
    pthread_mutex_unlock(&wire->mutex);
}

static const struct session_events events = {
    .ready = on_ready, .lost = on_lost, .message = on_message, .published = on_published};

/* Waits on `changed`; false at the deadline. */
static bool wait_change(struct wire *wire, int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_mono_us();
    struct timespec until;
    if (left_us <= 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (left_us % CLOCK_US_PER_SECOND) * 1000;
    until.tv_sec += (time_t)(left_us / CLOCK_US_PER_SECOND + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(&wire->changed, &wire->mutex, &until);
    return true; /* early or late: the caller looks again */
}

static void wire_init(struct wire *wire)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&wire->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&wire->mutex, NULL);
}

/* Two swapctl at once must not throw each other out. */
static void client_id(char to[32])
{
    uint32_t random;
    struct env_real real = {.clock = CLOCK_REAL};
    struct env env;
    env_real_init(&env, &real);
    env.random_bytes(env.self, &random, sizeof random);
    snprintf(to, 32, "swapctl-%08x", random);
}

static int start(struct wire *wire, const struct config *config, const char *device,
                 struct err *err)
{
    char host[256], id[32], info[TOPIC_SIZE], own[TOPIC_SIZE];
    const char *prefix = config_text(config, "mqtt", "prefix");
    struct session_options options = {0};
    int rc = session_options_from_config(&options, config, host, sizeof host, err);
    if (rc == 0)
        rc = topic_format(wire->control, prefix, TOPIC_CONTROL, NULL, err);
    if (rc == 0)
        rc = topic_format(info, prefix, TOPIC_INFO, NULL, err);
    if (rc == 0)
        rc = topic_format(own, prefix, TOPIC_INFO, strcmp(device, "*") ? device : "any", err);
    if (rc < 0)
        return rc;
    if (strcmp(device, "*") == 0)
        memcpy(strrchr(own, '/'), "/+", sizeof "/+");
    const struct session_subscription subscriptions[] = {
        {.topic = info, .qos = 1, .retain_as_published = true, .skip_retained = true},
        {.topic = own, .qos = 1, .retain_as_published = true, .skip_retained = true}};
    client_id(id);
    options.client_id = id;
    options.clean_start = true;
    options.receive_maximum = 200;
    options.subscriptions = subscriptions;
    options.subscription_count = 2;
    options.events = &events;
    options.self = wire;
    rc = session_new(&wire->session, &options, err);
    return rc < 0 ? rc : session_start(wire->session, err);
}

int wire_open(struct wire **to, const struct config *config, const char *device,
              int64_t deadline_us, struct err *err)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return err_set(err, ERR_NOMEM, "no memory for a session");
    wire_init(wire);
    int rc = start(wire, config, device, err);
    if (rc < 0) {
        wire_free(wire);
        return rc;
    }
    pthread_mutex_lock(&wire->mutex);
    while (!wire->ready && wait_change(wire, deadline_us))
        ;
    if (!wire->ready)
        rc = err_set(err, ERR_UNAVAILABLE, "the broker %s does not answer: %s",
                     config_text(config, "mqtt", "broker"),
                     wire->lost[0] ? wire->lost : "no connection in time");
    pthread_mutex_unlock(&wire->mutex);
    if (rc < 0) {
        wire_free(wire);
        return rc;
    }
    *to = wire;
    return 0;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    if (wire->session) {
        session_stop(wire->session, 1000);
        session_free(wire->session);
    }
    for (size_t i = 0; i < INBOX_SIZE; i++)
        strbuf_free(&wire->inbox[i]);
    pthread_cond_destroy(&wire->changed);
    pthread_mutex_destroy(&wire->mutex);
    free(wire);
}

void wire_free_scope(struct wire **wire)
{
    wire_free(*wire);
}

int wire_command(struct wire *wire, const char *payload, size_t length, int64_t deadline_us,
                 struct err *err)
{
    int64_t token = 0;
    /* Not under the mutex: the callback that we would wait for takes it. */
    int rc = session_publish(wire->session, wire->control, payload, length, 1, &token, err);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&wire->mutex);
    while (wire->acknowledged < token && wait_change(wire, deadline_us))
        ;
    bool heard = wire->acknowledged >= token;
    bool failed = wire->failed;
    pthread_mutex_unlock(&wire->mutex);
    if (!heard)
        return err_set(err, ERR_TIMEOUT, "the broker did not acknowledge the command in time");
    if (failed)
        return err_set(err, ERR_PERMISSION, "the broker did not take the command on %s",
                       wire->control);
    return 0;
}

int wire_receive(struct wire *wire, int64_t deadline_us, struct strbuf *payload, struct err *err)
{
    int rc = 0;
    pthread_mutex_lock(&wire->mutex);
    while (wire->count == 0 && wait_change(wire, deadline_us))
        ;
    if (wire->count == 0) {
        rc = err_set(err, ERR_TIMEOUT, "nothing came in time");
    } else {
        struct strbuf *place = &wire->inbox[wire->first];
        strbuf_append(payload, strbuf_text(place), place->length);
        wire->first = (wire->first + 1) % INBOX_SIZE;
        wire->count--;
    }
    pthread_mutex_unlock(&wire->mutex);
    return rc;
}
