/* SPDX-License-Identifier: Apache-2.0 */
#include "broker.h"

#include "broker_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- packets --- */

struct broker_packet *packet_new(const char *topic, const void *payload, size_t length, int qos,
                                 bool retained)
{
    struct broker_packet *packet = calloc(1, sizeof *packet);
    assert(packet && strlen(topic) < sizeof packet->topic);
    packet->references = 1;
    strcpy(packet->topic, topic);
    packet->payload = malloc(length + 1);
    assert(packet->payload);
    if (length > 0)
        memcpy(packet->payload, payload, length);
    packet->payload[length] = '\0';
    packet->length = length;
    packet->qos = qos;
    packet->retained = retained;
    return packet;
}

void packet_release(void *what)
{
    struct broker_packet *packet = what;
    if (!packet || --packet->references > 0)
        return;
    free(packet->payload);
    free(packet);
}

static struct broker_packet *packet_share(struct broker_packet *packet)
{
    packet->references++;
    return packet;
}

struct broker_packet *sim_packet_share(const struct broker_packet *packet)
{
    return packet_share((struct broker_packet *)(uintptr_t)packet);
}

void sim_packet_release(struct broker_packet *packet)
{
    packet_release(packet);
}

/* --- the session's queue --- */

static void queue_clear(struct broker_client *client)
{
    for (size_t i = 0; i < client->queue_count; i++)
        packet_release(client->queue[i].packet);
    client->queue_count = 0;
}

void session_end(struct broker_client *client)
{
    queue_clear(client);
    client->session = false;
}

void session_unsent(struct broker_client *client)
{
    for (size_t i = 0; i < client->queue_count; i++)
        client->queue[i].sent = false;
}

static void queue_remove(struct broker_client *client, uint64_t number)
{
    for (size_t i = 0; i < client->queue_count; i++)
        if (client->queue[i].number == number) {
            packet_release(client->queue[i].packet);
            memmove(&client->queue[i], &client->queue[i + 1],
                    (--client->queue_count - i) * sizeof *client->queue);
            return;
        }
}

/* A message on its way to the client, or its acknowledgement on the way back. */
struct transit {
    struct broker_packet *packet;
    uint64_t number;
};

static void transit_free(void *what)
{
    struct transit *transit = what;
    packet_release(transit->packet);
    free(transit);
}

static void acknowledged(void *self, void *what)
{
    struct broker_client *client = self;
    const struct transit *transit = what;
    queue_remove(client, transit->number);
    transit_free(what);
    session_send(client);
}

static void arrived(void *self, void *what)
{
    struct broker_client *client = self;
    struct transit *transit = what;
    if (!client->sees) { /* CONNACK comes first; it stays unacknowledged */
        transit_free(transit);
        return;
    }
    bool taken = client->events->message(client->self, transit->packet);
    if (!taken) {
        broker_cut(client);
        transit_free(transit);
    } else if (transit->packet->qos > 0 && client->alive) {
        wire_up(client, acknowledged, transit_free, transit);
    } else {
        transit_free(transit);
    }
}

static void deliver(struct broker_client *client, struct broker_packet *packet, uint64_t number)
{
    struct transit *transit = malloc(sizeof *transit);
    assert(transit);
    *transit = (struct transit){packet_share(packet), number};
    client->broker->deliveries++;
    wire_down(client, arrived, transit_free, transit);
}

void session_send(struct broker_client *client)
{
    if (!client->broker_sees)
        return;
    size_t under_way = 0;
    for (size_t i = 0; i < client->queue_count; i++)
        under_way += client->queue[i].sent;
    for (size_t i = 0; i < client->queue_count && under_way < BROKER_WINDOW; i++) {
        struct broker_delivery *delivery = &client->queue[i];
        if (delivery->sent)
            continue;
        delivery->sent = true;
        under_way++;
        deliver(client, delivery->packet, delivery->number);
    }
}

