/* SPDX-License-Identifier: Apache-2.0 */
/* Windows as a person writes them. */
#include "charging/money.h"
#include "charging/tou.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DAYS      7
#define TEXT_SIZE 80 /* one window */

static const char *const DAY_NAMES[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int bad_window(const char *text, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "window '%.60s': %s; 'mon-fri 07:00-11:00=0.40' or '22:00-06:00=0.12' is right",
                   text, why);
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
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

/* "mon", "mon-fri", "sat+sun", "fri-mon+wed". */
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
    return parts[1] < 60 && *minute <= ZONE_MINUTES_OF_DAY;
}

static int parse_window(const char *text, struct tou_window *window, struct err *err)
{
    const char *at = skip_blanks(text);
    *window = (struct tou_window){.days = TOU_ALL_DAYS};
    if (isalpha((unsigned char)*at) && !take_days(&at, &window->days))
        return bad_window(text, "its days are not understood", err);
    at = skip_blanks(at);
    if (!take_time(&at, &window->from_minute) || *at++ != '-' ||
        !take_time(&at, &window->to_minute) || *at++ != '=')
        return bad_window(text, "its times are not understood", err);
    if (window->from_minute == ZONE_MINUTES_OF_DAY)
        window->from_minute = 0;
    if (window->to_minute == 0)
        window->to_minute = ZONE_MINUTES_OF_DAY;
    if (window->from_minute == window->to_minute)
        return bad_window(text, "it is empty (a whole day is 00:00-24:00)", err);
    return money_parse("window's price", at, &window->price, err);
}

int tou_parse(const char *text, struct tou_window windows[TOU_WINDOWS_MAX], size_t *count,
              struct err *err)
{
    *count = 0;
    for (const char *at = text, *end; *at; at = *end ? end + 1 : end) {
        char one[TEXT_SIZE];
        end = at + strcspn(at, ",");
        at = skip_blanks(at);
        size_t length = (size_t)(end > at ? end - at : 0);
        while (length > 0 && at[length - 1] == ' ')
            length--;
        if (length >= sizeof one)
            return bad_window(at, "it is too long", err);
        memcpy(one, at, length);
        one[length] = '\0';
        if (*count == TOU_WINDOWS_MAX)
            return err_set(err, ERR_INVALID, "a tariff has at most %d windows", TOU_WINDOWS_MAX);
        int status = parse_window(one, &windows[*count], err);
        if (status < 0)
            return status;
        ++*count;
    }
    return *count > 0 ? 0 : err_set(err, ERR_INVALID, "windows: there is none in '%.40s'", text);
}

static void format_days(int64_t days, struct strbuf *to)
{
    const char *plus = "";
    for (int day = 0; day < DAYS; day++) {
        if (!(days >> day & 1))
            continue;
        int last = day;
        while (last + 1 < DAYS && (days >> (last + 1) & 1))
            last++;
        strbuf_printf(to, "%s%s%s%s", plus, DAY_NAMES[day], last > day ? "-" : "",
                      last > day ? DAY_NAMES[last] : "");
        plus = "+";
        day = last;
    }
    strbuf_append_char(to, ' ');
}

void tou_format(const struct tou_window *windows, size_t count, struct strbuf *to)
{
    for (size_t i = 0; i < count; i++) {
        const struct tou_window *window = &windows[i];
        char price[MONEY_TEXT_SIZE];
        money_format(window->price, price);
        strbuf_append_text(to, i > 0 ? ", " : "");
        if ((window->days & TOU_ALL_DAYS) != TOU_ALL_DAYS)
            format_days(window->days, to);
        strbuf_printf(to, "%02d:%02d-%02d:%02d=%s", (int)window->from_minute / 60,
                      (int)window->from_minute % 60, (int)window->to_minute / 60,
                      (int)window->to_minute % 60, price);
    }
}
