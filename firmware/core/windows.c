/* SPDX-License-Identifier: Apache-2.0 */
#include "core/windows.h"

#include <string.h>
#include <strings.h>

#define MINUTE_US       INT64_C(60000000)
#define MINUTES_OF_WEEK (7 * WEEKLY_MINUTES_OF_DAY)
#define THURSDAY        3 /* 1970-01-01, counted from Monday */
#define YEAR_2020_US    INT64_C(1577836800000000)
#define OFFSET_MAX      (14 * 60)

static const char *const WHY =
    "charge_windows must be a text like \"mon-fri 22:00-06:00, sat+sun 00:00-24:00\", at most 16 "
    "windows, with \"utc+02:00 \" before it when they are not UTC";

/* "utc+02:00 ", "utc-3:30 "; without it UTC. */
static bool take_offset(const char **text, int64_t *minutes)
{
    const char *at = *text;
    int64_t parts[2] = {0, 0};
    *minutes = 0;
    if (strncasecmp(at, "utc", 3) != 0)
        return true;
    at += 3;
    if (*at != '+' && *at != '-')
        return false;
    int64_t sign = *at++ == '-' ? -1 : 1;
    for (int i = 0; i < 2; i++) {
        int digits = 0;
        for (; *at >= '0' && *at <= '9' && digits < 2; at++, digits++)
            parts[i] = parts[i] * 10 + (*at - '0');
        if (digits < 1 + i || (i == 0 && *at++ != ':'))
            return false;
    }
    *minutes = sign * (parts[0] * 60 + parts[1]);
    *text = at;
    return parts[1] < 60 && *minutes >= -OFFSET_MAX && *minutes <= OFFSET_MAX && *at == ' ';
}

int windows_parse(const char *text, struct windows *windows, const char **why)
{
    struct windows fresh = {0};
    *why = WHY;
    if (!take_offset(&text, &fresh.offset_minutes))
        return -1;
    while (*text) {
        if (fresh.count == WINDOWS_MAX || weekly_span(&text, &fresh.spans[fresh.count]))
            return -1;
        fresh.count++;
        text += strspn(text, " ");
        if (*text == ',' && text[1])
            text++;
        else if (*text)
            return -1;
    }
    *windows = fresh;
    return 0;
}

bool windows_open(const struct windows *windows, int64_t utc_us)
{
    if (windows->count == 0 || utc_us < YEAR_2020_US)
        return true;
    int64_t minute =
        utc_us / MINUTE_US + windows->offset_minutes + THURSDAY * WEEKLY_MINUTES_OF_DAY;
    for (int i = 0; i < windows->count; i++)
        if (weekly_covers(&windows->spans[i], minute % MINUTES_OF_WEEK))
            return true;
    return false;
}
