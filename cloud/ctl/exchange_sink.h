/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where exchange events of an operator or an import go: through the bridge's control socket when a
 * bridge runs on the database, else into it under the writer's lock. Decided once, at the first
 * batch.
 */
#ifndef SWAPSTACK_CTL_EXCHANGE_SINK_H
#define SWAPSTACK_CTL_EXCHANGE_SINK_H

#include "alerts/alerts.h"
#include "store/store.h"
#include "tracking/form.h"

struct exchange_sink {
    const char *db_path, *actor, *actor_id; /* actor: "operator" or "import" */
    bool decided;
    /* NULL when a bridge runs (or nothing is decided); owned */
    struct store *store;
    struct alerts *alerts;
    struct tracking *tracking;
    int64_t added, known; /* so far */
};

/* Bytes of JSON that exchange_sink_send takes at most; a form has fewer than 8 KiB. */
#define EXCHANGE_SINK_BYTES 32768

/* Finds out whether a bridge runs; done by the first send when it was not called before. Then:
 * does exchange_sink_send look at `objects`? */
int exchange_sink_decide(struct exchange_sink *sink, struct err *err);
bool exchange_sink_wants_objects(const struct exchange_sink *sink);

/* Sends `count` forms as one transaction. `objects`: the same as JSON objects with commas between
 * them, at most a form more than EXCHANGE_SINK_BYTES; of no matter when they are not wanted. At an
 * error nothing of them is stored. */
int exchange_sink_send(struct exchange_sink *sink, const struct exchange_form *forms, size_t count,
                       const char *objects, struct err *err);
void exchange_sink_close(struct exchange_sink *sink);

#endif
