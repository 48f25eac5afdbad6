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
    if (observation->empty)
        return false;
    if (given(observation->session_id))
        return same_text(view->session_id, observation->session_id);
    return same_text(view->bid, observation->bid);
}

/* A session is one process however long its samples were silent. */
static bool holds_session(const struct charging_view *view,
                          const struct charging_observation *observation)
{
    return given(view->session_id) && same_text(view->session_id, observation->session_id);
}

static bool timed_out(const struct charging_view *view,
                      const struct charging_observation *observation, int64_t timeout_us)
{
    return !holds_session(view, observation) &&
           observation->at.date_us - view->newest_us > timeout_us;
}

static const char *displaced(const struct charging_observation *observation)
{
    bool removed = observation->empty || (!given(observation->bid) && observation->charge != 1);
    return removed ? CHARGING_REMOVED : CHARGING_SUPERSEDED;
}

static struct charging_move decide_silent(const struct charging_view *silent,
                                          const struct charging_observation *observation,
                                          int64_t timeout_us)
{
    struct charging_move move = {.then =
                                     observation->charge == 1 ? CHARGING_OPEN : CHARGING_IGNORE};
    if (!silent->there)
        return move;
    if (!same_process(silent, observation))
        move.close_first = displaced(observation);
    else if (timed_out(silent, observation, timeout_us))
        move.close_first = CHARGING_TIMEOUT;
    else
        move.then = observation->charge == 0 ? CHARGING_RESUME_AND_STOP : CHARGING_RESUME;
    return move;
}

struct charging_move charging_decide(const struct charging_view *open,
                                     const struct charging_view *silent,
                                     const struct charging_observation *observation,
                                     int64_t timeout_us)
{
    if (!open->there)
        return decide_silent(silent, observation, timeout_us);
    struct charging_move move = {.then =
                                     observation->charge == 1 ? CHARGING_OPEN : CHARGING_IGNORE};
    if (!same_process(open, observation))
        move.close_first = displaced(observation);
    else if (timed_out(open, observation, timeout_us))
        move.close_first = CHARGING_TIMEOUT;
    else
        move.then = observation->charge == 0 ? CHARGING_APPEND_AND_STOP : CHARGING_APPEND;
    return move;
}
