/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/timestamp.h"

#include "base/clock.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define DAY_S    INT64_C(86400)
#define LAST_MS  253402300799999.0           /* 9999-12-31T23:59:59.999Z */
#define LAST_US  INT64_C(253402300799999999) /* … and the microseconds behind it */
#define MAX_TEXT 64                          /* bytes; no accepted form is longer */
#define ACCEPTED_IS                                                                                \
    "accepted are 2026-11-21T08:15:30.123Z (any offset), \"2026-11-21 08:15:30\" "                 \
    "(UTC), 2026-11-21 and epoch milliseconds"

/* Days since 1970-01-01 of a date of the Gregorian calendar. Years are counted from March, so that
 * the leap day is the last of its year. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    int64_t march_year = month > 2 ? year : year - 1;
    int64_t march_month = (month + 9) % 12;
    int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    int64_t leap_days = march_year / 4 - march_year / 100 + march_year / 400;
    return march_year * 365 + leap_days + day_of_year - 719468;
}

/* The reverse, for days from 1970 on. */
static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t shifted = days + 719468;                               /* since 0000-03-01 */
    int64_t cycle = shifted / 146097, in_cycle = shifted % 146097; /* 400 years each */
    int64_t year_in_cycle =
        (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    int64_t day_of_year =
        in_cycle - (365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(cycle * 400 + year_in_cycle + (*month <= 2 ? 1 : 0));
}

static int days_in_month(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* What is left to read. */
struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

/* Reads `least`..`most` digits whose value lies in min..max. */
static bool take_number(struct cursor *cursor, int least, int most, int64_t min, int64_t max,
                        int64_t *to)
{
    int digits = 0;
    int64_t value = 0;
    while (digits < most && cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        value = value * 10 + (*cursor->at++ - '0');
        digits++;
    }
    *to = value;
    return digits >= least && value >= min && value <= max;
}

static bool take_date(struct cursor *cursor, int64_t *days)
{
    int64_t year, month, day;
    if (!take_number(cursor, 4, 4, 1970, 9999, &year) || !take_char(cursor, '-') ||
        !take_number(cursor, 1, 2, 1, 12, &month) || !take_char(cursor, '-') ||
        !take_number(cursor, 1, 2, 1, days_in_month(year, month), &day))
        return false;
    *days = days_from_date(year, month, day);
    return true;
}

/* Digits behind the decimal point; what is finer than a microsecond is cut. */
static bool take_fraction(struct cursor *cursor, int64_t *us)
{
    int64_t unit = CLOCK_US_PER_SECOND / 10;
    const char *from = cursor->at;
    *us = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        *us += unit * (*cursor->at - '0');
        unit /= 10;
    }
    return cursor->at > from;
}

static bool take_clock(struct cursor *cursor, int64_t *us)
{
    int64_t hour, minute, second, fraction_us = 0;
    if (!take_number(cursor, 1, 2, 0, 23, &hour) || !take_char(cursor, ':') ||
        !take_number(cursor, 2, 2, 0, 59, &minute) || !take_char(cursor, ':') ||
        !take_number(cursor, 2, 2, 0, 60, &second)) /* 60: a leap second, counted as the next */
        return false;
    if (take_char(cursor, '.') && !take_fraction(cursor, &fraction_us))
        return false;
    *us = ((hour * 60 + minute) * 60 + second) * CLOCK_US_PER_SECOND + fraction_us;
    return true;
}

/* Z, ±hh:mm, or nothing, which means UTC. */
static bool take_zone(struct cursor *cursor, int64_t *offset_us)
{
    *offset_us = 0;
    if (cursor->at == cursor->end || take_char(cursor, 'Z') || take_char(cursor, 'z'))
        return true;
    int64_t sign = take_char(cursor, '+') ? 1 : take_char(cursor, '-') ? -1 : 0;
    int64_t hours, minutes;
    if (sign == 0 || !take_number(cursor, 2, 2, 0, 23, &hours) || !take_char(cursor, ':') ||
        !take_number(cursor, 2, 2, 0, 59, &minutes))
        return false;
    *offset_us = sign * (hours * 60 + minutes) * 60 * CLOCK_US_PER_SECOND;
    return true;
}

int timestamp_parse(const char *text, size_t length, struct timestamp *to, struct err *err)
{
    *to = (struct timestamp){.precision = TIMESTAMP_ABSENT};
    struct cursor cursor = {.at = text, .end = text + length};
    int shown = (int)(length < MAX_TEXT ? length : MAX_TEXT);
    int64_t days, clock_us = 0, offset_us = 0;
    if (length > MAX_TEXT || !take_date(&cursor, &days))
        return err_set(err, ERR_INVALID, "\"%.*s\" is no time: %s", shown, text, ACCEPTED_IS);
    enum timestamp_precision precision = TIMESTAMP_DATE;
    if (cursor.at < cursor.end) {
        precision = TIMESTAMP_EXACT;
        bool divided =
            take_char(&cursor, 'T') || take_char(&cursor, 't') || take_char(&cursor, ' ');
        if (!divided || !take_clock(&cursor, &clock_us) || !take_zone(&cursor, &offset_us) ||
            cursor.at != cursor.end)
            return err_set(err, ERR_INVALID, "\"%.*s\" is no time: %s", shown, text, ACCEPTED_IS);
    }
    int64_t us = days * DAY_S * CLOCK_US_PER_SECOND + clock_us - offset_us;
    if (us < 0 || us > LAST_US)
        return err_set(err, ERR_INVALID, "\"%.*s\" is outside the years 1970 to 9999", shown, text);
    *to = (struct timestamp){.us = us, .precision = precision};
    return 0;
}

int timestamp_from_ms(double ms, struct timestamp *to, struct err *err)
{
    *to = (struct timestamp){.precision = TIMESTAMP_ABSENT};
    if (!(ms >= 0 && ms <= LAST_MS) || ms != floor(ms))
        return err_set(err, ERR_INVALID,
                       "%.17g is no time: epoch milliseconds are whole, from 0 to %.0f", ms,
                       LAST_MS);
    *to = (struct timestamp){.us = (int64_t)ms * CLOCK_US_PER_MS, .precision = TIMESTAMP_EXACT};
    return 0;
}

/* Splits `us` (held within 1970..9999, so that the text always fits) and writes it with `digits`
 * decimals of a second. */
static void format_time(int64_t us, int digits, char to[TIMESTAMP_TEXT_SIZE])
{
    us = us < 0 ? 0 : us > LAST_US ? LAST_US : us;
    int64_t seconds = us / CLOCK_US_PER_SECOND;
    int64_t fraction = us % CLOCK_US_PER_SECOND / (digits == 3 ? CLOCK_US_PER_MS : 1);
    int64_t of_day = seconds % DAY_S;
    int year, month, day;
    date_from_days(seconds / DAY_S, &year, &month, &day);
    (void)snprintf(to, TIMESTAMP_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%0*uZ",
                   (unsigned)year % 10000u, (unsigned)month % 100u, (unsigned)day % 100u,
                   (unsigned)(of_day / 3600) % 100u, (unsigned)(of_day / 60 % 60),
                   (unsigned)(of_day % 60), digits, (unsigned)fraction % 1000000u);
}

void timestamp_format(int64_t us, char to[TIMESTAMP_TEXT_SIZE])
{
    format_time(us, 3, to);
}

void timestamp_format_us(int64_t us, char to[TIMESTAMP_TEXT_SIZE])
{
    format_time(us, 6, to);
}
