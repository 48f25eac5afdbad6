/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way to the monitor's journal, by the journal's rule: numbered (boot, seq), kept
 * until the monitor's mark says that it holds them durably, each sent with the number of the one
 * that waits before it, sent again in order after a reconnect or without progress. A mark above
 * anything assigned drops nothing.
 */
#ifndef SWAPSTACK_ENGINE_HANDOVER_H
#define SWAPSTACK_ENGINE_HANDOVER_H

#include "base/err.h"
#include "core/actions.h"
#include "ipc/ipc.h"
#include <stdbool.h>

/* More waiting events than this: no new motion or session (rule 12). */
#define HANDOVER_RESERVE 1000

struct handover_row {
    enum ipc_type type; /* IPC_EVENT or IPC_CHARGE_COMPLETION */
    int64_t boot, seq;
    int64_t at_us;   /* plant time of the fact */
    int64_t core_us; /* core time of the fact in this run; 0: of an earlier run */
    char *body;      /* owned: JSON object with the packet's other fields */
};

struct handover {
    int64_t boot, last_seq; /* of this boot */
    size_t count, capacity;
    struct handover_row *rows; /* oldest first */
    size_t sent;               /* rows sent on this connection */
    size_t durable;            /* rows that are in the saved state: only these are sent */
};

void handover_free(struct handover *handover);

/* Numbers the event and puts it at the end. Its core time plus `skew_us` is its plant time. */
int handover_add(struct handover *handover, const struct station_event *event, int64_t skew_us,
                 struct err *err);
/* Puts back a row of the saved state (takes `body`). */
int handover_restore(struct handover *handover, const struct handover_row *row);

/* Forgets rows up to the mark. ERR_INVALID when the mark is above anything assigned. */
int handover_acknowledge(struct handover *handover, int64_t boot, int64_t seq, struct err *err);

/* Begins again with the oldest row. */
void handover_rewind(struct handover *handover);

/* The next durable row as a packet, NULL when there is none; then handover_sent. Release the packet
 * by ipc_encode. Core time now and the skew, for age_ms. */
cJSON *handover_next(const struct handover *handover, int64_t core_us, int64_t skew_us);
void handover_sent(struct handover *handover);

#endif
