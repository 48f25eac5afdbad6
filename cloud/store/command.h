/* SPDX-License-Identifier: Apache-2.0 */
/* command: every command seen, whoever sent it, with its outcome. */
#ifndef SWAPSTACK_STORE_COMMAND_H
#define SWAPSTACK_STORE_COMMAND_H

#include "store/store.h"

struct command_row {
    int64_t id;
    char message_id[65]; /* "" when it had none */
    char digest[17];
    char device[65]; /* "*": everybody */
    int64_t type;
    const char *payload; /* JSON; not filled by the find functions, see command_payload */
    char issued_by[65];
    int64_t issued_at; /* µs, plant clock, arrival */
    char outcome[16];  /* sent, accepted, refused, done, failed, expired */
    char reason[256];
    int64_t closed_at; /* STORE_NULL while open */
};

/* Inserts and sets row->id. */
int command_insert(struct store *store, struct command_row *row, struct err *err);
int command_set_outcome(struct store *store, int64_t id, const char *outcome, const char *reason,
                        int64_t closed_at_us, struct err *err);

/* The command that a result or a repeat means: of this device or "*", by message id when it is not
 * empty, else by digest; open ones before closed ones, newest first. 1 found, 0 none. */
int command_find(struct store *store, const char *device, const char *message_id,
                 const char *digest, struct command_row *row, struct err *err);

/* Appends the payload of a command to `to`. */
struct strbuf;
int command_payload(struct store *store, int64_t id, struct strbuf *to, struct err *err);

/* Calls `each` for every command that is open (sent or accepted). */
int command_list_open(struct store *store, int (*each)(void *self, const struct command_row *row),
                      void *self, struct err *err);

#endif
