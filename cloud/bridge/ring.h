/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded queue between paho's callback and the writer thread, in order of arrival. It carries
 * messages, changes of the link and requests of the control socket.
 *
 * Bounded in items and bytes. A message that finds it full may wait; when that was in vain the
 * caller drops the connection (the broker keeps what follows) and puts what paho had already
 * received into the reserve beyond the bound.
 */
#ifndef SWAPSTACK_BRIDGE_RING_H
#define SWAPSTACK_BRIDGE_RING_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ring_kind {
    RING_MESSAGE,
    RING_LINK,      /* `up`: the session is ready, or lost */
    RING_REQUEST,   /* `request`: something for the writer thread to do (bridge/control.h) */
    RING_CONFIGURE, /* `request`: an allocated struct ingest_options, owned by the item */
};

struct ring_item {
    enum ring_kind kind;
    bool up, retained;
    int64_t plant_us, mono_us; /* arrival */
    size_t length;
    const char *topic; /* NUL-terminated */
    const void *payload;
    void *block;   /* owned by an item of the ring: topic and payload; NULL in one that is pushed */
    void *request; /* a RING_REQUEST is owned by who put it in */
};

struct ring;

/* `reserve`: items beyond `items` for ring_push_reserve. */
int ring_new(struct ring **ring, size_t items, size_t reserve, size_t bytes, struct err *err);
/* Releases what is still in it (messages; requests belong to others). */
void ring_free(struct ring *ring);

/* Copies a message into the ring, waiting up to `timeout_ms` for a place. ERR_TIMEOUT: it is full;
 * ERR_UNAVAILABLE: it is closed; ERR_NOMEM. */
int ring_push(struct ring *ring, const struct ring_item *message, int timeout_ms, struct err *err);
/* Without waiting, also into the reserve; messages leave its last places to everything else. The
 * ring owns a RING_CONFIGURE after 0. */
int ring_push_reserve(struct ring *ring, const struct ring_item *item, struct err *err);

/* Moves up to `max` items into `to`: waits up to `idle_ms` for the first, then up to `gather_ms`
 * for more. The caller owns the items (ring_item_release). Returns their number; 0: none came. */
size_t ring_take(struct ring *ring, struct ring_item *to, size_t max, int idle_ms, int gather_ms);
void ring_item_release(struct ring_item *item);

/* No more pushes; waiting ones end with ERR_UNAVAILABLE, ring_take gives what is left without
 * waiting. */
void ring_close(struct ring *ring);
bool ring_is_closed(struct ring *ring);

size_t ring_count(struct ring *ring);
/* Half empty: time to connect again. */
bool ring_is_drained(struct ring *ring);

#endif
