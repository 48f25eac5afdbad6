/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One swap at a time, of one battery or of a set of two. The order is that of the setting
 * swap_order when the swap was accepted:
 *
 *     In-Out   all of the user's batteries go into free bays, then as many ready ones go out
 *     Out-In   the ready ones go out first, then the user's go into the bays that became free
 *
 * One door at a time in either. It ends `done` on evidence (every battery has changed hands, seen
 * by sensors behind shut doors), or `failed` with every door shut or reported and every battery on
 * record. A set that cannot be exchanged whole is exchanged as far as both sides got: whoever gives
 * second gives no more than the first did. The swap then fails and says how far it came.
 *
 * In-Out: a returned battery that cannot be replaced (none of its type ready, unknown type, no
 * serial) is offered back to its user by the same steps, and the swap ends failed.
 *
 * A vehicle whose account is open (struct owed) settles it first: its next swap hands out what it
 * is owed, or takes what it owes, and nothing else.
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

enum swap_order { SWAP_IN_OUT, SWAP_OUT_IN };
/* "In-Out", "Out-In", as events say it. */
const char *swap_order_name(enum swap_order order);

#define SWAP_SET_MAX MESSAGE_SET_MAX

struct swap {
    enum swap_step_name step;
    int64_t since_us;              /* in this step */
    int64_t arrived_us;            /* vehicle in the lane, 0 before */
    int64_t steady_us;             /* since when the awaited thing is true, 0: it is not */
    char command[MESSAGE_ID_SIZE]; /* identity that the completion echoes */
    char request_id[MESSAGE_NAME_SIZE], vehicle[MESSAGE_NAME_SIZE], user[MESSAGE_NAME_SIZE];
    char battery[MESSAGE_NAME_SIZE]; /* serial that was asked for, "" the best */
    enum swap_order order;
    int asked;              /* batteries that were asked for: 1 .. SWAP_SET_MAX */
    int count;              /* that it is about: those, or the vehicle's open account */
    int to_return, to_give; /* planned; less once one side fell short */
    int returned, given;    /* so far, behind shut doors */
    int given_back;         /* of `given`: the user's own */
    int return_slots[SWAP_SET_MAX], dispense_slots[SWAP_SET_MAX]; /* in their order, 0: none yet */
    bool unfit[SWAP_SET_MAX];                                     /* returned, to be given back */
    char offered[MESSAGE_NAME_SIZE]; /* serial of the one that is being offered, "" not known */
    bool give_back;                  /* the one that is being offered is the user's own */
    uint64_t shunned;                /* bit slot - 1: its door failed in this swap */
    double rated_v;                  /* of the first battery given out, NAN none yet */
    bool exchanged;                  /* evidence: every battery has changed hands */
    bool completed;                  /* the completion was emitted */
    char reason[MESSAGE_TEXT_SIZE];  /* why it fails, "" so far good */
    struct gate gate;
};

struct core_step;
struct station;

/* What a swap of the batteries asked for would take from this vehicle and give to it, now: its open
 * account, or the set. Fills count, to_return and to_give. */
void swap_plan(const struct station *station, const char *vehicle, struct swap *swap);
/* Free bays that it needs before it begins: those that its own giving does not make free. None as
 * long as its vehicle is not known (a local start) and some vehicle is owed a battery: it may be
 * that one, whose own battery took the last bay. Whoever else comes finds `Busy` in the lane. */
int swap_needs_bays(const struct station *station, const struct swap *swap);

/* Nobody else gets the packs of these bays while the swap under way lasts. */
void swap_hold(struct core_step *step, const int *slots, int count);

/* One step of the swap under way, if any. */
void swap_step(struct core_step *step);

/* Ends it where it stands, without any further motion: restart, safe mode, emergency. */
void swap_interrupt(struct core_step *step, const char *reason);

/* The slot whose turn it is, 0: none. */
int swap_return_slot(const struct swap *swap);
int swap_dispense_slot(const struct swap *swap);

/* A swap that is under way and keeps this bay for itself. */
bool swap_uses(const struct swap *swap, int slot);

#endif
