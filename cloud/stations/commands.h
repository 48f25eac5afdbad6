/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of commands: every one seen on `control`, whoever sent it, with its outcome.
 *
 * Outcomes only go forward: sent → accepted → done | failed, or sent → refused; a command without
 * a result in time becomes `expired`, which the station's own last word (done, failed, refused)
 * still replaces. Times of waiting follow the wall clock and begin anew when the bridge starts.
 *
 * A command to "*" (SERVER_ASK_INFO) has one row; the first station to answer closes it.
 */
#ifndef SWAPSTACK_STATIONS_COMMANDS_H
#define SWAPSTACK_STATIONS_COMMANDS_H

#include "protocol/message.h"

struct store;
struct commands;

struct commands_limits {
    int64_t expire_us;          /* wall time after `sent` without a result */
    int64_t accepted_expire_us; /* wall time after `accepted` without an end */
};

int commands_new(struct commands **commands, struct store *store,
                 const struct commands_limits *limits, int64_t mono_us, struct err *err);
void commands_free(struct commands *commands);
void commands_set_limits(struct commands *commands, const struct commands_limits *limits);

/* A command was seen. The same one again (same id and payload; without id the same payload within
 * 10 s) is no second command. */
int commands_seen(struct commands *commands, const struct message *message, const void *payload,
                  size_t length, int64_t plant_us, int64_t mono_us, struct err *err);

/* What a result meant. */
struct commands_outcome {
    bool changed;                       /* the record moved forward */
    int64_t type;                       /* of the command */
    char request_id[MESSAGE_NAME_SIZE]; /* of SERVER_ASK_CHARGE: data.requestId, else id, digest */
};
/* A COMMAND_RESULT of `device`. A result whose command was never seen makes its row. */
int commands_result(struct commands *commands, const char *device,
                    const struct message_command_result *result, int64_t time_us, int64_t mono_us,
                    struct commands_outcome *outcome, struct err *err);

/* Closes what has waited too long as `expired`. */
int commands_tick(struct commands *commands, int64_t plant_us, int64_t mono_us, struct err *err);

/* The transaction was rolled back: reads the open commands again; known deadlines stay. */
int commands_forget(struct commands *commands, int64_t mono_us, struct err *err);

/* True when `to` may follow `from` (table in commands.c). */
bool commands_may_move(const char *from, const char *to);

#endif
