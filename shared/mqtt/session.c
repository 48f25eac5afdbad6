/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a session: its worker thread connects, waits, disconnects and cleans up. */
#include "mqtt/session_internal.h"

#include "base/log.h"
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define MODULE "mqtt"

int64_t session_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for a change, at most until `until_ms` (negative: for ever). `lock` held. */
static void wait_until(struct session *session, int64_t until_ms)
{
    if (until_ms < 0) {
        pthread_cond_wait(&session->changed, &session->lock);
        return;
    }
    struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = (until_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(&session->changed, &session->lock, &at);
}

void session_set_phase(struct session *session, enum session_phase phase)
{
    /* Which phase may follow which. The worker alone leaves STOPPED, WAITING and BROKEN; paho's
     * threads turn CONNECTING into READY and either of them into BROKEN. */
    static const unsigned ALLOWED[] = {
        [PHASE_STOPPED] = 1u << PHASE_WAITING,
        [PHASE_WAITING] = 1u << PHASE_STOPPED | 1u << PHASE_CONNECTING,
        [PHASE_CONNECTING] = 1u << PHASE_READY | 1u << PHASE_BROKEN,
        [PHASE_READY] = 1u << PHASE_BROKEN,
        [PHASE_BROKEN] = 1u << PHASE_WAITING | 1u << PHASE_STOPPED,
    };
    if (!(ALLOWED[session->phase] & 1u << phase))
        abort(); /* a programming error, in builds without assert too */
    int64_t now = session_now_ms();
    if (session->phase == PHASE_READY && now - session->phase_since_ms >= SESSION_STABLE_MS)
        session->failures = 0;
    session->phase = phase;
    session->phase_since_ms = now;
    pthread_cond_broadcast(&session->changed);
}

void session_break(struct session *session, const char *format, ...)
{
    char reason[SESSION_REASON_SIZE] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);

    pthread_mutex_lock(&session->lock);
    bool alive = session->phase == PHASE_CONNECTING || session->phase == PHASE_READY;
    bool wanted = session->wanted && !session->ending;
    if (alive)
        session_set_phase(session, PHASE_BROKEN);
    if (alive && wanted)
        memcpy(session->reason, reason, sizeof(session->reason));
    pthread_mutex_unlock(&session->lock);
    if (alive && wanted && session->options.events->lost)
        session->options.events->lost(session->options.self, reason);
}

/* Full jitter: uniform between 0 and the doubled, bounded wait. */
static int64_t backoff_ms(const struct session *session)
{
    int64_t most = session->options.backoff_min_ms;
    for (int i = 1; i < session->failures && most < session->options.backoff_max_ms; i++)
        most *= 2;
    if (most > session->options.backoff_max_ms)
        most = session->options.backoff_max_ms;
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        random = UINT32_MAX / 2;
    return (int64_t)((double)most * (double)random / (double)UINT32_MAX);
}

/* Takes the connection away. `lock` not held; phase is BROKEN, so no publisher enters any more. */
static void remove_handle(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    assert(session->phase == PHASE_BROKEN);
    while (session->users > 0)
        wait_until(session, -1);
    pthread_mutex_unlock(&session->lock);
    if (session->handle)
        MQTTAsync_destroy(&session->handle); /* no callback runs after it */
    session->handle = NULL;
    session_fail_publishes(session);
}

static void on_disconnect_done(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    session_break(context, "disconnected");
}

static void on_disconnect_failed(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    session_break(context, "disconnecting failed");
}

/* A clean end of a READY connection: what is on its way may arrive, then DISCONNECT, which makes
 * the broker forget the will. `lock` held on entry and return. */
static void disconnect(struct session *session)
{
    while (session->phase == PHASE_READY && session->used_slots > 0 &&
           session_now_ms() < session->drain_until_ms && !session->dropped)
        wait_until(session, session->drain_until_ms);
    if (session->phase != PHASE_READY)
        return;
    pthread_mutex_unlock(&session->lock);
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
    options.onSuccess5 = on_disconnect_done;
    options.onFailure5 = on_disconnect_failed;
    options.context = session;
    int rc = MQTTAsync_disconnect(session->handle, &options);
    pthread_mutex_lock(&session->lock);
    int64_t until = session_now_ms() + SESSION_DISCONNECT_MS;
    while (rc == MQTTASYNC_SUCCESS && session->phase == PHASE_READY && session_now_ms() < until)
        wait_until(session, until);
}

/* Begins one attempt. `lock` held on entry and return. */
static void begin_attempt(struct session *session)
{
    session_set_phase(session, PHASE_CONNECTING);
    session->failures++;
    pthread_mutex_unlock(&session->lock);
    struct err err = {0};
    if (session_connect(session, &err) < 0)
        session_break(session, "%s", err.text);
    pthread_mutex_lock(&session->lock);
}

/* What to do now; returns when something changed or was done. `lock` held. */
static void work(struct session *session)
{
    bool wanted = session->wanted && !session->ending;
    int64_t now = session_now_ms();
    switch (session->phase) {
    case PHASE_STOPPED:
        if (!wanted) {
            wait_until(session, -1);
            return;
        }
        session->failures = 0;
        session->next_try_ms = now;
        session_set_phase(session, PHASE_WAITING);
        return;
    case PHASE_WAITING:
        if (!wanted)
            session_set_phase(session, PHASE_STOPPED);
        else if (now >= session->next_try_ms)
            begin_attempt(session);
        else
            wait_until(session, session->next_try_ms);
        return;
    case PHASE_CONNECTING:
    case PHASE_READY: {
        bool stuck =
            session->phase == PHASE_CONNECTING && now - session->phase_since_ms >= SESSION_STUCK_MS;
        if (wanted && !session->dropped && !stuck) {
            wait_until(session, session->phase == PHASE_CONNECTING
                                    ? session->phase_since_ms + SESSION_STUCK_MS
                                    : -1);
            return;
        }
        if (session->phase == PHASE_READY && !session->dropped)
            disconnect(session);
        const char *why = stuck ? "no answer to the connection attempt" : "dropped";
        pthread_mutex_unlock(&session->lock);
        session_break(session, "%s", why);
        pthread_mutex_lock(&session->lock);
        return;
    }
    case PHASE_BROKEN:
        pthread_mutex_unlock(&session->lock);
        remove_handle(session);
        pthread_mutex_lock(&session->lock);
        session->dropped = false;
        session->next_try_ms = session_now_ms() + backoff_ms(session);
        session_set_phase(session, session->wanted ? PHASE_WAITING : PHASE_STOPPED);
        return;
    }
}

