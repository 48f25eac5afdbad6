/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From paho's threads to the monitor's: what happened, in order, through a queue with an eventfd.
 * A callback never waits here. Messages are bounded (beyond, they are dropped and counted: QoS 1
 * does not make a flood of commands useful); the rest is bounded by the session's window.
 */
#ifndef SWAPSTACK_MONITOR_INBOX_H
#define SWAPSTACK_MONITOR_INBOX_H

#include "base/err.h"
#include "mqtt/session.h"

#define INBOX_MESSAGES_MAX 1000

struct inbox;
struct monitor;

int inbox_new(struct inbox **inbox, struct err *err);
void inbox_free(struct inbox *inbox);    /* after the session is gone */
int inbox_fd(const struct inbox *inbox); /* readable when there is something */

/* For struct session_options: self is the inbox. */
extern const struct session_events INBOX_EVENTS;

/* Hands everything that waits to the monitor, on the caller's thread. */
void inbox_deliver(struct inbox *inbox, struct monitor *monitor);

#endif
