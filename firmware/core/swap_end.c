/* SPDX-License-Identifier: Apache-2.0 */
#include "core/custody.h"
#include "core/gate.h"
#include "core/safety.h"
#include "core/swap_steps.h"
#include "core/text.h"

/* Of a set the reason also says how far it came. */
static void write_reason(const struct swap *swap, char *to, size_t size)
{
    int own = swap->given_back;
    if (swap->count < 2)
        snprintf(to, size, "%s", swap->reason);
    else
        snprintf(to, size, "%.160s (of %d: %d came in, %d went out%s)", swap->reason, swap->count,
                 swap->returned, swap->given - own,
                 own > 1 ? ", 2 were given back"
                 : own   ? ", 1 was given back"
                         : "");
}

/* Emits the end of the command, once. `done` needs evidence: everything has changed hands. */
static void complete(struct core_step *step)
{
    struct swap *swap = &step->station->swap;
    if (swap->completed)
        return;
    swap->completed = true;
    struct station_event *event =
        actions_add(step->actions, STATION_EVENT_COMPLETION, step_now(step));
    step->actions->transition = true;
    if (!event)
        return;
    struct station_completion *to = &event->data.completion;
    TEXT_SET(to->command, swap->command);
    TEXT_SET(to->request_id, swap->request_id);
    TEXT_SET(to->outcome, swap->exchanged ? "done" : "failed");
    if (!swap->exchanged)
        write_reason(swap, to->reason, sizeof to->reason);
}

void swap_note(struct swap *swap, const char *reason)
{
    if (!swap->reason[0])
        TEXT_SET(swap->reason, reason);
}

void swap_fail(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    swap_note(swap, reason);
    swap->gate = (struct gate){0}; /* at rest; closing is asked for later */
    swap_enter(step, SWAP_ENDING);
}

/* Rule 4: one door at a time, also when another was forced open meanwhile. */
static bool other_door_moves(const struct station *station, const struct bay *bay)
{
    for (int i = 0; i < station->bay_count; i++)
        if (&station->bays[i] != bay &&
            (station->bays[i].state == BAY_OPENING || station->bays[i].state == BAY_CLOSING))
            return true;
    return false;
}

/* True when this bay has nothing more to settle. Closes a door that stands open, but gives whoever
 * has his hands in it time to finish: three tries against them would take the bay out of service.
 */
static bool secured(struct core_step *step, int slot)
{
    struct bay *bay = slot ? station_bay(step->station, slot) : NULL;
    if (!bay)
        return true;
    switch (bay->state) {
    case BAY_OPEN:
        if (!other_door_moves(step->station, bay) &&
            (!step_bay(step, bay)->door_obstructed ||
             swap_overdue(step, step->station->limits.guard_s)))
            bay_close(step, bay);
        return false;
    case BAY_OPENING:
    case BAY_CLOSING:
    case BAY_IDENTIFY:
    case BAY_UNKNOWN:
        return false;
    default:
        return true;
    }
}

void swap_ending(struct core_step *step)
{
    const struct swap *swap = &step->station->swap;
    for (int i = 0; i < SWAP_SET_MAX; i++) /* one after the other: one door at a time */
        if (!secured(step, swap->return_slots[i]) || !secured(step, swap->dispense_slots[i]))
            return;
    complete(step);
    swap_enter(step, SWAP_LEAVING);
}

void swap_leaving(struct core_step *step)
{
    const struct io_readings *in = step->in;
    bool known = !safety_gate_obstacle(step, IO_MOTION_OPEN) || !in->guard_clear;
    if (swap_steady(step, known && !in->lane_occupied)) {
        gate_begin(step, IO_MOTION_CLOSE);
        swap_enter(step, SWAP_GATE_CLOSING);
    } else if (swap_overdue(step, step->station->limits.leave_s)) {
        complete(step); /* the exchange is over; LaneBlocked tells why the gate stays open */
    }
}

static void over(struct core_step *step)
{
    complete(step);
    swap_enter(step, SWAP_IDLE);
    step->station->swap = (struct swap){0};
}

void swap_gate_closing(struct core_step *step)
{
    if (step->in->lane_occupied && step->in->gate != IO_GATE_CLOSED) {
        step->station->swap.gate = (struct gate){0};
        swap_enter(step, SWAP_LEAVING);
        return;
    }
    switch (gate_step(step)) {
    case GATE_BUSY:
        break;
    case GATE_BLOCKED: /* somebody stands there: the command is answered, the gate tries again */
        complete(step);
        swap_enter(step, SWAP_LEAVING);
        break;
    case GATE_REACHED:
    case GATE_FAILED: /* GateFault is raised and latched */
        over(step);
        break;
    }
}

void swap_interrupt(struct core_step *step, const char *reason)
{
    struct swap *swap = &step->station->swap;
    if (swap->step == SWAP_IDLE)
        return;
    if (!swap->reason[0])
        snprintf(swap->reason, sizeof swap->reason, "interrupted: %s", reason);
    step->station->interrupted = true;
    over(step);
}
