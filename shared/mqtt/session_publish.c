/* SPDX-License-Identifier: Apache-2.0 */
/* The window of publishes: at most SESSION_WINDOW in paho's hands, each ends exactly once. */
#include "mqtt/session_internal.h"

#include <assert.h>
#include <string.h>

/*
 * paho 1.3.12 leaks topic and payload of what it has not written yet when a handle is destroyed
 * (its own heap loses them; seen with LeakSanitizer at each broken connection). Bounded by the
 * window per loss; the window follows the broker's receive maximum, beyond which paho only queues.
 */
#ifdef __SANITIZE_ADDRESS__
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpaho-mqtt3as\n";
}
#endif

/* Frees the slot and tells the owner of the token. Callable from paho's threads and the worker. */
static void end_slot(struct session_slot *slot, bool ok)
{
    struct session *session = slot->session;
    pthread_mutex_lock(&session->lock);
    bool was_used = slot->used;
    int64_t token = slot->token;
    slot->used = false;
    if (was_used)
        session->used_slots--;
    assert(session->used_slots >= 0);
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);
    if (was_used && token > 0 && session->options.events->published)
        session->options.events->published(session->options.self, token, ok);
}

static void on_published(void *context, MQTTAsync_successData5 *data)
{
    end_slot(context, !data || (int)data->reasonCode < 0x80);
}

static void on_publish_failed(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    end_slot(context, false);
}

void session_fail_publishes(struct session *session)
{
    for (size_t i = 0; i < SESSION_WINDOW; i++)
        end_slot(&session->slots[i], false);
}

/* Takes a slot and keeps the handle alive until session_leave. */
static struct session_slot *session_enter(struct session *session, int qos, struct err *err)
{
    struct session_slot *free_slot = NULL;
    pthread_mutex_lock(&session->lock);
    if (session->phase != PHASE_READY) {
        err_set(err, ERR_UNAVAILABLE, "broker %s:%d: not connected", session->options.host,
                session->options.port);
    } else if (session->used_slots >= session->window) {
        err_set(err, ERR_BUSY, "%d publishes wait for the broker", session->used_slots);
    } else {
        for (size_t i = 0; i < SESSION_WINDOW && !free_slot; i++) {
            if (!session->slots[i].used)
                free_slot = &session->slots[i];
        }
        assert(free_slot);
        *free_slot = (struct session_slot){
            .session = session, .used = true, .token = qos > 0 ? ++session->last_token : 0};
        session->used_slots++;
        session->users++;
    }
    pthread_mutex_unlock(&session->lock);
    return free_slot;
}

static void session_leave(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session->users--;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);
}

/* Gives a slot back that paho never took: nobody is told. */
static void return_slot(struct session_slot *slot)
{
    struct session *session = slot->session;
    pthread_mutex_lock(&session->lock);
    if (slot->used) {
        slot->used = false;
        session->used_slots--;
    }
    pthread_mutex_unlock(&session->lock);
}

int session_publish(struct session *session, const char *topic, const void *payload, size_t length,
                    int qos, int64_t *token, struct err *err)
{
    assert(qos == 0 || qos == 1);
    struct err own = {0};
    struct session_slot *slot = session_enter(session, qos, &own);
    if (!slot) {
        if (err)
            *err = own;
        return own.code;
    }
    /* The acknowledgement may come before MQTTAsync_send returns, and the slot serve another. */
    int64_t own_token = slot->token;
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    response.onSuccess5 = on_published;
    response.onFailure5 = on_publish_failed;
    response.context = slot;
    int rc = MQTTAsync_send(session->handle, topic, (int)length, payload, qos, 0, &response);
    if (rc != MQTTASYNC_SUCCESS)
        return_slot(slot);
    session_leave(session);
    if (rc == MQTTASYNC_DISCONNECTED)
        return err_set(err, ERR_UNAVAILABLE, "broker %s:%d: not connected", session->options.host,
                       session->options.port);
    if (rc == MQTTASYNC_MAX_MESSAGES_INFLIGHT || rc == MQTTASYNC_MAX_BUFFERED_MESSAGES)
        return err_set(err, ERR_BUSY, "the broker does not take messages fast enough");
    if (rc != MQTTASYNC_SUCCESS)
        return err_set(err, ERR_IO, "cannot publish on %s: %s", topic, MQTTAsync_strerror(rc));
    if (token)
        *token = own_token;
    return 0;
}
