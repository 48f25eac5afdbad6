/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule by which a row of a station's journal is taken exactly once and in order
 * (protocol.md, Journal): with `mark` the highest seq accepted, accept iff prev ≤ mark < seq.
 *
 * `prev` is what makes drops by the station safe: it says below which seq the station has nothing
 * more to send, so that a hole between mark and seq is known to be a real gap (counted) and not a
 * row that is still under way (asked for again).
 */
#ifndef SWAPSTACK_INGEST_ACCEPT_H
#define SWAPSTACK_INGEST_ACCEPT_H

#include <stdint.h>

enum accept_verdict {
    ACCEPT_NEW,     /* take it; mark := seq; *gap rows never came */
    ACCEPT_REPEAT,  /* was taken: drop and acknowledge again */
    ACCEPT_MISSING, /* rows before it are under way or lost: drop, ask for mark + 1 */
};

enum accept_verdict accept_judge(int64_t mark, int64_t seq, int64_t prev, int64_t *gap);

#endif
