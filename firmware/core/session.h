/* SPDX-License-Identifier: Apache-2.0 */
/* Charging sessions: identity, legal transitions, one CHARGE_SESSION event each. */
#ifndef SWAPSTACK_CORE_SESSION_H
#define SWAPSTACK_CORE_SESSION_H

#include "core/station.h"

/* Gives the bay's charge a new session (id NULL or "": engine id and a counter that never repeats)
 * and emits REQUESTED and AUTHORIZED. */
void session_begin(struct core_step *step, struct bay *bay, const char *id, const char *reason);

/* Moves the session on (asserts the table) and emits the event. */
void session_move(struct core_step *step, struct bay *bay, enum session_status to,
                  const char *reason);

/* True while a session is neither ended nor absent. */
bool session_is_open(enum session_status status);

/* A session of an earlier run that never ended: emits its failure. */
void session_close_interrupted(struct bay *bay, int64_t now_us, struct station_actions *actions);

#endif
