/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/announcer.h"

#include "protocol/topic.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_S 10 /* for a PUBACK */
/* The newest ends of publishes are kept, because one may come before session_publish has told its
 * token; more than a session's window. */
#define ENDS 256

struct end {
    int64_t token;
    bool ok;
};

struct announcer {
    char prefix[TOPIC_SIZE];
    announcer_publish *publish;
    void *publish_self;
    const atomic_bool *stop;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct end ends[ENDS]; /* a circle */
    size_t next;
    bool up;
};

int announcer_new(struct announcer **announcer, const char *prefix, announcer_publish *publish,
                  void *self, const atomic_bool *stop, struct err *err)
{
    struct announcer *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "announcer: out of memory");
    (void)snprintf(made->prefix, sizeof made->prefix, "%s", prefix);
    made->publish = publish;
    made->publish_self = self;
    made->stop = stop;
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    *announcer = made;
    return 0;
}

void announcer_free(struct announcer *announcer)
{
    if (!announcer)
        return;
    (void)pthread_cond_destroy(&announcer->changed);
    (void)pthread_mutex_destroy(&announcer->lock);
    free(announcer);
}

void announcer_published(struct announcer *announcer, int64_t token, bool ok)
{
    (void)pthread_mutex_lock(&announcer->lock);
    announcer->ends[announcer->next++ % ENDS] = (struct end){token, ok};
    (void)pthread_cond_signal(&announcer->changed);
    (void)pthread_mutex_unlock(&announcer->lock);
}

void announcer_set_link(struct announcer *announcer, bool up)
{
    (void)pthread_mutex_lock(&announcer->lock);
    announcer->up = up;
    (void)pthread_cond_signal(&announcer->changed);
    (void)pthread_mutex_unlock(&announcer->lock);
}

void announcer_wake(struct announcer *announcer)
{
    (void)pthread_mutex_lock(&announcer->lock);
    (void)pthread_cond_signal(&announcer->changed);
    (void)pthread_mutex_unlock(&announcer->lock);
}

/* `lock` held. */
static const struct end *find_end(const struct announcer *announcer, int64_t token)
{
    for (size_t i = 0; i < ENDS; i++)
        if (announcer->ends[i].token == token)
            return &announcer->ends[i];
    return NULL;
}

static enum delivery_outcome await(struct announcer *announcer, int64_t token, struct err *err)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_S;
    bool waiting = true;
    (void)pthread_mutex_lock(&announcer->lock);
    const struct end *end;
    while (!(end = find_end(announcer, token)) && waiting && !atomic_load(announcer->stop))
        waiting = pthread_cond_timedwait(&announcer->changed, &announcer->lock, &until) == 0;
    bool acknowledged = end && end->ok;
    (void)pthread_mutex_unlock(&announcer->lock);
    if (acknowledged)
        return DELIVERY_DONE;
    err_set(err, ERR_UNAVAILABLE, "the broker did not acknowledge it");
    return DELIVERY_DOWN;
}

static enum delivery_outcome deliver(void *self, const struct channel_row *channel,
                                     const struct delivery_row *row,
                                     const struct courier_settings *settings, struct err *err)
{
    struct announcer *announcer = self;
    char topic[TOPIC_SIZE];
    int64_t token = 0;
    (void)channel;
    (void)settings;
    if (topic_format(topic, announcer->prefix, TOPIC_ALERT, row->kind, err) < 0)
        return DELIVERY_REFUSED;
    int status = announcer->publish(announcer->publish_self, topic, row->payload,
                                    strlen(row->payload), &token, err);
    if (status == ERR_UNAVAILABLE || status == ERR_BUSY)
        return DELIVERY_DOWN;
    return status < 0 ? DELIVERY_REFUSED : await(announcer, token, err);
}

static bool is_ready(void *self)
{
    struct announcer *announcer = self;
    (void)pthread_mutex_lock(&announcer->lock);
    bool up = announcer->up;
    (void)pthread_mutex_unlock(&announcer->lock);
    return up;
}

struct courier_port announcer_port(struct announcer *announcer)
{
    return (struct courier_port){
        .self = announcer, .kind = "mqtt", .is_ready = is_ready, .deliver = deliver};
}
