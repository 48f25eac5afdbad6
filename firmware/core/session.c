/* SPDX-License-Identifier: Apache-2.0 */
#include "core/session.h"
#include "core/safety.h"
#include "core/text.h"
#include <inttypes.h>
#include <math.h>

#define B   MACHINE_BIT
#define END (B(SESSION_CANCELLED) | B(SESSION_FAILED))

static const char *const NAMES[SESSION_COUNT] = {
    "", "requested", "authorized", "in_progress", "completed", "cancelled", "failed",
};
static const uint32_t MOVES[SESSION_COUNT] = {
    [SESSION_NONE] = B(SESSION_REQUESTED),
    [SESSION_REQUESTED] = B(SESSION_AUTHORIZED) | END,
    [SESSION_AUTHORIZED] = B(SESSION_IN_PROGRESS) | END,
    [SESSION_IN_PROGRESS] = B(SESSION_COMPLETED) | END,
    /* an ended session is over; the bay's next one begins */
    [SESSION_COMPLETED] = B(SESSION_REQUESTED),
    [SESSION_CANCELLED] = B(SESSION_REQUESTED),
    [SESSION_FAILED] = B(SESSION_REQUESTED),
};
const struct machine SESSION_MACHINE = {"session", SESSION_COUNT, NAMES, MOVES};

bool session_is_open(enum session_status status)
{
    return status == SESSION_REQUESTED || status == SESSION_AUTHORIZED ||
           status == SESSION_IN_PROGRESS;
}

static void emit(const struct bay *bay, int64_t now_us, const char *reason,
                 struct station_actions *actions)
{
    const struct charge *charge = &bay->charge;
    struct station_event *event = actions_add(actions, STATION_EVENT_SESSION, now_us);
    actions->transition = true;
    if (!event)
        return;
    struct message_charge_session *to = &event->data.session;
    TEXT_SET(to->session, charge->session);
    TEXT_SET(to->bid, bay->bid);
    to->bay = bay->slot;
    TEXT_SET(to->status, NAMES[charge->status]);
    TEXT_SET(to->reason, reason);
    bool ran = charge->status >= SESSION_IN_PROGRESS && isfinite(charge->base_kwh);
    to->energy_kwh = ran ? round(charge->energy_kwh * 1e4) / 1e4 : NAN;
}

void session_move(struct core_step *step, struct bay *bay, enum session_status to,
                  const char *reason)
{
    MACHINE_INVARIANT(machine_allows(&SESSION_MACHINE, (int)bay->charge.status, (int)to));
    bay->charge.status = to;
    emit(bay, step_now(step), reason, step->actions);
}

void session_begin(struct core_step *step, struct bay *bay, const char *id, const char *reason)
{
    struct station *station = step->station;
    struct charge *charge = &bay->charge;
    if (id && id[0])
        TEXT_SET(charge->session, id);
    else
        snprintf(charge->session, sizeof charge->session, "%s-%" PRId64, station->engine_id,
                 ++station->session_counter);
    session_move(step, bay, SESSION_REQUESTED, reason);
    session_move(step, bay, SESSION_AUTHORIZED, reason);
}

void session_close_interrupted(struct bay *bay, int64_t now_us, struct station_actions *actions)
{
    if (!session_is_open(bay->charge.status))
        return;
    bay->charge.status = SESSION_FAILED;
    emit(bay, now_us, "interrupted", actions);
}
