/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: how they come and go, and what each end knows of it. */
#include "broker_internal.h"

#include "base/clock.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_MIN_US (500 * CLOCK_US_PER_MS)
#define BACKOFF_MAX_US (16 * CLOCK_US_PER_SECOND)
#define WINDOW_MAX     200 /* of our own publishes, as shared/mqtt keeps it */

static void travel(struct broker_client *client, int64_t *last_us,
                   void (*arrive)(void *self, void *what), void (*discard)(void *what), void *what)
{
    struct broker *broker = client->broker;
    int64_t latency_us =
        random_between(broker->random, broker->latency_us / 2, broker->latency_us * 3 / 2);
    if (random_chance(broker->random, 2)) /* a retransmission below us */
        latency_us += random_between(broker->random, 0, 3 * CLOCK_US_PER_SECOND);
    int64_t at_us = broker->schedule->now_us + latency_us;
    *last_us = at_us > *last_us ? at_us : *last_us; /* TCP keeps the order */
    schedule_add(broker->schedule, *last_us - broker->schedule->now_us,
                 &(struct schedule_event){.happen = arrive,
                                          .discard = discard,
                                          .self = client,
                                          .what = what,
                                          .life = &client->wire_life});
}

void wire_up(struct broker_client *client, void (*arrive)(void *self, void *what),
             void (*discard)(void *what), void *what)
{
    if (client->alive)
        travel(client, &client->up_last_us, arrive, discard, what);
    else if (discard)
        discard(what);
}

void wire_down(struct broker_client *client, void (*arrive)(void *self, void *what),
               void (*discard)(void *what), void *what)
{
    if (client->alive)
        travel(client, &client->down_last_us, arrive, discard, what);
    else if (discard)
        discard(what);
}

/* --- the broker's end --- */

static void broker_loses(struct broker_client *client, bool sends_will)
{
    if (!client->broker_sees)
        return;
    client->broker_sees = false;
    client->broker_life++;
    struct broker_packet *will = client->registered_will;
    client->registered_will = NULL;
    if (client->clean)
        session_end(client);
    if (sends_will && will)
        broker_route(client->broker, will, client);
    packet_release(will);
}

static void broker_notices(void *self, void *what)
{
    (void)what;
    broker_loses(self, true);
}

/* --- the client's end --- */

static void try_connect(void *self, void *what);

static void retry(struct broker_client *client)
{
    struct broker *broker = client->broker;
    int64_t most_us = BACKOFF_MIN_US << (client->tries < 5 ? client->tries : 5);
    most_us = most_us < BACKOFF_MAX_US ? most_us : BACKOFF_MAX_US;
    client->tries++;
    schedule_add(broker->schedule, random_between(broker->random, 10000, most_us),
                 &(struct schedule_event){
                     .happen = try_connect, .self = client, .life = &client->client_life});
}

static void fail_tokens(struct broker_client *client)
{
    /* The callee may publish anew only after it is connected anew. */
    size_t count = client->token_count;
    client->token_count = 0;
    for (size_t i = 0; i < count; i++)
        client->events->published(client->self, client->tokens[i], false);
}

static void client_notices(void *self, void *what)
{
    struct broker_client *client = self;
    (void)what;
    client->client_life++;
    client->connecting = false;
    if (client->sees) {
        client->sees = false;
        fail_tokens(client);
        if (client->wants) /* else its process died of that */
            client->events->lost(client->self);
    }
    if (client->wants)
        retry(client);
}

static void connected(void *self, void *what)
{
    struct broker_client *client = self;
    (void)what;
    if (!client->connecting)
        return; /* it has left meanwhile */
    client->client_life++;
    client->connecting = false;
    client->sees = true;
    client->tries = 0;
    client->events->connected(client->self);
}

static void ready(void *self, void *what)
{
    (void)what;
    session_send(self);
}

/* CONNECT arrives at the broker. */
static void accepted(void *self, void *what)
{
    struct broker_client *client = self;
    (void)what;
    broker_loses(client, true); /* the old connection is taken over */
    if (client->clean)
        session_end(client);
    bool fresh = !client->session;
    client->broker_sees = client->session = true;
    client->broker_life++;
    client->registered_will = client->will;
    if (client->will)
        client->will->references++;
    client->broker->redeliveries += (int64_t)client->queue_count;
    session_unsent(client);
    wire_down(client, connected, NULL, NULL);
    if (fresh)
        session_retained(client);
    wire_down(client, ready, NULL, NULL); /* nothing is sent before CONNACK */
}

static void try_connect(void *self, void *what)
{
    struct broker_client *client = self;
    (void)what;
    if (!client->wants || client->connecting || client->sees)
        return;
    if (!client->broker->up) {
        retry(client);
        return;
    }
    client->wire_life++;
    client->alive = client->connecting = true;
    client->up_last_us = client->down_last_us = client->broker->schedule->now_us;
    wire_up(client, accepted, NULL, NULL);
}

