/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One alert to a program: JSON on its standard input, the fields in its environment, no shell. Made
 * for a mail command; exit status 0 is delivered, anything else, and taking too long, is tried
 * again.
 */
#ifndef SWAPSTACK_BRIDGE_HOOK_H
#define SWAPSTACK_BRIDGE_HOOK_H

#include "alerts/delivery.h"

/* Runs `program` (a path; its only argument is the event) for the row. It gets PATH, HOME, LANG and
 * TZ of the bridge and SWAPSTACK_ALERT_<FIELD> for each field of the payload, no other variable and
 * no file of the bridge. Killed with its children after `timeout_ms` or when `stop_fd` is readable.
 * When it failed err has the last line that it wrote to its standard error. */
enum delivery_outcome hook_deliver(const char *program, const struct delivery_row *row,
                                   int timeout_ms, int stop_fd, struct err *err);

/* The environment of the program, NULL-terminated, from payload and `environment` (like environ);
 * one block, the caller's to free. Pure. NULL: out of memory, or the payload is no JSON object. */
char **hook_environment(const char *payload, char *const *environment);

#endif
