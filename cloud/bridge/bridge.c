/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/bridge.h"

#include "base/daemon.h"
#include "base/log.h"
#include "base/scope.h"
#include "bridge/control.h"
#include "bridge/couriers.h"
#include "bridge/exporter.h"
#include "bridge/options.h"
#include "bridge/sender.h"
#include "bridge/writer.h"
#include "mqtt/session.h"
#include "store/store.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define MODULE "bridge"

/* The broker keeps what comes for an absent bridge this long. */
#define SESSION_EXPIRY_S (7u * 24 * 3600)
/* MQTT 5 flow control towards us: the largest, the ring is the bound. */
#define RECEIVE_MAXIMUM 65535
#define ATTEND_MS       200
#define SUBSCRIPTIONS   4

struct bridge {
    struct clock clock;
    struct env_real env_self;
    struct env env;
    struct store *store;
    struct ring *ring;
    struct sender *sender;
    struct ingest *ingest;
    struct writer *writer;
    struct control *control;
    struct exporter *exporter; /* NULL: no daily export */
    struct couriers *couriers;
    struct session *session;
    char host[256];
    char broker[300]; /* for the log */
    int push_timeout_ms;
    int event_fd;           /* written when the ring was full */
    atomic_bool overloaded; /* dropped; until the ring is drained */
    bool ready_before;      /* paho's thread only */
    atomic_int_least64_t lost;
};

/* --- paho's thread ------------------------------------------------------------------------- */

static void push_link(struct bridge *bridge, bool up)
{
    struct ring_item item = {.kind = RING_LINK, .up = up};
    if (ring_push_reserve(bridge->ring, &item, NULL) < 0 && !ring_is_closed(bridge->ring))
        log_warning(MODULE, "the writer is far behind and does not hear of the link");
}

static void on_ready(void *self, bool session_present)
{
    struct bridge *bridge = self;
    push_link(bridge, true);
    couriers_set_link(bridge->couriers, true);
    sender_wake(bridge->sender);
    log_info(MODULE, "%s broker=%s db=%s session=%s",
             bridge->ready_before ? "subscribed again" : "ready", bridge->broker,
             store_path(bridge->store), session_present ? "present" : "new");
    if (!bridge->ready_before)
        daemon_notify("READY=1");
    bridge->ready_before = true;
}

static void on_lost(void *self, const char *reason)
{
    struct bridge *bridge = self;
    push_link(bridge, false);
    couriers_set_link(bridge->couriers, false);
    log_warning(MODULE, "broker away broker=%s reason=%s", bridge->broker, reason);
}

/* The ring stayed full: stop the flow. What paho has already received goes into the reserve. */
static void overload(struct bridge *bridge)
{
    log_warning(MODULE, "the writer is far behind: disconnecting until it has caught up");
    atomic_store(&bridge->overloaded, true);
    push_link(bridge, false);
    session_drop(bridge->session);
    uint64_t one = 1;
    (void)!write(bridge->event_fd, &one, sizeof one);
}

static void on_message(void *self, const struct session_message *message)
{
    struct bridge *bridge = self;
    /* A payload over the limit is refused anyway; one byte more than allowed shows that it is. */
    size_t length = message->length > MESSAGE_MAX_BYTES ? MESSAGE_MAX_BYTES + 1 : message->length;
    struct ring_item item = {.kind = RING_MESSAGE,
                             .retained = message->retained,
                             .plant_us = clock_plant_us(&bridge->clock),
                             .mono_us = clock_mono_us(),
                             .length = length,
                             .topic = message->topic,
                             .payload = message->payload};
    int status = ERR_TIMEOUT;
    if (!atomic_load(&bridge->overloaded)) {
        status = ring_push(bridge->ring, &item, bridge->push_timeout_ms, NULL);
        if (status == ERR_TIMEOUT)
            overload(bridge);
    }
    if (status == ERR_TIMEOUT)
        status = ring_push_reserve(bridge->ring, &item, NULL);
    if (status == 0)
        return;
    /* A journal's row comes again; a bare message is gone, and that is said. */
    int64_t lost = atomic_fetch_add(&bridge->lost, 1) + 1;
    log_error(MODULE, "message not taken topic=%s total=%" PRId64, message->topic, lost);
}

