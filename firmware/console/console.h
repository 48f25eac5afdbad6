/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console of field technicians: verbs, and what they work with. It holds no state of the
 * station: what it shows comes from engine, monitor, or their files, at the moment it is asked.
 */
#ifndef SWAPSTACK_CONSOLE_CONSOLE_H
#define SWAPSTACK_CONSOLE_CONSOLE_H

#include "base/config.h"
#include "console/edit.h"
#include "console/peer.h"
#include "console/terminal.h"
#include "protocol/json.h"

struct console {
    const struct config *config; /* [console] */
    struct terminal *terminal;
    FILE *to;          /* terminal->out */
    struct edit *edit; /* NULL: not interactive, nothing can be asked */
    struct peer engine, monitor;
    bool logged_in; /* for the prompt; the engine knows */
    bool quit;
};

enum console_role {
    CONSOLE_ANYBODY,
    CONSOLE_TECHNICIAN, /* after `maintenance login`; the engine enforces it */
};

struct console_verb {
    const char *name;
    const char *synopsis; /* "light N on|off": what is in lower case completes a word */
    const char *help;     /* one line or more, without an end */
    /* words[0] is the verb itself. 0, or a code and a sentence. */
    int (*function)(struct console *console, const struct words *words, struct err *err);
    enum console_role role;
};

/* All verbs (verbs.c); ends with name NULL. The place to register another one. */
extern const struct console_verb CONSOLE_VERBS[];

/* Runs one line. 0 also for an empty one. */
int console_run(struct console *console, const char *line, size_t length, struct err *err);

/* ERR_USAGE with the verb's synopsis unless it has min..max words behind it. */
int console_expect(const struct words *words, int min, int max, struct err *err);
/* The number of a bay in a word. ERR_USAGE. */
int console_slot(const char *word, int64_t *slot, struct err *err);

/* Asks a peer for a view; *data is the caller's. */
int console_ask(struct console *console, struct peer *peer, const char *verb, int64_t bay,
                cJSON **data, struct err *err);

/* show_station.c */
int verb_status(struct console *console, const struct words *words, struct err *err);
int verb_bays(struct console *console, const struct words *words, struct err *err);
int verb_bay(struct console *console, const struct words *words, struct err *err);
int verb_faults(struct console *console, const struct words *words, struct err *err);
/* show_io.c */
int verb_io(struct console *console, const struct words *words, struct err *err);
/* `bay N` in detail. */
void show_io_bay(FILE *to, const cJSON *bay);
/* show_network.c */
int verb_net(struct console *console, const struct words *words, struct err *err);
int verb_journal(struct console *console, const struct words *words, struct err *err);
int verb_reconnect(struct console *console, const struct words *words, struct err *err);
int verb_version(struct console *console, const struct words *words, struct err *err);
/* logs_export.c */
int verb_log(struct console *console, const struct words *words, struct err *err);
int verb_export(struct console *console, const struct words *words, struct err *err);
/* can_dump.c */
int verb_can(struct console *console, const struct words *words, struct err *err);
/* selftest.c */
int verb_selftest(struct console *console, const struct words *words, struct err *err);
/* maintenance.c */
int verb_maintenance(struct console *console, const struct words *words, struct err *err);
int verb_motion(struct console *console, const struct words *words, struct err *err);
int verb_reset(struct console *console, const struct words *words, struct err *err);

#endif
