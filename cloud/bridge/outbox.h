/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bridge has to say, waiting to be published: acks by device, coalesced to one a second
 * (at once when a resend is asked for), and a bounded queue of everything else. Pure: time comes
 * in, publishing is the caller's (bridge/sender.h).
 */
#ifndef SWAPSTACK_BRIDGE_OUTBOX_H
#define SWAPSTACK_BRIDGE_OUTBOX_H

#include "base/err.h"
#include "base/strbuf.h"
#include "protocol/message.h"
#include <stddef.h>
#include <stdint.h>

#define OUTBOX_ACK_EVERY_US INT64_C(1000000) /* per device, wall pace */
#define OUTBOX_LETTERS_MAX  10000            /* then the oldest go, counted */

struct outbox;

int outbox_new(struct outbox **outbox, struct err *err);
void outbox_free(struct outbox *outbox);

/* The newest marks of a boot replace the older ones that were not sent; a resend stays asked for.
 */
int outbox_put_ack(struct outbox *outbox, const char *device, const struct message_ack *ack);
/* Copies. */
int outbox_put_letter(struct outbox *outbox, const char *topic, const char *payload, size_t length,
                      int qos);

struct outbox_ack {
    char device[DEVICE_SIZE];
    struct message_ack ack;
};
/* The next ack that is due at `now_us` (wall pace), taken out; false when none is. *next_us: when
 * the next one will be due (INT64_MAX: none waits). */
bool outbox_take_ack(struct outbox *outbox, int64_t now_us, struct outbox_ack *to,
                     int64_t *next_us);

/* Puts back an ack that could not be sent, unless a newer one of that boot waits by now. */
void outbox_return_ack(struct outbox *outbox, const struct outbox_ack *ack);

struct outbox_letter {
    char *topic, *payload; /* owned by the letter */
    size_t length;
    int qos;
};
bool outbox_take_letter(struct outbox *outbox, struct outbox_letter *to);
/* Puts a letter that could not be sent back to the front; takes ownership. */
void outbox_return_letter(struct outbox *outbox, struct outbox_letter *letter);
void outbox_letter_free(struct outbox_letter *letter);

int64_t outbox_dropped(const struct outbox *outbox); /* letters lost to the bound */

#endif