static void on_published(void *self, int64_t token, bool ok)
{
    const struct bridge *bridge = self;
    couriers_published(bridge->couriers, token, ok);
}

static const struct session_events EVENTS = {
    .ready = on_ready, .lost = on_lost, .message = on_message, .published = on_published};

/* --- the main thread ----------------------------------------------------------------------- */

static int publish(void *self, const char *topic, const void *payload, size_t length, int qos,
                   struct err *err)
{
    return session_publish(self, topic, payload, length, qos, NULL, err);
}

static int announce(void *self, const char *topic, const void *payload, size_t length,
                    int64_t *token, struct err *err)
{
    const struct bridge *bridge = self;
    return session_publish(bridge->session, topic, payload, length, 1, token, err);
}

/* The writer's thread: alerts were committed. */
static void on_told(void *self)
{
    const struct bridge *bridge = self;
    couriers_wake(bridge->couriers);
}

static int make_couriers(struct bridge *bridge, const struct config *config, struct err *err)
{
    struct courier_settings settings;
    options_couriers(config, &settings);
    int status =
        couriers_new(&bridge->couriers, store_path(bridge->store), bridge->ring,
                     config_text(config, "mqtt", "prefix"), announce, bridge, &settings, err);
    if (status == 0)
        sender_on_told(bridge->sender, on_told, bridge);
    return status;
}

static int make_session(struct bridge *bridge, const struct config *config, struct err *err)
{
    const char *prefix = config_text(config, "mqtt", "prefix");
    char topics[SUBSCRIPTIONS][TOPIC_SIZE + 2];
    struct session_subscription subscriptions[SUBSCRIPTIONS];
    for (int i = 0; i < SUBSCRIPTIONS; i++) {
        struct err why = {0};
        bool control = i >= 2;
        if (topic_format(topics[i], prefix, control ? TOPIC_CONTROL : TOPIC_INFO, NULL, &why) < 0)
            return err_set(err, ERR_CONFIG, "[mqtt] prefix: %s", why.text);
        if (i % 2 == 1)
            strcat(topics[i], "/+");
        subscriptions[i] = (struct session_subscription){.topic = topics[i],
                                                         .qos = 1,
                                                         .no_local = control,
                                                         .retain_as_published = true,
                                                         .skip_retained = true};
    }
    struct session_options options = {.client_id = config_text(config, "bridge", "client_id"),
                                      .clean_start = false,
                                      .session_expiry_s = SESSION_EXPIRY_S,
                                      .receive_maximum = RECEIVE_MAXIMUM,
                                      .subscriptions = subscriptions,
                                      .subscription_count = SUBSCRIPTIONS,
                                      .events = &EVENTS,
                                      .self = bridge};
    int status =
        session_options_from_config(&options, config, bridge->host, sizeof bridge->host, err);
    if (status < 0)
        return status;
    bridge->push_timeout_ms = options.keep_alive_s * 1000 / 4;
    (void)snprintf(bridge->broker, sizeof bridge->broker, "%s",
                   config_text(config, "mqtt", "broker"));
    return session_new(&bridge->session, &options, err);
}

static int make_ingest(struct bridge *bridge, const struct config *config, struct err *err)
{
    struct ingest_options options;
    options_ingest(config, &options);
    env_real_init(&bridge->env, &bridge->env_self);
    int status = ingest_new(&bridge->ingest, bridge->store, &bridge->env, &options,
                            sender_out(bridge->sender), err);
    if (status == 0)
        ingest_set_link(bridge->ingest, false); /* until the first `ready` */
    return status;
}

static int make_parts(struct bridge *bridge, const struct config *config, struct err *err)
{
    size_t items = (size_t)config_integer(config, "bridge", "ring_size");
    size_t bytes = (size_t)config_integer(config, "bridge", "ring_mib") * 1024 * 1024;
    const char *db = config_text(config, "store", "db");
    int status = store_open(&bridge->store, db, STORE_WRITE, err);
    if (status == 0)
        status = ring_new(&bridge->ring, items, items / 4 + 1000, bytes, err);
    if (status == 0)
        status = sender_new(&bridge->sender, config_text(config, "mqtt", "prefix"), err);
    if (status == 0)
        status = make_ingest(bridge, config, err);
    if (status == 0)
        status = make_couriers(bridge, config, err);
    return status < 0 ? status : make_session(bridge, config, err);
}

