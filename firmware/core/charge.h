/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging of one bay: the session (its life cycle with the names of shared/design/data-model.md)
 * and the electrical phases beneath it.
 *
 *     session  requested → authorized → in_progress → completed | cancelled | failed
 *     phase    OFF → CLOSING (contactor) → RUNNING → RAMP_DOWN → OPENING (contactor) → OFF
 *
 * A session begins by itself when an identified pack is below target, or by START_CHARGE. It ends
 * at its target, by STOP_CHARGE (cancelled), or because one of the conditions of rule 3 was lost
 * (failed); then charging begins again only as a new session.
 */
#ifndef SWAPSTACK_CORE_CHARGE_H
#define SWAPSTACK_CORE_CHARGE_H

#include "core/actions.h"
#include "core/io.h"
#include "core/machine.h"

enum session_status {
    SESSION_NONE,
    SESSION_REQUESTED,
    SESSION_AUTHORIZED,
    SESSION_IN_PROGRESS,
    SESSION_COMPLETED,
    SESSION_CANCELLED,
    SESSION_FAILED,
    SESSION_COUNT
};
extern const struct machine SESSION_MACHINE;

enum charge_phase {
    CHARGE_OFF,
    CHARGE_CLOSING,   /* contactor asked to close, waiting for its feedback */
    CHARGE_RUNNING,   /* contactor closed, charger on */
    CHARGE_RAMP_DOWN, /* charger off, waiting for the current to fall */
    CHARGE_OPENING,   /* contactor asked to open, waiting for its feedback */
    CHARGE_COUNT
};
extern const struct machine CHARGE_MACHINE;

struct charge {
    enum charge_phase phase;
    int64_t phase_since_us;
    enum session_status status;
    char session[MESSAGE_NAME_SIZE]; /* of the present or last session */
    double target_soc_percent;
    double power_kw;   /* wanted by START_CHARGE, NAN: what the bay can */
    double base_kwh;   /* pack counter minus energy of this session, NAN before the first reading */
    double energy_kwh; /* added in this session; never falls */
    double asked_a;    /* current that the charger was asked for in the last step */
    double asked_kw;   /* the same as power, DC */
    bool capped;       /* that is less than the pack wanted */
    bool automatic;    /* begun by itself, not by START_CHARGE */
    bool ramped;       /* the current reached its set-point once */
    enum session_status outcome; /* how the session ends once the contactor is open */
    const char *reason;          /* constant text */
    int64_t stopped_us;          /* when the switch-off was decided; that step still shows charge */
    int64_t ended_us;            /* when the session ended; that step still shows its id */
    int64_t low_current_us;      /* since when it flows less than a door allows, 0: it flows */
    int64_t retry_us;            /* not before this time again */
    int failures;                /* in a row, for the growing wait */
    bool inhibited;              /* stopped by an operator, or the pack wants no more */
    bool hot;                    /* was too hot; waits for limits.pack_resume_c */
    bool told; /* the session's pack has said its temperatures; a resting one says them later */
};

struct core_step;
struct bay;

/* Why this bay's pack may not be charged now (rule 3), a constant text; NULL when it may. */
const char *charge_obstacle(const struct core_step *step, const struct bay *bay);

/* Begins a session: REQUESTED, AUTHORIZED, contactor. The bay must be IDLE or READY and
 * charge_obstacle NULL. `session` NULL or "": an id of our own. Targets NAN: the settings. */
void charge_begin(struct core_step *step, struct bay *bay, const char *session,
                  double target_soc_percent, double power_kw, const char *reason);

/* Decides the end of a running session: the current falls, the contactor opens, then it ends. */
void charge_stop(struct core_step *step, struct bay *bay, enum session_status outcome,
                 const char *reason);

/* Ends it at once: charger and contactor off in this step (door, emergency, bay fault). */
void charge_cut(struct core_step *step, struct bay *bay, const char *reason);

/* One step of a bay: automatic start, supervision, set-points, phases. */
void charge_step(struct core_step *step, struct bay *bay);

#endif
