/* SPDX-License-Identifier: Apache-2.0 */
/* The fault script at work: which rules' conditions are met, and which faults act where. */
#include "drivers/sim/world.h"

#include <math.h>
#include <string.h>

static bool bay_meets(const struct sim_world *world, enum script_condition condition, int index)
{
    const struct sim_bay *bay = &world->bays[index];
    enum io_motion motion = world->requests.bays[index].door;
    switch (condition) {
    case SCRIPT_CONDITION_door_opening:
        return motion == IO_MOTION_OPEN && bay->door < 1;
    case SCRIPT_CONDITION_door_open:
        return bay->door == 1;
    case SCRIPT_CONDITION_door_closing:
        return motion == IO_MOTION_CLOSE && bay->door > 0;
    case SCRIPT_CONDITION_pack_in:
        return bay->has_pack && bay->returned;
    case SCRIPT_CONDITION_offered:
        return bay->has_pack && bay->door == 1 && world->visit.state == VISIT_WAITING;
    case SCRIPT_CONDITION_charging:
        return bay->charger.dc_a > 1;
    default:
        return false;
    }
}

/* Whether the rule's condition holds now, and at which bay. */
static bool rule_meets(const struct sim_world *world, const struct script_rule *rule, int *bay)
{
    *bay = SCRIPT_ANY_BAY;
    bool in_lane = world->visit.state >= VISIT_WAITING;
    if (*rule->vehicle != '\0' &&
        (world->visit.state == VISIT_NONE || strcmp(world->visit.vehicle, rule->vehicle) != 0))
        return false;
    switch (rule->condition) {
    case SCRIPT_CONDITION_gate_opening:
        return world->requests.gate == IO_MOTION_OPEN && world->gate < 1;
    case SCRIPT_CONDITION_gate_open:
        return world->gate == 1;
    case SCRIPT_CONDITION_gate_closing:
        return world->requests.gate == IO_MOTION_CLOSE && world->gate > 0;
    case SCRIPT_CONDITION_vehicle_in:
        return in_lane;
    default:
        break;
    }
    for (int i = 0; i < world->bay_count; i++) {
        if ((rule->bay == SCRIPT_ANY_BAY || rule->bay == i) &&
            bay_meets(world, rule->condition, i)) {
            *bay = i;
            return true;
        }
    }
    return false;
}

/* A condition, once met, need not last for the delay. */
static void step_rule(struct sim_world *world, const struct script_rule *rule,
                      struct fault_state *state, double dt_s)
{
    if (state->fired) {
        state->since_s += dt_s;
        return;
    }
    bool due;
    if (rule->timed) {
        state->bay = rule->fault_bay;
        due = (double)world->age_us / 1e6 >= rule->after_s;
    } else {
        int bay;
        if (state->condition_s >= 0) {
            state->condition_s += dt_s;
        } else if (rule_meets(world, rule, &bay)) {
            state->condition_s = 0;
            state->bay = rule->fault_bay != SCRIPT_ANY_BAY ? rule->fault_bay : bay;
        }
        due = state->condition_s >= 0 && state->condition_s >= rule->after_s;
    }
    state->fired = due;
}

/* It came by itself and has not been in since. */
static bool still_waits(struct sim_world *world, const struct script_rule *rule,
                        const struct fault_state *state)
{
    const struct sim_vehicle *vehicle = world_vehicle(world, rule->id);
    int64_t came_us = world->now_us - (int64_t)(state->since_s * 1e6);
    return vehicle == NULL || vehicle->left_at_us < came_us;
}

/* People who come without being called: tokens count up in the order in which they are held to the
 * reader. */
static void apply_people(struct sim_world *world)
{
    double newest_s = INFINITY;
    world->waiting = world->token = NULL;
    world->token_number = 0;
    for (size_t i = 0; i < world->script.count; i++) {
        const struct script_rule *rule = &world->script.rules[i];
        const struct fault_state *state = &world->faults[i];
        if (!state->fired)
            continue;
        if (rule->fault == SCRIPT_FAULT_token) {
            world->token_number++;
            if (state->since_s <= newest_s) {
                newest_s = state->since_s;
                world->token = rule->id;
            }
        } else if (rule->fault == SCRIPT_FAULT_vehicle_waits && world->waiting == NULL &&
                   state->since_s < rule->for_s && still_waits(world, rule, state)) {
            world->waiting = rule->id;
        }
    }
}

void world_apply_faults(struct sim_world *world)
{
    apply_people(world);
    world->station_faults = 0;
    memset(world->bay_faults, 0, sizeof world->bay_faults);
    for (size_t i = 0; i < world->script.count; i++) {
        const struct script_rule *rule = &world->script.rules[i];
        const struct fault_state *state = &world->faults[i];
        if (!state->fired || state->since_s >= rule->for_s)
            continue;
        uint64_t bit = UINT64_C(1) << rule->fault;
        enum script_scope scope = script_fault_scope(rule->fault);
        /* smoke and bus_off are the station's unless the rule itself names a bay */
        if (scope == SCRIPT_BAY || (scope == SCRIPT_EITHER && rule->fault_bay != SCRIPT_ANY_BAY)) {
            world->bay_faults[state->bay] |= bit;
            world->bay_value[state->bay][rule->fault] = rule->value;
        } else {
            world->station_faults |= bit;
            world->station_value[rule->fault] = rule->value;
        }
    }
}

void world_step_faults(struct sim_world *world, double dt_s)
{
    for (size_t i = 0; i < world->script.count; i++)
        step_rule(world, &world->script.rules[i], &world->faults[i], dt_s);
    world_apply_faults(world);
}

int64_t world_next_alarm_us(const struct sim_world *world)
{
    static const uint64_t ALARMS = UINT64_C(1) << SCRIPT_FAULT_emergency_stop |
                                   UINT64_C(1) << SCRIPT_FAULT_residual_current |
                                   UINT64_C(1) << SCRIPT_FAULT_smoke;
    double soonest_s = INFINITY;
    for (size_t i = 0; i < world->script.count; i++) {
        const struct script_rule *rule = &world->script.rules[i];
        const struct fault_state *state = &world->faults[i];
        if (state->fired || (ALARMS >> rule->fault & 1u) == 0)
            continue;
        if (rule->timed)
            soonest_s = fmin(soonest_s, rule->after_s - (double)world->age_us / 1e6);
        else if (state->condition_s >= 0)
            soonest_s = fmin(soonest_s, rule->after_s - state->condition_s);
    }
    /* a microsecond later: the sums of steps are rounded */
    return isfinite(soonest_s) ? world->now_us + (int64_t)(fmax(soonest_s, 0) * 1e6) + 1
                               : INT64_MAX;
}
