/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outside world of pure code: time, randomness and small durable state, through one struct of
 * function pointers, so that a test process runs years of a station in seconds, with a fault at any
 * step, and replays a failure from its seed. Modules that also talk to somebody take a second
 * struct of the same kind for it (monitor_link, engine_link, ingest_out …).
 */
#ifndef SWAPSTACK_BASE_ENV_H
#define SWAPSTACK_BASE_ENV_H

#include "base/clock.h"
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

struct strbuf;

struct env {
    void *self;
    int64_t (*wall_us)(void *self);  /* µs since 1970 UTC; may step */
    int64_t (*mono_us)(void *self);  /* µs, wall pace, never steps */
    int64_t (*plant_us)(void *self); /* µs since 1970 UTC on the plant clock */
    void (*random_bytes)(void *self, void *to, size_t length);
    /* Replaces the named state atomically and durably: after 0 the new bytes survive a power cut,
     * after an error the old ones are still there. `name` is a plain file name. */
    int (*state_save)(void *self, const char *name, const void *bytes, size_t length,
                      struct err *err);
    /* Appends the state to `to`. ERR_NOT_FOUND when it was never saved. */
    int (*state_load)(void *self, const char *name, struct strbuf *to, struct err *err);
};

/* The real world: the machine's clocks, getrandom(2), files in `directory` (write to a temporary
 * file, fsync, rename, fsync of the directory). `self` is owned by the caller. */
struct env_real {
    struct clock clock;
    const char *directory; /* must outlive the env; may be NULL when no state is used */
};
void env_real_init(struct env *env, struct env_real *self);

#endif
