/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/life.h"

#include <string.h>

static bool given(const char *text)
{
    return text && text[0];
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_process(const struct charging_view *view,
                         const struct charging_observation *observation)
{
    if (given(observation->session_id))
        return same_text(view->session_id, observation->session_id);
    return same_text(view->bid, observation->bid);
}

static bool timed_out(const struct charging_view *view,
                      const struct charging_observation *observation, int64_t timeout_us)
{
    /* A session is one process however long its samples were silent. */
    bool session = given(view->session_id) && same_text(view->session_id, observation->session_id);
    return !session && observation->date_us - view->newest_us > timeout_us;
}

struct charging_move charging_decide(const struct charging_view *view,
                                     const struct charging_observation *observation,
                                     int64_t timeout_us)
{
    struct charging_move move = {
        .then = observation->charge == 1 ? CHARGING_OPEN : CHARGING_IGNORE,
    };
    if (!view->open)
        return move;
    if (!same_process(view, observation)) {
        bool empty = !given(observation->bid) && observation->charge != 1;
        move.close_first = empty ? CHARGING_REMOVED : CHARGING_SUPERSEDED;
        return move;
    }
    if (timed_out(view, observation, timeout_us)) {
        move.close_first = CHARGING_TIMEOUT;
        return move;
    }
    move.then = observation->charge == 0 ? CHARGING_APPEND_AND_STOP : CHARGING_APPEND;
    return move;
}
