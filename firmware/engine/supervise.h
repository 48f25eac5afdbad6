/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Safe mode (design/architecture.md, hardware.md rule 10). Pure; times are of the wall's pace.
 *
 * It is entered when the monitor's connection closes or no health check came for the time-out (a
 * hung monitor keeps its socket open). It ends once a monitor is registered and has stayed for the
 * settling time, so that a crash loop does not cycle contactors. A process begins in safe mode; its
 * first monitor ends it at once: nothing ran before that could be cycled.
 */
#ifndef SWAPSTACK_ENGINE_SUPERVISE_H
#define SWAPSTACK_ENGINE_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

struct supervise {
    bool connected, registered, safe;
    bool seen;         /* a monitor ended safe mode before */
    int64_t health_us; /* last sign of life: registration or health check */
    int64_t stable_us; /* since when it has been there without a break */
};

void supervise_init(struct supervise *supervise);
void supervise_connected(struct supervise *supervise, int64_t now_us);
void supervise_lost(struct supervise *supervise);
/* A registration or a health check arrived. */
void supervise_alive(struct supervise *supervise, bool registration, int64_t now_us);
/* Whether safe mode holds now. */
bool supervise_step(struct supervise *supervise, int64_t now_us, int64_t timeout_us,
                    int64_t settle_us);

#endif
