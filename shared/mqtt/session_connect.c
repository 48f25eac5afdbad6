/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of a session: handle, CONNECT with will and credentials, SUBSCRIBE, messages. */
#include "mqtt/session_internal.h"

#include "base/log.h"
#include "base/scope.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define MODULE "mqtt"

static void on_lost(void *context, char *cause)
{
    session_break(context, "connection lost%s%s", cause ? ": " : "", cause ? cause : "");
}

static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    (void)properties;
    const char *text = MQTTReasonCode_toString(reason);
    session_break(context, "the broker ended the connection: %s", text ? text : "no reason given");
}

static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
    (void)topic_length; /* a topic with a NUL inside is none of ours; its beginning is told */
    struct session *session = context;
    struct session_message told = {.topic = topic,
                                   .payload = message->payload,
                                   .length = (size_t)message->payloadlen,
                                   .retained = message->retained != 0,
                                   .qos = message->qos};
    if (session->options.events->message)
        session->options.events->message(session->options.self, &told);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1; /* never 0: paho would acknowledge it and queue everything after it in RAM */
}

static void become_ready(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    bool ready = session->phase == PHASE_CONNECTING;
    bool present = session->session_present;
    if (ready)
        session_set_phase(session, PHASE_READY);
    pthread_mutex_unlock(&session->lock);
    if (!ready)
        return;
    log_info(MODULE, "connected broker=%s:%d client=%s session=%s", session->options.host,
             session->options.port, session->options.client_id, present ? "present" : "new");
    if (session->options.events->ready)
        session->options.events->ready(session->options.self, present);
}

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
    struct session *session = context;
    size_t count = session->options.subscription_count;
    for (size_t i = 0; i < count; i++) {
        /* paho fills the list only when there is more than one. */
        bool listed = count > 1 && (int)i < data->alt.sub.reasonCodeCount;
        enum MQTTReasonCodes code = listed ? data->alt.sub.reasonCodes[i] : data->reasonCode;
        if ((int)code >= 0x80) {
            const char *text = MQTTReasonCode_toString(code);
            session_break(session, "the broker refused the subscription to %s: %s",
                          session->subscriptions[i].topic, text ? text : "no reason given");
            return;
        }
    }
    become_ready(session);
}

static void on_subscribe_failed(void *context, MQTTAsync_failureData5 *data)
{
    const char *code = data ? MQTTReasonCode_toString(data->reasonCode) : NULL;
    const char *text = data && data->message ? data->message : code;
    session_break(context, "subscribing failed: %s", text ? text : "no reason given");
}

/* On paho's receive thread, when CONNACK came. */
static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    struct session *session = context;
    MQTTProperties *properties = data ? &data->properties : NULL;
    bool limited =
        properties && MQTTProperties_hasProperty(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
    int most =
        limited ? (int)MQTTProperties_getNumericValue(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)
                : SESSION_WINDOW;
    pthread_mutex_lock(&session->lock);
    session->session_present = data && data->alt.connect.sessionPresent;
    session->window = most < SESSION_WINDOW ? most : SESSION_WINDOW;
    pthread_mutex_unlock(&session->lock);

    int count = (int)session->options.subscription_count;
    if (count == 0) {
        become_ready(session);
        return;
    }
    char *topics[SESSION_SUBSCRIPTION_MAX];
    int qos[SESSION_SUBSCRIPTION_MAX];
    MQTTSubscribe_options options[SESSION_SUBSCRIPTION_MAX];
    for (int i = 0; i < count; i++) {
        const struct session_subscription *wanted = &session->subscriptions[i];
        topics[i] = session->owned_topics[i];
        qos[i] = wanted->qos;
        options[i] = (MQTTSubscribe_options)MQTTSubscribe_options_initializer;
        options[i].noLocal = wanted->no_local;
        options[i].retainAsPublished = wanted->retain_as_published;
        options[i].retainHandling = wanted->skip_retained ? 2 : 0;
    }
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    response.onSuccess5 = on_subscribed;
    response.onFailure5 = on_subscribe_failed;
    response.context = session;
    response.subscribeOptions = options[0];
    response.subscribeOptionsCount = count;
    response.subscribeOptionsList = options;
    int rc = MQTTAsync_subscribeMany(session->handle, count, topics, qos, &response);
    if (rc != MQTTASYNC_SUCCESS)
        session_break(session, "subscribing failed: %s", MQTTAsync_strerror(rc));
}

static void on_connect_failed(void *context, MQTTAsync_failureData5 *data)
{
    struct session *session = context;
    const char *code =
        data && (int)data->reasonCode >= 0x80 ? MQTTReasonCode_toString(data->reasonCode) : NULL;
    const char *text = data && data->message ? data->message : code;
    session_break(session, "broker %s:%d: cannot connect: %s", session->options.host,
                  session->options.port, text ? text : "no answer");
}

static int on_tls_error(const char *text, size_t length, void *context)
{
    (void)context;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\0'))
        length--;
    log_warning(MODULE, "TLS: %.*s", (int)length, text);
    return 1;
}

