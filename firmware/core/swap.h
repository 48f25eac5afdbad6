/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One swap at a time: the user's battery goes into a free bay, the best ready one goes into the
 * vehicle (order In-Out). It ends `done` on evidence (both events and the gate closed again), or
 * `failed` with every door shut or reported and every battery on record.
 *
 * A returned battery that cannot be replaced (none of its type ready, unknown type, no serial) is
 * offered back to its user by the same steps (give_back), and the swap ends failed.
 */
#ifndef SWAPSTACK_CORE_SWAP_H
#define SWAPSTACK_CORE_SWAP_H

#include "core/actions.h"
#include "core/io.h"
#include "core/machine.h"

enum swap_step_name {
    SWAP_IDLE,
    SWAP_SECURING, /* doors that an earlier swap left open are closed; bays verified */
    SWAP_GATE_OPENING,
    SWAP_ARRIVING,
    SWAP_RETURN_OPENING,
    SWAP_RETURNING, /* waiting for the user's battery in the open bay */
    SWAP_RETURN_CLOSING,
    SWAP_IDENTIFYING,
    SWAP_DISPENSE_OPENING,
    SWAP_OFFERING, /* waiting for the offered battery to be taken */
    SWAP_DISPENSE_CLOSING,
    SWAP_ENDING,  /* it failed: doors are shut, custody settled */
    SWAP_LEAVING, /* waiting for the vehicle to leave */
    SWAP_GATE_CLOSING,
    SWAP_STEP_COUNT
};
extern const struct machine SWAP_MACHINE;

struct gate {
    enum io_motion target; /* HOLD: at rest */
    int64_t since_us;      /* of this try, or of waiting */
    bool moving;           /* false: waits for guard or lane */
    int tries;
};

struct swap {
    enum swap_step_name step;
    int64_t since_us;              /* in this step */
    int64_t arrived_us;            /* vehicle in the lane, 0 before */
    int64_t steady_us;             /* since when the awaited thing is true, 0: it is not */
    char command[MESSAGE_ID_SIZE]; /* identity that the completion echoes */
    char request_id[MESSAGE_NAME_SIZE], vehicle[MESSAGE_NAME_SIZE], user[MESSAGE_NAME_SIZE];
    char battery[MESSAGE_NAME_SIZE]; /* serial that was asked for, "" the best */
    int return_slot, dispense_slot;  /* 0: none yet */
    bool give_back;                  /* the user's own battery is being offered */
    bool exchanged;                  /* evidence: the vehicle has its new battery */
    bool completed;                  /* the completion was emitted */
    char reason[MESSAGE_TEXT_SIZE];  /* why it fails, "" so far good */
    struct gate gate;
};

struct core_step;

/* One step of the swap under way, if any. */
void swap_step(struct core_step *step);

/* Ends it where it stands, without any further motion: restart, safe mode, emergency. */
void swap_interrupt(struct core_step *step, const char *reason);

/* A swap that is under way and keeps this bay for itself. */
bool swap_uses(const struct swap *swap, int slot);

#endif
