/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the things that have a state (swaps, commands, alerts, faults, charging processes) moved
 * since the look before. Remembers each thing's last state; pure.
 */
#ifndef SWAPSTACK_CTL_LIVE_CHANGES_H
#define SWAPSTACK_CTL_LIVE_CHANGES_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

struct live_changes;

struct live_changes *live_changes_new(void); /* NULL: out of memory */
void live_changes_free(struct live_changes *changes);

/* A thing's kind, key and state in this look. Returns 1 when it is new or its state differs from
 * the last one, 0 when not, ERR_NOMEM. */
int live_changes_note(struct live_changes *changes, const char *kind, const char *key,
                      const char *state, struct err *err);
/* Ends a look: things not noted in it are forgotten (they left the window of newest rows). */
void live_changes_end(struct live_changes *changes);

#endif
