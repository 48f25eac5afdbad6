/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a station, from what engine and monitor say. Pure; the verb adds what needs the machine
 * (files, clock).
 */
#ifndef SWAPSTACK_CONSOLE_SELFTEST_H
#define SWAPSTACK_CONSOLE_SELFTEST_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

struct selftest {
    FILE *to;
    int passed, failed;
};

/* One line: PASS and what, or FAIL, what, and what to do about it. */
void selftest_check(struct selftest *test, bool good, const char *what, const char *todo);

/* From the engine's `status`, `io` and `faults`. */
void selftest_engine(struct selftest *test, const cJSON *status, const cJSON *io,
                     const cJSON *faults);
/* From the monitor's `status`, `net` and `journal`. */
void selftest_monitor(struct selftest *test, const cJSON *status, const cJSON *net,
                      const cJSON *journal);

#endif
