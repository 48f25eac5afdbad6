/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a station decides about a message on `control` (design/protocol.md, Commands), as far as the
 * message alone and the clock tell: well formed; for me; not retained; fresh. Pure. Whether it is a
 * repeat and allowed now is asked afterwards, of the journal and of the engine.
 */
#ifndef SWAPSTACK_MONITOR_COMMANDS_H
#define SWAPSTACK_MONITOR_COMMANDS_H

#include "monitor/journal.h"
#include "protocol/message.h"

struct command_rules {
    const char *device;
    int64_t ttl_us;   /* how far `time` may be from now, either way; wall clock */
    bool strict_time; /* a bare date is never fresh */
};

enum command_verdict {
    COMMAND_UNREADABLE, /* counted, not answered */
    COMMAND_NOT_MINE,   /* for another station, or no command: counted, not answered */
    COMMAND_ACK,        /* ACK and REGISTER_RESULT: the bridge's side of the journal */
    COMMAND_REFUSED,    /* answered with `reason` */
    COMMAND_PASSED,     /* go on: repeat? allowed? */
};

struct command_judgement {
    enum command_verdict verdict;
    const char *reason;             /* REFUSED: a code of protocol.md */
    char digest[17];                /* first 16 hex digits of the payload's SHA-256 */
    char identity[MESSAGE_ID_SIZE]; /* id, else digest */
    struct err err;                 /* UNREADABLE, and what is malformed */
};

/* Decodes the payload into `message` (to be freed by the caller in each case) and judges it.
 * `own_topic`: it came on control/<device>. `wall_us`: now. */
void command_judge(const struct command_rules *rules, const void *payload, size_t length,
                   bool retained, bool own_topic, int64_t wall_us, struct message *message,
                   struct command_judgement *judgement);

/* Is this time near enough to now? */
bool command_is_fresh(const struct command_rules *rules, const struct timestamp *time,
                      int64_t ttl_us, int64_t wall_us);

#define COMMAND_REPEAT_US INT64_C(10000000)

/* `seen` is the newest command of the same identity: with an id always a repeat, without one within
 * 10 s. */
bool command_is_repeat(const struct journal_command *seen, bool has_id, int64_t wall_us);

#endif
