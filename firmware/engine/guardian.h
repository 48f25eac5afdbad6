/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's guardian: a small process that does nothing but wait for the engine's end, however
 * that happens (kill -9, a crash), and then puts the outputs to their safe level
 * (design/hardware.md rule 9).
 *
 * It is a fork of the engine after the drivers are open, so it holds the same lines: the kernel
 * does not let go of them in between, and nothing has to be looked up, opened or allocated when it
 * matters. It waits at the read end of a pipe whose other end only the engine has.
 */
#ifndef SWAPSTACK_ENGINE_GUARDIAN_H
#define SWAPSTACK_ENGINE_GUARDIAN_H

#include "engine/plants.h"
#include <sys/types.h>

struct guardian {
    pid_t pid; /* 0: there is none */
    int pipe;  /* write end; closing it is the engine's end */
};

/* Starts it, unless no driver has anything to make safe. Call when the drivers are open and before
 * sockets are (it would hold them as well). `plants` are those of the child's copy of the memory.
 * ERR_SYSTEM. */
int guardian_start(struct guardian *guardian, const struct plants *plants, struct err *err);

/* False when it was there and has died: an engine without guardian must not drive. */
bool guardian_is_well(const struct guardian *guardian);

/* An orderly end: lets it go and waits, at most a second, until it has given the lines back. May be
 * called twice. */
void guardian_end(struct guardian *guardian);

#endif
