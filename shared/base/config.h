/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration: a table of keys that the program declares, filled from (later wins) the table's
 * defaults, an INI file, SWAPSTACK_<SECTION>_<KEY> environment variables, command-line flags.
 *
 * An unknown key or section in the file, a value of the wrong type or out of range: an error that
 * names file, line, key and what would be right. Unknown SWAPSTACK_ variables are ignored (another
 * program of the run may know them). The shipped example files are generated from the same table
 * (config_write_example) and a test compares them, so that no key is undocumented.
 */
#ifndef SWAPSTACK_BASE_CONFIG_H
#define SWAPSTACK_BASE_CONFIG_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
    CONFIG_TEXT,
    CONFIG_INTEGER, /* decimal, within min..max */
    CONFIG_REAL,    /* decimal, within min..max */
    CONFIG_BOOL,    /* on|off, yes|no, true|false, 1|0 */
    CONFIG_CHOICE,  /* one of `choices`, separated by '|' */
};

struct config_key {
    const char *section; /* lower case, [a-z_]+ */
    const char *name;    /* lower case, [a-z_0-9]+, unit at its end (report_interval_s) */
    enum config_type type;
    const char *fallback; /* default as it would stand in the file */
    double min, max;      /* INTEGER and REAL */
    const char *choices;  /* CHOICE */
    const char *help;     /* one or more sentences for the example file, with units */
};

struct config; /* owns its values; the key table must outlive it */

/* Makes a configuration that holds the defaults. Release with config_free. */
int config_new(struct config **config, const struct config_key *keys, size_t count,
               struct err *err);
void config_free(struct config *config);
void config_free_scope(struct config **config); /* for SCOPE() */

/* Reads an INI file / `name=value` environment (NULL-terminated like environ). */
int config_read_file(struct config *config, const char *path, struct err *err);
int config_read_text(struct config *config, const char *text, size_t length, const char *origin,
                     struct err *err); /* the pure parser behind it; fuzzed */
int config_read_environment(struct config *config, char *const *environment, struct err *err);

/* One value; `origin` names the source for the error sentence ("--broker"). */
int config_set(struct config *config, const char *section, const char *name, const char *value,
               const char *origin, struct err *err);

/* Values. Asking for a key that the table does not hold is a programming error (assert).
 * Text stays valid until the key is set again or the configuration freed. */
const char *config_text(const struct config *config, const char *section, const char *name);
int64_t config_integer(const struct config *config, const char *section, const char *name);
double config_real(const struct config *config, const char *section, const char *name);
bool config_bool(const struct config *config, const char *section, const char *name);
bool config_is_set(const struct config *config, const char *section, const char *name);

/* Writes the documented example: every key with its help, range and default, commented out. */
void config_write_example(const struct config_key *keys, size_t count, const char *program,
                          FILE *to);

#endif
