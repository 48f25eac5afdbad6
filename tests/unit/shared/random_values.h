/* SPDX-License-Identifier: Apache-2.0 */
/* Random values from a seed: absent ones, bounds, and what needs escapes. */
#ifndef SWAPSTACK_TESTS_RANDOM_VALUES_H
#define SWAPSTACK_TESTS_RANDOM_VALUES_H

#include "protocol/message.h"
#include <stdlib.h>
#include <string.h>

static inline uint64_t random_next(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline bool random_maybe(uint64_t *seed)
{
    return random_next(seed) % 3 != 0;
}

static inline int64_t random_integer(uint64_t *seed, int64_t min, int64_t max)
{
    return min + (int64_t)(random_next(seed) % ((uint64_t)(max - min) + 1));
}

/* Absent, a bound, a short decimal, or any double of the range. */
static inline double random_real(uint64_t *seed, double min, double max)
{
    double part = (double)(random_next(seed) >> 11) / 9007199254740992.0;
    double any = min + part * (max - min);
    switch (random_next(seed) % 5) {
    case 0:
        return NAN;
    case 1:
        return random_next(seed) % 2 ? min : max;
    case 2:
        return any > max - 1 ? max : floor(any * 10) / 10 < min ? min : floor(any * 10) / 10;
    default:
        return any;
    }
}

static inline int64_t random_count(uint64_t *seed, int64_t min, int64_t max)
{
    return random_maybe(seed) ? random_integer(seed, min, max) : MESSAGE_ABSENT;
}

/* A text of `least` to size - 1 bytes of UTF-8 with all that needs escapes; "" is absent. */
static inline void random_text(uint64_t *seed, char *to, size_t size, size_t least)
{
    static const char *const pieces[] = {
        "a", "Z",  "7",  "-",    ".",    " ",        "\"",           "\\",
        "/", "\n", "\t", "\x01", "\x7f", "\xc3\xa9", "\xe7\x94\xb5", "\xf0\x9f\x94\x8b"};
    size_t wanted = least + random_next(seed) % (size - least);
    size_t length = 0;
    if (least == 0 && !random_maybe(seed))
        return;
    for (;;) {
        const char *piece = pieces[random_next(seed) % (sizeof pieces / sizeof pieces[0])];
        if (length + strlen(piece) > wanted)
            piece = "x";
        if (length + strlen(piece) > wanted)
            return;
        memcpy(to + length, piece, strlen(piece));
        length += strlen(piece);
    }
}

static inline void random_hex(uint64_t *seed, char *to, size_t digits)
{
    for (size_t i = 0; i < digits; i++)
        to[i] = "0123456789abcdef"[random_next(seed) % 16];
}

static inline void random_choice(uint64_t *seed, char *to, const char *const *choices, int count)
{
    const char *chosen = choices[random_next(seed) % (unsigned)count];
    memcpy(to, chosen, strlen(chosen));
}
#define RANDOM_CHOICE(seed, to, ...)                                                               \
    random_choice(seed, to, (const char *const[]){__VA_ARGS__},                                    \
                  (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

static inline enum message_bool random_tri(uint64_t *seed)
{
    return (enum message_bool)random_integer(seed, TRI_ABSENT, TRI_TRUE);
}

/* Absent, a date, or milliseconds: the finest that the wire carries. */
static inline void random_time(uint64_t *seed, struct timestamp *to)
{
    to->precision = (enum timestamp_precision)random_integer(seed, 0, 2);
    if (to->precision == TIMESTAMP_DATE)
        to->us = random_integer(seed, 0, 2932896) * INT64_C(86400000000);
    else if (to->precision == TIMESTAMP_EXACT)
        to->us = random_integer(seed, 0, INT64_C(253402300799999)) * 1000;
}

#endif
