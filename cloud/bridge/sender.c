/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/sender.h"

#include "base/clock.h"
#include "base/log.h"
#include "bridge/postbox.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MODULE "sender"

/* Between tries while the broker does not take anything. */
#define RETRY_US (50 * CLOCK_US_PER_MS)

struct sender {
    pthread_mutex_t lock; /* of everything below but the thread's own */
    pthread_cond_t changed;
    struct postbox *postbox;
    bool stop;
    char prefix[TOPIC_SIZE];
    struct ingest_out out;
    void (*told)(void *self); /* NULL: nobody */
    void *told_self;
    sender_publish *publish;
    void *publish_self;
    pthread_t thread;
    bool has_thread;
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CLOCK_US_PER_SECOND + now.tv_nsec / 1000;
}

static void put_ack(void *self, const char *device, const struct message_ack *ack)
{
    struct sender *sender = self;
    (void)pthread_mutex_lock(&sender->lock);
    if (postbox_put_ack(sender->postbox, device, ack) < 0)
        log_error(MODULE, "out of memory: ack delayed device=%s", device);
    (void)pthread_cond_signal(&sender->changed);
    (void)pthread_mutex_unlock(&sender->lock);
}

static void put_letter(struct sender *sender, const char *device, const char *payload,
                       size_t length)
{
    char topic[TOPIC_SIZE];
    struct err err = {0};
    if (topic_format(topic, sender->prefix, TOPIC_CONTROL, device, &err) < 0) {
        log_error(MODULE, "message lost: %s", err.text);
        return;
    }
    (void)pthread_mutex_lock(&sender->lock);
    if (postbox_put_letter(sender->postbox, topic, payload, length, 1) < 0)
        log_error(MODULE, "out of memory: message lost topic=%s", topic);
    (void)pthread_cond_signal(&sender->changed);
    (void)pthread_mutex_unlock(&sender->lock);
}

static void put_register_result(void *self, const char *device,
                                const struct message_register_result *result)
{
    struct message message;
    message_init(&message, MESSAGE_REGISTER_RESULT);
    (void)snprintf(message.device, sizeof message.device, "%s", device);
    message.version = 1;
    message.data.register_result = *result;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err err = {0};
    if (message_encode(&message, &text, &err) < 0)
        log_error(MODULE, "REGISTER_RESULT for %s: %s", device, err.text);
    else
        put_letter(self, device, strbuf_text(&text), text.length);
    message_free(&message);
}

static void put_set_config(void *self, const char *device, const struct message_config *config)
{
    struct message message;
    message_init(&message, MESSAGE_SET_CONFIG);
    (void)snprintf(message.device, sizeof message.device, "%s", device);
    message.version = 1;
    message.time = (struct timestamp){.us = clock_wall_us(), .precision = TIMESTAMP_EXACT};
    message.data.set_config = *config;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err err = {0};
    if (message_encode(&message, &text, &err) < 0)
        log_error(MODULE, "SET_CONFIG for %s: %s", device, err.text);
    else
        put_letter(self, device, strbuf_text(&text), text.length);
    message_free(&message);
}

static void wake_couriers(void *self)
{
    const struct sender *sender = self;
    if (sender->told)
        sender->told(sender->told_self);
}

void sender_on_told(struct sender *sender, void (*told)(void *self), void *self)
{
    sender->told = told;
    sender->told_self = self;
}

int sender_new(struct sender **sender, const char *prefix, struct err *err)
{
    struct sender *made = calloc(1, sizeof *made);
    if (!made)
        return err_set(err, ERR_NOMEM, "sender: out of memory");
    int status = postbox_new(&made->postbox, err);
    if (status < 0) {
        free(made);
        return status;
    }
    (void)snprintf(made->prefix, sizeof made->prefix, "%s", prefix);
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    made->out = (struct ingest_out){.self = made,
                                    .ack = put_ack,
                                    .register_result = put_register_result,
                                    .set_config = put_set_config,
                                    .told = wake_couriers};
    *sender = made;
    return 0;
}

const struct ingest_out *sender_out(struct sender *sender)
{
    return &sender->out;
}

/* False: the broker takes nothing now. */
static bool is_sent(int status, const char *topic, const struct err *err)
{
    if (status == ERR_BUSY || status == ERR_UNAVAILABLE)
        return false;
    if (status < 0)
        log_warning(MODULE, "message given up topic=%s reason=%s", topic, err->text);
    return true;
}

