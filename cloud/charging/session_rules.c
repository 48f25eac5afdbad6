/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/session_rules.h"

#include <stddef.h>
#include <string.h>

#define TO(state) (1u << (state))
#define ENDS      (TO(SESSION_COMPLETED) | TO(SESSION_CANCELLED) | TO(SESSION_FAILED))

static const struct {
    const char *name;
    unsigned moves; /* set of states that may follow */
} states[] = {
    [SESSION_UNKNOWN] = {"", TO(SESSION_REQUESTED) | TO(SESSION_AUTHORIZED) |
                                 TO(SESSION_IN_PROGRESS) | ENDS},
    [SESSION_REQUESTED] = {"requested", TO(SESSION_AUTHORIZED) | TO(SESSION_IN_PROGRESS) | ENDS},
    [SESSION_AUTHORIZED] = {"authorized", TO(SESSION_IN_PROGRESS) | ENDS},
    [SESSION_IN_PROGRESS] = {"in_progress", ENDS},
    [SESSION_COMPLETED] = {"completed", 0},
    [SESSION_CANCELLED] = {"cancelled", 0},
    [SESSION_FAILED] = {"failed", 0},
};

enum session_state session_state_parse(const char *text)
{
    for (size_t i = SESSION_REQUESTED; i <= SESSION_FAILED; i++)
        if (strcmp(states[i].name, text) == 0)
            return (enum session_state)i;
    return SESSION_UNKNOWN;
}

bool session_state_is_end(enum session_state state)
{
    return (TO(state) & ENDS) != 0;
}

bool session_may_move(enum session_state from, enum session_state to)
{
    return (states[from].moves & TO(to)) != 0;
}
