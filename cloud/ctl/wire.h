/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short-lived session of swapctl: subscribed to what a station says before it is asked, then one
 * command out and messages in, each with a deadline. Deadlines are clock_mono_us() values.
 */
#ifndef SWAPSTACK_CTL_WIRE_H
#define SWAPSTACK_CTL_WIRE_H

#include "base/config.h"
#include "base/err.h"
#include "base/strbuf.h"
#include <stdint.h>

struct wire;

/* Connects with the [mqtt] keys and subscribes info and info/<device> (device "*": info/+).
 * ERR_UNAVAILABLE with the last reason when the broker does not take us before the deadline. */
int wire_open(struct wire **wire, const struct config *config, const char *device,
              int64_t deadline_us, struct err *err);
void wire_free(struct wire *wire);
void wire_free_scope(struct wire **wire);

/* Publishes on `control` (every station, also one that knows only the requirement, listens there)
 * and waits for the broker's acknowledgement. */
int wire_command(struct wire *wire, const char *payload, size_t length, int64_t deadline_us,
                 struct err *err);

/* Next message on info. ERR_TIMEOUT when none came before the deadline. */
int wire_receive(struct wire *wire, int64_t deadline_us, struct strbuf *payload, struct err *err);

#endif
