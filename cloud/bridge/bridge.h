/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running bridge: session → ring → writer → sender, the control socket and the daily export.
 * main.c gives it its configuration and the signals.
 */
#ifndef SWAPSTACK_BRIDGE_BRIDGE_H
#define SWAPSTACK_BRIDGE_BRIDGE_H

#include "base/clock.h"
#include "base/config.h"

struct bridge;

/* Opens the database and starts everything. `config` must outlive the bridge. */
int bridge_start(struct bridge **bridge, const struct config *config, const struct clock *clock,
                 struct err *err);

/* Readable when bridge_attend wants to be called. */
int bridge_fd(const struct bridge *bridge);
/* Sees to a ring that was full: stays disconnected until it is drained. Returns after how many ms
 * it wants to be called again; -1: when bridge_fd says so. */
int bridge_attend(struct bridge *bridge);

/* Takes over thresholds and the policy for unknown stations (SIGHUP). */
void bridge_configure(struct bridge *bridge, const struct config *config);

/* Disconnects (the broker keeps what comes), commits what was received, releases everything.
 * 0: nothing was left uncommitted. */
int bridge_stop(struct bridge *bridge, struct err *err);

#endif
