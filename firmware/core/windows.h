/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charge windows (SET_CONFIG key charge_windows): when automatic charging may run, so that it
 * follows the tariff. A text as tariffs have it, without prices:
 *
 *     "mon-fri 22:00-06:00, sat+sun 00:00-24:00"              UTC
 *     "utc+02:00 22:00-06:00"                                 two hours ahead of UTC
 *
 * "" or no window: always. There is no time zone with a summer time here: a station must not need a
 * table of them; whoever sends windows in local time sends them again when the clocks change.
 */
#ifndef SWAPSTACK_CORE_WINDOWS_H
#define SWAPSTACK_CORE_WINDOWS_H

#include "base/weekly.h"

#define WINDOWS_MAX 16

struct windows {
    int count; /* 0: always */
    int64_t offset_minutes;
    struct weekly_span spans[WINDOWS_MAX];
};

/* Reads the text. 0; negative with `why` (constant text), `windows` stays as it was. Pure. */
int windows_parse(const char *text, struct windows *windows, const char **why);

/* Whether one of them is open at this time (µs since 1970, UTC). A clock that is obviously not set
 * (before 2020) closes none: an unset clock must not keep packs empty. */
bool windows_open(const struct windows *windows, int64_t utc_us);

#endif