static bool publish_ack(struct sender *sender, const struct postbox_ack *due)
{
    struct message message;
    message_init(&message, MESSAGE_ACK);
    (void)snprintf(message.device, sizeof message.device, "%s", due->device);
    message.version = 1;
    message.data.ack = due->ack;
    SCOPE_STRBUF struct strbuf text = STRBUF_INIT;
    struct err err = {0};
    char topic[TOPIC_SIZE];
    int status = topic_format(topic, sender->prefix, TOPIC_CONTROL, due->device, &err);
    if (status == 0)
        status = message_encode(&message, &text, &err);
    if (status == 0) /* QoS 0: a lost ack is made good by the next */
        status =
            sender->publish(sender->publish_self, topic, strbuf_text(&text), text.length, 0, &err);
    message_free(&message);
    return is_sent(status, due->device, &err);
}

static bool publish_letter(struct sender *sender, const struct postbox_letter *letter)
{
    struct err err = {0};
    int status = sender->publish(sender->publish_self, letter->topic, letter->payload,
                                 letter->length, letter->qos, &err);
    return is_sent(status, letter->topic, &err);
}

/* Publishes one thing; `lock` held on entry and return, not while publishing. False: there is
 * nothing to do before *next_us. */
static bool send_one(struct sender *sender, int64_t *next_us)
{
    struct postbox_letter letter;
    struct postbox_ack due;
    bool sent = true;
    if (postbox_take_letter(sender->postbox, &letter)) {
        (void)pthread_mutex_unlock(&sender->lock);
        sent = publish_letter(sender, &letter);
        (void)pthread_mutex_lock(&sender->lock);
        if (!sent)
            postbox_return_letter(sender->postbox, &letter);
        postbox_letter_free(&letter);
    } else if (postbox_take_ack(sender->postbox, now_us(), &due, next_us)) {
        (void)pthread_mutex_unlock(&sender->lock);
        sent = publish_ack(sender, &due);
        (void)pthread_mutex_lock(&sender->lock);
        if (!sent)
            postbox_return_ack(sender->postbox, &due);
    } else {
        return false;
    }
    if (!sent)
        *next_us = now_us() + RETRY_US;
    return sent;
}

static void wait_until(struct sender *sender, int64_t at_us)
{
    if (at_us == INT64_MAX) {
        (void)pthread_cond_wait(&sender->changed, &sender->lock);
        return;
    }
    struct timespec at = {.tv_sec = at_us / CLOCK_US_PER_SECOND,
                          .tv_nsec = (at_us % CLOCK_US_PER_SECOND) * 1000};
    (void)pthread_cond_timedwait(&sender->changed, &sender->lock, &at);
}

static void *run(void *argument)
{
    struct sender *sender = argument;
    (void)pthread_mutex_lock(&sender->lock);
    while (!sender->stop) {
        int64_t next_us = INT64_MAX;
        if (!send_one(sender, &next_us) && !sender->stop)
            wait_until(sender, next_us);
    }
    (void)pthread_mutex_unlock(&sender->lock);
    return NULL;
}

int sender_start(struct sender *sender, sender_publish *publish, void *self, struct err *err)
{
    sender->publish = publish;
    sender->publish_self = self;
    int code = pthread_create(&sender->thread, NULL, run, sender);
    if (code != 0)
        return err_set_errno(err, ERR_SYSTEM, code, "sender: no thread");
    sender->has_thread = true;
    return 0;
}

void sender_wake(struct sender *sender)
{
    (void)pthread_mutex_lock(&sender->lock);
    (void)pthread_cond_signal(&sender->changed);
    (void)pthread_mutex_unlock(&sender->lock);
}

void sender_stop(struct sender *sender)
{
    if (!sender->has_thread)
        return;
    (void)pthread_mutex_lock(&sender->lock);
    sender->stop = true;
    (void)pthread_cond_signal(&sender->changed);
    (void)pthread_mutex_unlock(&sender->lock);
    (void)pthread_join(sender->thread, NULL);
    sender->has_thread = false;
}

void sender_free(struct sender *sender)
{
    if (!sender)
        return;
    sender_stop(sender);
    postbox_free(sender->postbox);
    (void)pthread_cond_destroy(&sender->changed);
    (void)pthread_mutex_destroy(&sender->lock);
    free(sender);
}