/* The first line of the file. Read at each attempt, so that a changed password needs no restart. */
static int read_password(const char *path, char *to, size_t size, struct err *err)
{
    SCOPE_FCLOSE FILE *file = fopen(path, "re");
    if (!file)
        return err_set_errno(err, ERR_CONFIG, errno, "password file %s", path);
    if (!fgets(to, (int)size, file))
        return err_set(err, ERR_CONFIG, "password file %s: has no first line", path);
    to[strcspn(to, "\r\n")] = '\0';
    return 0;
}

static bool given(const char *text)
{
    return text && text[0] != '\0';
}

static int create_handle(struct session *session, struct err *err)
{
    char uri[320];
    const char *host = session->options.host;
    bool v6 = strchr(host, ':') != NULL;
    (void)snprintf(uri, sizeof(uri), "%s://%s%s%s:%d",
                   given(session->options.ca_file) ? "ssl" : "tcp", v6 ? "[" : "", host,
                   v6 ? "]" : "", session->options.port);
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    options.maxBufferedMessages = 4 * SESSION_WINDOW; /* our own window is the limit */
    int rc = MQTTAsync_createWithOptions(&session->handle, uri, session->options.client_id,
                                         MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
    if (rc != MQTTASYNC_SUCCESS)
        return err_set(err, ERR_SYSTEM, "paho cannot make a client for %s: %s", uri,
                       MQTTAsync_strerror(rc));
    (void)MQTTAsync_setCallbacks(session->handle, session, on_lost, on_message, NULL);
    (void)MQTTAsync_setDisconnected(session->handle, session, on_disconnected);
    return 0;
}

static void fill_tls(const struct session *session, MQTTAsync_SSLOptions *tls)
{
    const struct session_options *options = &session->options;
    tls->trustStore = options->ca_file;
    tls->keyStore = given(options->cert_file) ? options->cert_file : NULL;
    tls->privateKey = given(options->key_file) ? options->key_file : NULL;
    tls->enableServerCertAuth = 1;
    tls->verify = 1; /* the host name too */
    tls->ssl_error_cb = on_tls_error;
}

static int add_property(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t value)
{
    MQTTProperty property = {.identifier = code};
    if (code == MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)
        property.value.integer2 = (unsigned short)value;
    else
        property.value.integer4 = value;
    return MQTTProperties_add(properties, &property);
}

/* Copies the will, because session_set_will may replace it meanwhile. */
static bool copy_will(struct session *session, struct session_will *will)
{
    pthread_mutex_lock(&session->lock);
    bool has = session->will.topic != NULL;
    if (has) {
        will->topic = strdup(session->will.topic);
        will->payload = malloc(session->will.length + 1);
        will->length = session->will.length;
        if (will->payload)
            memcpy(will->payload, session->will.payload, session->will.length);
    }
    pthread_mutex_unlock(&session->lock);
    return has && will->topic && will->payload;
}

static int start_connecting(struct session *session, const char *password, struct err *err)
{
    const struct session_options *options = &session->options;
    MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTProperties properties = MQTTProperties_initializer;
    struct session_will own_will = {0};

    connect.keepAliveInterval = options->keep_alive_s;
    connect.cleanstart = options->clean_start;
    connect.maxInflight = SESSION_WINDOW;
    connect.connectTimeout = SESSION_CONNECT_S;
    connect.onSuccess5 = on_connected;
    connect.onFailure5 = on_connect_failed;
    connect.context = session;
    if (given(options->user)) {
        connect.username = options->user;
        connect.password = password;
    }
    if (given(options->ca_file)) {
        fill_tls(session, &tls);
        connect.ssl = &tls;
    }
    if (copy_will(session, &own_will)) {
        will.topicName = own_will.topic;
        will.payload.data = own_will.payload;
        will.payload.len = (int)own_will.length;
        will.qos = 1;
        connect.will = &will;
    }
    (void)add_property(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
                       options->session_expiry_s);
    if (options->receive_maximum > 0)
        (void)add_property(&properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
                           (uint32_t)options->receive_maximum);
    connect.connectProperties = &properties;
    int rc = MQTTAsync_connect(session->handle, &connect);
    MQTTProperties_free(&properties);
    free(own_will.topic);
    free(own_will.payload);
    if (rc != MQTTASYNC_SUCCESS)
        return err_set(err, ERR_UNAVAILABLE, "broker %s:%d: cannot connect: %s", options->host,
                       options->port, MQTTAsync_strerror(rc));
    return 0;
}

int session_connect(struct session *session, struct err *err)
{
    char password[1024] = "";
    int rc = 0;
    if (given(session->options.user) && given(session->options.password_file))
        rc = read_password(session->options.password_file, password, sizeof(password), err);
    if (rc == 0)
        rc = create_handle(session, err);
    if (rc == 0)
        rc = start_connecting(session, password, err);
    explicit_bzero(password, sizeof(password));
    return rc;
}
