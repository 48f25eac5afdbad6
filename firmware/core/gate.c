/* SPDX-License-Identifier: Apache-2.0 */
#include "core/gate.h"
#include "core/safety.h"
#include <assert.h>

void gate_begin(struct core_step *step, enum io_motion target)
{
    assert(target != IO_MOTION_HOLD);
    step->station->swap.gate =
        (struct gate){.target = target, .since_us = step_now(step), .moving = false};
}

enum io_motion gate_output(const struct gate *gate)
{
    return gate->moving ? gate->target : IO_MOTION_HOLD;
}

static enum gate_result finish(struct gate *gate, enum gate_result result)
{
    gate->target = IO_MOTION_HOLD;
    gate->moving = false;
    return result;
}

static void halt(struct core_step *step, struct gate *gate)
{
    gate->moving = false;
    gate->since_us = step_now(step);
}

/* A try took too long: the next one, or out of service. */
static enum gate_result overdue(struct core_step *step, struct gate *gate)
{
    halt(step, gate);
    if (gate->tries < (int)step->station->limits.motion_tries)
        return GATE_BUSY;
    step_fault(step, FAULT_GateFault, 0, true);
    return finish(gate, GATE_FAILED);
}

enum gate_result gate_step(struct core_step *step)
{
    const struct station_limits *limits = &step->station->limits;
    struct gate *gate = &step->station->swap.gate;
    const struct io_readings *in = step->in;
    assert(gate->target != IO_MOTION_HOLD);
    const char *obstacle = safety_gate_obstacle(step, gate->target);
    enum io_gate wanted = gate->target == IO_MOTION_OPEN ? IO_GATE_OPEN : IO_GATE_CLOSED;
    bool known = in->at_us > 0;

    if (known && in->gate == wanted)
        return finish(gate, GATE_REACHED);
    int64_t waited_us = step_now(step) - gate->since_us;
    if (gate->moving) {
        if (obstacle || in->gate_obstructed)
            halt(step, gate);
        else if (waited_us > limits_us(limits->gate_s))
            return overdue(step, gate);
        return GATE_BUSY;
    }
    if (obstacle || in->gate_obstructed) {
        if (waited_us > limits_us(limits->guard_s))
            return finish(gate, GATE_BLOCKED);
        return GATE_BUSY;
    }
    gate->moving = true;
    gate->since_us = step_now(step);
    gate->tries++;
    return GATE_BUSY;
}
