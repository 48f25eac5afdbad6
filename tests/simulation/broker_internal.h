/* SPDX-License-Identifier: Apache-2.0 */
/* What broker.c (sessions, routing) and broker_wire.c (connections) share. */
#ifndef SWAPSTACK_TESTS_SIMULATION_BROKER_INTERNAL_H
#define SWAPSTACK_TESTS_SIMULATION_BROKER_INTERNAL_H

#include "broker.h"

struct broker_packet *packet_new(const char *topic, const void *payload, size_t length, int qos,
                                 bool retained);
void packet_release(void *packet);

/* Something travels; it is lost with the connection. */
void wire_up(struct broker_client *client, void (*arrive)(void *self, void *what),
             void (*discard)(void *what), void *what);
void wire_down(struct broker_client *client, void (*arrive)(void *self, void *what),
               void (*discard)(void *what), void *what);

void broker_route(struct broker *broker, struct broker_packet *packet,
                  const struct broker_client *from);
/* Sends what the window allows. */
void session_send(struct broker_client *client);
void session_end(struct broker_client *client);
/* A new connection: everything unacknowledged is sent again. */
void session_unsent(struct broker_client *client);
/* A new subscription: what is retained comes. */
void session_retained(struct broker_client *client);

#endif
