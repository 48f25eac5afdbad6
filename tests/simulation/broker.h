/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of an MQTT broker and the connections to it, as far as our rules depend on it: QoS 1 on
 * both legs, persistent and clean sessions, last wills, takeover by the same client id, retained
 * messages. A connection keeps its order; when it dies, what was under way in it is lost, and each
 * end notices at a time of its own. The broker can stop, with or without its sessions.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_BROKER_H
#define SWAPSTACK_TESTS_SIMULATION_BROKER_H

#include "protocol/topic.h"
#include "random.h"
#include "schedule.h"
#include <stdbool.h>

#define BROKER_CLIENTS_MAX 4
#define BROKER_FILTERS_MAX 4
#define BROKER_RETAINED    4
#define BROKER_WINDOW      100 /* QoS 1 messages under way towards a client */

struct broker_packet { /* shared, counted */
    int references;
    char topic[TOPIC_SIZE];
    char *payload;
    size_t length;
    int qos;
    bool retained;
};

struct broker_client_events {
    void (*connected)(void *self);
    void (*lost)(void *self);
    /* False: it cannot take it; the client drops its connection without acknowledging. */
    bool (*message)(void *self, const struct broker_packet *packet);
    void (*published)(void *self, int64_t token, bool ok);
};

struct broker_delivery {
    struct broker_packet *packet;
    uint64_t number;
    bool sent; /* in the present connection */
};

struct broker;

struct broker_client {
    /* set before broker_join */
    const struct broker_client_events *events;
    void *self;
    bool clean; /* else the broker keeps the session */
    bool no_local_control;
    const char *filters[BROKER_FILTERS_MAX];
    /* the client's end */
    struct broker *broker;
    bool wants, sees, connecting;
    uint64_t client_life; /* moves on with each thing that the client learns */
    int64_t *tokens;      /* owned: publishes under way */
    size_t token_count, token_capacity;
    int64_t next_token;
    int tries;
    struct broker_packet *will;
    /* the wire */
    bool alive;
    uint64_t wire_life; /* moves on when the connection dies: what is under way is lost */
    int64_t up_last_us, down_last_us;
    /* the broker's end */
    bool broker_sees, session;
    uint64_t broker_life;
    struct broker_packet *registered_will;
    struct broker_delivery *queue; /* owned: the session's messages, oldest first */
    size_t queue_count, queue_capacity;
    uint64_t delivery_number;
};

struct broker {
    struct schedule *schedule;
    struct random *random;
    bool up;
    int64_t latency_us; /* typical, one way */
    int lossy_qos0;     /* percent of QoS 0 deliveries that it drops */
    struct broker_client *clients[BROKER_CLIENTS_MAX];
    size_t client_count;
    struct broker_packet *retained[BROKER_RETAINED];
    int64_t routed, deliveries, redeliveries, lost_packets;
    /* what goes through, for the run's checks; may be NULL */
    void (*tap)(void *self, const struct broker_packet *packet, const struct broker_client *from);
    void *tap_self;
};

void broker_init(struct broker *broker, struct schedule *schedule, struct random *random);
void broker_free(struct broker *broker);
void broker_join(struct broker *broker, struct broker_client *client);

/* The client's side. Connecting is tried until it succeeds or broker_client_leave or _vanish. */
void broker_connect(struct broker_client *client, const char *will_topic, const char *will,
                    size_t length);
/* The will of the next connection. */
void broker_client_will(struct broker_client *client, const char *topic, const char *will,
                        size_t length);
/* Token > 0 for QoS 1, 0 for QoS 0, -1 not connected, -2 the window is full. */
int64_t broker_publish(struct broker_client *client, const char *topic, const void *payload,
                       size_t length, int qos);
void broker_client_leave(struct broker_client *client); /* clean DISCONNECT, no reconnecting */
void broker_vanish(struct broker_client *client);       /* its process is gone */

/* An operator with mosquitto_pub. */
void broker_inject(struct broker *broker, const char *topic, const void *payload, size_t length,
                   bool retained);

struct broker_packet *sim_packet_share(const struct broker_packet *packet);
void sim_packet_release(struct broker_packet *packet);

/* Faults. */
void broker_cut(struct broker_client *client); /* the connection dies unseen */
void broker_stop(struct broker *broker, bool loses_state);
void broker_start(struct broker *broker);

#endif