static void *worker_main(void *argument)
{
    struct session *session = argument;
    pthread_mutex_lock(&session->lock);
    while (!session->ending || session->phase != PHASE_STOPPED)
        work(session);
    pthread_mutex_unlock(&session->lock);
    return NULL;
}

static int start_worker(struct session *session, struct err *err)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&session->worker, NULL, worker_main, session);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return err_set_errno(err, ERR_SYSTEM, rc, "cannot start a thread for the broker");
    session->has_worker = true;
    return 0;
}

static int copy_options(struct session *session, const struct session_options *options)
{
    session->options = *options;
    session->owned_host = strdup(options->host);
    session->owned_client_id = strdup(options->client_id);
    session->options.host = session->owned_host;
    session->options.client_id = session->owned_client_id;
    bool failed = !session->owned_host || !session->owned_client_id;
    for (size_t i = 0; i < options->subscription_count; i++) {
        session->owned_topics[i] = strdup(options->subscriptions[i].topic);
        session->subscriptions[i] = options->subscriptions[i];
        session->subscriptions[i].topic = session->owned_topics[i];
        failed = failed || !session->owned_topics[i];
    }
    session->options.subscriptions = session->subscriptions;
    return failed ? ERR_NOMEM : 0;
}

int session_new(struct session **session, const struct session_options *options, struct err *err)
{
    assert(options->host && options->client_id && options->events);
    assert(options->subscription_count <= SESSION_SUBSCRIPTION_MAX);
    struct session *made = calloc(1, sizeof(*made));
    if (!made)
        return err_set(err, ERR_NOMEM, "out of memory");
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    for (size_t i = 0; i < SESSION_WINDOW; i++)
        made->slots[i].session = made;
    int rc = copy_options(made, options) < 0 ? err_set(err, ERR_NOMEM, "out of memory")
                                             : start_worker(made, err);
    if (rc < 0) {
        session_free(made);
        return rc;
    }
    *session = made;
    return 0;
}

int session_start(struct session *session, struct err *err)
{
    (void)err;
    pthread_mutex_lock(&session->lock);
    session->wanted = true;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);
    return 0;
}

void session_stop(struct session *session, int timeout_ms)
{
    pthread_mutex_lock(&session->lock);
    session->wanted = false;
    session->drain_until_ms = session_now_ms() + timeout_ms;
    pthread_cond_broadcast(&session->changed);
    while (session->phase != PHASE_STOPPED)
        wait_until(session, -1);
    pthread_mutex_unlock(&session->lock);
}

void session_drop(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    session->dropped = session->phase == PHASE_CONNECTING || session->phase == PHASE_READY;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);
}

void session_free(struct session *session)
{
    if (!session)
        return;
    if (session->has_worker) {
        pthread_mutex_lock(&session->lock);
        session->ending = true;
        session->wanted = false;
        pthread_cond_broadcast(&session->changed);
        pthread_mutex_unlock(&session->lock);
        (void)pthread_join(session->worker, NULL);
    }
    free(session->owned_host);
    free(session->owned_client_id);
    for (size_t i = 0; i < SESSION_SUBSCRIPTION_MAX; i++)
        free(session->owned_topics[i]);
    free(session->will.topic);
    free(session->will.payload);
    (void)pthread_cond_destroy(&session->changed);
    (void)pthread_mutex_destroy(&session->lock);
    free(session);
}

bool session_is_ready(const struct session *session)
{
    struct session *inside = (struct session *)(uintptr_t)session; /* the lock is not const */
    pthread_mutex_lock(&inside->lock);
    bool ready = inside->phase == PHASE_READY;
    pthread_mutex_unlock(&inside->lock);
    return ready;
}

void session_look(struct session *session, struct session_view *view)
{
    static const char *const NAMES[] = {[PHASE_STOPPED] = "stopped",
                                        [PHASE_WAITING] = "waiting",
                                        [PHASE_CONNECTING] = "connecting",
                                        [PHASE_READY] = "ready",
                                        [PHASE_BROKEN] = "ending"};
    pthread_mutex_lock(&session->lock);
    int64_t now = session_now_ms();
    *view = (struct session_view){.phase = NAMES[session->phase],
                                  .since_ms = now - session->phase_since_ms,
                                  .port = session->options.port};
    /* The attempt that made this connection, or is under way, is counted already. */
    if (session->phase == PHASE_CONNECTING)
        view->failures = session->failures - 1;
    else if (session->phase != PHASE_READY)
        view->failures = session->failures;
    if (session->phase == PHASE_WAITING && session->next_try_ms > now)
        view->next_ms = session->next_try_ms - now;
    (void)snprintf(view->host, sizeof(view->host), "%s", session->options.host);
    memcpy(view->last_error, session->reason, sizeof(view->last_error));
    pthread_mutex_unlock(&session->lock);
}
