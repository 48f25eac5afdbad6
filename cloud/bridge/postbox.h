/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bridge has to say, waiting to be published: acks by device, coalesced to one a second
 * (at once when a resend is asked for), and a bounded queue of everything else. Pure: time comes
 * in, publishing is the caller's (bridge/sender.h).
 */
#ifndef SWAPSTACK_BRIDGE_POSTBOX_H
#define SWAPSTACK_BRIDGE_POSTBOX_H

#include "base/err.h"
#include "base/strbuf.h"
#include "protocol/message.h"
#include <stddef.h>
#include <stdint.h>

#define POSTBOX_ACK_EVERY_US INT64_C(1000000) /* per device, wall pace */
#define POSTBOX_LETTERS_MAX  10000            /* then the oldest go, counted */

struct postbox;

int postbox_new(struct postbox **postbox, struct err *err);
void postbox_free(struct postbox *postbox);

/* The newest marks of a boot replace the older ones that were not sent; a resend stays asked for.
 */
int postbox_put_ack(struct postbox *postbox, const char *device, const struct message_ack *ack);
/* Copies. */
int postbox_put_letter(struct postbox *postbox, const char *topic, const char *payload,
                       size_t length, int qos);

struct postbox_ack {
    char device[DEVICE_SIZE];
    struct message_ack ack;
};
/* The next ack that is due at `now_us` (wall pace), taken out; false when none is. *next_us: when
 * the next one will be due (INT64_MAX: none waits). */
bool postbox_take_ack(struct postbox *postbox, int64_t now_us, struct postbox_ack *to,
                      int64_t *next_us);

/* Puts back an ack that could not be sent, unless a newer one of that boot waits by now. */
void postbox_return_ack(struct postbox *postbox, const struct postbox_ack *ack);

struct postbox_letter {
    char *topic, *payload; /* owned by the letter */
    size_t length;
    int qos;
};
bool postbox_take_letter(struct postbox *postbox, struct postbox_letter *to);
/* Puts a letter that could not be sent back to the front; takes ownership. */
void postbox_return_letter(struct postbox *postbox, struct postbox_letter *letter);
void postbox_letter_free(struct postbox_letter *letter);

int64_t postbox_dropped(const struct postbox *postbox); /* letters lost to the bound */

#endif
