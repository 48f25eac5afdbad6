/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender thread: publishes acks and REGISTER_RESULTs, so that the writer thread never
 * calls paho (paho has one lock for everything; a callback that waits for a place in the ring holds
 * it, and a writer that waited for it would never make one).
 */
#ifndef SWAPSTACK_BRIDGE_SENDER_H
#define SWAPSTACK_BRIDGE_SENDER_H

#include "base/err.h"
#include "ingest/ingest.h"

struct sender;

/* How it publishes; session_publish in the bridge. 0, ERR_BUSY or ERR_UNAVAILABLE (tried again),
 * or another error (the message is given up and logged). */
typedef int sender_publish(void *self, const char *topic, const void *payload, size_t length,
                           int qos, struct err *err);

int sender_new(struct sender **sender, const char *prefix, struct err *err);
/* Stops the thread first. What was not published is lost: a station asks again. */
void sender_free(struct sender *sender);

/* Where the ingest puts its answers; valid as long as the sender. */
const struct ingest_out *sender_out(struct sender *sender);

/* Who is to be woken when deliveries of alerts were committed; before the writer starts. */
void sender_on_told(struct sender *sender, void (*told)(void *self), void *self);

/* Starts the thread. */
int sender_start(struct sender *sender, sender_publish *publish, void *self, struct err *err);
void sender_stop(struct sender *sender);
/* The connection is (again) there. */
void sender_wake(struct sender *sender);

#endif
