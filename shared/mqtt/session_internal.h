/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a session, shared by session*.c only.
 *
 * Two locks matter: ours (`lock`) and paho's global one, which paho holds while it calls us back.
 * The order is paho's first, ours second; so nothing here calls paho while it holds `lock`.
 *
 * One worker thread owns the paho handle: it creates a fresh one for each connection and destroys
 * it when that connection ends, so that no message of an old connection is ever sent on a new one.
 * Publishers use the handle only between session_enter and session_leave; the worker destroys it
 * after the last of them has left.
 */
#ifndef SWAPSTACK_MQTT_SESSION_INTERNAL_H
#define SWAPSTACK_MQTT_SESSION_INTERNAL_H

#include "mqtt/session.h"

#include <MQTTAsync.h>
#include <pthread.h>

#define SESSION_WINDOW           200   /* reference/c-and-mqtt.md: paho's lists are linear */
#define SESSION_CONNECT_S        15    /* TCP, TLS and CONNACK */
#define SESSION_STUCK_MS         30000 /* paho itself gave no answer to a connect in this time */
#define SESSION_STABLE_MS        10000 /* a connection that held so long resets the back-off */
#define SESSION_DISCONNECT_MS    2000
#define SESSION_REASON_SIZE      256
#define SESSION_SUBSCRIPTION_MAX 8

enum session_phase {
    PHASE_STOPPED,    /* no handle */
    PHASE_WAITING,    /* no handle; the next attempt is at next_try_ms */
    PHASE_CONNECTING, /* CONNECT and SUBSCRIBE under way */
    PHASE_READY,      /* subscribed: publishing is possible */
    PHASE_BROKEN,     /* the connection ended; the worker takes the handle away */
};

/* A publish that paho has and that did not end yet. */
struct session_slot {
    struct session *session;
    bool used;
    int64_t token; /* 0: QoS 0, nobody is told */
};

struct session_will {
    char *topic; /* NULL: no will */
    void *payload;
    size_t length;
};

struct session {
    struct session_options options; /* texts are copies that `owned` holds, or belong to config */
    struct session_subscription subscriptions[SESSION_SUBSCRIPTION_MAX];
    char *owned_host, *owned_client_id;
    char *owned_topics[SESSION_SUBSCRIPTION_MAX];

    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC; phase, wish, users or the window changed */
    pthread_t worker;
    bool has_worker;

    /* Under `lock`. */
    enum session_phase phase;
    bool wanted;  /* session_start was called and no session_stop since */
    bool ending;  /* session_free */
    bool dropped; /* session_drop */
    int64_t drain_until_ms;
    int users; /* publishers that are inside paho */
    int used_slots;
    int window; /* slots that this connection may use */
    struct session_slot slots[SESSION_WINDOW];
    int64_t last_token;
    int failures; /* attempts in a row that came to nothing */
    int64_t next_try_ms, phase_since_ms;
    bool session_present;
    char reason[SESSION_REASON_SIZE]; /* why the last connection or attempt ended, for people */
    struct session_will will;

    /* The worker's (publishers read it between session_enter and session_leave). */
    MQTTAsync handle;
};

int64_t session_now_ms(void);

/* Phase changes, with `lock` held. */
void session_set_phase(struct session *session, enum session_phase phase);

/* Ends the present connection: phase BROKEN and events.lost, once. `lock` not held. */
void session_break(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* session_connect.c: creates a handle and begins to connect; subscribes when connected. */
int session_connect(struct session *session, struct err *err);

/* session_publish.c: the window. Ends every publish that is still open, as failed. */
void session_fail_publishes(struct session *session);

#endif
