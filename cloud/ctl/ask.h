/* SPDX-License-Identifier: Apache-2.0 */
/* What every command to a station takes from the command line. */
#ifndef SWAPSTACK_CTL_ASK_H
#define SWAPSTACK_CTL_ASK_H

#include "ctl/command.h"

/* A message of that type for --device. ERR_USAGE. */
int ask_begin(const struct ctl *ctl, int64_t type, struct message *message, struct err *err);
/* --wait and --no-wait; without them `until`, at most `seconds`. */
int ask_plan(const struct ctl *ctl, enum command_until until, int64_t seconds,
             struct command_plan *to, struct err *err);

#endif
