/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of charging processes as a pure decision: what an observation of a bay does to the
 * process that is open there, or to the one that ended there because nothing was heard.
 *
 * Key: the session when samples carry one (one process per session and station, reopened when the
 * session goes on), else the unbroken run of `charge = true` of one battery in one bay. An
 * observation that says no session but names the same battery goes with the open session: "not
 * said" is not another.
 *
 *   process there         observation                     what happens
 *   -------------------   -----------------------------   ----------------------------------------
 *   open, same key        charging, or not said           sample appended
 *   open, same key        not charging                    sample appended, closed: stopped
 *   open run, same key    later than the time-out         closed at its last sample: timeout; then
 *                                                         as if none were open
 *   open, other key       bay empty, or nothing in it     closed at its last sample: removed
 *                         that charges
 *   open, other key       anything else                   closed at its last sample: superseded;
 *                                                         then as if none were open
 *   silent, same key      charging, or not said, within   opened again, sample appended
 *                         the time-out of its last
 *   silent, same key      not charging, likewise          opened again, sample appended, stopped
 *   silent, same key      later than the time-out         it had ended: timeout; then as if none
 *                                                         were there
 *   silent, other key     bay empty, or anything else     it had ended: removed or superseded; then
 *                                                         as if none were there
 *   none                  charging                        opened (or the session's reopened)
 *   none                  anything else                   nothing
 *
 * "Silent" is the bay's process that was closed though its station had not said anything of its end
 * (gone, repaired): the next observation of the bay tells whether it had ended.
 */
#ifndef SWAPSTACK_CHARGING_LIFE_H
#define SWAPSTACK_CHARGING_LIFE_H

#include "charging/charging.h"

/* End reasons, as stored (15 bytes at most). */
#define CHARGING_STOPPED    "stopped"
#define CHARGING_REMOVED    "removed"
#define CHARGING_SUPERSEDED "superseded"
#define CHARGING_MOVED      "moved"    /* the battery was seen in another bay */
#define CHARGING_TIMEOUT    "timeout"  /* no sample, in the time of the station's stream */
#define CHARGING_GONE       "gone"     /* nothing arrived for long: the station is away */
#define CHARGING_REPAIRED   "repaired" /* by `swapctl charging repair` */
#define CHARGING_DAMAGED    "damaged"  /* its samples cannot be read */

/* What is open in the bay, or ended there in silence. */
struct charging_view {
    bool there;
    const char *bid, *session_id; /* "": none */
    int64_t newest_us;            /* date of its newest sample */
};

enum charging_step {
    CHARGING_IGNORE,
    CHARGING_APPEND,
    CHARGING_APPEND_AND_STOP,
    CHARGING_OPEN,
    CHARGING_RESUME, /* the silent one, and append */
    CHARGING_RESUME_AND_STOP,
};

struct charging_move {
    const char *close_first; /* reason for the end of the open or the silent one, or NULL */
    enum charging_step then;
};

struct charging_move charging_decide(const struct charging_view *open,
                                     const struct charging_view *silent,
                                     const struct charging_observation *observation,
                                     int64_t timeout_us);

#endif
