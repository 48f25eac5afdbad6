/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a diagnostic bundle as a command: `swap-export`, and the verb `export` of the serial
 * console.
 *
 *     export --to FILE | --zmodem | --xmodem [--max-bytes N]
 */
#ifndef SWAPSTACK_EXPORT_EXPORT_H
#define SWAPSTACK_EXPORT_EXPORT_H

#include "base/args.h"
#include "base/err.h"
#include "export/collect.h"
#include <stdbool.h>
#include <stdio.h>

/* Where the units and the image keep things. */
extern const struct collect_places EXPORT_PLACES;

/* For whom it runs. */
struct export_caller {
    FILE *notes;                         /* what becomes of it; flushed before a transfer begins */
    const struct collect_places *places; /* unless options say otherwise */
    bool is_verb;      /* of a console: only --zmodem, --xmodem and --max-bytes; --help returns */
    int in_fd, out_fd; /* the line, for a transfer */
};

extern const struct args_spec EXPORT_SPEC;

/* Runs it. argv[0] is the name of program or verb. 0, or a code with a sentence: ERR_USAGE; ERR_IO,
 * ERR_STORAGE: FILE cannot be written (then there is none); ERR_UNAVAILABLE: lrzsz is not there.
 * What could not be read on the station is no error: the manifest lists it. */
int export_verb(int argc, char **argv, const struct export_caller *caller, struct err *err);

#endif
