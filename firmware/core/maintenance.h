/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maintenance: a person works at the station or at one bay. The mode itself is a lock-out
 * (station_request_maintenance): only a person ends it, never a timer or a lost line, and only once
 * everything is shut; then the bays are verified anew. While it lasts that person may ask for
 * single motions, here.
 *
 * Rule 4 of design/hardware.md holds for them as for a swap: current below the threshold and
 * contactor open, one door at a time, gate only with the guard clear (and closing only with the
 * lane free), each with feedback, deadline and bounded tries. An emergency wins over all of it. A
 * fault of the bay does not forbid its door (that is what is repaired), but for a thermal event:
 * that bay stays shut until it is reset (rule 5).
 */
#ifndef SWAPSTACK_CORE_MAINTENANCE_H
#define SWAPSTACK_CORE_MAINTENANCE_H

#include "core/station.h"

enum maintenance_verb {
    MAINTENANCE_UNLOCK, /* releases the lock for limits.guard_s, the door is opened by hand */
    MAINTENANCE_OPEN,
    MAINTENANCE_CLOSE,
    MAINTENANCE_GATE_OPEN, /* gate: in maintenance of the whole station only */
    MAINTENANCE_GATE_CLOSE,
    MAINTENANCE_LIGHT,
    MAINTENANCE_FAN, /* off: not while the pack needs it */
};

struct maintenance_request {
    enum maintenance_verb verb;
    int slot; /* of the bay, from 1; not for the gate */
    bool on;  /* light, fan */
};

/* Asks for a motion, with the newest readings. NULL: it begins in the next step. Else the code of
 * the refusal (Malformed: no such bay; SafetyLock; StorageFault; Busy: a swap or another motion is
 * under way), and *why gets a constant text for a person. */
const char *maintenance_request(struct station *station, const struct io_readings *in,
                                const struct maintenance_request *request, const char **why);

/* Ends every motion of maintenance where it stands: locks engage, doors and gate hold. */
void maintenance_halt(struct station *station);

/* Why maintenance of the bay (slot 0: of the station) cannot end now, a constant text; NULL when it
 * can. *slot gets the bay that is in the way, 0: none (the gate, or there is no such bay). */
const char *maintenance_obstacle(const struct core_step *step, int slot, int *in_the_way);

/* A motion of maintenance is under way somewhere, a released lock included. */
bool maintenance_moves(const struct station *station);

/* One step of a bay in MAINTENANCE, and of the gate in maintenance of the station. */
void maintenance_bay_step(struct core_step *step, struct bay *bay);
void maintenance_gate_step(struct core_step *step);

#endif
