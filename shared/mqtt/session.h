/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One MQTT 5 session over paho's MQTTAsync, the way this project uses it (reference/c-and-mqtt.md):
 * MQTTVersion always set, no paho persistence, no automatic reconnect (own back-off with jitter),
 * window of at most 200 unacknowledged publishes, user name with password file, TLS with CA,
 * certificate and key.
 *
 * Threads: callbacks run on paho's receive thread, which holds paho's global lock. A callback must
 * never wait for a thread that calls this module. session_publish may be called from any thread
 * that no callback waits for.
 */
#ifndef SWAPSTACK_MQTT_SESSION_H
#define SWAPSTACK_MQTT_SESSION_H

#include "base/config.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

struct session_message {
    const char *topic; /* NUL-terminated */
    const void *payload;
    size_t length;
    bool retained; /* with retainAsPublished: the flag as it was published */
    int qos;
};

/* All called on paho's threads. `self` is session_options.self. */
struct session_events {
    /* Connected and subscribed (every subscription granted). session_present as CONNACK says. */
    void (*ready)(void *self, bool session_present);
    /* The connection is gone or could not be made; `reason` is a sentence. A next try follows by
     * itself unless session_stop or session_pause was called. */
    void (*lost)(void *self, const char *reason);
    /* A message arrived. Its bytes are only valid during the call. May block, at most a quarter of
     * the keep-alive. */
    void (*message)(void *self, const struct session_message *message);
    /* Publish `token` was acknowledged by the broker (QoS 1), or failed (ok == false). */
    void (*published)(void *self, int64_t token, bool ok);
};

struct session_subscription {
    const char *topic;
    int qos;
    bool no_local;            /* do not send me what I published */
    bool retain_as_published; /* keep the retained flag visible */
    bool skip_retained;       /* do not send retained messages at subscribing */
};

struct session_options {
    const char *host; /* of the broker */
    int port;
    const char *client_id;
    bool clean_start;          /* false: the broker keeps the session … */
    uint32_t session_expiry_s; /* … this long (wall) after a disconnect */
    int keep_alive_s;
    int receive_maximum;                        /* QoS 1 messages in flight towards us, 1..65535 */
    const char *user, *password_file;           /* NULL or "": none; first line of the file */
    const char *ca_file, *cert_file, *key_file; /* ca_file set: TLS (verified, host name too) */
    int backoff_min_ms, backoff_max_ms;         /* between tries, doubled, with full jitter */
    const struct session_subscription *subscriptions;
    size_t subscription_count;
    const struct session_events *events;
    void *self;
};

/* The configuration keys [mqtt] that every program with a session shares: broker, user,
 * password_file, ca_file, cert_file, key_file, keep_alive_s, prefix, backoff_min_ms,
 * backoff_max_ms. For inclusion in a program's key table. */
#define SESSION_CONFIG_KEYS                                                                        \
    {"mqtt", "broker", CONFIG_TEXT, "127.0.0.1:1883",                                              \
     0,      0,        NULL,        "Broker as HOST:PORT ([v6]:PORT for an IPv6 address)."},       \
        {"mqtt", "user", CONFIG_TEXT, "", 0, 0, NULL, "User name for the broker; empty: none."},   \
        {"mqtt",                                                                                   \
         "password_file",                                                                          \
         CONFIG_TEXT,                                                                              \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "File whose first line is the password; keep it readable by the service's user only."},   \
        {"mqtt",                                                                                   \
         "ca_file",                                                                                \
         CONFIG_TEXT,                                                                              \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "PEM file of the certificate authorities that may sign the broker's certificate. "        \
         "Setting it turns TLS on; the host name is verified."},                                   \
        {"mqtt",                                                                                   \
         "cert_file",                                                                              \
         CONFIG_TEXT,                                                                              \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "PEM file of the client certificate (mutual TLS); needs ca_file and key_file."},          \
        {"mqtt", "key_file", CONFIG_TEXT, "", 0, 0, NULL, "PEM file of the client key."},          \
        {"mqtt", "keep_alive_s", CONFIG_INTEGER, "60",                                             \
         5,      65535,          NULL,           "MQTT keep-alive in seconds (wall clock)."},      \
        {"mqtt",      "prefix",                                                                    \
         CONFIG_TEXT, "",                                                                          \
         0,           0,                                                                           \
         NULL,        "Topic prefix: PREFIX/info, PREFIX/control; empty: info, control."},         \
        {"mqtt",                                                                                   \
         "backoff_min_ms",                                                                         \
         CONFIG_INTEGER,                                                                           \
         "500",                                                                                    \
         10,                                                                                       \
         60000,                                                                                    \
         NULL,                                                                                     \
         "First wait before a new connection attempt, in ms; doubled each time, with jitter."},    \
    {                                                                                              \
        "mqtt", "backoff_max_ms", CONFIG_INTEGER, "60000", 100, 3600000, NULL,                     \
            "Longest wait between connection attempts, in ms."                                     \
    }

/* Fills host, port, credentials, TLS, keep-alive and back-off from those keys. `host` is written
 * into the caller's buffer; the other texts point into `config`, which must outlive the session. */
int session_options_from_config(struct session_options *options, const struct config *config,
                                char *host, size_t host_size, struct err *err);

/* Sets the last will (QoS 1, not retained) used from the next connection on. Copies. */
int session_set_will(struct session *session, const char *topic, const void *payload, size_t length,
                     struct err *err);

/* Creates a session (no traffic yet); copies what it needs except `config` texts and events. */
int session_new(struct session **session, const struct session_options *options, struct err *err);
/* Begins connecting, for ever, until session_stop or session_pause. */
int session_start(struct session *session, struct err *err);
/* Clean DISCONNECT (no will), waits up to `timeout_ms` for outgoing messages first. After it,
 * session_start connects again. session_pause and session_stop are the same but for the name in
 * the log. */
void session_stop(struct session *session, int timeout_ms);
/* Drops the connection without more ado (store broken: let the broker keep the messages). */
void session_drop(struct session *session);
/* Stops and releases. */
void session_free(struct session *session);

bool session_is_ready(const struct session *session);

/* How the connection is, for people. */
struct session_view {
    const char *phase; /* "stopped", "waiting", "connecting", "ready", "ending"; constant */
    int64_t since_ms;  /* how long in it (wall) */
    int64_t next_ms;   /* until the next attempt; 0 but when waiting */
    int failures;      /* attempts in a row that came to nothing */
    char host[256];    /* of the broker */
    int port;
    char last_error[256]; /* why the last connection or attempt ended, "" never */
};
void session_look(struct session *session, struct session_view *view);

/* Publishes. QoS 1 yields a token > 0 for events.published (0 for QoS 0). ERR_BUSY when the window
 * is full, ERR_UNAVAILABLE when not connected. Never blocks on the network. */
int session_publish(struct session *session, const char *topic, const void *payload, size_t length,
                    int qos, int64_t *token, struct err *err);

#endif
