/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command to a station, published with a random id; then its COMMAND_RESULTs, which echo the id.
 * What was said is judged purely (command_judge); the session only carries bytes.
 */
#ifndef SWAPSTACK_CTL_COMMAND_H
#define SWAPSTACK_CTL_COMMAND_H

#include "ctl/ctl.h"
#include "protocol/message.h"
#include <stdbool.h>
#include <stdint.h>

/* How far outcomes have come: they only go forward (design/protocol.md, Commands). */
enum command_stage {
    COMMAND_SENT,
    COMMAND_ACCEPTED,
    COMMAND_DONE,
    COMMAND_FAILED,
    COMMAND_REFUSED
};

struct command_outcome {
    enum command_stage stage;
    char reason[MESSAGE_TEXT_SIZE];
};

/* Does `payload`, seen on info, carry a step forward for the command? Pure. Returns true and
 * updates *outcome when it does; repeats, results of others and everything else return false. */
bool command_judge(const struct message *command, const void *payload, size_t length,
                   struct command_outcome *outcome);

const char *command_stage_name(enum command_stage stage); /* "accepted" … */
bool command_stage_is_final(enum command_stage stage);

enum command_until { COMMAND_UNTIL_SENT, COMMAND_UNTIL_ACCEPTED, COMMAND_UNTIL_END };

struct command_plan {
    enum command_until until;
    int64_t timeout_ms; /* wall, for the result; sending has its own time-out */
};

/* Publishes `command` (device, type and data set; id and time are set here) on control, prints each
 * outcome, and waits as planned. 0: done, or as far as planned. ERR_REFUSED: refused or failed,
 * with the reason. ERR_TIMEOUT: no result in time. ERR_UNAVAILABLE: no broker. */
int command_send(const struct ctl *ctl, struct message *command, const struct command_plan *plan,
                 struct err *err);

#endif
