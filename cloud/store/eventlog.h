/* SPDX-License-Identifier: Apache-2.0 */
/* event_log: every accepted event message and every derived fact, with its actor. */
#ifndef SWAPSTACK_STORE_EVENTLOG_H
#define SWAPSTACK_STORE_EVENTLOG_H

#include "base/strbuf.h"
#include "store/store.h"

struct eventlog_row {
    int64_t received_at_us, event_time_us;
    const char *actor;    /* station, operator, import, system */
    const char *actor_id; /* device, user … or NULL */
    const char *station_id, *kind;
    const char *journal; /* NULL: not from a journal */
    int64_t boot;        /* STORE_NULL */
    const char *lane;
    int64_t seq;
    const char *payload; /* JSON */
};

int eventlog_append(struct store *store, const struct eventlog_row *row, struct err *err);

/* Calls `each` with every row in the order of writing; the row's texts (NULL: not there) are valid
 * during the call. A negative return of it ends the reading with that code. */
int eventlog_each(struct store *store,
                  int (*each)(void *self, int64_t id, const struct eventlog_row *row,
                              struct err *err),
                  void *self, struct err *err);

#define EVENTLOG_LIMITS "tracking.limits"
/* Appends the payload of the newest row of that kind to `to`: 1, or 0 when there is none. */
int eventlog_last_limits(struct store *store, struct strbuf *to, struct err *err);

#endif