void broker_client_will(struct broker_client *client, const char *topic, const char *will,
                        size_t length)
{
    packet_release(client->will);
    client->will = topic ? packet_new(topic, will, length, 1, false) : NULL;
}

void broker_connect(struct broker_client *client, const char *will_topic, const char *will,
                    size_t length)
{
    broker_client_will(client, will_topic, will, length);
    if (client->wants)
        return;
    client->wants = true;
    client->tries = 0;
    client->client_life++;
    retry(client);
}

static void confirmed(void *self, void *what)
{
    struct broker_client *client = self;
    int64_t token = *(int64_t *)what;
    free(what);
    for (size_t i = 0; i < client->token_count; i++)
        if (client->tokens[i] == token) {
            client->tokens[i] = client->tokens[--client->token_count];
            client->events->published(client->self, token, true);
            return;
        }
}

struct publish {
    struct broker_packet *packet;
    int64_t token;
};

static void publish_free(void *what)
{
    struct publish *publish = what;
    packet_release(publish->packet);
    free(publish);
}

static void published(void *self, void *what)
{
    struct broker_client *client = self;
    struct publish *publish = what;
    if (publish->token > 0) {
        int64_t *token = malloc(sizeof *token);
        assert(token);
        *token = publish->token;
        wire_down(client, confirmed, free, token);
    }
    broker_route(client->broker, publish->packet, client);
    publish_free(publish);
}

int64_t broker_publish(struct broker_client *client, const char *topic, const void *payload,
                       size_t length, int qos)
{
    if (!client->sees)
        return -1;
    if (qos > 0 && client->token_count >= WINDOW_MAX)
        return -2;
    struct publish *publish = malloc(sizeof *publish);
    assert(publish);
    *publish = (struct publish){packet_new(topic, payload, length, qos, false),
                                qos > 0 ? ++client->next_token : 0};
    int64_t token = publish->token;
    if (token > 0) {
        if (client->token_count == client->token_capacity) {
            client->token_capacity = client->token_capacity ? 2 * client->token_capacity : 32;
            client->tokens =
                realloc(client->tokens, client->token_capacity * sizeof *client->tokens);
            assert(client->tokens);
        }
        client->tokens[client->token_count++] = token;
    }
    wire_up(client, published, publish_free, publish);
    return token;
}

static void disconnected(void *self, void *what)
{
    (void)what;
    broker_loses(self, false);
}

void broker_client_leave(struct broker_client *client)
{
    client->wants = client->sees = client->connecting = false;
    client->client_life++;
    client->token_count = 0;
    wire_up(client, disconnected, NULL, NULL); /* behind what was published before */
}

void broker_vanish(struct broker_client *client)
{
    struct broker *broker = client->broker;
    client->wants = client->sees = client->connecting = client->alive = false;
    client->client_life++;
    client->wire_life++;
    client->token_count = 0;
    schedule_add(broker->schedule, random_between(broker->random, 100, 200000),
                 &(struct schedule_event){
                     .happen = broker_notices, .self = client, .life = &client->broker_life});
}

/* --- faults --- */

void broker_cut(struct broker_client *client)
{
    struct broker *broker = client->broker;
    if (!client->alive)
        return;
    client->alive = false;
    client->wire_life++;
    bool quick = random_chance(broker->random, 60); /* else a black hole until the keep-alive */
    int64_t most_us = quick ? 50000 : 90 * CLOCK_US_PER_SECOND;
    schedule_add(broker->schedule, random_between(broker->random, 0, most_us),
                 &(struct schedule_event){
                     .happen = client_notices, .self = client, .life = &client->client_life});
    schedule_add(broker->schedule, random_between(broker->random, 0, most_us),
                 &(struct schedule_event){
                     .happen = broker_notices, .self = client, .life = &client->broker_life});
}

void broker_stop(struct broker *broker, bool loses_state)
{
    broker->up = false;
    for (size_t i = 0; i < broker->client_count; i++) {
        struct broker_client *client = broker->clients[i];
        bool was_alive = client->alive;
        client->alive = false;
        client->wire_life++;
        client->broker_life++;
        client->broker_sees = false;
        packet_release(client->registered_will);
        client->registered_will = NULL;
        if (loses_state || client->clean)
            session_end(client);
        if (was_alive)
            schedule_add(broker->schedule, random_between(broker->random, 0, 100000),
                         &(struct schedule_event){.happen = client_notices,
                                                  .self = client,
                                                  .life = &client->client_life});
    }
    for (int i = 0; loses_state && i < BROKER_RETAINED; i++) {
        packet_release(broker->retained[i]);
        broker->retained[i] = NULL;
    }
}

void broker_start(struct broker *broker)
{
    broker->up = true;
}
