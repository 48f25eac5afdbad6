/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state machine is a table of allowed moves (design/hardware.md rule 8: moves not in the table do
 * not happen). The owner of a state changes it in one function only, which asks this table and then
 * checks the machine's invariant.
 */
#ifndef SWAPSTACK_CORE_MACHINE_H
#define SWAPSTACK_CORE_MACHINE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define MACHINE_STATES_MAX 32

struct machine {
    const char *name;         /* "bay" */
    int count;                /* states are 0 .. count - 1 */
    const char *const *names; /* one per state, as messages show it */
    const uint32_t *moves;    /* one per state: bit `to` is set when the move is allowed */
};

#define MACHINE_BIT(state) (UINT32_C(1) << (state))

static inline bool machine_allows(const struct machine *machine, int from, int to)
{
    assert(from >= 0 && from < machine->count && to >= 0 && to < machine->count);
    return (machine->moves[from] & MACHINE_BIT(to)) != 0;
}

static inline const char *machine_state_name(const struct machine *machine, int state)
{
    assert(state >= 0 && state < machine->count);
    return machine->names[state];
}

/* Checked in every build: a station whose state is impossible must not go on. The process aborts,
 * its outputs fall to their safe level (rule 9), and the next start verifies everything. */
#define MACHINE_INVARIANT(condition)                                                               \
    ((condition) ? (void)0 : machine_broken(#condition, __FILE__, __LINE__))
_Noreturn void machine_broken(const char *condition, const char *file, int line);

/* The state of that name, -1 when there is none. */
int machine_find(const struct machine *machine, const char *name);

#endif
