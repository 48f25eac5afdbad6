/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading logs as a command: `swap-log`, and the verb `log` of the serial console.
 *
 *     log [-n N] [-f] [--level L] [--module M] [--since T] [--json] [FOLDER ...]
 */
#ifndef SWAPSTACK_LOGS_LOGS_H
#define SWAPSTACK_LOGS_LOGS_H

#include "base/args.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdio.h>

#define LOGS_FOLDER "/var/log/swapstack" /* where the units keep them, a folder per program */

/* For whom it runs. */
struct logs_reader {
    FILE *out;
    FILE *notes;        /* what the reader should know besides: damaged lines, no journal */
    const char *folder; /* when no FOLDER is given; its journal belongs to it */
    bool is_verb;       /* of a console: FOLDERs are refused, --help prints and returns */
    int stop_fd;        /* -f ends when it becomes readable, and takes what was typed; -1: none */
};

extern const struct args_spec LOGS_SPEC;

/* Runs it. argv[0] is the name of program or verb. 0, or a code with a sentence: ERR_USAGE,
 * ERR_NOT_FOUND (no such folder), ERR_PERMISSION, ERR_IO (`out` failed). */
int logs_verb(int argc, char **argv, const struct logs_reader *reader, struct err *err);

#endif
