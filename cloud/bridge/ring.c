/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge/ring.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Places of the reserve that messages do not take: a change of the link must not get lost. */
#define PLACES_KEPT 64

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied; /* CLOCK_MONOTONIC */
    struct ring_item *items;        /* owned, `size` places, used as a circle */
    size_t size, bound;             /* bound: without the reserve */
    size_t first, count;
    size_t bytes, bytes_bound;
    bool closed;
};

int ring_new(struct ring **ring, size_t items, size_t reserve, size_t bytes, struct err *err)
{
    struct ring *made = calloc(1, sizeof *made);
    if (made)
        made->items = calloc(items + reserve + PLACES_KEPT, sizeof *made->items);
    if (!made || !made->items) {
        free(made);
        return err_set(err, ERR_NOMEM, "ring of %zu messages: out of memory", items);
    }
    made->size = items + reserve + PLACES_KEPT;
    made->bound = items;
    made->bytes_bound = bytes;
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->filled, &attributes);
    (void)pthread_cond_init(&made->emptied, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    *ring = made;
    return 0;
}

void ring_item_release(struct ring_item *item)
{
    if (item->kind == RING_CONFIGURE)
        free(item->request);
    item->request = NULL;
    free(item->block);
    item->topic = NULL;
    item->payload = item->block = NULL;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < ring->count; i++)
        ring_item_release(&ring->items[(ring->first + i) % ring->size]);
    (void)pthread_cond_destroy(&ring->emptied);
    (void)pthread_cond_destroy(&ring->filled);
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring->items);
    free(ring);
}

static struct timespec after_ms(int ms)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

static size_t weight(const struct ring_item *item)
{
    return item->kind == RING_MESSAGE ? item->length + strlen(item->topic) : 0;
}

static bool is_full(const struct ring *ring, const struct ring_item *item)
{
    /* One message always fits into an empty ring, however the byte bound was chosen. */
    return ring->count >= ring->bound ||
           (ring->count > 0 && ring->bytes + weight(item) > ring->bytes_bound);
}

static size_t reserve_end(const struct ring *ring, const struct ring_item *item)
{
    return item->kind == RING_MESSAGE ? ring->size - PLACES_KEPT : ring->size;
}

static int copy_message(struct ring_item *to, const struct ring_item *from)
{
    *to = *from;
    if (from->kind != RING_MESSAGE)
        return 0;
    size_t topic = strlen(from->topic) + 1;
    char *block = malloc(topic + from->length);
    if (!block)
        return ERR_NOMEM;
    memcpy(block, from->topic, topic);
    if (from->length > 0)
        memcpy(block + topic, from->payload, from->length);
    to->block = block;
    to->topic = block;
    to->payload = block + topic;
    return 0;
}

/* `lock` held; takes ownership of `item`. */
static void put(struct ring *ring, const struct ring_item *item)
{
    assert(ring->count < ring->size);
    ring->items[(ring->first + ring->count++) % ring->size] = *item;
    ring->bytes += weight(item);
    (void)pthread_cond_signal(&ring->filled);
}

static int push(struct ring *ring, const struct ring_item *item, int timeout_ms, bool reserve,
                struct err *err)
{
    struct ring_item copy;
    if (copy_message(&copy, item) < 0)
        return err_set(err, ERR_NOMEM, "ring: out of memory for a message of %zu bytes",
                       item->length);
    struct timespec until = after_ms(timeout_ms);
    int status = 0;
    (void)pthread_mutex_lock(&ring->lock);
    while (!reserve && !ring->closed && is_full(ring, item) && status == 0)
        if (pthread_cond_timedwait(&ring->emptied, &ring->lock, &until) != 0)
            status = ERR_TIMEOUT;
    if (ring->closed)
        status = ERR_UNAVAILABLE;
    else if (reserve ? ring->count >= reserve_end(ring, item) : is_full(ring, item))
        status = ERR_TIMEOUT;
    else {
        status = 0; /* a place came free together with the time-out */
        put(ring, &copy);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    if (status == 0)
        return 0;
    if (item->kind == RING_MESSAGE)
        ring_item_release(&copy);
    return err_set(err, status, status == ERR_TIMEOUT ? "ring: full" : "ring: closed");
}

int ring_push(struct ring *ring, const struct ring_item *message, int timeout_ms, struct err *err)
{
    assert(message->kind == RING_MESSAGE);
    return push(ring, message, timeout_ms, false, err);
}

int ring_push_reserve(struct ring *ring, const struct ring_item *item, struct err *err)
{
    return push(ring, item, 0, true, err);
}

size_t ring_take(struct ring *ring, struct ring_item *to, size_t max, int idle_ms, int gather_ms)
{
    struct timespec until = after_ms(idle_ms);
    (void)pthread_mutex_lock(&ring->lock);
    while (ring->count == 0 && !ring->closed)
        if (pthread_cond_timedwait(&ring->filled, &ring->lock, &until) != 0)
            break;
    until = after_ms(gather_ms);
    while (ring->count > 0 && ring->count < max && !ring->closed)
        if (pthread_cond_timedwait(&ring->filled, &ring->lock, &until) != 0)
            break;
    size_t taken = 0;
    for (; taken < max && ring->count > 0; taken++, ring->count--) {
        to[taken] = ring->items[ring->first];
        ring->bytes -= weight(&to[taken]);
        ring->first = (ring->first + 1) % ring->size;
    }
    if (taken > 0)
        (void)pthread_cond_broadcast(&ring->emptied);
    (void)pthread_mutex_unlock(&ring->lock);
    return taken;
}

void ring_close(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    (void)pthread_cond_broadcast(&ring->filled);
    (void)pthread_cond_broadcast(&ring->emptied);
    (void)pthread_mutex_unlock(&ring->lock);
}

bool ring_is_closed(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    bool closed = ring->closed;
    (void)pthread_mutex_unlock(&ring->lock);
    return closed;
}

size_t ring_count(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    size_t count = ring->count;
    (void)pthread_mutex_unlock(&ring->lock);
    return count;
}

bool ring_is_drained(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    bool drained = ring->count <= ring->bound / 2 && ring->bytes <= ring->bytes_bound / 2;
    (void)pthread_mutex_unlock(&ring->lock);
    return drained;
}