static void enqueue(struct broker_client *client, struct broker_packet *packet)
{
    struct broker *broker = client->broker;
    if (packet->qos == 0) {
        if (client->broker_sees && !random_chance(broker->random, broker->lossy_qos0))
            deliver(client, packet, 0);
        else
            broker->lost_packets++;
        return;
    }
    if (client->queue_count == client->queue_capacity) {
        client->queue_capacity = client->queue_capacity ? 2 * client->queue_capacity : 32;
        client->queue = realloc(client->queue, client->queue_capacity * sizeof *client->queue);
        assert(client->queue);
    }
    client->queue[client->queue_count++] =
        (struct broker_delivery){packet_share(packet), ++client->delivery_number, false};
    session_send(client);
}

/* --- routing --- */

static bool matches(const char *filter, const char *topic)
{
    size_t length = strlen(filter);
    if (length == 0 || filter[length - 1] != '+')
        return strcmp(filter, topic) == 0;
    return strncmp(filter, topic, length - 1) == 0 && !strchr(topic + length - 1, '/') &&
           topic[length - 1];
}

static bool subscribes(const struct broker_client *client, const char *topic)
{
    for (int i = 0; i < BROKER_FILTERS_MAX; i++)
        if (client->filters[i] && matches(client->filters[i], topic))
            return true;
    return false;
}

static void retain(struct broker *broker, struct broker_packet *packet)
{
    int free_place = -1;
    for (int i = 0; i < BROKER_RETAINED; i++) {
        if (broker->retained[i] && strcmp(broker->retained[i]->topic, packet->topic) == 0) {
            packet_release(broker->retained[i]);
            broker->retained[i] = NULL;
        }
        if (!broker->retained[i])
            free_place = i;
    }
    if (free_place >= 0 && packet->length > 0)
        broker->retained[free_place] = packet_share(packet);
}

void broker_route(struct broker *broker, struct broker_packet *packet,
                  const struct broker_client *from)
{
    broker->routed++;
    if (broker->tap)
        broker->tap(broker->tap_self, packet, from);
    if (packet->retained)
        retain(broker, packet);
    for (size_t i = 0; i < broker->client_count; i++) {
        struct broker_client *to = broker->clients[i];
        bool own = to == from && to->no_local_control && strncmp(packet->topic, "control", 7) == 0;
        if (to->session && !own && subscribes(to, packet->topic))
            enqueue(to, packet);
    }
}

void session_retained(struct broker_client *client)
{
    struct broker *broker = client->broker;
    for (int i = 0; i < BROKER_RETAINED; i++)
        if (broker->retained[i] && subscribes(client, broker->retained[i]->topic))
            enqueue(client, broker->retained[i]);
}

void broker_inject(struct broker *broker, const char *topic, const void *payload, size_t length,
                   bool retained)
{
    if (!broker->up)
        return;
    struct broker_packet *packet = packet_new(topic, payload, length, 1, retained);
    broker_route(broker, packet, NULL);
    packet_release(packet);
}

/* --- the whole --- */

void broker_init(struct broker *broker, struct schedule *schedule, struct random *random)
{
    *broker = (struct broker){.schedule = schedule, .random = random, .up = true};
    broker->latency_us = random_between(random, 500, 150000);
    broker->lossy_qos0 = random_chance(random, 30) ? 20 : 0;
}

void broker_join(struct broker *broker, struct broker_client *client)
{
    assert(broker->client_count < BROKER_CLIENTS_MAX);
    client->broker = broker;
    broker->clients[broker->client_count++] = client;
}

void broker_free(struct broker *broker)
{
    for (size_t i = 0; i < broker->client_count; i++) {
        struct broker_client *client = broker->clients[i];
        session_end(client);
        packet_release(client->will);
        packet_release(client->registered_will);
        free(client->queue);
        free(client->tokens);
    }
    for (int i = 0; i < BROKER_RETAINED; i++)
        packet_release(broker->retained[i]);
}
