/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time-of-use windows: prices that hold at certain hours of certain days, on the wall clock of the
 * station's time zone. Outside of all windows the tariff's own price holds. Pure but for the time
 * zone's table.
 *
 * The clock's jumps need no rule of their own: a window covers the instants at which the clock on
 * the wall shows its hours. The hour that is skipped in spring is never shown and costs nothing;
 * the hour that comes twice in autumn is shown twice, and both belong to its window.
 */
#ifndef SWAPSTACK_CHARGING_TOU_H
#define SWAPSTACK_CHARGING_TOU_H

#include "base/decimal.h"
#include "base/strbuf.h"
#include "charging/zone.h"
#include <stddef.h>

#define TOU_WINDOWS_MAX 32
#define TOU_SLOTS       (TOU_WINDOWS_MAX + 1) /* 0: outside of all windows; i: windows[i - 1] */
#define TOU_ALL_DAYS    0x7f

struct tou_window {
    int64_t days;        /* bit 0 Monday … bit 6 Sunday: days on which it begins */
    int64_t from_minute; /* 0 … 1439 of the day */
    int64_t to_minute;   /* 1 … 1440; not above from_minute: it ends on the next day */
    int64_t price;       /* ten-thousandths per kWh or minute; may be negative */
};

/* "mon-fri 07:00-11:00=0.40, sat+sun 00:00-24:00=0.10, 22:00-06:00=0.12": windows between commas;
 * without days it holds every day. ERR_INVALID with a sentence. */
int tou_parse(const char *text, struct tou_window windows[TOU_WINDOWS_MAX], size_t *count,
              struct err *err);
/* The same form again. */
void tou_format(const struct tou_window *windows, size_t count, struct strbuf *to);

/* Which slot each minute of the week belongs to, and for how many minutes from it on. */
struct tou_plan {
    uint8_t slot[ZONE_MINUTES_OF_WEEK];
    uint16_t lasts[ZONE_MINUTES_OF_WEEK];
};

/* ERR_INVALID with a sentence when a window is empty or two overlap. */
int tou_plan_make(const struct tou_window *windows, size_t count, struct tou_plan *plan,
                  struct err *err);

/* Walks through time; remembers the stretch [begin, end) that it stands in. */
struct tou_cursor {
    const struct tou_plan *plan;
    const struct zone *zone;
    int64_t begin_us, end_us;
    size_t slot;
};
#define TOU_CURSOR(plan, zone) ((struct tou_cursor){(plan), (zone), 0, 0, 0})

/* Moves to the stretch of one slot that holds `at_us`. */
void tou_cursor_move(struct tou_cursor *cursor, int64_t at_us);

/* What fell into each slot. */
struct tou_split {
    struct decimal_sum energy_kws[TOU_SLOTS]; /* kW·s */
    int64_t us[TOU_SLOTS];
};

/* An interval of constant power, divided where slots change: each part gets its share of the time
 * and, when the power is known and above 0, of the energy. */
void tou_split_add(struct tou_split *split, struct tou_cursor *cursor, int64_t from_us,
                   int64_t to_us, double power_kw);

#endif
