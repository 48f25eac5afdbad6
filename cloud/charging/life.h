/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of charging processes as a pure decision: what an observation of a bay does to the
 * process that is open there.
 *
 * Key: the session when samples carry one (one process per session and station, reopened when the
 * session goes on), else the unbroken run of `charge = true` of one battery in one bay. An
 * observation that says no session but names the same battery goes with the open session: "not
 * said" is not another.
 *
 *   open process      observation                         what happens
 *   ---------------   --------------------------------- ------------------------------------------
 *   same key          charging, or charging not said      sample appended
 *   same key          not charging                        sample appended, closed: stopped
 *   run, not session  later than the time-out             closed: timeout; then as if none were
 * open other key         no battery, not charging            closed at its last sample: removed
 *   other key         anything else                       closed at its last sample: superseded;
 * then as if none were open none              charging                            opened (or the
 * session's reopened) none              anything else                       nothing
 */
#ifndef SWAPSTACK_CHARGING_LIFE_H
#define SWAPSTACK_CHARGING_LIFE_H

#include "charging/charging.h"

/* End reasons, as stored. */
#define CHARGING_STOPPED    "stopped"
#define CHARGING_REMOVED    "removed"
#define CHARGING_SUPERSEDED "superseded"
#define CHARGING_TIMEOUT    "timeout"

/* What is open in the bay. */
struct charging_view {
    bool open;
    const char *bid, *session_id; /* "": none */
    int64_t newest_us;            /* date of its newest sample */
};

enum charging_step {
    CHARGING_IGNORE,
    CHARGING_APPEND,
    CHARGING_APPEND_AND_STOP,
    CHARGING_OPEN,
};

struct charging_move {
    const char *close_first; /* reason, or NULL */
    enum charging_step then;
};

struct charging_move charging_decide(const struct charging_view *view,
                                     const struct charging_observation *observation,
                                     int64_t timeout_us);

#endif
