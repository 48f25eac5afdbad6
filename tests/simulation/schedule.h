/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual time: what is to happen, in order of time and, at the same time, of asking. An event may
 * hang on a life (a process's run, a connection): once that life's number has moved on, the event
 * does not happen.
 */
#ifndef SWAPSTACK_TESTS_SIMULATION_SCHEDULE_H
#define SWAPSTACK_TESTS_SIMULATION_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

struct schedule_event {
    int64_t at_us;
    uint64_t order;
    void (*happen)(void *self, void *what); /* `what` may be freed by it */
    void (*discard)(void *what);            /* called instead when it does not happen; or NULL */
    void *self, *what;
    const uint64_t *life; /* NULL: happens in any case */
    uint64_t life_then;
};

struct schedule {
    int64_t now_us; /* since the run began */
    uint64_t order;
    size_t count, capacity;
    struct schedule_event *heap; /* owned */
    uint64_t happened;
};

void schedule_free(struct schedule *schedule); /* discards what is left */

/* `after_us` from now (< 0 counts as 0). */
void schedule_add(struct schedule *schedule, int64_t after_us, const struct schedule_event *event);

/* Lets everything happen up to `until_us` and sets the time to it. */
void schedule_run(struct schedule *schedule, int64_t until_us);

#endif
