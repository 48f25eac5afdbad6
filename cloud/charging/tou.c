/* SPDX-License-Identifier: Apache-2.0 */
#include "charging/tou.h"

#include <assert.h>
#include <string.h>

#define DAYS          7
#define US_PER_SECOND 1e6
#define US_PER_MINUTE INT64_C(60000000)

static int claim(struct tou_plan *plan, const struct tou_window *windows, size_t index, int minute,
                 struct err *err)
{
    uint8_t *slot = &plan->slot[minute % ZONE_MINUTES_OF_WEEK];
    if (*slot != 0) {
        SCOPE_STRBUF struct strbuf one = STRBUF_INIT, other = STRBUF_INIT;
        tou_format(&windows[*slot - 1], 1, &one);
        tou_format(&windows[index], 1, &other);
        return err_set(err, ERR_INVALID, "windows %s and %s overlap", strbuf_text(&one),
                       strbuf_text(&other));
    }
    *slot = (uint8_t)(index + 1);
    return 0;
}

static int place(struct tou_plan *plan, const struct tou_window *windows, size_t index,
                 struct err *err)
{
    const struct tou_window *window = &windows[index];
    int64_t length = window->to_minute - window->from_minute;
    if (length <= 0)
        length += ZONE_MINUTES_OF_DAY;
    if (window->from_minute < 0 || window->from_minute >= ZONE_MINUTES_OF_DAY ||
        window->to_minute < 1 || window->to_minute > ZONE_MINUTES_OF_DAY ||
        window->from_minute == window->to_minute || (window->days & TOU_ALL_DAYS) == 0)
        return err_set(err, ERR_INVALID, "window %zu: it is empty", index + 1);
    int status = 0;
    for (int day = 0; day < DAYS && status == 0; day++) {
        int begin = day * ZONE_MINUTES_OF_DAY + (int)window->from_minute;
        for (int i = 0; i < length && (window->days >> day & 1) && status == 0; i++)
            status = claim(plan, windows, index, begin + i, err);
    }
    return status;
}

int tou_plan_make(const struct tou_window *windows, size_t count, struct tou_plan *plan,
                  struct err *err)
{
    int status = 0;
    memset(plan, 0, sizeof *plan);
    assert(count <= TOU_WINDOWS_MAX);
    for (size_t i = 0; i < count && status == 0; i++)
        status = place(plan, windows, i, err);
    /* Backwards twice around the week: the first time tells what Sunday's last minute leads to. */
    for (int i = 2 * ZONE_MINUTES_OF_WEEK - 1; i >= 0; i--) {
        int minute = i % ZONE_MINUTES_OF_WEEK, next = (minute + 1) % ZONE_MINUTES_OF_WEEK;
        bool same = plan->slot[minute] == plan->slot[next];
        uint16_t lasts = same ? (uint16_t)(plan->lasts[next] + 1) : 1;
        plan->lasts[minute] = lasts <= ZONE_MINUTES_OF_DAY ? lasts : ZONE_MINUTES_OF_DAY;
    }
    return status;
}

void tou_cursor_move(struct tou_cursor *cursor, int64_t at_us)
{
    if (at_us >= cursor->begin_us && at_us < cursor->end_us)
        return;
    struct zone_local local = zone_local(cursor->zone, at_us);
    int minute = local.weekday * ZONE_MINUTES_OF_DAY + local.minute_of_day;
    int64_t end_us = at_us + cursor->plan->lasts[minute] * US_PER_MINUTE - local.into_minute_us;
    cursor->slot = cursor->plan->slot[minute];
    cursor->begin_us = at_us;
    cursor->end_us = zone_next_change_us(cursor->zone, at_us, end_us);
}

void tou_split_add(struct tou_split *split, struct tou_cursor *cursor, int64_t from_us,
                   int64_t to_us, double power_kw)
{
    while (from_us < to_us) {
        tou_cursor_move(cursor, from_us);
        int64_t end_us = cursor->end_us < to_us ? cursor->end_us : to_us;
        split->us[cursor->slot] += end_us - from_us;
        if (power_kw > 0)
            decimal_add(&split->energy_kws[cursor->slot],
                        power_kw * ((double)(end_us - from_us) / US_PER_SECOND));
        from_us = end_us;
    }
}
