/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times of the week as people write them: "mon-fri 22:00-06:00". Shared by tariffs (cloud) and
 * charge windows (station), so that one habit serves both. Pure.
 */
#ifndef SWAPSTACK_BASE_WEEKLY_H
#define SWAPSTACK_BASE_WEEKLY_H

#include <stdbool.h>
#include <stdint.h>

#define WEEKLY_ALL_DAYS       0x7f
#define WEEKLY_MINUTES_OF_DAY 1440

struct weekly_span {
    int64_t days;        /* bit 0 Monday … bit 6 Sunday: days on which it begins */
    int64_t from_minute; /* 0 … 1439 of the day */
    int64_t to_minute;   /* 1 … 1440; not above from_minute: it ends on the next day */
};

/* "mon-fri 07:00-11:00", "sat+sun 0:00-24:00", "fri-mon+wed 22:00-06:00", "22:00-06:00": every
 * day. Moves *text behind it. NULL, else what is wrong (constant text). */
const char *weekly_span(const char **text, struct weekly_span *span);
/* Whether the span covers this minute of the week (0: Monday 00:00). */
bool weekly_covers(const struct weekly_span *span, int64_t minute_of_week);

#endif
