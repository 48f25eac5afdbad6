/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of all programs: long options in any place, `--name VALUE` or `--name=VALUE`, and
 * options of one letter, `-n VALUE` or `-nVALUE`; `--` ends options. `--help` and `--version` are
 * everybody's, `--example-config` every program's that has an option "config". Wrong arguments give
 * a sentence on stderr and exit status 64 (EX_USAGE).
 */
#ifndef SWAPSTACK_BASE_ARGS_H
#define SWAPSTACK_BASE_ARGS_H

#include "base/config.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdio.h>

struct args_option {
    const char *name;          /* without the dashes; one letter: it has one dash */
    const char *value;         /* name of its value for --help ("HOST:PORT"), NULL for a switch */
    const char *help;          /* one line */
    const char *section, *key; /* configuration key that it sets, or NULL */
};

struct args_spec {
    const char *program;               /* "swap-bridge" */
    const char *synopsis;              /* "--broker HOST:PORT --db FILE [--config FILE]" */
    const char *summary;               /* what it does, one or more lines */
    const struct args_option *options; /* ends with name == NULL */
    bool takes_words;                  /* false: any word that is no option is an error */
};

struct args;

/* Parses argv. `--help`, `--version`: prints to stdout and exits 0. ERR_USAGE with a sentence that
 * names the wrong word (and a near option when there is one). Release with args_free. */
int args_parse(struct args **args, const struct args_spec *spec, int argc, char **argv,
               struct err *err);
void args_free(struct args *args);

/* What --help prints. */
void args_print_help(const struct args_spec *spec, FILE *to);

/* Last value given for an option; NULL when it was not given ("" for a switch that was). */
const char *args_value(const struct args *args, const char *name);
/* Words that are no options, in order. */
int args_word_count(const struct args *args);
const char *args_word(const struct args *args, int index);

/* The whole of a daemon's configuration: defaults, `--config` file, environment, flags with a
 * section and key. `keys` as for config_new. After `--example-config`: prints the documented
 * example to stdout and exits 0. ERR_CONFIG, or ERR_USAGE when a flag's value is wrong. */
int args_load_config(const struct args *args, const struct args_spec *spec,
                     const struct config_key *keys, size_t count, struct config **config,
                     struct err *err);

/* Prints "PROGRAM: sentence" and a hint to --help (for ERR_USAGE) on stderr; returns the exit
 * status that belongs to the code. For `return args_fail(...)` in main. */
int args_fail(const struct args_spec *spec, const struct err *err);

/* "0.1.0 (…)": the project's version. */
const char *args_version(void);

/* Splits HOST:PORT ([v6]:PORT too). ERR_USAGE with a sentence. */
int args_host_port(const char *text, char *host, size_t host_size, int *port, struct err *err);

#endif
