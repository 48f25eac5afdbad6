/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/inbox.h"

#include "base/log.h"
#include "monitor/monitor.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum item_kind { ITEM_READY, ITEM_LOST, ITEM_MESSAGE, ITEM_PUBLISHED };

struct item {
    struct item *next;
    enum item_kind kind;
    bool flag; /* retained; published ok */
    int64_t token;
    size_t length; /* of the payload, which stands behind the text */
    char text[];   /* reason or topic, NUL, payload */
};

struct inbox {
    pthread_mutex_t lock;
    struct item *first, **last; /* under lock */
    int messages;
    int64_t dropped;
    int fd;
};

int inbox_new(struct inbox **inbox, struct err *err)
{
    struct inbox *made = calloc(1, sizeof(*made));
    if (!made)
        return err_set(err, ERR_NOMEM, "out of memory");
    made->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->fd < 0) {
        int errnum = errno;
        free(made);
        return err_set_errno(err, ERR_SYSTEM, errnum, "no event file descriptor");
    }
    (void)pthread_mutex_init(&made->lock, NULL);
    made->last = &made->first;
    *inbox = made;
    return 0;
}

void inbox_free(struct inbox *inbox)
{
    if (!inbox)
        return;
    while (inbox->first) {
        struct item *item = inbox->first;
        inbox->first = item->next;
        free(item);
    }
    (void)close(inbox->fd);
    (void)pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

int inbox_fd(const struct inbox *inbox)
{
    return inbox->fd;
}

static void put(struct inbox *inbox, const struct item *like, const char *text, const void *payload,
                size_t length)
{
    size_t text_size = strlen(text) + 1;
    struct item *item = malloc(sizeof(*item) + text_size + length);
    if (!item)
        abort(); /* a lost `ready` would hang the station; its supervisor restarts us */
    *item = (struct item){.kind = like->kind, .flag = like->flag, .token = like->token};
    item->length = length;
    memcpy(item->text, text, text_size);
    if (length > 0)
        memcpy(item->text + text_size, payload, length);

    pthread_mutex_lock(&inbox->lock);
    bool full = item->kind == ITEM_MESSAGE && inbox->messages >= INBOX_MESSAGES_MAX;
    inbox->messages += item->kind == ITEM_MESSAGE && !full;
    inbox->dropped += full;
    if (!full) {
        *inbox->last = item;
        inbox->last = &item->next;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (full)
        free(item);
    uint64_t one = 1;
    ssize_t written = write(inbox->fd, &one, sizeof(one)); /* EAGAIN: it is readable anyway */
    (void)written;
}

static void on_ready(void *self, bool session_present)
{
    put(self, &(struct item){.kind = ITEM_READY, .flag = session_present}, "", NULL, 0);
}

static void on_lost(void *self, const char *reason)
{
    put(self, &(struct item){.kind = ITEM_LOST}, reason, NULL, 0);
}

static void on_message(void *self, const struct session_message *message)
{
    put(self, &(struct item){.kind = ITEM_MESSAGE, .flag = message->retained}, message->topic,
        message->payload, message->length);
}

static void on_published(void *self, int64_t token, bool ok)
{
    put(self, &(struct item){.kind = ITEM_PUBLISHED, .flag = ok, .token = token}, "", NULL, 0);
}

const struct session_events INBOX_EVENTS = {
    .ready = on_ready, .lost = on_lost, .message = on_message, .published = on_published};

static void deliver(struct monitor *monitor, const struct item *item)
{
    switch (item->kind) {
    case ITEM_READY:
        monitor_on_broker_ready(monitor);
        break;
    case ITEM_LOST:
        monitor_on_broker_lost(monitor, item->text);
        break;
    case ITEM_MESSAGE:
        monitor_on_message(monitor, item->text, item->text + strlen(item->text) + 1, item->length,
                           item->flag);
        break;
    case ITEM_PUBLISHED:
        monitor_on_published(monitor, item->token, item->flag);
        break;
    }
}

void inbox_deliver(struct inbox *inbox, struct monitor *monitor)
{
    uint64_t count;
    ssize_t got = read(inbox->fd, &count, sizeof(count));
    (void)got;
    pthread_mutex_lock(&inbox->lock);
    struct item *item = inbox->first;
    int64_t dropped = inbox->dropped;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    inbox->messages = 0;
    inbox->dropped = 0;
    pthread_mutex_unlock(&inbox->lock);
    if (dropped > 0)
        log_warning("monitor", "messages on control come too fast dropped=%" PRId64, dropped);
    while (item) {
        struct item *next = item->next;
        deliver(monitor, item);
        free(item);
        item = next;
    }
}
