/* SPDX-License-Identifier: Apache-2.0 */
/* Windows as a person writes them. */
#include "base/weekly.h"
#include "charging/money.h"
#include "charging/tou.h"

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

static int parse_window(const char *text, struct tou_window *window, struct err *err)
{
    const char *at = text;
    struct weekly_span span;
    const char *why = weekly_span(&at, &span);
    if (!why && *at++ != '=')
        why = "its times are not understood";
    if (why)
        return bad_window(text, why, err);
    *window = (struct tou_window){
        .days = span.days, .from_minute = span.from_minute, .to_minute = span.to_minute};
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
