/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts on MQTT `alert/<kind>`: the courier's port that waits for the broker's PUBACK. */
#ifndef SWAPSTACK_BRIDGE_ANNOUNCER_H
#define SWAPSTACK_BRIDGE_ANNOUNCER_H

#include "bridge/courier.h"
#include <stdatomic.h>

struct announcer;

/* How it publishes with QoS 1: session_publish in the bridge, with its token. */
typedef int announcer_publish(void *self, const char *topic, const void *payload, size_t length,
                              int64_t *token, struct err *err);

int announcer_new(struct announcer **announcer, const char *prefix, announcer_publish *publish,
                  void *self, const atomic_bool *stop, struct err *err);
void announcer_free(struct announcer *announcer);

/* From paho's threads: a publish was acknowledged, or failed; the connection is there, or gone. */
void announcer_published(struct announcer *announcer, int64_t token, bool ok);
void announcer_set_link(struct announcer *announcer, bool up);
/* Ends a wait; `stop` is true. */
void announcer_wake(struct announcer *announcer);

/* For courier_start; `self` is the announcer. */
struct courier_port announcer_port(struct announcer *announcer);

#endif
