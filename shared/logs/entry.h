/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of any log: of our files, or of the kernel and systemd. */
#ifndef SWAPSTACK_LOGS_ENTRY_H
#define SWAPSTACK_LOGS_ENTRY_H

#include "base/log.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct logs_entry {
    int64_t time_us; /* µs since 1970 UTC */
    enum log_level level;
    const char *program; /* "swap-monitor"; "kernel", "systemd" */
    const char *module;  /* "monitor"; "" for what is none of ours */
    const char *text;    /* UTF-8 without control characters */
};

/* Which entries somebody wants to see. */
struct logs_filter {
    enum log_level lowest;
    const char *module; /* of this module, or of the program of that name; NULL: all */
    int64_t since_us;   /* INT64_MIN: all */
};
bool logs_filter_match(const struct logs_filter *filter, const struct logs_entry *entry);

/* "2026-11-21T08:15:30.123Z INFO swap-monitor/monitor: connected broker=…\n" */
void logs_print_text(const struct logs_entry *entry, FILE *to);

/* One JSON object a line: time, level, program, module, message, and `fields` with the message's
 * key=value pairs (a value reaches to the next blank, or to the quote that closes it). */
void logs_print_json(const struct logs_entry *entry, FILE *to);

#endif
