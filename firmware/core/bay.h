/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One bay: its state (design/hardware.md rule 8), its door, what it holds, and who is owed an event
 * about it.
 *
 * Custody: when a swap opens a door, the bay notes for whom and why. Once the door is closed and
 * locked again, what is in the bay decides which event is true (Off-Load, On-Load, Timeout), also
 * when the swap itself has failed or the engine was restarted in between.
 */
#ifndef SWAPSTACK_CORE_BAY_H
#define SWAPSTACK_CORE_BAY_H

#include "core/charge.h"
#include "core/machine.h"
#include "core/swap.h"

enum bay_state {
    BAY_UNKNOWN, /* after a start or a fault: nothing is believed until verified */
    BAY_EMPTY,
    BAY_OPENING,
    BAY_OPEN,
    BAY_CLOSING,
    BAY_IDENTIFY, /* shut, something is in it, waiting for its serial */
    BAY_IDLE,     /* identified pack below target */
    BAY_CHARGING,
    BAY_READY, /* identified pack at target */
    BAY_RESERVED,
    BAY_QUARANTINE, /* suspect pack: stays shut */
    BAY_FAULT,
    BAY_MAINTENANCE,
    BAY_ESTOP,
    BAY_STATE_COUNT
};
extern const struct machine BAY_MACHINE;

enum door_phase {
    DOOR_REST,
    DOOR_UNLOCKING,
    DOOR_UNLOCKED, /* maintenance: a person opens it by hand */
    DOOR_OPENING,
    DOOR_CLOSING,
    DOOR_RELEASING, /* obstructed while closing: opens again before the next try */
    DOOR_LOCKING,
};

enum custody_kind { CUSTODY_NONE, CUSTODY_RETURN, CUSTODY_DISPENSE };

struct custody {
    enum custody_kind kind;
    char bid[MESSAGE_NAME_SIZE]; /* DISPENSE: the pack that is offered */
    enum swap_order order;       /* of that swap */
    int set;                     /* batteries that it exchanges */
    char request_id[MESSAGE_NAME_SIZE], vehicle[MESSAGE_NAME_SIZE], user[MESSAGE_NAME_SIZE];
};

struct reservation {
    char request_id[MESSAGE_NAME_SIZE], vehicle[MESSAGE_NAME_SIZE], user[MESSAGE_NAME_SIZE];
    int64_t until_us; /* plant; 0: held by the swap under way */
};

struct bay_rating { /* of the bay's charger, from the board; as tight as or tighter than limits */
    double max_kw, max_a, max_v;
};

struct bay {
    int slot; /* from 1 */
    struct bay_rating rating;
    enum bay_state state;
    int64_t since_us;            /* in this state */
    char bid[MESSAGE_NAME_SIZE]; /* pack on record, "" none */
    struct io_pack last;         /* its newest good frame, for events after it is gone */
    bool maintenance;            /* asked for */
    bool light, fan;             /* asked for in maintenance */
    bool by_hand;                /* in maintenance: the door stays where it is once unlocked */
    enum door_phase door;
    int64_t door_since_us;
    int door_tries;
    struct custody custody;
    struct reservation reservation; /* request_id "": none */
    struct charge charge;
    double rise_c; /* pack temperature at rise_at_us, for the rate of rise */
    int64_t rise_at_us, rise_since_us;
    bool known_shut;          /* closed and locked when last heard, and not asked to open since */
    int64_t runaway_since_us; /* since when current flows although all is off, 0: it does not */
};

/* Changes the state (asserts the table and the bay's invariant). */
void bay_move(struct core_step *step, struct bay *bay, enum bay_state to);

/* Begins opening / closing the door. bay_open: safety_door_obstacle must be NULL. */
void bay_open(struct core_step *step, struct bay *bay);
void bay_close(struct core_step *step, struct bay *bay);

/* One step: verification, door travel, identification, idle states. */
void bay_update(struct core_step *step, struct bay *bay);

/* Asserts that the bay's state is one, and that its record does not contradict it. */
void bay_check(const struct bay *bay);

/* Records what the bay holds. */
void bay_set_bid(struct core_step *step, struct bay *bay, const char *bid);

/* The door is not at rest and shut as far as this bay's state knows, or it moves. */
bool bay_door_in_use(const struct bay *bay);

#endif
