/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who writes what an operator wants of charging processes: the bridge, asked over its control
 * socket, when one runs on the database, else this program under the writer's lock. Decided once,
 * at the first call.
 */
#ifndef SWAPSTACK_CTL_CHARGING_SINK_H
#define SWAPSTACK_CTL_CHARGING_SINK_H

#include "alerts/alerts.h"
#include "charging/charging.h"
#include "charging/recalculate.h"
#include "store/store.h"

struct charging_sink {
    const char *db_path;
    struct evaluate2_limits limits; /* of rule 2, where no bridge runs */
    bool decided;
    /* NULL when a bridge runs; owned */
    struct store *store;
    struct alerts *alerts;
    struct charging *charging;
};

/* Ids in one call, which is one transaction: a few ms of the writer's time. */
#define CHARGING_SINK_BATCH 32

/* Closes those of the processes that are open and got no sample for `idle_min` minutes; adds their
 * number to *closed. */
int charging_sink_repair(struct charging_sink *sink, const int64_t *ids, size_t count,
                         int64_t idle_min, int64_t *closed, struct err *err);
/* The limits of rule 2 that the bridge works with; without one those of the sink. */
int charging_sink_limits(const struct charging_sink *sink, struct evaluate2_limits *limits,
                         struct err *err);
/* Has the order carried out; *changed: how many processes were written. */
int charging_sink_recalculate(struct charging_sink *sink, const struct recalculate_order *order,
                              int64_t *changed, struct err *err);
void charging_sink_close(struct charging_sink *sink);

#endif