static int start_threads(struct bridge *bridge, const struct config *config, struct err *err)
{
    struct writer_options options = {.batch_messages =
                                         (size_t)config_integer(config, "bridge", "batch_messages"),
                                     .batch_ms = (int)config_integer(config, "bridge", "batch_ms"),
                                     .retry_min_ms = 100,
                                     .retry_max_ms = 5000,
                                     .give_up_ms = 5000};
    int status = writer_start(&bridge->writer, bridge->ring, bridge->ingest, &options, err);
    if (status == 0)
        status = couriers_start(bridge->couriers, err);
    if (status == 0)
        status = sender_start(bridge->sender, publish, bridge->session, err);
    if (status == 0)
        status = control_start(&bridge->control, store_path(bridge->store), bridge->ring, err);
    if (status == 0)
        status = exporter_start(&bridge->exporter, config, store_path(bridge->store),
                                &bridge->clock, bridge->ring, err);
    return status < 0 ? status : session_start(bridge->session, err);
}

int bridge_start(struct bridge **bridge, const struct config *config, const struct clock *clock,
                 struct err *err)
{
    struct bridge *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "bridge: out of memory");
    made->clock = *clock;
    made->env_self = (struct env_real){.clock = *clock};
    made->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int status = made->event_fd < 0 ? err_set(err, ERR_SYSTEM, "bridge: no eventfd") : 0;
    if (status == 0)
        status = make_parts(made, config, err);
    if (status == 0)
        status = start_threads(made, config, err);
    if (status < 0) {
        (void)bridge_stop(made, NULL);
        return status;
    }
    *bridge = made;
    return 0;
}

int bridge_fd(const struct bridge *bridge)
{
    return bridge->event_fd;
}

int bridge_attend(struct bridge *bridge)
{
    uint64_t count;
    if (read(bridge->event_fd, &count, sizeof count) == (ssize_t)sizeof count)
        session_stop(bridge->session, 0);
    if (!atomic_load(&bridge->overloaded))
        return -1;
    if (!ring_is_drained(bridge->ring))
        return ATTEND_MS;
    log_info(MODULE, "the writer has caught up: connecting again");
    atomic_store(&bridge->overloaded, false);
    struct err err = {0};
    if (session_start(bridge->session, &err) < 0)
        log_error(MODULE, "%s", err.text);
    return -1;
}

void bridge_configure(struct bridge *bridge, const struct config *config)
{
    struct courier_settings settings;
    options_couriers(config, &settings);
    couriers_configure(bridge->couriers, &settings);
    struct ring_item item = {.kind = RING_CONFIGURE};
    struct ingest_options *options = malloc(sizeof *options);
    struct err err = {0};
    if (options) {
        options_ingest(config, options);
        options->prefix = NULL; /* of no meaning there, and of another lifetime */
    }
    item.request = options;
    if (!options || ring_push_reserve(bridge->ring, &item, &err) < 0) {
        log_error(MODULE, "the new configuration is not taken over: %s",
                  options ? err.text : "out of memory");
        free(options);
    }
}

int bridge_stop(struct bridge *bridge, struct err *err)
{
    int status = 0;
    /* From the outside in: no more deliveries and messages, commit what came, then let go. */
    couriers_stop(bridge->couriers);
    if (bridge->session)
        session_stop(bridge->session, 1000);
    if (bridge->writer)
        status = writer_stop(bridge->writer, err);
    control_stop(bridge->control);
    exporter_stop(bridge->exporter);
    if (bridge->sender)
        sender_stop(bridge->sender);
    session_free(bridge->session);
    couriers_free(bridge->couriers);
    ingest_free(bridge->ingest);
    sender_free(bridge->sender);
    ring_free(bridge->ring);
    store_close(bridge->store);
    if (bridge->event_fd >= 0)
        (void)close(bridge->event_fd);
    free(bridge);
    return status;
}
