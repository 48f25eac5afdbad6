/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States of a charging session and the moves between them. A session only goes forward:
 *
 *   requested -> authorized -> in_progress -> completed | cancelled | failed
 *
 * A station journals each transition and the bridge takes them in order, but its first word of a
 * session may be any state (the station was put into service in the middle, a row was set aside as
 * dead). So states may be skipped, forward only; the three ends are final.
 */
#ifndef SWAPSTACK_CHARGING_SESSION_RULES_H
#define SWAPSTACK_CHARGING_SESSION_RULES_H

#include <stdbool.h>

enum session_state {
    SESSION_UNKNOWN, /* not heard of yet; also a word that is no state */
    SESSION_REQUESTED,
    SESSION_AUTHORIZED,
    SESSION_IN_PROGRESS,
    SESSION_COMPLETED,
    SESSION_CANCELLED,
    SESSION_FAILED,
};

enum session_state session_state_parse(const char *text);
bool session_state_is_end(enum session_state state);
bool session_may_move(enum session_state from, enum session_state to);

#endif
