/* SPDX-License-Identifier: Apache-2.0 */
#include "base/weekly.h"

#include <ctype.h>
#include <stddef.h>
#include <strings.h>

#define DAYS 7

static const char *const DAY_NAMES[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static void skip_blanks(const char **text)
{
    while (**text == ' ')
        ++*text;
}

/* -1: no day's name. */
static int take_day(const char **text)
{
    for (int day = 0; day < DAYS; day++)
        if (strncasecmp(*text, DAY_NAMES[day], 3) == 0) {
            *text += 3;
            return day;
        }
    return -1;
}

/* "mon ", "mon-fri ", "sat+sun ", "fri-mon+wed ": up to the blank behind it. */
static bool take_days(const char **text, int64_t *days)
{
    *days = 0;
    do {
        int first = take_day(text), last = first;
        if (first >= 0 && **text == '-') {
            ++*text;
            last = take_day(text);
        }
        if (first < 0 || last < 0)
            return false;
        for (int day = first;; day = (day + 1) % DAYS) {
            *days |= 1 << day;
            if (day == last)
                break;
        }
    } while (**text == '+' && ++*text);
    return **text == ' ';
}

/* "7:00", "07:00", "24:00". */
static bool take_time(const char **text, int64_t *minute)
{
    int64_t parts[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        int digits = 0;
        for (; isdigit((unsigned char)**text) && digits < 2; ++*text, digits++)
            parts[i] = parts[i] * 10 + (**text - '0');
        if (digits < 1 + i || (i == 0 && *(*text)++ != ':'))
            return false;
    }
    *minute = parts[0] * 60 + parts[1];
    return parts[1] < 60 && *minute <= WEEKLY_MINUTES_OF_DAY;
}

const char *weekly_span(const char **text, struct weekly_span *span)
{
    *span = (struct weekly_span){.days = WEEKLY_ALL_DAYS};
    skip_blanks(text);
    if (isalpha((unsigned char)**text) && !take_days(text, &span->days))
        return "its days are not understood";
    skip_blanks(text);
    if (!take_time(text, &span->from_minute) || *(*text)++ != '-' ||
        !take_time(text, &span->to_minute))
        return "its times are not understood";
    if (span->from_minute == WEEKLY_MINUTES_OF_DAY)
        span->from_minute = 0;
    if (span->to_minute == 0)
        span->to_minute = WEEKLY_MINUTES_OF_DAY;
    return span->from_minute == span->to_minute ? "it is empty (a whole day is 00:00-24:00)" : NULL;
}

bool weekly_covers(const struct weekly_span *span, int64_t minute_of_week)
{
    int64_t day = minute_of_week / WEEKLY_MINUTES_OF_DAY;
    int64_t minute = minute_of_week % WEEKLY_MINUTES_OF_DAY;
    int64_t before = (day + DAYS - 1) % DAYS;
    if (span->from_minute < span->to_minute)
        return (span->days >> day & 1) && minute >= span->from_minute && minute < span->to_minute;
    return ((span->days >> day & 1) && minute >= span->from_minute) ||
           ((span->days >> before & 1) && minute < span->to_minute);
}
