/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step of the core wants done beside driving outputs: events to hand over (never lost, in
 * order), the intent to be made durable first, a telemetry snapshot to be taken now.
 */
#ifndef SWAPSTACK_CORE_ACTIONS_H
#define SWAPSTACK_CORE_ACTIONS_H

#include "protocol/message.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum station_event_kind {
    STATION_EVENT_COMPLETION = 0, /* the end of an accepted command */
    STATION_EVENT_SWAP = MESSAGE_SWAP_EVENT,
    STATION_EVENT_FAULT = MESSAGE_FAULT,
    STATION_EVENT_SESSION = MESSAGE_CHARGE_SESSION,
};

struct station_completion {
    char command[MESSAGE_ID_SIZE];      /* identity of the command */
    char request_id[MESSAGE_NAME_SIZE]; /* of the swap */
    char outcome[16];                   /* "done", "failed" */
    char reason[MESSAGE_TEXT_SIZE];     /* "" when done */
};

struct station_event {
    enum station_event_kind kind;
    int64_t at_us; /* plant time of the fact */
    union {
        struct message_swap_event swap;
        struct message_fault fault;
        struct message_charge_session session;
        struct station_completion completion;
    } data;
};

struct station_actions {
    bool intent_changed; /* make the station's intent durable before outputs and events */
    bool transition;     /* something a reader wants to see at once: take a snapshot */
    bool failed;         /* out of memory: an event is missing, treat as a storage fault */
    size_t count, capacity;
    struct station_event *events; /* owned; count of them, in order */
};

/* An event to fill, already counted; marks the intent as changed. NULL when out of memory. */
struct station_event *actions_add(struct station_actions *actions, enum station_event_kind kind,
                                  int64_t at_us);
/* Forgets the events and flags, keeps the memory. */
void actions_clear(struct station_actions *actions);
void actions_free(struct station_actions *actions);

#endif
